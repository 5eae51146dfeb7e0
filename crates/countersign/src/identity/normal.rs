//! The one normal form of each kind of name, shared by policies and certificates.
//!
//! What has no normal form is no identity: in a certificate it matches nothing, in a policy it is
//! an error, whose text these functions return.

use crate::cert::{is_host_name, is_local_part, uri_host};
use crate::limits;

/// Where a name is brought into its normal form: on the stack, because matching allocates nothing.
pub(crate) struct Scratch([u8; limits::EMAIL_BYTES]);

impl Scratch {
    pub(crate) const fn new() -> Self {
        Self([0; limits::EMAIL_BYTES])
    }
}

/// A DNS name in lower case, without a trailing dot.
///
/// # Errors
///
/// A wildcard, a trailing dot, whatever else is no host name, in the words of a policy error.
pub(crate) fn dns<'b>(name: &str, scratch: &'b mut Scratch) -> Result<&'b [u8], &'static str> {
    check_dns(name)?;
    let normal = &mut scratch.0[..name.len()];
    normal.copy_from_slice(name.as_bytes());
    normal.make_ascii_lowercase();
    Ok(normal)
}

fn check_dns(name: &str) -> Result<(), &'static str> {
    if is_host_name(name) { Ok(()) } else { Err(why_not_dns(name)) }
}

fn why_not_dns(name: &str) -> &'static str {
    if name.is_empty() {
        "it is empty"
    } else if name.len() > limits::DNS_NAME_BYTES {
        "it is longer than the 253 bytes of a DNS name"
    } else if name.contains('*') {
        "wildcards are not supported; use `dns_suffix`"
    } else if !name.is_ascii() {
        "it is not ASCII; write the A-label form, `xn--…`"
    } else if name.ends_with('.') {
        "it ends in a dot; leave that out"
    } else if !name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'.') {
        "only letters, digits, `-` and dots may stand in a DNS name"
    } else {
        "every label has 1 to 63 letters, digits and inner hyphens, the last one not only digits"
    }
}

/// An email address: the local part as it is, the host in lower case.
///
/// # Errors
///
/// No `@`, or something before or after it that no mailbox has (RFC 5321 section 4.1.2).
pub(crate) fn email<'b>(address: &str, scratch: &'b mut Scratch) -> Result<&'b [u8], &'static str> {
    let (local, host) = address.rsplit_once('@').ok_or("it has no `@`")?;
    if !is_local_part(local) {
        return Err("the part before the `@` is not a dot-string or a quoted string of RFC 5321");
    }
    if !is_host_name(host) {
        return Err("the part after the `@` is not a DNS name");
    }
    let normal = &mut scratch.0[..address.len()];
    normal.copy_from_slice(address.as_bytes());
    normal[local.len()..].make_ascii_lowercase();
    Ok(normal)
}

/// The positive content of an INTEGER without its sign padding.
pub(crate) fn serial(integer_content: &[u8]) -> &[u8] {
    match integer_content {
        [0, rest @ ..] if !rest.is_empty() => rest,
        content => content,
    }
}

/// What follows the authority of a URI that names a host: empty, or beginning with `/`, `?` or
/// `#`. `None` for a URI without a host.
pub(crate) fn after_authority(uri: &str) -> Option<&str> {
    uri_host(uri).filter(|host| !host.is_empty())?;
    let (_, after) = uri.split_once("://")?;
    let end = after.find(['/', '?', '#']).unwrap_or(after.len());
    Some(&after[end..])
}

/// Whether a URI may match a prefix at all.
///
/// # Errors
///
/// What another reader of the same URI could resolve to another place: `.` and `..` segments,
/// empty segments, percent-encoded `/` or `.`, broken percent-encoding, characters outside
/// RFC 3986. Queries and fragments are held to the same, because readers disagree where they begin.
pub(crate) fn check_prefixable(uri: &str) -> Result<(), &'static str> {
    let rest = after_authority(uri).ok_or("it names no host (`scheme://host/`)")?;
    check_characters(uri.as_bytes())?;
    if rest.contains("//") {
        return Err("it has an empty segment (`//`)");
    }
    if rest.split(['/', '?', '#']).any(|segment| segment == "." || segment == "..") {
        return Err("it has a `.` or `..` segment");
    }
    Ok(())
}

