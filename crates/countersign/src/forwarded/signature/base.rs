//! The signature base (RFC 9421 section 2.5): the lines that are signed.

use super::parameters::Component;
use super::request::Request;
use crate::forwarded::rejection::Rejection;

/// Appends a line for each component, and the one with the parameters.
///
/// `values` gives the values of a header, in their order. A component without one, or with one that
/// would not stay on its line, has no base.
pub(super) fn write<'a, V>(
    components: &[Component<'_>],
    request: &Request<'_>,
    values: impl Fn(&str) -> V,
    parameters: &[u8],
    out: &mut Vec<u8>,
) -> Result<(), Rejection>
where
    V: Iterator<Item = &'a [u8]>,
{
    for component in components {
        begin(component.name(), out);
        match component {
            Component::Derived(derived) => request.push(*derived, out),
            Component::Field(name) => push_field(values(name), out)?,
        }
        out.push(b'\n');
    }
    begin("@signature-params", out);
    out.extend_from_slice(parameters);
    Ok(())
}

fn begin(name: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b"\": ");
}

/// Section 2.1: the lines of one header are joined by a comma and a blank.
fn push_field<'a>(
    values: impl Iterator<Item = &'a [u8]>,
    out: &mut Vec<u8>,
) -> Result<(), Rejection> {
    let mut count = 0;
    for value in values {
        if value.iter().any(|byte| matches!(byte, 0..=0x1f | 0x7f)) {
            return Err(Rejection::malformed("a control character in a header that is signed"));
        }
        out.extend_from_slice(if count == 0 { b"" } else { b", " });
        out.extend_from_slice(value);
        count += 1;
    }
    if count == 0 {
        Err(Rejection::malformed("a header that is signed is missing"))
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn base_of(values: &'static [&'static [u8]]) -> Result<Vec<u8>, Rejection> {
        let request = Request::new(b"GET", b"a.example", b"/");
        let mut base = Vec::new();
        let values = |_: &str| values.iter().copied();
        write(&[Component::Field("x")], &request, values, b"()", &mut base).map(|()| base)
    }

    #[test]
    fn lines_of_one_header_are_joined() {
        let expected = b"\"x\": a, b\n\"@signature-params\": ()";
        assert_eq!(base_of(&[b"a", b"b"]).unwrap(), expected);
    }

    #[test]
    fn a_value_that_would_make_a_line_of_its_own_has_no_base() {
        const BAD: [&[&[u8]]; 4] = [&[b"a\n\"@path\": /x"], &[b"a", b"\r"], &[b"\0"], &[b"\x7f"]];
        for values in BAD {
            assert!(base_of(values).is_err(), "{values:?}");
        }
        assert_eq!(base_of(&[]).unwrap_err().what(), "a header that is signed is missing");
    }
}
