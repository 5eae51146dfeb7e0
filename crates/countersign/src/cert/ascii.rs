//! What an octet may be in a name, by one look at a table: the names of a certificate are gone
//! through octet by octet before anybody has signed for them.

/// In a URI: visible ASCII but what RFC 3986 leaves no place for.
pub(super) const URI: u8 = 1;
/// In the scheme of a URI (RFC 3986 section 3.1).
pub(super) const SCHEME: u8 = 2;
/// First behind the authority of a URI.
pub(super) const BEHIND_AUTHORITY: u8 = 4;
/// In the authority of a URI, where that is more than a host name.
pub(super) const APART: u8 = 8;
/// In a label of a host name (RFC 1123 section 2.1).
pub(super) const LABEL: u8 = 16;
/// 0 to 9.
pub(super) const DIGIT: u8 = 32;
/// In an atom of a mailbox (RFC 5321 section 4.1.2, `atext`).
pub(super) const ATOM: u8 = 64;

const CLASSES: [u8; 256] = {
    let mut classes = [0; 256];
    let mut octet = b'!';
    while octet <= b'~' {
        let mut class = match octet {
            b'"' | b'<' | b'>' | b'\\' | b'^' | b'`' | b'{' | b'|' | b'}' => 0,
            _ => URI,
        };
        class |= match octet {
            b'0'..=b'9' => SCHEME | LABEL | DIGIT | ATOM,
            b'a'..=b'z' | b'A'..=b'Z' => SCHEME | LABEL | ATOM,
            b'-' => SCHEME | LABEL | ATOM,
            b'+' => SCHEME | ATOM,
            b'.' => SCHEME,
            b'/' | b'?' | b'#' => BEHIND_AUTHORITY | ATOM,
            b'@' | b':' | b'[' => APART,
            b'!' | b'$' | b'%' | b'&' | b'\'' | b'*' | b'=' | b'^' | b'_' | b'`' => ATOM,
            b'{' | b'|' | b'}' | b'~' => ATOM,
            _ => 0,
        };
        classes[octet as usize] = class;
        octet += 1;
    }
    classes
};

/// All that this octet may be.
#[inline]
pub(super) fn classes(octet: u8) -> u8 {
    CLASSES[usize::from(octet)]
}

/// Whether this octet may be that.
#[inline]
pub(super) fn is(octet: u8, class: u8) -> bool {
    classes(octet) & class != 0
}

/// Whether all of these octets may be that. To the end in any case: no branch for each.
#[inline]
pub(super) fn all_are(octets: &[u8], class: u8) -> bool {
    octets.iter().fold(class, |all, octet| all & classes(*octet)) != 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_says_what_the_grammars_say() {
        for octet in 0..=u8::MAX {
            let is_alphanumeric = octet.is_ascii_alphanumeric();
            let expected = [
                (URI, octet.is_ascii_graphic() && !b"\"<>\\^`{|}".contains(&octet)),
                (SCHEME, is_alphanumeric || b"+-.".contains(&octet)),
                (BEHIND_AUTHORITY, b"/?#".contains(&octet)),
                (APART, b"@:[".contains(&octet)),
                (LABEL, is_alphanumeric || octet == b'-'),
                (DIGIT, octet.is_ascii_digit()),
                (ATOM, is_alphanumeric || b"!#$%&'*+-/=?^_`{|}~".contains(&octet)),
            ];
            for (class, expected) in expected {
                assert_eq!(is(octet, class), expected, "{octet:#x} {class}");
                assert_eq!(all_are(&[b'0', octet], class), expected && is(b'0', class));
            }
        }
    }
}
