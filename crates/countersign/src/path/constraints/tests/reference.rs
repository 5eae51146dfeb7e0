//! The rules again, as plainly as they can be put and by other means: names are lists of labels,
//! wildcards are tried out, everything is compared with everything.

use super::*;

/// A name or the base of a subtree, before it is encoded.
#[derive(Clone, Debug)]
pub(super) enum Plain {
    Dns(String),
    Email(String),
    /// A host, or as a base also a domain.
    Uri(String),
    Ip([u8; 4], u32),
    Directory(Vec<String>),
}

/// One certificate of a path.
#[derive(Clone, Debug)]
pub(super) struct PlainLink {
    pub(super) subject: Vec<String>,
    pub(super) self_issued: bool,
    pub(super) names: Vec<Plain>,
    pub(super) permitted: Vec<Plain>,
    pub(super) excluded: Vec<Plain>,
}

impl Plain {
    pub(super) fn as_name(&self) -> GeneralName {
        match self {
            Self::Uri(host) => GeneralName::uri(format!("x://{host}/")),
            Self::Ip(address, _) => GeneralName::ip(address),
            other => other.as_base(),
        }
    }

    pub(super) fn as_base(&self) -> GeneralName {
        match self {
            Self::Dns(text) => GeneralName::dns(text),
            Self::Email(text) => GeneralName::email(text),
            Self::Uri(text) => GeneralName::uri(text),
            Self::Ip(address, prefix) => {
                let mask = u32::MAX.checked_shl(32 - prefix).unwrap_or(0).to_be_bytes();
                GeneralName::ip(&[*address, mask].concat())
            }
            Self::Directory(names) => GeneralName::directory(&directory(names)),
        }
    }

    fn is_of_the_kind_of(&self, other: &Self) -> bool {
        core::mem::discriminant(self) == core::mem::discriminant(other)
    }

    fn is_within(&self, base: &Self) -> bool {
        match (base, self) {
            (Self::Dns(base), Self::Dns(name)) => labels(name).starts_with(&labels(base)),
            (Self::Email(base), Self::Email(address)) => {
                let (local, host) = address.split_once('@').unwrap();
                match base.split_once('@') {
                    Some((l, h)) => l == local && labels(h) == labels(host),
                    None => host_is_within(host, base),
                }
            }
            (Self::Uri(base), Self::Uri(host)) => host_is_within(host, base),
            (Self::Ip(base, prefix), Self::Ip(name, _)) => {
                let first_bits = |a: &[u8; 4]| u64::from(u32::from_be_bytes(*a)) >> (32 - prefix);
                first_bits(base) == first_bits(name)
            }
            (Self::Directory(base), Self::Directory(name)) => {
                let fold = |names: &[String]| names.join("\n").to_lowercase() + "\n";
                base.is_empty() || fold(name).starts_with(&fold(base))
            }
            _ => false,
        }
    }

    /// The names that this one stands for; the last label is one that no subtree mentions.
    fn expansions(&self) -> Vec<Self> {
        match self {
            Self::Dns(name) if name.starts_with('*') => ["a", "b", "c", "unheard-of"]
                .map(|label| Self::Dns(name.replacen('*', label, 1)))
                .to_vec(),
            _ => vec![self.clone()],
        }
    }
}

pub(super) fn directory(names: &[String]) -> Name {
    names.iter().fold(Name::new(), |name, cn| name.cn(cn))
}

fn host_is_within(host: &str, base: &str) -> bool {
    match base.strip_prefix('.') {
        Some(domain) => {
            host != domain && labels(host).starts_with(&labels(domain)) && {
                labels(host).len() > labels(domain).len()
            }
        }
        None => labels(host) == labels(base),
    }
}

/// Outermost first.
fn labels(host: &str) -> Vec<String> {
    host.split('.').rev().filter(|l| !l.is_empty()).map(str::to_ascii_lowercase).collect()
}

/// The index of the first certificate, from the anchor down, that violates a constraint.
pub(super) fn first_violation(path: &[PlainLink], anchor: &PlainLink) -> Option<usize> {
    (0..path.len()).rev().find(|&index| {
        let certificate = &path[index];
        let exempt = index > 0 && certificate.self_issued;
        let issuers = path[index + 1..].iter().chain([anchor]);
        !exempt && issuers.into_iter().any(|issuer| refuses(issuer, certificate))
    })
}

fn refuses(issuer: &PlainLink, certificate: &PlainLink) -> bool {
    let subject = Plain::Directory(certificate.subject.clone());
    certificate.names.iter().chain([&subject]).any(|name| {
        let all = name.expansions();
        let inside = |base: &Plain| all.iter().all(|name| name.is_within(base));
        let touches = |base: &Plain| all.iter().any(|name| name.is_within(base));
        let of_kind: Vec<_> =
            issuer.permitted.iter().filter(|base| base.is_of_the_kind_of(name)).collect();
        issuer.excluded.iter().any(touches)
            || !of_kind.is_empty() && !of_kind.iter().any(|base| inside(base))
    })
}
