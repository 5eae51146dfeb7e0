//! Identifier octets (X.690 section 8.1.2).

pub(crate) const BOOLEAN: u8 = 0x01;
pub(crate) const INTEGER: u8 = 0x02;
pub(crate) const BIT_STRING: u8 = 0x03;
pub(crate) const OCTET_STRING: u8 = 0x04;
pub(crate) const NULL: u8 = 0x05;
pub(crate) const OID: u8 = 0x06;
pub(crate) const ENUMERATED: u8 = 0x0a;
pub(crate) const UTF8_STRING: u8 = 0x0c;
pub(crate) const PRINTABLE_STRING: u8 = 0x13;
pub(crate) const TELETEX_STRING: u8 = 0x14;
pub(crate) const IA5_STRING: u8 = 0x16;
pub(crate) const NUMERIC_STRING: u8 = 0x12;
pub(crate) const VISIBLE_STRING: u8 = 0x1a;
pub(crate) const UTC_TIME: u8 = 0x17;
pub(crate) const GENERALIZED_TIME: u8 = 0x18;
pub(crate) const UNIVERSAL_STRING: u8 = 0x1c;
pub(crate) const BMP_STRING: u8 = 0x1e;
pub(crate) const SEQUENCE: u8 = 0x30;
pub(crate) const SET: u8 = 0x31;

/// The bits of the tag number; all set means the high-tag-number form, which X.509 never uses.
pub(crate) const NUMBER_MASK: u8 = 0x1f;

/// `[n]` of a primitive type, implicitly tagged.
pub(crate) const fn context(n: u8) -> u8 {
    0x80 | n
}

/// `[n]` of a constructed type, or explicitly tagged.
pub(crate) const fn context_constructed(n: u8) -> u8 {
    0xa0 | n
}
