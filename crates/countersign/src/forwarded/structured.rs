//! Structured fields (RFC 9651), as far as forwarded certificates and their signatures need them, and in
//! the canonical form only.

use super::field::trim;
use super::rejection::Rejection;

/// The base64 of a byte sequence (section 3.3.5) that is all of `item`. Parameters are none of it.
pub(super) fn byte_sequence(item: &[u8]) -> Result<&[u8], Rejection> {
    match item {
        [b':', inner @ .., b':'] if !inner.contains(&b':') => Ok(inner),
        _ => Err(Rejection::malformed("no byte sequence between colons")),
    }
}

/// The members of a list of byte sequences (section 3.1): what is between its commas. There is none
/// inside a byte sequence.
pub(super) fn list(value: &[u8]) -> impl Iterator<Item = &[u8]> {
    value.split(|byte| *byte == b',').map(trim)
}

/// The members of a dictionary (section 3.2), each with its key and its value as it was written.
///
/// Values are told apart by what ends them and not read: strings, inner lists and byte sequences keep
/// their commas. After an error there is no more.
pub(super) fn dictionary(value: &[u8]) -> impl Iterator<Item = Result<Member<'_>, Rejection>> {
    let mut rest = Some(value);
    core::iter::from_fn(move || {
        let read = member(rest.take()?);
        read.map(|(member, behind)| {
            rest = behind;
            member
        })
        .into()
    })
}

/// One member of a dictionary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Member<'a> {
    pub(super) key: &'a [u8],
    pub(super) value: &'a [u8],
}

type Behind<'a> = Option<&'a [u8]>;

fn member(text: &[u8]) -> Result<(Member<'_>, Behind<'_>), Rejection> {
    let length = value_length(text)?;
    let (member, behind) = text.split_at(length);
    let member = trim(member);
    let equals = member.iter().position(|byte| *byte == b'=').unwrap_or(member.len());
    let (key, value) = member.split_at(equals);
    let starts = key.first().is_some_and(|byte| byte.is_ascii_lowercase() || *byte == b'*');
    if !starts || !key.iter().all(|byte| is_key(*byte)) {
        return Err(Rejection::malformed("no key where a member begins"));
    }
    let value = value.get(1..).unwrap_or_default();
    Ok((Member { key, value }, behind.get(1..)))
}

/// How far it is to the comma that ends a member, or to the end.
fn value_length(text: &[u8]) -> Result<usize, Rejection> {
    let (mut in_string, mut in_list, mut escaped) = (false, false, false);
    for (at, byte) in text.iter().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            _ if in_string => {}
            b'(' if !in_list => in_list = true,
            b')' if in_list => in_list = false,
            b'(' | b')' => return Err(Rejection::malformed("parentheses that do not match")),
            b',' if !in_list => return Ok(at),
            _ => {}
        }
    }
    let is_whole = !in_string && !in_list;
    is_whole.then_some(text.len()).ok_or(Rejection::malformed("a member that is cut off"))
}

const fn is_key(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'_' | b'-' | b'.' | b'*')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn members(value: &str) -> Result<Vec<(String, String)>, Rejection> {
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        let pair = |member: Member<'_>| (text(member.key), text(member.value));
        dictionary(value.as_bytes()).map(|member| member.map(pair)).collect()
    }

    #[test]
    fn members_end_at_commas_that_are_outside_of_strings_and_lists() {
        let value = r#"a=("x,y" "z\",");k="1,2", b=:AA==:,c"#;
        let expected = [("a", r#"("x,y" "z\",");k="1,2""#), ("b", ":AA==:"), ("c", "")];
        let expected = expected.map(|(key, value)| (key.to_owned(), value.to_owned()));
        assert_eq!(members(value).unwrap(), expected);
    }

    #[test]
    fn what_is_no_dictionary_is_refused() {
        for value in
            ["", ",", "a=1,", "A=1", "=1", "a=(", "a=((1))", "a=)", "a=\"", "a=\"\\\"", "1=a"]
        {
            assert!(members(value).is_err(), "{value}");
        }
    }

    #[test]
    fn a_byte_sequence_is_all_there_is() {
        assert_eq!(byte_sequence(b":AA==:").unwrap(), b"AA==");
        for item in
            ["", ":", "AA==", ":AA==", "AA==:", ":AA==:;a=1", ":AA==:, :AA==:", "\":AA==:\""]
        {
            assert!(byte_sequence(item.as_bytes()).is_err(), "{item}");
        }
    }
}