fn check_characters(uri: &[u8]) -> Result<(), &'static str> {
    for (i, &byte) in uri.iter().enumerate() {
        match byte {
            b'%' => match uri.get(i + 1..i + 3) {
                Some([b'2', b'e' | b'E' | b'f' | b'F']) => {
                    return Err("it has a percent-encoded `/` or `.`");
                }
                Some(hex) if hex.iter().all(u8::is_ascii_hexdigit) => {}
                _ => return Err("it has a `%` without two hex digits after it"),
            },
            b'"' | b'<' | b'>' | b'\\' | b'^' | b'`' | b'{' | b'|' | b'}' => {
                return Err("it has a character that RFC 3986 does not allow");
            }
            _ if byte.is_ascii_graphic() => {}
            _ => return Err("it has a blank, a control or a non-ASCII character"),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dns_of(name: &str) -> Option<String> {
        let mut scratch = Scratch::new();
        let normal = dns(name, &mut scratch).ok()?;
        Some(String::from_utf8(normal.to_vec()).unwrap())
    }

    #[test]
    fn dns_names_are_lower_case_and_nothing_odd_has_a_normal_form() {
        assert_eq!(dns_of("Billing.ACME.example").unwrap(), "billing.acme.example");
        assert_eq!(dns_of("xn--bcher-kva.example").unwrap(), "xn--bcher-kva.example");
        let label = "a".repeat(63);
        let longest = [&label[..], &label, &label, &label[..61]].join(".");
        assert_eq!(longest.len(), 253);
        assert!(dns_of(&longest).is_some());
        for odd in [
            "",
            ".",
            "*.acme.example",
            "a*.acme.example",
            "acme.example.",
            ".acme.example",
            "acme..example",
            "bücher.example",
            "a b.example",
            "a\0.example",
            "a@acme.example",
            "a_b.example",
            "-a.example",
            "192.0.2.7",
            &format!("{label}a.example"),
            &format!("{longest}a"),
        ] {
            assert_eq!(dns_of(odd), None, "{odd:?}");
        }
    }

    #[test]
    fn an_email_keeps_its_local_part_and_lowers_its_host() {
        let mut scratch = Scratch::new();
        let normal = email("Ops+X@ACME.Example", &mut scratch).unwrap();
        assert_eq!(normal, b"Ops+X@acme.example");
        let longest = format!("{}@{}", "l".repeat(64), ["h".repeat(62).as_str(); 4].join("."));
        assert!(email(&longest, &mut scratch).is_ok());
        let too_long = format!("l{longest}");
        for odd in [
            "ops",
            "o..s@a.example",
            "@acme.example",
            "ops@",
            "o s@a.example",
            "ops\0@a.example",
            "ö@a",
            &too_long,
        ] {
            assert!(email(odd, &mut scratch).is_err(), "{odd:?}");
        }
    }

    #[test]
    fn serials_lose_their_sign_padding_only() {
        assert_eq!(serial(&[0x00, 0xff]), [0xff]);
        assert_eq!(serial(&[0x00]), [0x00]);
        assert_eq!(serial(&[0x01, 0x00]), [0x01, 0x00]);
    }

    #[test]
    fn a_uri_that_two_readers_could_resolve_differently_matches_no_prefix() {
        for plain in
            ["spiffe://a.example/jobs/x", "https://a.example:8443/a%20b?q=1#f", "s://[::1]/"]
        {
            assert_eq!(check_prefixable(plain), Ok(()), "{plain}");
        }
        for odd in [
            "spiffe:a.example/jobs/x",
            "spiffe:///jobs/x",
            "spiffe://:80/jobs/x",
            "spiffe://a.example//jobs/x",
            "spiffe://a.example/jobs/../x",
            "spiffe://a.example/jobs/./x",
            "spiffe://a.example/jobs/..",
            "spiffe://a.example/jobs/..?q",
            "spiffe://a.example/jobs/%2e%2E/x",
            "spiffe://a.example/jobs/%2fx",
            "spiffe://a.example/jobs/%2Fx",
            "spiffe://a.example/jobs/%2",
            "spiffe://a.example/jobs/%zz",
            "spiffe://a.example/jobs/\\x",
            "spiffe://a.example/jobs/x y",
            "spiffe://a.example/jobs/x\0",
            "spiffe://a.example/jobs/ü",
        ] {
            assert!(check_prefixable(odd).is_err(), "{odd:?}");
        }
    }
}
