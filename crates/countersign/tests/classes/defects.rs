//! Class 25: a later check never makes up for an earlier failure.

use countersign::Verifier;
use countersign_testkit::forge::extension::{self, id, purpose, usage};
use countersign_testkit::forge::{
    Authority, CertificateBuilder, Extension, GeneralName, Key, KeyKind, NOW, Name,
    SignatureAlgorithm, authority_certificate, der, leaf_certificate, rsa_spki, tamper,
};

use super::scene::{Scene, slices, verify};

/// What is wrong with a chain.
enum Defect {
    Leaf(fn(CertificateBuilder) -> CertificateBuilder),
    Issuer(fn(CertificateBuilder) -> CertificateBuilder),
    BrokenLeaf,
    BrokenIssuer,
    WrongSigner,
}

fn replace(c: CertificateBuilder, oid: &str, extension: Extension) -> CertificateBuilder {
    c.without(oid).with(extension)
}

fn defects() -> Vec<(&'static str, Defect)> {
    use Defect::{BrokenIssuer, BrokenLeaf, Issuer, Leaf, WrongSigner};
    vec![
        ("expired", Leaf(|c| c.validity(NOW - 20, NOW - 10))),
        ("not yet valid", Leaf(|c| c.validity(NOW + 10, NOW + 20))),
        ("validity the wrong way round", Leaf(|c| c.validity(NOW + 10, NOW - 10))),
        (
            "for servers",
            Leaf(|c| {
                let usage = extension::extended_key_usage(&[purpose::SERVER_AUTH]);
                replace(c, id::EXTENDED_KEY_USAGE, usage)
            }),
        ),
        (
            "not for signatures",
            Leaf(|c| replace(c, id::KEY_USAGE, extension::key_usage(&[usage::KEY_ENCIPHERMENT]))),
        ),
        ("unknown critical", Leaf(|c| c.with(extension::unknown().critical()))),
        ("extension twice", Leaf(|c| c.with(extension::unknown()).with(extension::unknown()))),
        ("version 1", Leaf(CertificateBuilder::without_version)),
        (
            "excluded name",
            Leaf(|c| {
                let names = extension::subject_alt_name([GeneralName::dns("a.excluded.example")]);
                replace(c, id::SUBJECT_ALT_NAME, names)
            }),
        ),
        ("malformed name", Leaf(|c| c.with(extension::issuer_alt_name([])))),
        ("weak key", Leaf(|c| c.spki(&rsa_spki(&[0xc1; 128], &[1, 0, 1])))),
        (
            "unknown key",
            Leaf(|c| {
                let algorithm = der::sequence([der::oid("1.2.3.4")]);
                c.spki(&countersign_testkit::forge::spki(&algorithm, &[1; 32]))
            }),
        ),
        ("SHA-1", Leaf(|c| c.algorithm(SignatureAlgorithm::EcdsaSha1))),
        ("another issuer's name", Leaf(|c| c.issuer(Name::common("someone else")))),
        (
            "policy that is not there",
            Leaf(|c| c.with(extension::policy_constraints(Some(0), None))),
        ),
        ("signature broken", BrokenLeaf),
        ("signed by another key", WrongSigner),
        ("issuer expired", Issuer(|c| c.validity(NOW - 20, NOW - 10))),
        (
            "issuer is no CA",
            Issuer(|c| {
                replace(c, id::BASIC_CONSTRAINTS, extension::basic_constraints(false, None))
            }),
        ),
        ("issuer without basicConstraints", Issuer(|c| c.without(id::BASIC_CONSTRAINTS))),
        (
            "issuer may not sign",
            Issuer(|c| replace(c, id::KEY_USAGE, extension::key_usage(&[usage::CRL_SIGN]))),
        ),
        (
            "issuer for servers",
            Issuer(|c| c.with(extension::extended_key_usage(&[purpose::SERVER_AUTH]))),
        ),
        ("issuer unknown critical", Issuer(|c| c.with(extension::unknown().critical()))),
        ("issuer version 1", Issuer(CertificateBuilder::without_version)),
        (
            "issuer's name constraint",
            Issuer(|c| {
                c.with(extension::name_constraints(&[GeneralName::dns("only.example")], &[]))
            }),
        ),
        ("issuer's signature broken", BrokenIssuer),
    ]
}

