//! Canonical primitives: BOOLEAN, INTEGER, BIT STRING, OBJECT IDENTIFIER, times.

use super::{Reader, tag};
use crate::clock::UnixTime;
use crate::error::Malformed;

impl<'a> Reader<'a> {
    /// BOOLEAN: 0x00 or 0xff (X.690 section 11.1).
    pub(crate) fn boolean(&mut self, what: &'static str) -> Result<bool, Malformed> {
        match self.read(tag::BOOLEAN, what)? {
            [0x00] => Ok(false),
            [0xff] => Ok(true),
            _ => Err(Malformed::new(what)),
        }
    }

    /// `BOOLEAN DEFAULT FALSE`: present only where true (X.690 section 11.5).
    #[inline]
    pub(crate) fn default_false(&mut self, what: &'static str) -> Result<bool, Malformed> {
        if self.peek_tag() != Some(tag::BOOLEAN) {
            return Ok(false);
        }
        if self.boolean(what)? { Ok(true) } else { Err(Malformed::new(what)) }
    }

    /// INTEGER: the two's complement content octets, minimal (X.690 section 8.3.2).
    pub(crate) fn integer(&mut self, what: &'static str) -> Result<&'a [u8], Malformed> {
        let content = self.read(tag::INTEGER, what)?;
        minimal_integer(content, what)
    }

    /// INTEGER from 0 to 2³¹ − 1.
    pub(crate) fn small_uint(&mut self, what: &'static str) -> Result<u32, Malformed> {
        small_uint(self.integer(what)?, what)
    }

    /// OBJECT IDENTIFIER: content octets, every subidentifier minimal (X.690 section 8.19.2).
    #[inline]
    pub(crate) fn oid(&mut self, what: &'static str) -> Result<&'a [u8], Malformed> {
        // Three octets, each a subidentifier: 2.5.4.n and 2.5.29.n, of which nearly all attributes and
        // extensions are.
        if let [tag::OID, 3, 0..0x80, 0..0x80, 0..0x80, ..] = self.rest {
            let (oid, rest) = self.rest.split_at(5);
            self.rest = rest;
            return Ok(&oid[2..]);
        }
        self.other_oid(what)
    }

    #[inline(never)]
    fn other_oid(&mut self, what: &'static str) -> Result<&'a [u8], Malformed> {
        let content = self.read(tag::OID, what)?;
        check_oid(content, what)?;
        Ok(content)
    }

    /// BIT STRING of whole octets.
    pub(crate) fn octet_aligned_bits(&mut self, what: &'static str) -> Result<&'a [u8], Malformed> {
        match self.read(tag::BIT_STRING, what)? {
            [0, octets @ ..] => Ok(octets),
            _ => Err(Malformed::new(what)),
        }
    }

    /// UTCTime or GeneralizedTime in the one form RFC 5280 section 4.1.2.5 allows: seconds
    /// present, no fraction, `Z`.
    pub(crate) fn time(&mut self, what: &'static str) -> Result<UnixTime, Malformed> {
        let element = self.read_tlv(what)?;
        let time = || {
            let [digits @ .., b'Z'] = element.content else { return None };
            let (front, back) = (digits.first_chunk()?, digits.last_chunk()?);
            let ([a, b, c, d], [_, e, minute, second]) = (two_digits(front)?, two_digits(back)?);
            let (year, month, day, hour) = match (element.tag, digits.len()) {
                (tag::UTC_TIME, 12) => (if a >= 50 { 1900 } else { 2000 } + i32::from(a), b, c, d),
                (tag::GENERALIZED_TIME, 14) => (i32::from(a) * 100 + i32::from(b), c, d, e),
                _ => return None,
            };
            UnixTime::from_civil(year, month, day, hour, minute, second)
        };
        time().ok_or(Malformed::new(what))
    }
}

/// The content octets of an INTEGER, checked to be minimal.
pub(crate) fn minimal_integer<'a>(
    content: &'a [u8],
    what: &'static str,
) -> Result<&'a [u8], Malformed> {
    match content {
        [] | [0x00, 0x00..=0x7f, ..] | [0xff, 0x80..=0xff, ..] => Err(Malformed::new(what)),
        _ => Ok(content),
    }
}

/// The value of checked INTEGER content, from 0 to 2³¹ − 1.
pub(crate) fn small_uint(content: &[u8], what: &'static str) -> Result<u32, Malformed> {
    let mut octets = [0; 4];
    match content {
        [0x80..=0xff, ..] => Err(Malformed::new(what)),
        _ if content.len() > 4 => Err(Malformed::new(what)),
        _ => {
            octets[4 - content.len()..].copy_from_slice(content);
            Ok(u32::from_be_bytes(octets))
        }
    }
}

/// Checks OBJECT IDENTIFIER content: not empty, no padding, no unfinished subidentifier.
pub(crate) fn check_oid(content: &[u8], what: &'static str) -> Result<(), Malformed> {
    let mut at_start = true;
    for &octet in content {
        if at_start && octet == 0x80 {
            return Err(Malformed::new(what));
        }
        at_start = octet & 0x80 == 0;
    }
    if content.is_empty() || !at_start { Err(Malformed::new(what)) } else { Ok(()) }
}

/// A named-bit-list BIT STRING of at most 16 bits as a mask, bit 0 of the list at the top
/// (0x8000); trailing zero bits are not encoded (X.690 section 11.2.2).
pub(crate) fn named_bits(content: &[u8], what: &'static str) -> Result<u16, Malformed> {
    let malformed = Err(Malformed::new(what));
    let (unused, mask) = match *content {
        [0] => return Ok(0),
        [unused, a] => (unused, u16::from_be_bytes([a, 0])),
        [unused, a, b] => (unused, u16::from_be_bytes([a, b])),
        _ => return malformed,
    };
    let used = (content.len() as u32 - 1) * 8;
    if unused > 7 {
        return malformed;
    }
    let lowest_encoded = 16 - used + u32::from(unused);
    // The last encoded bit is one, and the unused ones are zero.
    if mask.trailing_zeros() == lowest_encoded { Ok(mask) } else { malformed }
}

/// Four numbers of two decimal digits each, all eight digits in one go: each octet is a lane.
fn two_digits(text: &[u8; 8]) -> Option<[u8; 4]> {
    const EACH: u64 = 0x0101_0101_0101_0101;
    let digits = u64::from_le_bytes(*text) ^ (b'0' as u64 * EACH);
    // What is more than 9 has the top bit of its lane set, or gets it by adding 0x76.
    let beyond = digits | digits.wrapping_add(0x76 * EACH);
    if beyond & (0x80 * EACH) != 0 {
        return None;
    }
    // The tens come first, so they are in the lower lane of each pair.
    let pairs = digits * 10 + (digits >> 8);
    Some([0, 16, 32, 48].map(|lane| (pairs >> lane) as u8))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn booleans_are_canonical_and_false_is_never_spelled_out() {
        assert_eq!(Reader::new(&[1, 1, 0xff]).boolean("t"), Ok(true));
        assert_eq!(Reader::new(&[1, 1, 0]).boolean("t"), Ok(false));
        assert!(Reader::new(&[1, 1, 1]).boolean("t").is_err());
        assert!(Reader::new(&[1, 2, 0, 0]).boolean("t").is_err());
        assert_eq!(Reader::new(&[2, 1, 0]).default_false("t"), Ok(false));
        assert!(Reader::new(&[1, 1, 0]).default_false("t").is_err());
    }

    #[test]
    fn integers_are_minimal() {
        for ok in [&[2u8, 1, 0][..], &[2, 1, 0x80], &[2, 2, 0, 0x80], &[2, 2, 0xff, 0x7f]] {
            assert!(Reader::new(ok).integer("t").is_ok(), "{ok:x?}");
        }
        for bad in [&[2u8, 0][..], &[2, 2, 0, 1], &[2, 2, 0xff, 0x80]] {
            assert!(Reader::new(bad).integer("t").is_err(), "{bad:x?}");
        }
        assert_eq!(Reader::new(&[2, 4, 0x7f, 0xff, 0xff, 0xff]).small_uint("t"), Ok(0x7fff_ffff));
        assert!(Reader::new(&[2, 5, 0, 0x80, 0, 0, 0]).small_uint("t").is_err());
        assert!(Reader::new(&[2, 1, 0xff]).small_uint("t").is_err());
    }

    #[test]
    fn object_identifiers_are_minimal_and_complete() {
        assert!(check_oid(&[0x55, 0x1d, 0x0f], "t").is_ok());
        assert!(check_oid(&[0x2a, 0x86, 0x48], "t").is_ok());
        for bad in [&[][..], &[0x80, 1], &[0x2a, 0x80, 1], &[0x2a, 0x86]] {
            assert!(check_oid(bad, "t").is_err(), "{bad:x?}");
        }
    }

    #[test]
    fn named_bits_drop_trailing_zeros() {
        assert_eq!(named_bits(&[0], "t"), Ok(0));
        assert_eq!(named_bits(&[7, 0x80], "t"), Ok(0x8000));
        assert_eq!(named_bits(&[5, 0xa0], "t"), Ok(0xa000));
        assert_eq!(named_bits(&[7, 0x00, 0x80], "t"), Ok(0x0080));
        for bad in [&[][..], &[1], &[8, 0x80], &[6, 0x80], &[5, 0xa1], &[0, 0], &[0, 1, 2, 3]] {
            assert!(named_bits(bad, "t").is_err(), "{bad:x?}");
        }
    }

    #[test]
    fn digits_are_digits_in_every_lane() {
        for at in 0..8 {
            for octet in 0..=u8::MAX {
                let mut text = *b"90817263";
                text[at] = octet;
                let expected = text.iter().all(u8::is_ascii_digit).then(|| {
                    let value = |i: usize| (text[i] - b'0') * 10 + (text[i + 1] - b'0');
                    [0, 2, 4, 6].map(value)
                });
                assert_eq!(two_digits(&text), expected, "{text:x?}");
            }
        }
    }

    #[test]
    fn times_have_seconds_and_z_and_exist() {
        let time = |tag: u8, text: &str| {
            let mut der = vec![tag, text.len() as u8];
            der.extend_from_slice(text.as_bytes());
            Reader::new(&der).time("t").map(|t| t.to_string())
        };
        assert_eq!(time(0x17, "491231235959Z").unwrap(), "2049-12-31T23:59:59Z");
        assert_eq!(time(0x17, "500101000000Z").unwrap(), "1950-01-01T00:00:00Z");
        assert_eq!(time(0x18, "20500101000000Z").unwrap(), "2050-01-01T00:00:00Z");
        for (tag, bad) in [
            (0x17, "2611231200Z"),
            (0x17, "261123120000+0000"),
            (0x17, "261123120000"),
            (0x17, "261323120000Z"),
            (0x17, "26112312000:Z"),
            (0x17, "/61123120000Z"),
            (0x18, "1123120000Z"),
            (0x18, "Z"),
            (0x17, "26112312 000Z"),
            (0x18, "20261123120000.5Z"),
            (0x18, "20260229000000Z"),
            (0x18, "202611231200Z"),
            (0x0c, "20261123120000Z"),
        ] {
            assert!(time(tag, bad).is_err(), "{bad}");
        }
    }
}
