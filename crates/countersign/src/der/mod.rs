//! Strict, bounded, zero-copy DER (ITU-T X.690): definite minimal lengths, low tag numbers,
//! canonical primitives, nothing left over.

mod primitive;
pub(crate) mod tag;

pub(crate) use primitive::{check_oid, minimal_integer, named_bits, small_uint};

use crate::error::Malformed;

/// One element: its tag, its content octets, and all of its octets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Tlv<'a> {
    pub(crate) tag: u8,
    pub(crate) content: &'a [u8],
    pub(crate) der: &'a [u8],
}

/// Reads elements one after another from a slice; never looks outside it.
#[derive(Clone, Debug)]
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(crate) const fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// The octets not read yet.
    pub(crate) const fn remaining(&self) -> &'a [u8] {
        self.rest
    }

    pub(crate) const fn peek_tag(&self) -> Option<u8> {
        match self.rest {
            [tag, ..] => Some(*tag),
            [] => None,
        }
    }

    /// The next element, whatever its tag. `what` names it in the error.
    #[inline]
    pub(crate) fn read_tlv(&mut self, what: &'static str) -> Result<Tlv<'a>, Malformed> {
        let malformed = Malformed::new(what);
        let (tag, header, length) = match *self.rest {
            [tag, short @ 0..=0x7f, ..] => (tag, 2, usize::from(short)),
            [tag, 0x81, a, ..] if a >= 0x80 => (tag, 3, usize::from(a)),
            [tag, 0x82, a @ 1..=255, b, ..] => (tag, 4, usize::from(u16::from_be_bytes([a, b]))),
            [tag, 0x83, a @ 1..=255, b, c, ..] => (tag, 5, be32([0, a, b, c])),
            [tag, 0x84, a @ 1..=255, b, c, d, ..] => (tag, 6, be32([a, b, c, d])),
            _ => return Err(malformed),
        };
        if tag & tag::NUMBER_MASK == tag::NUMBER_MASK {
            return Err(malformed);
        }
        let end = length.checked_add(header).ok_or(malformed)?;
        let (der, rest) = self.rest.split_at_checked(end).ok_or(malformed)?;
        self.rest = rest;
        Ok(Tlv { tag, content: &der[header..], der })
    }

    /// The content of the next element, which must have this tag.
    #[inline]
    pub(crate) fn read(&mut self, tag: u8, what: &'static str) -> Result<&'a [u8], Malformed> {
        if self.peek_tag() != Some(tag) {
            return Err(Malformed::new(what));
        }
        Ok(self.read_tlv(what)?.content)
    }

    /// All octets of the next element, which must have this tag.
    #[inline]
    pub(crate) fn read_der(&mut self, tag: u8, what: &'static str) -> Result<Tlv<'a>, Malformed> {
        if self.peek_tag() != Some(tag) {
            return Err(Malformed::new(what));
        }
        self.read_tlv(what)
    }

    /// The content of the next element where it has this tag; nothing is read where it has not.
    #[inline]
    pub(crate) fn read_optional(
        &mut self,
        tag: u8,
        what: &'static str,
    ) -> Result<Option<&'a [u8]>, Malformed> {
        if self.peek_tag() != Some(tag) {
            return Ok(None);
        }
        Ok(Some(self.read_tlv(what)?.content))
    }

    /// Reads the content of the next element with `f`, which must use up all of it.
    #[inline]
    pub(crate) fn nested<T>(
        &mut self,
        tag: u8,
        what: &'static str,
        f: impl FnOnce(&mut Self) -> Result<T, Malformed>,
    ) -> Result<T, Malformed> {
        read_all(self.read(tag, what)?, what, f)
    }

    /// An error where octets are left over.
    #[inline]
    pub(crate) const fn finish(&self, what: &'static str) -> Result<(), Malformed> {
        if self.rest.is_empty() { Ok(()) } else { Err(Malformed::new(what)) }
    }
}

/// Reads `bytes` with `f`, which must use up all of them.
#[inline]
pub(crate) fn read_all<'a, T>(
    bytes: &'a [u8],
    what: &'static str,
    f: impl FnOnce(&mut Reader<'a>) -> Result<T, Malformed>,
) -> Result<T, Malformed> {
    let mut reader = Reader::new(bytes);
    let value = f(&mut reader)?;
    reader.finish(what)?;
    Ok(value)
}

fn be32(octets: [u8; 4]) -> usize {
    // A length that does not fit the address space cannot fit the input either.
    usize::try_from(u32::from_be_bytes(octets)).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tlv(bytes: &[u8]) -> Result<Tlv<'_>, Malformed> {
        Reader::new(bytes).read_tlv("test")
    }

    #[test]
    fn minimal_definite_lengths_are_read() {
        assert_eq!(tlv(&[4, 0]).unwrap().content, b"");
        assert_eq!(tlv(&[4, 2, 1, 2, 9]).unwrap().content, [1, 2]);
        for (header, length) in [
            (&[4u8, 0x81, 0x80][..], 0x80),
            (&[4, 0x82, 1, 0], 0x100),
            (&[4, 0x83, 1, 0, 0], 0x1_0000),
            (&[4, 0x84, 1, 0, 0, 0], 0x100_0000),
        ] {
            let mut bytes = header.to_vec();
            bytes.resize(header.len() + length, 7);
            assert_eq!(tlv(&bytes).unwrap().content.len(), length);
            bytes.pop();
            assert!(tlv(&bytes).is_err(), "one octet short");
        }
    }

    #[test]
    fn ber_forms_are_malformed() {
        for bytes in [
            &[][..],
            &[4],
            &[4, 0x80, 0, 0],
            &[4, 0x81, 0x7f],
            &[4, 0x81],
            &[4, 0x82, 0, 0x80],
            &[4, 0x82, 0, 0xff],
            &[4, 0x83, 0, 1, 0],
            &[4, 0x84, 0, 1, 0, 0],
            &[4, 0x85, 1, 0, 0, 0, 0],
            &[4, 0xff],
            &[0x1f, 1, 0],
            &[0xbf, 0x20, 0],
        ] {
            let mut long = bytes.to_vec();
            if bytes.len() > 2 {
                long.resize(300, 0);
            }
            assert!(tlv(&long).is_err(), "{bytes:x?}");
        }
    }

    #[test]
    fn a_nested_reader_must_use_up_its_content() {
        let bytes = [0x30, 4, 4, 0, 4, 0];
        let once = |r: &mut Reader<'_>| r.read(tag::OCTET_STRING, "t").map(|_| ());
        assert!(Reader::new(&bytes).nested(tag::SEQUENCE, "t", once).is_err());
        let twice = |r: &mut Reader<'_>| {
            r.read(tag::OCTET_STRING, "t")?;
            r.read(tag::OCTET_STRING, "t").map(|_| ())
        };
        assert!(Reader::new(&bytes).nested(tag::SEQUENCE, "t", twice).is_ok());
    }
}
