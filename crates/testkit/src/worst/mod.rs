//! The most expensive chains that fit into one handshake: at most 16 certificates, 65,536 bytes; and the
//! most expensive hellos before it.
//!
//! Each chain is aimed at one cost: signatures tried in vain, paths that multiply, names compared with
//! names, policies mapped to policies, fields of absurd size. Unauthenticated garbage is stopped
//! early by a signature, so where it matters the chain is properly signed under a *trusted but
//! hostile* sub-CA: a customer's CA gone bad, below a trust anchor of ours.
//!
//! Classes: path-building work (RUSTSEC-2023-0053, CVE-2018-16875), quadratic name checks
//! (CVE-2026-27145), odd keys (CVE-2024-24783, CVE-2022-0778), policy trees (CVE-2023-0464).

mod constraints;
mod fields;
mod hellos;
mod keys;
mod names;
mod policies;
mod search;

pub use hellos::{WorstHello, hello_with_tickets, hellos};

use crate::forge::{Authority, CertificateBuilder, GeneralName, Key, KeyKind, Leaf, Name};

/// Most certificates in a case.
pub const CERTIFICATES: usize = 16;
/// Most bytes of DER in a case.
pub const BYTES: usize = 65_536;

/// One hostile handshake.
#[derive(Clone, Debug)]
pub struct WorstCase {
    /// What is expensive about it.
    pub name: String,
    /// The class of failure it belongs to: 21 path building, 22 names against names, 23 odd keys
    /// and sizes, 24 policies.
    pub class: u8,
    /// What the peer presents, DER, leaf first.
    pub chain: Vec<Vec<u8>>,
    /// The trust anchors in force, DER.
    pub anchors: Vec<Vec<u8>>,
    /// The CRLs in force, DER; mostly none.
    pub crls: Vec<Vec<u8>>,
}

/// The classes that have cases.
pub const CLASSES: [u8; 4] = [21, 22, 23, 24];

/// Every case. Making them takes seconds; the result is current at
/// [`forge::NOW`](crate::forge::NOW).
pub fn all() -> Vec<WorstCase> {
    CLASSES.into_iter().flat_map(of_class).collect()
}

/// The cases of one class.
pub fn of_class(class: u8) -> Vec<WorstCase> {
    let cases = match class {
        21 => search::cases(),
        22 => [constraints::cases(), names::cases()].concat(),
        23 => [keys::cases(), fields::cases()].concat(),
        24 => policies::cases(),
        _ => Vec::new(),
    };
    cases.into_iter().map(|case| WorstCase { class, ..case }).collect()
}

impl WorstCase {
    fn new(name: impl Into<String>, chain: Vec<Vec<u8>>, anchors: Vec<Vec<u8>>) -> Self {
        Self { name: name.into(), class: 0, chain, anchors, crls: Vec::new() }
    }

    /// Bytes of DER in the chain.
    pub fn size(&self) -> usize {
        self.chain.iter().map(Vec::len).sum()
    }
}

/// A trust anchor and the hostile CA that it once certified.
struct Hostile {
    root: Authority,
    ca: Authority,
}

impl Hostile {
    fn new() -> Self {
        Self::constrained(|c| c)
    }

    /// The anchor put something into the hostile CA's certificate.
    fn constrained(shape: impl FnOnce(CertificateBuilder) -> CertificateBuilder) -> Self {
        let root = Authority::seeded_root("anchor");
        let key = Key::seeded(KeyKind::P256, "hostile");
        let ca = root.intermediate_with(Name::common("hostile"), key, shape);
        Self { root, ca }
    }

    fn leaf(&self, shape: impl FnOnce(CertificateBuilder) -> CertificateBuilder) -> Leaf {
        let key = Key::seeded(KeyKind::P256, "leaf");
        self.ca.leaf_for(&Name::common("leaf"), key, shape)
    }

    /// Leaf and hostile CA under the anchor.
    fn case(&self, name: impl Into<String>, leaf: &Leaf) -> WorstCase {
        let chain = vec![leaf.certificate.clone(), self.ca.certificate.clone()];
        WorstCase::new(name, chain, vec![self.root.certificate.clone()])
    }

    /// Leaf, what the hostile CA certified, and its own certificate, under the anchor.
    fn chain(&self, name: impl Into<String>, leaf: &Leaf, below: &[Authority]) -> WorstCase {
        let mut case = self.case(name, leaf);
        case.chain.splice(1..1, below.iter().map(|a| a.certificate.clone()));
        case
    }
}

/// As many items as fit into `bytes`, each made from its number.
fn fill<T: AsRef<[u8]>>(bytes: usize, mut make: impl FnMut(usize) -> T) -> Vec<T> {
    let (mut items, mut used) = (Vec::new(), 0);
    loop {
        let item = make(items.len());
        used += item.as_ref().len();
        if used > bytes {
            return items;
        }
        items.push(item);
    }
}

/// A short DNS label for a number, three characters, different below 46,656.
fn label(number: usize) -> String {
    let digit = |n: usize| char::from(b"0123456789abcdefghijklmnopqrstuvwxyz"[n % 36]);
    [digit(number / 1_296), digit(number / 36), digit(number)].iter().collect()
}

fn dns(name: &str) -> GeneralName {
    GeneralName::dns(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn every_case_fits_into_one_handshake_and_has_a_name_of_its_own() {
        let cases = all();
        assert!(cases.len() >= 20);
        let mut names = HashSet::new();
        for case in &cases {
            assert!(names.insert(&case.name), "{} twice", case.name);
            assert!(case.chain.len() <= CERTIFICATES, "{}: {}", case.name, case.chain.len());
            assert!(case.size() <= BYTES, "{}: {} bytes", case.name, case.size());
            assert!(!case.anchors.is_empty(), "{}", case.name);
        }
    }

    #[test]
    fn labels_differ() {
        let labels: HashSet<String> = (0..40_000).map(label).collect();
        assert_eq!(labels.len(), 40_000);
    }
}
