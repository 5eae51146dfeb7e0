//! Header fields: their names, and those of one request that are ours.

use std::sync::Arc;

use arrayvec::ArrayVec;

use super::rejection::Rejection;
use crate::error::{Error, ErrorKind};
use crate::limits;

/// The name of a header field (RFC 9110 section 5.1), in lower case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct FieldName(Arc<str>);

impl FieldName {
    /// A name that an administrator chose.
    pub(super) fn new(name: &str) -> Result<Self, Error> {
        let is_name = !name.is_empty() && name.bytes().all(is_token);
        if !is_name || name.len() > limits::FIELD_NAME_BYTES {
            let message = format!("`{name}` is no name of a header field");
            return Err(Error::new(ErrorKind::Usage, message));
        }
        Ok(Self::known(name))
    }

    /// A name out of our own tables.
    pub(super) fn known(name: &str) -> Self {
        Self(name.to_ascii_lowercase().into())
    }

    pub(super) fn text(&self) -> &Arc<str> {
        &self.0
    }

    /// Whether `name` is this one, or would be for a server that takes `_` for `-`, as CGI and its
    /// descendants do.
    pub(super) fn is_like(&self, name: &[u8]) -> bool {
        name.len() == self.0.len()
            && name.iter().zip(self.0.bytes()).all(|(a, b)| fold(*a) == fold(b))
    }
}

/// A character of a token (RFC 9110 section 5.6.2).
pub(super) const fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(
            byte,
            b'!' | b'#'
                | b'$'
                | b'%'
                | b'&'
                | b'\''
                | b'*'
                | b'+'
                | b'-'
                | b'.'
                | b'^'
                | b'_'
                | b'`'
                | b'|'
                | b'~'
        )
}

/// What all spellings of a name have in common.
pub(super) const fn fold(byte: u8) -> u8 {
    if byte == b'_' { b'-' } else { byte.to_ascii_lowercase() }
}

/// `value` without blanks around it, which are no part of it (RFC 9110 section 5.5).
pub(super) fn trim(value: &[u8]) -> &[u8] {
    let is_blank = |byte: &u8| matches!(byte, b' ' | b'\t');
    let start = value.iter().position(|byte| !is_blank(byte)).unwrap_or(value.len());
    let end = value.iter().rposition(|byte| !is_blank(byte)).map_or(start, |last| last + 1);
    &value[start..end]
}

/// The fields of one request that have one of these names, in their order, gathered in one pass.
pub(super) struct Gathered<'n, 'a> {
    names: &'n [FieldName],
    fields: ArrayVec<(usize, &'a [u8]), { limits::FORWARDED_FIELDS }>,
}

impl<'n, 'a> Gathered<'n, 'a> {
    /// A name that is like one of ours and yet not the same is refused: whoever sent it hopes that
    /// somebody on the way takes it for the same.
    pub(super) fn gather(
        names: &'n [FieldName],
        headers: impl IntoIterator<Item = (&'a [u8], &'a [u8])>,
    ) -> Result<Self, Rejection> {
        let mut fields = ArrayVec::new();
        for (name, value) in headers {
            let Some(index) = names.iter().position(|ours| ours.is_like(name)) else { continue };
            let ours = names[index].text();
            if !name.eq_ignore_ascii_case(ours.as_bytes()) {
                let what = "a name that differs in `_` and `-` only";
                return Err(Rejection::malformed(what).in_field(ours));
            }
            if value.len() > limits::FORWARDED_VALUE_BYTES {
                return Err(Rejection::too_large("the value is too long").in_field(ours));
            }
            if fields.try_push((index, trim(value))).is_err() {
                return Err(Rejection::too_large("too many fields").in_field(ours));
            }
        }
        Ok(Self { names, fields })
    }

    /// All values of a name.
    pub(super) fn all<'g>(
        &'g self,
        name: usize,
    ) -> impl Iterator<Item = &'a [u8]> + Clone + use<'g, 'n, 'a> {
        self.fields.iter().filter(move |(index, _)| *index == name).map(|(_, value)| *value)
    }

    /// All values of a name in lower case; none where it is not one of those that were gathered.
    pub(super) fn all_named<'g>(
        &'g self,
        name: &str,
    ) -> impl Iterator<Item = &'a [u8]> + Clone + use<'g, 'n, 'a> {
        let place = self.names.iter().position(|own| **own.text() == *name);
        self.all(place.unwrap_or(usize::MAX))
    }

    /// The value of a name that may come once.
    pub(super) fn one(&self, name: usize) -> Result<Option<&'a [u8]>, Rejection> {
        let mut values = self.all(name);
        let first = values.next();
        if values.next().is_some() {
            return Err(self.malformed(name, "given more than once"));
        }
        Ok(first)
    }

    /// As [`Gathered::one`], where an empty value says the same as none: it is what a proxy writes that
    /// sets a header from a variable without contents.
    pub(super) fn filled(&self, name: usize) -> Result<Option<&'a [u8]>, Rejection> {
        Ok(self.one(name)?.filter(|value| !value.is_empty()))
    }

    /// Whether there is no field of the first so many names.
    pub(super) fn has_none_of_first(&self, count: usize) -> bool {
        self.fields.iter().all(|(index, _)| *index >= count)
    }

    pub(super) fn name(&self, name: usize) -> &'n Arc<str> {
        self.names[name].text()
    }

    pub(super) fn malformed(&self, name: usize, what: &'static str) -> Rejection {
        Rejection::malformed(what).in_field(self.name(name))
    }

    /// `result`, with the header's name in what is wrong.
    pub(super) fn at<T>(&self, name: usize, result: Result<T, Rejection>) -> Result<T, Rejection> {
        result.map_err(|rejection| rejection.in_field(self.name(name)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_tokens_are_names() {
        for name in ["", "a b", "a:b", "a\r\nb", "é", "a\0"] {
            assert!(FieldName::new(name).is_err(), "{name:?}");
        }
        assert!(FieldName::new(&"a".repeat(limits::FIELD_NAME_BYTES + 1)).is_err());
        assert_eq!(&**FieldName::new("X-Client_Cert").unwrap().text(), "x-client_cert");
    }

    #[test]
    fn blanks_around_a_value_are_no_part_of_it() {
        for (value, trimmed) in
            [("", ""), (" \t", ""), (" a b\t", "a b"), ("a", "a"), ("\na", "\na")]
        {
            assert_eq!(trim(value.as_bytes()), trimmed.as_bytes());
        }
    }

    #[test]
    fn more_fields_than_the_limit_are_refused_and_never_left_out() {
        let names = [FieldName::known("a")];
        let fields = |count| std::iter::repeat_n((&b"A"[..], &b"x"[..]), count);
        assert!(Gathered::gather(&names, fields(limits::FORWARDED_FIELDS)).is_ok());
        let refused = Gathered::gather(&names, fields(limits::FORWARDED_FIELDS + 1)).err().unwrap();
        assert_eq!(refused.what(), "too many fields");
    }
}