struct Keys {
    root: Authority,
    ca: Key,
    leaf: Key,
}

/// A chain with these defects.
fn chain(keys: &Keys, chosen: &[&Defect]) -> Vec<Vec<u8>> {
    let name = Name::common("ca");
    let mut issuer = keys.root.issued(authority_certificate(&name, &keys.ca));
    let mut leaf = leaf_certificate(&Name::common("client"), &keys.leaf)
        .issuer(name)
        .san([GeneralName::dns("client.example")]);
    let mut signer = &keys.ca;
    for defect in chosen {
        match defect {
            Defect::Leaf(spoil) => leaf = spoil(leaf),
            Defect::Issuer(spoil) => issuer = spoil(issuer),
            Defect::WrongSigner => signer = &keys.leaf,
            Defect::BrokenLeaf | Defect::BrokenIssuer => {}
        }
    }
    let mut chain = vec![leaf.sign(signer), issuer.sign(&keys.root.key)];
    for defect in chosen {
        match defect {
            Defect::BrokenLeaf => chain[0] = tamper::break_signature(&chain[0]),
            Defect::BrokenIssuer => chain[1] = tamper::break_signature(&chain[1]),
            _ => {}
        }
    }
    chain
}

fn keys() -> Keys {
    let root =
        Authority::root_with(Name::common("root"), Key::seeded(KeyKind::P256, "root"), |c| {
            c.with(extension::name_constraints(&[], &[GeneralName::dns("excluded.example")]))
        });
    let [ca, leaf] = ["ca", "leaf"].map(|label| Key::seeded(KeyKind::P256, label));
    Keys { root, ca, leaf }
}

fn assert_denied(verifier: &Verifier, keys: &Keys, chosen: &[&(&str, Defect)]) {
    let defects: Vec<&Defect> = chosen.iter().map(|(_, defect)| defect).collect();
    let chain = chain(keys, &defects);
    let verdict = verify(verifier, &slices(&chain));
    let names: Vec<&str> = chosen.iter().map(|(name, _)| *name).collect();
    assert!(!verdict.is_allowed(), "{names:?}: {verdict}");
}

#[test]
fn class_25_adding_a_defect_never_turns_deny_into_allow() {
    let keys = keys();
    let crl = |authority: &Authority| authority.crl().sign(&authority.key);
    let ca = Authority { name: Name::common("ca"), key: keys.ca.clone(), certificate: Vec::new() };
    let scenes = [
        Scene::issued(&keys.root),
        Scene::issued(&keys.root).crl(&crl(&keys.root)).crl(&crl(&ca)),
        Scene::listed(&keys.root).client("client", "dns = \"client.example\""),
    ];
    let defects = defects();
    for scene in &scenes {
        let verifier = scene.verifier();
        let good = chain(&keys, &[]);
        for _ in 0..2 {
            let verdict = verify(&verifier, &slices(&good));
            assert!(verdict.is_allowed(), "without a defect: {verdict}");
        }
        for (n, first) in defects.iter().enumerate() {
            assert_denied(&verifier, &keys, &[first]);
            for (m, second) in defects.iter().enumerate().skip(n + 1) {
                assert_denied(&verifier, &keys, &[first, second]);
                for third in &defects[m + 1..] {
                    assert_denied(&verifier, &keys, &[first, second, third]);
                }
            }
        }
        assert_denied(&verifier, &keys, &defects.iter().collect::<Vec<_>>());
    }
}

#[test]
fn class_25_a_revoked_certificate_stays_out_whatever_else_is_wrong() {
    let keys = keys();
    let good = chain(&keys, &[]);
    let ca = Authority { name: Name::common("ca"), key: keys.ca.clone(), certificate: Vec::new() };
    let serial = countersign_testkit::forge::serial_of(&good[0]);
    let scene = Scene::issued(&keys.root)
        .crl(&keys.root.crl().sign(&keys.root.key))
        .crl(&ca.crl().revoke(&serial).sign(&ca.key));
    let verifier = scene.verifier();
    assert_denied(&verifier, &keys, &[]);
    for defect in &defects() {
        assert_denied(&verifier, &keys, &[defect]);
    }
}
