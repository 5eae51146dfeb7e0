//! GeneralName (RFC 5280 section 4.2.1.6): every kind, validated when it is read.

use super::ascii;
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

fn dns_name(content: &[u8]) -> Result<&str, Malformed> {
    let malformed = Malformed::new("alternative name: not a DNS name in preferred name syntax");
    let labels = content.strip_prefix(b"*.").unwrap_or(content);
    if !is_host(labels) {
        return Err(malformed);
    }
    core::str::from_utf8(content).map_err(|_| malformed)
}

/// Whether this is a DNS host name in preferred name syntax (RFC 1034 section 3.5 as relaxed by
/// RFC 1123 section 2.1): no trailing dot, no underscore, and not an IPv4 address in disguise
/// (the last label is not all digits).
pub(crate) fn is_host_name(name: &str) -> bool {
    is_host(name.as_bytes())
}

fn is_host(name: &[u8]) -> bool {
    let (mut previous, mut label, mut is_number) = (b'.', 0_usize, true);
    for &octet in name {
        let classes = ascii::classes(octet);
        if classes & ascii::LABEL != 0 {
            if octet == b'-' && label == 0 {
                return false;
            }
            label += 1;
            is_number &= classes & ascii::DIGIT != 0;
        } else {
            if octet != b'.' || !(1..=63).contains(&label) || previous == b'-' {
                return false;
            }
            (label, is_number) = (0, true);
        }
        previous = octet;
    }
    name.len() <= 253 && (1..=63).contains(&label) && previous != b'-' && !is_number
}

fn mailbox(content: &[u8]) -> Result<&str, Malformed> {
    let malformed = Malformed::new("alternative name: not an email address");
    let at = content.iter().rposition(|octet| *octet == b'@').ok_or(malformed)?;
    let (local, host) = (&content[..at], &content[at + 1..]);
    // A space in quotes is one more spelling that somebody may cut at.
    if local.contains(&b' ') || !is_local(local) || !is_host(host) {
        return Err(malformed);
    }
    core::str::from_utf8(content).map_err(|_| malformed)
}

/// RFC 5321 dot-string, or a quoted string without escapes. One that needs no quotes must have
/// none: with them it would be a second spelling of the same mailbox (section 4.1.2).
pub(crate) fn is_local_part(local: &str) -> bool {
    is_local(local.as_bytes())
}

fn is_local(local: &[u8]) -> bool {
    if local.len() > 64 {
        return false;
    }
    if let [b'"', quoted @ .., b'"'] = local {
        let in_quotes = |octet: &u8| matches!(octet, b' '..=b'~') && !matches!(octet, b'"' | b'\\');
        return quoted.iter().all(in_quotes) && !is_dot_string(quoted);
    }
    is_dot_string(local)
}

fn is_dot_string(local: &[u8]) -> bool {
    let mut previous = b'.';
    for &octet in local {
        if !ascii::is(octet, ascii::ATOM) && (octet != b'.' || previous == b'.') {
            return false;
        }
        previous = octet;
    }
    previous != b'.'
}

/// An absolute URI (RFC 3986): a scheme, and where it has an authority, a host that is a host
/// name or an address (RFC 5280 section 4.2.1.6).
fn uri(content: &[u8]) -> Result<&str, Malformed> {
    let malformed = Malformed::new("alternative name: not an absolute URI");
    if !ascii::all_are(content, ascii::URI) {
        return Err(malformed);
    }
    let text = core::str::from_utf8(content).map_err(|_| malformed)?;
    let colon = content.iter().position(|byte| !ascii::is(*byte, ascii::SCHEME));
    let colon = colon.filter(|at| content[*at] == b':').ok_or(malformed)?;
    let (scheme, rest) = (&content[..colon], &content[colon + 1..]);
    if !scheme.first().is_some_and(u8::is_ascii_alphabetic) || rest.is_empty() {
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
    let rest = rest.strip_prefix("//")?;
    let mut met = 0;
    let end = rest.bytes().position(|byte| {
        met |= ascii::classes(byte);
        met & ascii::BEHIND_AUTHORITY != 0
    });
    let authority = &rest[..end.unwrap_or(rest.len())];
    if met & ascii::APART == 0 {
        return Some(authority);
    }
    let host_port = authority.rsplit_once('@').map_or(authority, |(_, host_port)| host_port);
    if host_port.starts_with('[') {
        return Some(host_port.find(']').map_or(host_port, |end| &host_port[..=end]));
    }
    Some(host_port.split_once(':').map_or(host_port, |(host, _)| host))
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
        for host in ["h.example", "u@h.example", "h.example:80", "u:p@v@h.example:80:81"] {
            for behind in ["", "/", "/p:q@r", "?q@r", "#[f]"] {
                assert_eq!(uri_host(&format!("a://{host}{behind}")), Some("h.example"));
            }
        }
        assert_eq!(uri_host("a://u@[::1"), Some("[::1"));
        assert_eq!(uri_host("a://[x]y/"), Some("[x]"));
    }

    #[test]
    fn email_addresses_have_a_local_part_and_a_host() {
        for ok in ["ops@acme.example", "a.b+c@x", "*@x.example", "\"a,b\"@x"] {
            assert!(mailbox(ok.as_bytes()).is_ok(), "{ok}");
        }
        // RFC 5321 section 4.1.2 has spaces in quotes; in certificates they are refused.
        assert!(is_local_part("\"a b\"") && mailbox(b"\"a b\"@x").is_err());
        for bad in ["\"a\tb\"", "\"a\0b\"", "\"\u{e9}\"", "\"a\\b\"", "a b", ".a", "a.", ""] {
            assert!(!is_local_part(bad), "{bad:?}");
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
