//! A DER writer that can also write what DER forbids.
//!
//! Every function returns one whole TLV unless its name says `content`.

/// Tags by their ASN.1 names.
pub mod tag {
    /// BOOLEAN
    pub const BOOLEAN: u8 = 0x01;
    /// INTEGER
    pub const INTEGER: u8 = 0x02;
    /// BIT STRING
    pub const BIT_STRING: u8 = 0x03;
    /// OCTET STRING
    pub const OCTET_STRING: u8 = 0x04;
    /// NULL
    pub const NULL: u8 = 0x05;
    /// OBJECT IDENTIFIER
    pub const OID: u8 = 0x06;
    /// ENUMERATED
    pub const ENUMERATED: u8 = 0x0a;
    /// UTF8String
    pub const UTF8_STRING: u8 = 0x0c;
    /// PrintableString
    pub const PRINTABLE_STRING: u8 = 0x13;
    /// TeletexString (T61String)
    pub const TELETEX_STRING: u8 = 0x14;
    /// IA5String
    pub const IA5_STRING: u8 = 0x16;
    /// UTCTime
    pub const UTC_TIME: u8 = 0x17;
    /// GeneralizedTime
    pub const GENERALIZED_TIME: u8 = 0x18;
    /// UniversalString
    pub const UNIVERSAL_STRING: u8 = 0x1c;
    /// BMPString
    pub const BMP_STRING: u8 = 0x1e;
    /// SEQUENCE, SEQUENCE OF
    pub const SEQUENCE: u8 = 0x30;
    /// SET, SET OF
    pub const SET: u8 = 0x31;
}

/// One TLV with a minimal definite length.
pub fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(content.len() + 6);
    push_header(&mut out, tag, content.len());
    out.extend_from_slice(content);
    out
}

/// Appends a tag and a minimal definite length.
pub fn push_header(out: &mut Vec<u8>, tag: u8, length: usize) {
    out.push(tag);
    if length < 0x80 {
        out.push(length as u8);
        return;
    }
    let bytes = length.to_be_bytes();
    let significant = &bytes[length.leading_zeros() as usize / 8..];
    out.push(0x80 | significant.len() as u8);
    out.extend_from_slice(significant);
}

/// One TLV whose length is given in `octets` octets of long form, more than are needed: valid BER,
/// invalid DER.
pub fn tlv_with_padded_length(tag: u8, octets: usize, content: &[u8]) -> Vec<u8> {
    let bytes = (content.len() as u64).to_be_bytes();
    let mut out = vec![tag, 0x80 | octets as u8];
    out.resize(2 + octets.saturating_sub(bytes.len()), 0);
    out.extend_from_slice(&bytes[bytes.len() - octets.min(bytes.len())..]);
    out.extend_from_slice(content);
    out
}

/// One TLV of indefinite length: valid BER, invalid DER.
pub fn tlv_with_indefinite_length(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut out = vec![tag, 0x80];
    out.extend_from_slice(content);
    out.extend_from_slice(&[0, 0]);
    out
}

/// The parts one after another.
pub fn concat<I>(parts: I) -> Vec<u8>
where
    I: IntoIterator,
    I::Item: AsRef<[u8]>,
{
    let mut out = Vec::new();
    for part in parts {
        out.extend_from_slice(part.as_ref());
    }
    out
}

/// SEQUENCE of the parts.
pub fn sequence<I>(parts: I) -> Vec<u8>
where
    I: IntoIterator,
    I::Item: AsRef<[u8]>,
{
    tlv(tag::SEQUENCE, &concat(parts))
}

/// SET of the parts, in the order given.
pub fn set<I>(parts: I) -> Vec<u8>
where
    I: IntoIterator,
    I::Item: AsRef<[u8]>,
{
    tlv(tag::SET, &concat(parts))
}

/// SET OF the parts, sorted as DER requires.
pub fn set_of(mut parts: Vec<Vec<u8>>) -> Vec<u8> {
    parts.sort();
    set(parts)
}

/// `[n]` EXPLICIT around a TLV, or `[n]` IMPLICIT of a constructed type's content.
pub fn constructed(n: u8, content: &[u8]) -> Vec<u8> {
    tlv(0xa0 | n, content)
}

/// `[n]` IMPLICIT of a primitive type's content.
pub fn primitive(n: u8, content: &[u8]) -> Vec<u8> {
    tlv(0x80 | n, content)
}

/// The content octets of the first TLV in `der`, as this module writes them.
///
/// # Panics
/// When `der` does not start with a TLV of definite length.
pub fn content(der: &[u8]) -> &[u8] {
    split(der).1
}

