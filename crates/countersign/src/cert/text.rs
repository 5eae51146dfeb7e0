//! The text of an attribute of a name as it is compared (RFC 5280 section 7.1): case folded,
//! leading, trailing and repeated white space dropped, whatever the string type.

use crate::der::tag;

/// The characters of one value, one after another. The value was checked when its name was read,
/// so what does not decode cannot occur; it would end the text.
pub(super) struct Folded<'a> {
    rest: &'a [u8],
    form: Form,
    /// What follows the white space that was given last.
    pending: Option<u32>,
    started: bool,
}

/// How characters become octets.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Utf8,
    Bmp,
    Universal,
}

impl<'a> Folded<'a> {
    /// `None` for types that are compared byte for byte.
    pub(super) fn new(string: u8, value: &'a [u8]) -> Option<Self> {
        let form = match string {
            tag::UTF8_STRING | tag::PRINTABLE_STRING | tag::IA5_STRING => Form::Utf8,
            tag::NUMERIC_STRING | tag::VISIBLE_STRING if value.is_ascii() => Form::Utf8,
            tag::TELETEX_STRING if value.iter().all(is_printable_string) => Form::Utf8,
            tag::BMP_STRING => Form::Bmp,
            tag::UNIVERSAL_STRING => Form::Universal,
            _ => return None,
        };
        Some(Self { rest: value, form, pending: None, started: false })
    }

    /// The next character as it is written.
    fn read(&mut self) -> Option<u32> {
        let (c, length) = match self.form {
            Form::Utf8 => decode_utf8(self.rest),
            Form::Bmp => {
                self.rest.first_chunk().map(|unit| (u32::from(u16::from_be_bytes(*unit)), 2))
            }
            Form::Universal => self.rest.first_chunk().map(|unit| (u32::from_be_bytes(*unit), 4)),
        }?;
        self.rest = &self.rest[length..];
        Some(c)
    }

    fn next_of_any(&mut self) -> Option<u32> {
        if let Some(c) = self.pending.take() {
            return Some(c);
        }
        let mut space = false;
        loop {
            let c = self.read()?;
            if char::from_u32(c).is_some_and(char::is_whitespace) {
                space = true;
                continue;
            }
            let c = fold_case(c);
            if space && self.started {
                self.pending = Some(c);
                return Some(u32::from(' '));
            }
            self.started = true;
            return Some(c);
        }
    }
}

impl Iterator for Folded<'_> {
    type Item = u32;

    #[inline]
    fn next(&mut self) -> Option<u32> {
        // Nearly every character of nearly every name.
        if self.form == Form::Utf8 && self.pending.is_none() {
            match *self.rest {
                [visible @ b'!'..=b'~', ref rest @ ..] => {
                    (self.rest, self.started) = (rest, true);
                    return Some(u32::from(visible.to_ascii_lowercase()));
                }
                [b' ', b'!'..=b'~', ..] if self.started => {
                    self.rest = &self.rest[1..];
                    return Some(u32::from(' '));
                }
                _ => {}
            }
        }
        self.next_of_any()
    }
}

/// Simple case folding: one character to one character, as far as that goes.
fn fold_case(c: u32) -> u32 {
    if c < 0x80 {
        return u32::from((c as u8).to_ascii_lowercase());
    }
    let Some(character) = char::from_u32(c) else { return c };
    let mut lower = character.to_lowercase();
    match (lower.next(), lower.next()) {
        (Some(single), None) => u32::from(single),
        _ => c,
    }
}

fn decode_utf8(bytes: &[u8]) -> Option<(u32, usize)> {
    let first = *bytes.first()?;
    let (length, bits) = match first {
        0..=0x7f => return Some((u32::from(first), 1)),
        0xc0..=0xdf => (2, first & 0x1f),
        0xe0..=0xef => (3, first & 0x0f),
        _ => (4, first & 0x07),
    };
    let tail = bytes.get(1..length)?;
    Some((tail.iter().fold(u32::from(bits), |c, b| c << 6 | u32::from(b & 0x3f)), length))
}

/// What TeletexString shares with PrintableString; readers disagree about the rest.
pub(crate) fn is_printable_string(byte: &u8) -> bool {
    byte.is_ascii_alphanumeric() || b" '()+,-./:=?".contains(byte)
}
