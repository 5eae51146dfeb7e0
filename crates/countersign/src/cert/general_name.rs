//! GeneralName (RFC 5280 section 4.2.1.6): every kind, validated when it is read.

use super::name::Name;
use crate::der::{Reader, Tlv, read_all, tag};
use crate::error::Malformed;

/// One alternative name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum GeneralName<'a> {
    /// dNSName: letters, digits and hyphens in labels (RFC 1034 section 3.5); the first label
    /// may be `*` alone.
    Dns(&'a str),
    /// rfc822Name: `local@host`.
    Email(&'a str),
    /// uniformResourceIdentifier: absolute, printable ASCII.
    Uri(&'a str),
    /// iPAddress: 4 or 16 octets.
    Ip(&'a [u8]),
    /// directoryName.
    Directory(Name<'a>),
    /// otherName: type and the value's DER.
    Other {
        /// OBJECT IDENTIFIER content octets.
        oid: &'a [u8],
        /// The value, tag and length included.
        value: &'a [u8],
    },
    /// x400Address, not interpreted.
    X400(&'a [u8]),
    /// ediPartyName, not interpreted.
    EdiParty(&'a [u8]),
    /// registeredID: OBJECT IDENTIFIER content octets.
    RegisteredId(&'a [u8]),
}

/// Tags of the alternatives.
pub(crate) mod kind {
    pub(crate) const OTHER: u8 = 0xa0;
    pub(crate) const EMAIL: u8 = 0x81;
    pub(crate) const DNS: u8 = 0x82;
    pub(crate) const X400: u8 = 0xa3;
    pub(crate) const DIRECTORY: u8 = 0xa4;
    pub(crate) const EDI_PARTY: u8 = 0xa5;
    pub(crate) const URI: u8 = 0x86;
    pub(crate) const IP: u8 = 0x87;
    pub(crate) const REGISTERED_ID: u8 = 0x88;
}

impl<'a> GeneralName<'a> {
    pub(crate) fn from_tlv(tlv: Tlv<'a>) -> Result<Self, Malformed> {
        let content = tlv.content;
        Ok(match tlv.tag {
            kind::DNS => Self::Dns(dns_name(content)?),
            kind::EMAIL => Self::Email(mailbox(content)?),
            kind::URI => Self::Uri(uri(content)?),
            kind::IP if matches!(content.len(), 4 | 16) => Self::Ip(content),
            kind::IP => return Err(Malformed::new("alternative name: IP address length")),
            kind::DIRECTORY => Self::Directory(Name::from_der(content)?),
            kind::OTHER => other_name(content)?,
            kind::X400 => Self::X400(content),
            kind::EDI_PARTY => Self::EdiParty(content),
            kind::REGISTERED_ID => {
                crate::der::check_oid(content, "alternative name: registered ID")?;
                Self::RegisteredId(content)
            }
            _ => return Err(Malformed::new("alternative name: unknown kind")),
        })
    }

    /// As `from_tlv`, for an element that it has accepted before: the syntax is not gone through
    /// again, which would cost more than all that is done with most names.
    fn checked(tlv: Tlv<'a>) -> Option<Self> {
        let content = tlv.content;
        let text = || core::str::from_utf8(content).ok();
        Some(match tlv.tag {
            kind::DNS => Self::Dns(text()?),
            kind::EMAIL => Self::Email(text()?),
            kind::URI => Self::Uri(text()?),
            kind::IP => Self::Ip(content),
            kind::DIRECTORY => Self::Directory(Name::checked(content)),
            _ => return Self::from_tlv(tlv).ok(),
        })
    }
}

/// A non-empty sequence of alternative names, all of them well formed.
#[derive(Clone, Copy, Debug)]
pub struct GeneralNames<'a> {
    content: &'a [u8],
}

impl<'a> GeneralNames<'a> {
    /// Checks every name in the content octets of a `GeneralNames`.
    pub(crate) fn from_content(content: &'a [u8]) -> Result<Self, Malformed> {
        let what = "alternative name: not a well-formed sequence";
        let mut reader = Reader::new(content);
        loop {
            GeneralName::from_tlv(reader.read_tlv(what)?)?;
            if reader.is_empty() {
                return Ok(Self { content });
            }
        }
    }

    /// How many octets they have, for pricing what is done with them.
    pub(crate) fn der_len(&self) -> usize {
        self.content.len()
    }

    /// The names, in the order of the certificate.
    pub fn iter(&self) -> impl Iterator<Item = GeneralName<'a>> + Clone + use<'a> {
        let mut reader = Reader::new(self.content);
        // Checked when this value was made, so neither step can fail before the end.
        core::iter::from_fn(move || GeneralName::checked(reader.read_tlv("checked").ok()?))
    }
}

fn other_name(content: &[u8]) -> Result<GeneralName<'_>, Malformed> {
    let what = "alternative name: otherName";
    read_all(content, what, |r| {
        let oid = r.oid(what)?;
        let value = r.nested(tag::context_constructed(0), what, |r| r.read_tlv(what))?;
        Ok(GeneralName::Other { oid, value: value.der })
    })
}

/// Visible ASCII without space.
fn visible<'a>(content: &'a [u8], what: &'static str) -> Result<&'a str, Malformed> {
    if content.is_empty() || !content.iter().all(u8::is_ascii_graphic) {
        return Err(Malformed::new(what));
    }
    core::str::from_utf8(content).map_err(|_| Malformed::new(what))
}

fn dns_name(content: &[u8]) -> Result<&str, Malformed> {
    let what = "alternative name: not a DNS name in preferred name syntax";
    let name = visible(content, what)?;
    let labels = name.strip_prefix("*.").unwrap_or(name);
    if is_host_name(labels) { Ok(name) } else { Err(Malformed::new(what)) }
}

/// Whether this is a DNS host name in preferred name syntax (RFC 1034 section 3.5 as relaxed by
/// RFC 1123 section 2.1): no trailing dot, no underscore, and not an IPv4 address in disguise
/// (the last label is not all digits).
pub(crate) fn is_host_name(name: &str) -> bool {
    let mut previous = b'.';
    let mut label = 0;
    let mut number = true;
    for byte in name.bytes() {
        match byte {
            b'.' if matches!(previous, b'.' | b'-') => return false,
            b'.' => (label, number) = (0, true),
            b'-' if previous == b'.' => return false,
            _ if byte.is_ascii_alphanumeric() || byte == b'-' => {
                label += 1;
                number &= byte.is_ascii_digit();
            }
            _ => return false,
        }
        if label > 63 {
            return false;
        }
        previous = byte;
    }
    name.len() <= 253 && !matches!(previous, b'.' | b'-') && !number
}

fn mailbox(content: &[u8]) -> Result<&str, Malformed> {
    let what = "alternative name: not an email address";
    let text = visible(content, what)?;
    match text.rsplit_once('@') {
        Some((local, host)) if is_local_part(local) && is_host_name(host) => Ok(text),
        _ => Err(Malformed::new(what)),
    }
}

/// RFC 5321 dot-string, or a quoted string without escapes. One that needs no quotes must have
/// none: with them it would be a second spelling of the same mailbox (section 4.1.2).
pub(crate) fn is_local_part(local: &str) -> bool {
    if local.len() > 64 {
        return false;
    }
    if let Some(quoted) = local.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
        return !quoted.contains(['"', '\\']) && !is_dot_string(quoted);
    }
    is_dot_string(local)
}

fn is_dot_string(local: &str) -> bool {
    let atom = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&b);
    local.split('.').all(|part| !part.is_empty() && part.bytes().all(atom))
}

/// Bytes that a URI may consist of: visible ASCII but what RFC 3986 leaves no place for. A table,
/// because every URI of every certificate goes through it byte by byte.
const URI_BYTES: [bool; 256] = {
    let mut allowed = [false; 256];
    let mut byte = b'!';
    while byte <= b'~' {
        allowed[byte as usize] =
            !matches!(byte, b'"' | b'<' | b'>' | b'\\' | b'^' | b'`' | b'{' | b'|' | b'}');
        byte += 1;
    }
    allowed
};

/// An absolute URI (RFC 3986): a scheme, and where it has an authority, a host that is a host
/// name or an address (RFC 5280 section 4.2.1.6).
fn uri(content: &[u8]) -> Result<&str, Malformed> {
    let malformed = Malformed::new("alternative name: not an absolute URI");
    // To the end in any case: no branch for each byte.
    if !content.iter().fold(true, |all, byte| all & URI_BYTES[usize::from(*byte)]) {
        return Err(malformed);
    }
    let text = core::str::from_utf8(content).map_err(|_| malformed)?;
    let colon = content.iter().position(|byte| *byte == b':').ok_or(malformed)?;
    let (scheme, rest) = (&content[..colon], &content[colon + 1..]);
    let in_scheme = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.');
    let scheme_ok = scheme.first().is_some_and(u8::is_ascii_alphabetic);
    if !scheme_ok || !scheme.iter().all(in_scheme) || rest.is_empty() {
        return Err(malformed);
    }
    match host_behind_scheme(&text[colon + 1..]) {
        // `spiffe://` and friends must name someone; `file:///` is the one that need not.
        Some("") if scheme != b"file" => Err(malformed),
        _ => Ok(text),
    }
}

/// The host of a URI that has an authority, without user information and port; `None` where it
/// has no authority. Brackets of an IPv6 address are kept.
pub(crate) fn uri_host(uri: &str) -> Option<&str> {
    let colon = uri.bytes().position(|byte| byte == b':')?;
    host_behind_scheme(&uri[colon + 1..])
}

fn host_behind_scheme(rest: &str) -> Option<&str> {
    let authority = rest.strip_prefix("//")?;
    let (mut start, mut end, mut port) = (0, authority.len(), None);
    for (at, byte) in authority.bytes().enumerate() {
        match byte {
            b'/' | b'?' | b'#' => {
                end = at;
                break;
            }
            b'@' => (start, port) = (at + 1, None),
            b':' if port.is_none() => port = Some(at),
            _ => {}
        }
    }
    let host_port = &authority[start..end];
    if host_port.starts_with('[') {
        return Some(host_port.find(']').map_or(host_port, |end| &host_port[..=end]));
    }
    Some(&authority[start..port.unwrap_or(end)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dns_names_follow_preferred_name_syntax() {
        for ok in ["a", "billing.acme.example", "*.acme.example", "xn--mnchen-3ya.example", "1a.b1"]
        {
            assert!(dns_name(ok.as_bytes()).is_ok(), "{ok}");
        }
        for bad in [
            "",
            ".",
            "*",
            "*.",
            "a.",
            ".a",
            "a..b",
            "a_b.example",
            "-a.example",
            "a-.example",
            "a.*.example",
            "b*.example",
            "127.0.0.1",
            "a b",
            "a\0b",
            "münchen.example",
            "**.a",
        ] {
            assert!(dns_name(bad.as_bytes()).is_err(), "{bad}");
        }
        assert!(dns_name(&[b'a'; 64]).is_err());
    }

    #[test]
    fn uris_are_absolute_and_name_their_host() {
        for ok in ["spiffe://acme.example/billing", "urn:uuid:x", "https://[::1]:80/", "file:///x"]
        {
            assert!(uri(ok.as_bytes()).is_ok(), "{ok}");
        }
        for bad in
            ["", "/relative", "spiffe:", "spiffe:///billing", "1a:b", "a b:c", "a:b\0", "a:{b}"]
        {
            assert!(uri(bad.as_bytes()).is_err(), "{bad}");
        }
        assert_eq!(uri_host("a://u:p@h.example:80/p@q"), Some("h.example"));
        assert_eq!(uri_host("a://[::1]:80?x"), Some("[::1]"));
        assert_eq!(uri_host("mailto:x@y"), None);
    }

    #[test]
    fn email_addresses_have_a_local_part_and_a_host() {
        for ok in ["ops@acme.example", "a.b+c@x", "*@x.example", "\"a,b\"@x"] {
            assert!(mailbox(ok.as_bytes()).is_ok(), "{ok}");
        }
        for bad in [
            "",
            "acme.example",
            "@acme.example",
            "a@",
            "a@b@c",
            "a..b@c",
            "a@b_c",
            "a\0@b",
            "\"a\"@b",
        ] {
            assert!(mailbox(bad.as_bytes()).is_err(), "{bad}");
        }
    }
}