/// Splits the first TLV off: its tag, its content octets, and what follows it.
///
/// # Panics
/// When `der` does not start with a TLV of definite length.
pub fn split(der: &[u8]) -> (u8, &[u8], &[u8]) {
    let first = der[1];
    let (start, length) = if first < 0x80 {
        (2, usize::from(first))
    } else {
        let octets = usize::from(first & 0x7f);
        let length = der[2..2 + octets].iter().fold(0, |n, b| (n << 8) | usize::from(*b));
        (2 + octets, length)
    };
    (der[0], &der[start..start + length], &der[start + length..])
}

/// The whole TLVs inside the first TLV of `der`.
pub fn children(der: &[u8]) -> Vec<&[u8]> {
    let mut rest = content(der);
    let mut out = Vec::new();
    while !rest.is_empty() {
        let after = split(rest).2;
        out.push(&rest[..rest.len() - after.len()]);
        rest = after;
    }
    out
}

/// BOOLEAN
pub fn boolean(value: bool) -> Vec<u8> {
    tlv(tag::BOOLEAN, &[if value { 0xff } else { 0 }])
}

/// INTEGER, minimal.
pub fn integer(value: i64) -> Vec<u8> {
    let bytes = value.to_be_bytes();
    let redundant = |i: usize| {
        (bytes[i] == 0 && bytes[i + 1] < 0x80) || (bytes[i] == 0xff && bytes[i + 1] >= 0x80)
    };
    let start = (0..7).find(|i| !redundant(*i)).unwrap_or(7);
    tlv(tag::INTEGER, &bytes[start..])
}

/// INTEGER of a big-endian unsigned number, minimal.
pub fn unsigned_integer(magnitude: &[u8]) -> Vec<u8> {
    let zeros = magnitude.iter().take_while(|b| **b == 0).count();
    let magnitude = &magnitude[zeros..];
    if magnitude.first().is_none_or(|b| *b >= 0x80) {
        tlv(tag::INTEGER, &concat([&[0], magnitude]))
    } else {
        tlv(tag::INTEGER, magnitude)
    }
}

/// ENUMERATED below 128.
pub fn enumerated(value: u8) -> Vec<u8> {
    tlv(tag::ENUMERATED, &[value])
}

/// NULL
pub fn null() -> Vec<u8> {
    tlv(tag::NULL, &[])
}

/// OCTET STRING
pub fn octet_string(bytes: &[u8]) -> Vec<u8> {
    tlv(tag::OCTET_STRING, bytes)
}

/// BIT STRING with no unused bits.
pub fn bit_string(bytes: &[u8]) -> Vec<u8> {
    tlv(tag::BIT_STRING, &concat([&[0], bytes]))
}

/// The content octets of a BIT STRING of named bits: trailing zero bits removed, as DER requires.
pub fn named_bits_content(bits: &[u8]) -> Vec<u8> {
    let Some(highest) = bits.iter().max() else {
        return vec![0];
    };
    let mut out = vec![0; 2 + usize::from(highest / 8)];
    out[0] = 7 - highest % 8;
    for bit in bits {
        out[1 + usize::from(bit / 8)] |= 0x80 >> (bit % 8);
    }
    out
}

/// BIT STRING of named bits.
pub fn named_bits(bits: &[u8]) -> Vec<u8> {
    tlv(tag::BIT_STRING, &named_bits_content(bits))
}

/// OBJECT IDENTIFIER from dotted text.
///
/// # Panics
/// When the text is not a dotted OID of at least two arcs.
pub fn oid(dotted: &str) -> Vec<u8> {
    tlv(tag::OID, &oid_content(dotted))
}

/// The content octets of an OBJECT IDENTIFIER from dotted text.
///
/// # Panics
/// When the text is not a dotted OID of at least two arcs.
pub fn oid_content(dotted: &str) -> Vec<u8> {
    let arcs: Vec<u64> =
        dotted.split('.').map(|arc| arc.parse().expect("an OID is dotted decimal")).collect();
    let mut out = Vec::new();
    push_base128(&mut out, arcs[0] * 40 + arcs[1]);
    for arc in &arcs[2..] {
        push_base128(&mut out, *arc);
    }
    out
}

fn push_base128(out: &mut Vec<u8>, value: u64) {
    let groups = (64 - value.leading_zeros()).div_ceil(7).max(1);
    for group in (0..groups).rev() {
        let more = if group == 0 { 0 } else { 0x80 };
        out.push((value >> (7 * group)) as u8 & 0x7f | more);
    }
}

/// UTF8String
pub fn utf8_string(text: &str) -> Vec<u8> {
    tlv(tag::UTF8_STRING, text.as_bytes())
}

/// BMPString of text in the basic plane.
pub fn bmp_string(text: &str) -> Vec<u8> {
    tlv(tag::BMP_STRING, &concat(text.encode_utf16().map(u16::to_be_bytes)))
}

