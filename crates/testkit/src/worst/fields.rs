//! Fields of absurd size and lists of absurd length.

use super::{Hostile, WorstCase, fill};
use crate::forge::distribution_point::{
    DistributionPoint, IssuingDistributionPoint, PointName, crl_distribution_points,
};
use crate::forge::extension::{self, id};
use crate::forge::{Extension, GeneralName, Key, KeyKind, Name, der};

/// What one certificate may hold besides its fixed parts and the hostile CA's certificate.
const ROOM: usize = 64_000;

pub(super) fn cases() -> Vec<WorstCase> {
    let different = |n: usize| Extension::new(&format!("1.3.{n}"), Vec::new());
    vec![
        leaf_with("thousands of extensions", fill_extensions(different)),
        leaf_with("one extension thousands of times", fill_extensions(|_| different(0))),
        leaf_with("60 extensions of 1 kB", {
            (0..60).map(|n| Extension::new(&format!("1.3.{n}"), vec![0; 1_000])).collect()
        }),
        leaf_with(
            "one unknown extension of 64 kB",
            vec![Extension::new(id::UNKNOWN, vec![0; ROOM])],
        ),
        leaf_with("nested a thousand deep", vec![Extension::new(id::UNKNOWN, nested(20_000))]),
        leaf_with("otherName nested a thousand deep", {
            vec![extension::subject_alt_name([GeneralName::other("1.2.3", &nested(20_000))])]
        }),
        leaf_with("URI of 64 kB", {
            let uri = format!("spiffe://a.example/{}", "b/".repeat(ROOM / 2 - 50));
            vec![extension::subject_alt_name([GeneralName::uri(uri)])]
        }),
        leaf_with("thousands of DNS names", san(|n| super::dns(&format!("{}.a", super::label(n))))),
        leaf_with("thousands of empty directory names", {
            san(|_| GeneralName::directory(&Name::new()))
        }),
        leaf_with(
            "thousands of registered ids",
            san(|n| GeneralName::registered_id(&format!("1.2.{n}"))),
        ),
        leaf_with("punycode of 64 kB", {
            let host = format!("xn--{}.example", "a9".repeat(ROOM / 2 - 50));
            vec![extension::subject_alt_name([GeneralName::dns(host)])]
        }),
        purposes(),
        shaped("serial of 64 kB", |c| c.serial(&vec![0x55; ROOM])),
        shaped("unique identifiers of 64 kB", |c| c.issuer_unique_id(&vec![0x55; ROOM])),
        distribution_points(),
    ]
}

fn shaped(
    name: &str,
    shape: impl FnOnce(crate::forge::CertificateBuilder) -> crate::forge::CertificateBuilder,
) -> WorstCase {
    let hostile = Hostile::new();
    let leaf = hostile.leaf(shape);
    hostile.case(name, &leaf)
}

fn leaf_with(name: &str, extensions: Vec<Extension>) -> WorstCase {
    shaped(name, |c| extensions.into_iter().fold(c, crate::forge::CertificateBuilder::with))
}

fn fill_extensions(make: impl Fn(usize) -> Extension) -> Vec<Extension> {
    let count = fill(ROOM, |n| make(n).der()).len();
    (0..count).map(make).collect()
}

fn san(make: impl Fn(usize) -> GeneralName) -> Vec<Extension> {
    vec![extension::subject_alt_name(fill(ROOM, make))]
}

/// SEQUENCE in SEQUENCE in SEQUENCE, up to `bytes` in all: a parser that recurses runs out of
/// stack.
fn nested(bytes: usize) -> Vec<u8> {
    let mut headers = Vec::new();
    let mut inner = 0;
    while inner < bytes {
        let mut header = Vec::new();
        der::push_header(&mut header, der::tag::SEQUENCE, inner);
        inner += header.len();
        headers.push(header);
    }
    headers.reverse();
    headers.concat()
}

/// The hostile CA and the leaf each name as many purposes as fit; clientAuth is the last.
fn purposes() -> WorstCase {
    let count = fill(31_000, |n| der::oid(&format!("1.3.{n}"))).len();
    let mut all: Vec<String> = (0..count).map(|n| format!("1.3.{n}")).collect();
    all.push(extension::purpose::CLIENT_AUTH.into());
    let all: Vec<&str> = all.iter().map(String::as_str).collect();
    let usage = extension::extended_key_usage(&all);
    let hostile = Hostile::constrained(|c| c.with(usage.clone()));
    let leaf = hostile.leaf(|c| c.without(id::EXTENDED_KEY_USAGE).with(usage.clone()));
    hostile.case("thousands of purposes × 2", &leaf)
}

/// As many distribution points as fit, against 64 CRLs of the issuer that are each for another
/// point, the leaf's last among them.
fn distribution_points() -> WorstCase {
    let name = |n: usize| GeneralName::uri(format!("a:{}", super::label(n)));
    let point = |n: usize| DistributionPoint::named(PointName::full(&[name(n)]));
    let count = ROOM / 15;
    let points: Vec<_> = (0..count).map(point).collect();
    let hostile = Hostile::new();
    let leaf = hostile.leaf(|c| c.with(crl_distribution_points(&points)));
    let mut case = hostile.case("thousands of distribution points × 64 CRLs", &leaf);
    case.crls = (0..64)
        .map(|n| {
            let number = if n == 63 { count - 1 } else { 40_000 + n };
            let scope = IssuingDistributionPoint {
                name: Some(PointName::full(&[name(number)])),
                ..Default::default()
            };
            hostile.ca.crl().scope(&scope).sign(&Key::seeded(KeyKind::P256, "hostile"))
        })
        .collect();
    case.crls.push(hostile.root.crl().sign(&hostile.root.key));
    case
}
