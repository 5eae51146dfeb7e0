//! What a rule compares: one kind of name or digest with one value in its normal form.

use core::fmt;
use core::net::{Ipv4Addr, Ipv6Addr};

use super::subject::SubjectKey;

/// The kinds of key, from the most exact to the least: this order is the precedence of matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub(crate) enum Kind {
    /// SHA-256 of the leaf's DER.
    Cert,
    /// SHA-256 of the leaf's SubjectPublicKeyInfo.
    Spki,
    /// SHA-256 of the issuer Name's DER, and the serial number.
    IssuerSerial,
    /// SAN uniformResourceIdentifier.
    Uri,
    /// SAN dNSName.
    Dns,
    /// SAN rfc822Name.
    Email,
    /// SAN iPAddress inside a network.
    Ip,
    /// SAN uniformResourceIdentifier below a path.
    UriPrefix,
    /// SAN dNSName below a domain.
    DnsSuffix,
    /// Attributes of the subject Name.
    Subject,
}

impl Kind {
    /// Every kind, most exact first.
    pub(crate) const ALL: [Self; 10] = [
        Self::Cert,
        Self::Spki,
        Self::IssuerSerial,
        Self::Uri,
        Self::Dns,
        Self::Email,
        Self::Ip,
        Self::UriPrefix,
        Self::DnsSuffix,
        Self::Subject,
    ];

    /// The kinds whose keys are single values, which lists may hold.
    pub(crate) const EXACT: usize = 6;

    /// The word for it in policies, lists and verdicts.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Cert => "cert_sha256",
            Self::Spki => "spki_sha256",
            Self::IssuerSerial => "issuer_serial",
            Self::Uri => "uri",
            Self::Dns => "dns",
            Self::Email => "email",
            Self::Ip => "ip",
            Self::UriPrefix => "uri_prefix",
            Self::DnsSuffix => "dns_suffix",
            Self::Subject => "subject",
        }
    }

    pub(crate) fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// Whether one key of this kind is one value, so that lists may hold it.
    pub(crate) const fn is_exact(self) -> bool {
        (self as usize) < Self::EXACT
    }

    /// Whether a pinned client may be recognised by it.
    pub(crate) const fn is_pin(self) -> bool {
        matches!(self, Self::Cert | Self::Spki)
    }
}

/// One condition of a rule.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Key {
    /// A value of one of the exact kinds, in the bytes that [`Kind`]'s table is keyed by: a digest,
    /// a digest and a serial number, or the text of a name.
    Exact(Kind, Box<[u8]>),
    /// Addresses of one network.
    Ip(Network),
    /// URIs that begin with this.
    UriPrefix(Box<str>),
    /// DNS names that end in this, dot included.
    DnsSuffix(Box<str>),
    /// Subjects with these attributes.
    Subject(SubjectKey),
}

impl Key {
    pub(crate) fn kind(&self) -> Kind {
        match self {
            Self::Exact(kind, _) => *kind,
            Self::Ip(_) => Kind::Ip,
            Self::UriPrefix(_) => Kind::UriPrefix,
            Self::DnsSuffix(_) => Kind::DnsSuffix,
            Self::Subject(_) => Kind::Subject,
        }
    }

    /// How exact a key is among those of its kind: longest prefix, longest suffix.
    pub(crate) fn length(&self) -> usize {
        match self {
            Self::Exact(..) | Self::Subject(_) => 0,
            Self::Ip(network) => usize::from(network.prefix),
            Self::UriPrefix(text) | Self::DnsSuffix(text) => text.len(),
        }
    }
}

/// `kind:value`, as verdicts and lists write it.
impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.kind().name())?;
        match self {
            Self::Exact(kind, bytes) => ExactText(*kind, bytes).fmt(f),
            Self::Ip(network) => network.fmt(f),
            Self::UriPrefix(text) | Self::DnsSuffix(text) => f.write_str(text),
            Self::Subject(subject) => subject.fmt(f),
        }
    }
}

/// The text of an exact value from the bytes its table is keyed by.
pub(crate) struct ExactText<'a>(pub(crate) Kind, pub(crate) &'a [u8]);

impl ExactText<'_> {
    /// The value as UTF-8, piece by piece. What is text in a policy is text here, and is not checked
    /// again: callers in C wait for it.
    pub(in crate::policy) fn pieces(&self, piece: &mut impl FnMut(&[u8])) {
        match self.0 {
            Kind::Cert | Kind::Spki => hex(self.1, piece),
            Kind::IssuerSerial => {
                let (issuer, serial) = self.1.split_at(self.1.len().min(32));
                hex(issuer, piece);
                piece(b"/");
                hex(serial, piece);
            }
            _ => piece(self.1),
        }
    }
}