/// Time as RFC 5280 section 4.1.2.5 wants it: UTCTime through 2049, GeneralizedTime after.
pub fn time(unix: i64) -> Vec<u8> {
    let year = civil(unix).0;
    if (1950..2050).contains(&year) { utc_time(unix) } else { generalized_time(unix) }
}

/// UTCTime of `unix` seconds.
pub fn utc_time(unix: i64) -> Vec<u8> {
    let (y, m, d, rest) = civil(unix);
    let text = format!("{:02}{m:02}{d:02}{}Z", y.rem_euclid(100), clock(rest));
    tlv(tag::UTC_TIME, text.as_bytes())
}

/// GeneralizedTime of `unix` seconds.
pub fn generalized_time(unix: i64) -> Vec<u8> {
    let (y, m, d, rest) = civil(unix);
    tlv(tag::GENERALIZED_TIME, format!("{y:04}{m:02}{d:02}{}Z", clock(rest)).as_bytes())
}

fn clock(second_of_day: i64) -> String {
    format!("{:02}{:02}{:02}", second_of_day / 3600, second_of_day / 60 % 60, second_of_day % 60)
}

/// Year, month, day and second of day. The calendar repeats every 400 years of 146,097 days; years
/// counted from March put the leap day last, so that month lengths follow one formula.
fn civil(unix: i64) -> (i64, i64, i64, i64) {
    let (days, second) = (unix.div_euclid(86_400), unix.rem_euclid(86_400));
    let since_march_of_year_0 = days + 719_468;
    let era = since_march_of_year_0.div_euclid(146_097);
    let day = since_march_of_year_0.rem_euclid(146_097);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day_of_year = day - (365 * year + year / 4 - year / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day_of_month = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    (era * 400 + year + i64::from(month <= 2), month, day_of_month, second)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_minimal_at_every_boundary() {
        for (length, header) in [
            (0, &[0x04, 0x00][..]),
            (127, &[0x04, 0x7f]),
            (128, &[0x04, 0x81, 0x80]),
            (255, &[0x04, 0x81, 0xff]),
            (256, &[0x04, 0x82, 0x01, 0x00]),
            (65_536, &[0x04, 0x83, 0x01, 0x00, 0x00]),
        ] {
            let der = octet_string(&vec![0; length]);
            assert_eq!(&der[..header.len()], header);
            assert_eq!(content(&der).len(), length);
        }
        assert_eq!(tlv_with_padded_length(4, 3, &[9]), [4, 0x83, 0, 0, 1, 9]);
        assert_eq!(tlv_with_padded_length(4, 10, &[9])[..2], [4, 0x8a]);
        assert_eq!(tlv_with_padded_length(4, 10, &[9])[11..], [1, 9]);
    }

    #[test]
    fn integers_are_minimal_and_signed() {
        for (value, expected) in [
            (0, &[0][..]),
            (127, &[0x7f]),
            (128, &[0, 0x80]),
            (-1, &[0xff]),
            (-128, &[0x80]),
            (-129, &[0xff, 0x7f]),
            (65_537, &[1, 0, 1]),
        ] {
            assert_eq!(content(&integer(value)), expected);
        }
        assert_eq!(unsigned_integer(&[0, 0, 0x80]), [2, 2, 0, 0x80]);
        assert_eq!(unsigned_integer(&[]), [2, 1, 0]);
    }

    #[test]
    fn oids_follow_x690() {
        assert_eq!(oid("1.2.840.113549"), [6, 6, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d]);
        assert_eq!(oid("2.999.0"), [6, 3, 0x88, 0x37, 0]);
    }

    #[test]
    fn named_bits_drop_trailing_zeros() {
        assert_eq!(named_bits(&[0]), [3, 2, 7, 0x80]);
        assert_eq!(named_bits(&[5, 6]), [3, 2, 1, 0x06]);
        assert_eq!(named_bits(&[8]), [3, 3, 7, 0, 0x80]);
        assert_eq!(named_bits(&[]), [3, 1, 0]);
    }

    #[test]
    fn times_agree_with_the_calendar() {
        assert_eq!(content(&time(0)), b"700101000000Z");
        assert_eq!(content(&time(951_782_400)), b"000229000000Z");
        assert_eq!(content(&time(2_524_607_999)), b"491231235959Z");
        assert_eq!(content(&time(2_524_608_000)), b"20500101000000Z");
        assert_eq!(content(&time(253_402_300_799)), b"99991231235959Z");
        assert_eq!(content(&utc_time(-631_152_000)), b"500101000000Z");
        assert_eq!(content(&time(-631_152_001)), b"19491231235959Z");
    }
}
