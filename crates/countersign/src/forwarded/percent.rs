//! Percent-encoding as proxies write it into headers (RFC 3986 section 2.1), in one form only.

use super::rejection::Rejection;

/// Which characters stand for themselves besides the unreserved ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Literals {
    /// None: nginx (`ngx_escape_uri` of a URI component) and Envoy.
    None,
    /// `+`, `/` and `=`, which may be escaped as well: Amazon documents both.
    Base64,
}

/// What `text` stands for.
///
/// An escape has upper-case digits and stands for what needs one, so that there is one way to write
/// a text; `+` is never a blank.
pub(super) fn decode(text: &[u8], literals: Literals) -> Result<Vec<u8>, Rejection> {
    let mut decoded = Vec::with_capacity(text.len());
    let mut rest = text;
    loop {
        let literal = rest.iter().take_while(|byte| is_literal(**byte, literals)).count();
        decoded.extend_from_slice(&rest[..literal]);
        rest = match &rest[literal..] {
            [] => return Ok(decoded),
            [b'%', high, low, rest @ ..] => {
                let (Some(high), Some(low)) = (digit(*high), digit(*low)) else {
                    return Err(Rejection::malformed("an escape without two upper-case digits"));
                };
                let byte = high << 4 | low;
                if is_unreserved(byte) {
                    return Err(Rejection::malformed("an escape where none is due"));
                }
                decoded.push(byte);
                rest
            }
            [b'%', ..] => return Err(Rejection::malformed("an escape that is cut off")),
            _ => return Err(Rejection::malformed("a character that must be escaped")),
        }
    }
}

/// Writes `text` with everything escaped that is not unreserved.
pub(super) fn encode(text: &[u8], out: &mut String) {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    for &byte in text {
        if is_unreserved(byte) {
            out.push(char::from(byte));
        } else {
            out.push('%');
            out.push(char::from(DIGITS[usize::from(byte >> 4)]));
            out.push(char::from(DIGITS[usize::from(byte & 0xf)]));
        }
    }
}

const fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')
}

const fn is_literal(byte: u8, literals: Literals) -> bool {
    is_unreserved(byte)
        || matches!(literals, Literals::Base64) && matches!(byte, b'+' | b'/' | b'=')
}

const fn digit(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'A'..=b'F' => Some(byte - b'A' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_round_trips_in_one_form() {
        let all: Vec<u8> = (0..=255).collect();
        let mut text = String::new();
        encode(&all, &mut text);
        assert_eq!(decode(text.as_bytes(), Literals::None).unwrap(), all);
        assert!(text.bytes().all(|b| b == b'%' || is_unreserved(b)));
    }

    #[test]
    fn any_other_form_is_refused() {
        for text in
            ["+", "a+b", "%2b", "%41", "%2D", "%", "%2", "%2G", " ", "%0a", "\n", "é", "/", "="]
        {
            assert!(decode(text.as_bytes(), Literals::None).is_err(), "{text:?}");
        }
        for text in ["%3D=", "+%2B", "/%2F"] {
            assert!(decode(text.as_bytes(), Literals::Base64).is_ok(), "{text:?}");
        }
        assert!(decode(b"%3d", Literals::Base64).is_err());
    }
}