impl fmt::Display for ExactText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut written = Ok(());
        self.pieces(&mut |piece| {
            written = written.and_then(|()| f.write_str(&String::from_utf8_lossy(piece)));
        });
        written
    }
}

fn hex(bytes: &[u8], piece: &mut impl FnMut(&[u8])) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut digits = [0; 64];
    for bytes in bytes.chunks(digits.len() / 2) {
        for (pair, byte) in digits.chunks_exact_mut(2).zip(bytes) {
            pair[0] = DIGITS[usize::from(byte >> 4)];
            pair[1] = DIGITS[usize::from(byte & 15)];
        }
        piece(&digits[..2 * bytes.len()]);
    }
}

/// A network: the addresses of one family that share their first bits. Bits past the prefix are 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Network {
    /// The address; an IPv4 address fills the first four octets.
    pub(crate) octets: [u8; 16],
    /// Bits that must be equal.
    pub(crate) prefix: u8,
    /// IPv6, or IPv4.
    pub(crate) is_v6: bool,
}

impl Network {
    /// The network of `prefix` bits around an address of 4 or 16 octets.
    pub(crate) fn around(address: &[u8], prefix: u8) -> Option<Self> {
        let is_v6 = match address.len() {
            4 => false,
            16 => true,
            _ => return None,
        };
        let mut octets = [0; 16];
        octets[..address.len()].copy_from_slice(address);
        for (i, octet) in octets.iter_mut().enumerate() {
            let kept = usize::from(prefix).saturating_sub(8 * i).min(8);
            *octet &= !(0xff_u16 >> kept) as u8;
        }
        Some(Self { octets, prefix, is_v6 })
    }

    /// Whether an address of 4 or 16 octets is inside; never one of the other family.
    pub(crate) fn contains(&self, address: &[u8]) -> bool {
        Self::around(address, self.prefix).as_ref() == Some(self)
    }
}

/// The mask is left out where it holds every bit.
impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let full = if self.is_v6 {
            Ipv6Addr::from(self.octets).fmt(f)?;
            128
        } else {
            let [a, b, c, d, ..] = self.octets;
            Ipv4Addr::new(a, b, c, d).fmt(f)?;
            32
        };
        if self.prefix == full { Ok(()) } else { write!(f, "/{}", self.prefix) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_named_once_and_exact_ones_come_first() {
        for (i, kind) in Kind::ALL.into_iter().enumerate() {
            assert_eq!(kind as usize, i);
            assert_eq!(Kind::from_name(kind.name()), Some(kind));
            assert_eq!(kind.is_exact(), i < Kind::EXACT);
        }
        assert_eq!(Kind::from_name("cn"), None);
    }

    #[test]
    fn a_network_holds_its_own_family_only() {
        let net = Network::around(&[192, 0, 2, 0], 23).unwrap();
        assert_eq!(net.to_string(), "192.0.2.0/23");
        assert!(net.contains(&[192, 0, 2, 0]) && net.contains(&[192, 0, 3, 255]));
        assert!(!net.contains(&[192, 0, 4, 0]) && !net.contains(&[192, 0, 1, 255]));
        let mapped = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 7];
        assert!(!net.contains(&mapped));
        let mut padded = [0; 16];
        padded[..4].copy_from_slice(&[192, 0, 2, 7]);
        assert!(!net.contains(&padded));
        let all = Network::around(&[0; 4], 0).unwrap();
        assert!(all.contains(&[255; 4]) && !all.contains(&[0; 16]) && !all.contains(&[0; 5]));
        let one = Network::around(&mapped, 128).unwrap();
        assert_eq!(one.to_string(), "::ffff:192.0.2.7");
        assert!(one.contains(&mapped) && !one.contains(&[192, 0, 2, 7]));
    }

    #[test]
    fn keys_print_as_lists_write_them() {
        let digest = Key::Exact(Kind::Spki, [0xab; 32].into());
        assert_eq!(digest.to_string(), format!("spki_sha256:{}", "ab".repeat(32)));
        let mut bytes = vec![1; 32];
        bytes.extend([0x0a, 0xff]);
        let serial = Key::Exact(Kind::IssuerSerial, bytes.into());
        assert_eq!(serial.to_string(), format!("issuer_serial:{}/0aff", "01".repeat(32)));
        assert_eq!(Key::Exact(Kind::Dns, (*b"a.example").into()).to_string(), "dns:a.example");
    }
}
