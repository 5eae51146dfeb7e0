//! Whether one key holds for one leaf, and what finding out costs.

use crate::identity::{LeafIdentity, attribute_text};
use crate::policy::rule::key::{Key, Kind};
use crate::policy::rule::subject::{Attribute, SubjectKey};

/// Whether a leaf has what the key demands. Allocates nothing.
pub(in crate::policy) fn holds(key: &Key, leaf: &LeafIdentity<'_>) -> bool {
    match key {
        Key::Exact(kind, value) => holds_exact(*kind, value, leaf),
        Key::Ip(network) => leaf.addresses().any(|address| network.contains(address)),
        Key::UriPrefix(prefix) => leaf.has_uri_below(prefix),
        Key::DnsSuffix(suffix) => {
            any_of(|visit| leaf.each_dns(visit), |name| is_below(name, suffix.as_bytes()))
        }
        Key::Subject(subject) => holds_subject(subject, leaf),
    }
}

/// Octets of names that are read in the time of one step.
const OCTETS_PER_STEP: usize = 64;

/// Steps that [`holds`] takes at most: names or attributes looked at, the long ones at length.
pub(in crate::policy) fn cost(key: &Key, leaf: &LeafIdentity<'_>) -> usize {
    match key.kind() {
        Kind::Cert | Kind::Spki | Kind::IssuerSerial => 1,
        Kind::Subject => leaf.subject_attributes().count(),
        _ => leaf.alternative_name_count() + leaf.alternative_name_octets() / OCTETS_PER_STEP,
    }
}

fn holds_exact(kind: Kind, value: &[u8], leaf: &LeafIdentity<'_>) -> bool {
    match kind {
        Kind::Cert => leaf.cert_sha256() == value,
        Kind::Spki => leaf.spki_sha256() == value,
        Kind::IssuerSerial => leaf.issuer_serial() == value,
        Kind::Uri => leaf.uris().any(|uri| uri.as_bytes() == value),
        Kind::Dns => any_of(|visit| leaf.each_dns(visit), |name| name == value),
        Kind::Email => any_of(|visit| leaf.each_email(visit), |address| address == value),
        Kind::Ip | Kind::UriPrefix | Kind::DnsSuffix | Kind::Subject => false,
    }
}

/// Whether one of the visited names is wanted.
fn any_of(
    each: impl FnOnce(&mut dyn FnMut(&[u8]) -> bool),
    is_wanted: impl Fn(&[u8]) -> bool,
) -> bool {
    let mut found = false;
    each(&mut |name| {
        found = is_wanted(name);
        !found
    });
    found
}

fn is_below(name: &[u8], suffix: &[u8]) -> bool {
    name.len() > suffix.len() && name.ends_with(suffix)
}

/// Every named attribute stands exactly once in the subject, with exactly this text.
fn holds_subject(subject: &SubjectKey, leaf: &LeafIdentity<'_>) -> bool {
    subject.attributes().iter().all(|wanted| {
        let mut alike = leaf.subject_attributes().filter(|has| has.oid == &*wanted.oid);
        let first = alike.next();
        first.is_some_and(|has| has_text(&has, wanted)) && alike.next().is_none()
    })
}

fn has_text(has: &crate::cert::Attribute<'_>, wanted: &Attribute) -> bool {
    attribute_text(has).is_some_and(|text| text.eq(wanted.value.chars().map(u32::from)))
}
