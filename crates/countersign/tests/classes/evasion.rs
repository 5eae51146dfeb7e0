//! Ways around a defence, found by attacking it: names in other spellings, work that was not
//! counted. Each test fails without its repair.

use std::time::Duration;

use countersign::Reason;
use countersign_testkit::forge::distribution_point::IssuingDistributionPoint;
use countersign_testkit::forge::extension::{
    extended_key_usage, name_constraints, subject_key_identifier,
};
use countersign_testkit::forge::name::{EMAIL_ADDRESS, O, OU};
use countersign_testkit::forge::{
    Authority, CertificateBuilder, GeneralName, Key, KeyKind, Name, RevokedEntry,
    authority_certificate, leaf_certificate, rsa_spki,
};
use countersign_testkit::stopwatch::least_time;

use super::scene::{Scene, slices, verify};

/// As in the class tests: the bound is 2 ms, and tests are hardly optimised.
const LIMIT: Duration = Duration::from_millis(if cfg!(debug_assertions) { 20 } else { 4 });

/// Certificates nobody signed whose names are all one name, each subject in another spelling than
/// each issuer: every step of the search compares them character by character.
fn ring_of_spellings(candidates: u8, upper: &Name, lower: &Name) -> Vec<Vec<u8>> {
    let key = Key::seeded(KeyKind::P256, "liar");
    let lie = key.sign(key.algorithm(), b"something else");
    let leaf = leaf_certificate(&Name::common("leaf"), &key).issuer(lower.clone());
    let mut chain = vec![leaf.sign_with_garbage(key.algorithm(), &lie)];
    chain.extend((0..candidates).map(|number| {
        let key = Key::seeded(KeyKind::P256, &format!("ring {number}"));
        authority_certificate(upper, &key)
            .issuer(lower.clone())
            .with(subject_key_identifier(&[number]))
            .without("2.5.29.14")
            .sign_with_garbage(key.algorithm(), &lie)
    }));
    chain
}

#[test]
fn class_21_spellings_of_one_name_are_bounded() {
    let root = Authority::root("root");
    for (what, upper, lower) in [
        ("Unicode", "Ǆ".repeat(1_900), "ǆ".repeat(1_900)),
        ("white space", "A   ".repeat(900), "a ".repeat(900)),
    ] {
        let chain = ring_of_spellings(7, &Name::common(&upper), &Name::common(&lower));
        assert!(chain.iter().map(Vec::len).sum::<usize>() <= 65_536);
        let fresh = Scene::issued(&root).fresh();
        let verdict = verify(&fresh, &slices(&chain));
        assert!(!verdict.is_allowed());
        let time = least_time(2, || verify(&fresh, &slices(&chain)));
        println!("{what}: {time:?}, {verdict}");
        assert!(time < LIMIT, "{what}: {time:?}, {verdict}");
    }
}

#[test]
fn class_22_white_space_in_constrained_directory_names_is_bounded() {
    let root = Authority::root("root");
    let bases: Vec<_> =
        (0..16).map(|n| GeneralName::directory(&Name::new().o(&format!("{n}")))).collect();
    let mut issuer = root.clone();
    let mut chain = Vec::new();
    for level in 0..14 {
        let (name, key) = (Name::new().ou(&format!("{level}")), Key::p256());
        issuer = issuer.intermediate_with(name, key, |c| c.with(name_constraints(&[], &bases)));
        chain.insert(0, issuer.certificate.clone());
    }
    let padded = Name::new().attribute(O, 0x0c, &[&[b' '; 40_000][..], b"x"].concat());
    chain.insert(0, issuer.leaf_for(&padded, Key::p256(), |c| c).certificate);
    assert!(chain.iter().map(Vec::len).sum::<usize>() <= 65_536);
    let verifier = Scene::issued(&root).fresh();
    let time = least_time(3, || verify(&verifier, &slices(&chain)));
    println!("{time:?}");
    assert!(time < LIMIT, "{time:?}, {}", verify(&verifier, &slices(&chain)));
}

#[test]
fn class_22_long_names_against_many_rules_are_bounded() {
    let root = Authority::root("root");
    let uri = format!("spiffe://acme.example/{}", "a/".repeat(29_000));
    let leaf = root
        .leaf_with("client", |c| c.san([GeneralName::ip(&[10, 0, 0, 1]), GeneralName::uri(uri)]));
    let scene = (0..2_000).fold(Scene::issued(&root), |scene, n| {
        scene.deny(&format!("ip = \"10.0.0.0/8\", uri_prefix = \"spiffe://evil.example/{n}/\""))
    });
    let verifier = scene.fresh();
    let time = least_time(3, || verify(&verifier, &[&leaf.certificate]));
    assert!(time < LIMIT, "{time:?}, {}", verify(&verifier, &[&leaf.certificate]));
}

/// An indirect CRL is a CRL for the issuers that its entries name.
#[test]
fn class_14_what_an_indirect_crl_lists_is_not_without_a_crl() {
    let root = Authority::root("root");
    let ca = root.intermediate("ca");
    let leaf = ca.leaf("client").certificate;
    let indirect = IssuingDistributionPoint { indirect: true, ..Default::default() };
    let entry = RevokedEntry::of(&leaf).certificate_issuer(&[GeneralName::directory(&ca.name)]);
    let crl = root.crl().scope(&indirect).entry(&entry).sign(&root.key);
    let complete = root.crl().crl_number(2).sign(&root.key);
    let scene = Scene::issued(&root).trust("revocation = \"if_available\"").crl(&crl);
    let verdict = scene.crl(&complete).verdict(&[&leaf, &ca.certificate]);
    assert!(!verdict.is_allowed(), "{verdict}");
}

/// `"ops"@host` is the mailbox `ops@host` (RFC 5321 section 4.1.2).
#[test]
fn class_20_quotes_around_a_local_part_hide_no_mailbox() {
    let root = Authority::root("root");
    let excluded = [GeneralName::email("ops@acme.example")];
    let ca = root.intermediate_with(Name::common("ca"), Key::p256(), |c| {
        c.with(name_constraints(&[], &excluded))
    });
    let leaf = ca.leaf_with("client", |c| c.san([GeneralName::email("\"ops\"@acme.example")]));
    let chain = [&leaf.certificate[..], &ca.certificate];
    let verdict = Scene::issued(&root).verdict(&chain);
    assert!(!verdict.is_allowed(), "excluded: {verdict}");
    let leaf = root.leaf_with("client", |c| c.san([GeneralName::email("\"ops\"@acme.example")]));
    let scene = Scene::issued(&root).deny("email = \"ops@acme.example\"");
    let verdict = scene.verdict(&[&leaf.certificate]);
    assert!(!verdict.is_allowed(), "denied: {verdict}");
}

/// A rule may recognise a client by the address in its subject, so that no other address beside
/// it may stand in for it.
#[test]
fn class_20_a_permitted_address_vouches_for_no_other_in_the_subject() {
    let root = Authority::root("root");
    let permitted = [GeneralName::email("partner.example")];
    let ca = root.intermediate_with(Name::common("ca"), Key::p256(), |c| {
        c.with(name_constraints(&permitted, &[]))
    });
    let name = Name::new().attribute(EMAIL_ADDRESS, 0x16, b"admin@acme.example");
    let leaf =
        ca.leaf_for(&name, Key::p256(), |c| c.san([GeneralName::email("someone@partner.example")]));
    let scene =
        Scene::listed(&root).client("admin", "subject = { emailAddress = \"admin@acme.example\" }");
    let verdict = scene.verdict(&[&leaf.certificate, &ca.certificate]);
    assert!(!verdict.is_allowed(), "{verdict}");
}

/// A subject's string type is its CA's choice, and hides nothing from a constraint.
#[test]
fn class_20_a_string_type_hides_no_excluded_directory_name() {
    let root = Authority::root("root");
    let excluded = [GeneralName::directory(&Name::new().o("Evil"))];
    let ca = root.intermediate_with(Name::common("ca"), Key::p256(), |c| {
        c.with(name_constraints(&[], &excluded))
    });
    for tag in [0x0c, 0x13, 0x14, 0x16, 0x1a] {
        let name = Name::new().attribute(O, tag, b"Evil").attribute(OU, 0x0c, b"x");
        let leaf = ca.leaf_for(&name, Key::p256(), |c| c);
        let verdict = Scene::issued(&root).verdict(&[&leaf.certificate, &ca.certificate]);
        assert_eq!(verdict.reason(), Reason::NameConstraint, "{tag:x}: {verdict}");
    }
}

/// Two certificates in each of six layers, every signature good: 64 paths to one leaf. `shape`
/// makes the leaf, which no path may let in.
fn sixty_four_paths(
    root: &Authority,
    shape: impl FnOnce(CertificateBuilder) -> CertificateBuilder,
) -> Vec<Vec<u8>> {
    let mut issuer = root.clone();
    let mut chain = Vec::new();
    for layer in 0..6 {
        let name = Name::common(&format!("layer {layer}"));
        let key = Key::seeded(KeyKind::Ed25519, &format!("layer {layer}"));
        let constraints = name_constraints(&[], &[GeneralName::email("x.example")]);
        for twin in 0..2 {
            let authority = authority_certificate(&name, &key).serial(&[1, twin]);
            let authority = issuer.issued(authority).with(constraints.clone());
            chain.insert(0, authority.sign(&issuer.key));
        }
        issuer = Authority { name, key, certificate: Vec::new() };
    }
    chain.insert(0, issuer.leaf_with("client", shape).certificate);
    chain
}

#[test]
fn class_21_what_every_path_reads_again_is_bounded() {
    let root = Authority::root_with(
        Name::common("root"),
        Key::seeded(KeyKind::Ed25519, "review root"),
        |c| c,
    );
    let oids = vec!["1.2"; 18_000];
    let lists = sixty_four_paths(&root, |c| c.without("2.5.29.37").with(extended_key_usage(&oids)));
    let none = || extended_key_usage(&["1.2"]);
    let attributes = (0..4_000).fold(Name::new(), |name, _| name.cn("x"));
    let subject =
        sixty_four_paths(&root, |c| c.without("2.5.29.37").with(none()).subject(attributes));
    let identifier = [&[0x81; 50_000][..], &[1]].concat();
    let opaque = sixty_four_paths(&root, |c| {
        c.without("2.5.29.37").with(none()).san([GeneralName::raw(0x88, &identifier)])
    });
    for (what, chain) in [("purposes", lists), ("subject", subject), ("identifier", opaque)] {
        assert!(chain.iter().map(Vec::len).sum::<usize>() <= 65_536, "{what}");
        let verifier = Scene::issued(&root).fresh();
        let verdict = verify(&verifier, &slices(&chain));
        assert!(!verdict.is_allowed());
        let time = least_time(2, || verify(&verifier, &slices(&chain)));
        println!("{what}: {time:?}, {verdict}");
        assert!(time < LIMIT, "{what}: {time:?}, {verdict}");
    }
}

#[test]
fn class_21_keys_that_differ_in_their_last_octet_are_bounded() {
    let key = Key::seeded(KeyKind::P256, "liar");
    let lie = key.sign(key.algorithm(), b"something else");
    let name = Name::common("ring");
    let leaf = leaf_certificate(&Name::common("leaf"), &key).issuer(name.clone());
    let mut chain = vec![leaf.sign_with_garbage(key.algorithm(), &lie)];
    chain.extend((0..7).map(|number| {
        let modulus = [&[0xc1; 8_400][..], &[number]].concat();
        let candidate = authority_certificate(&name, &key).spki(&rsa_spki(&modulus, &[1, 0, 1]));
        candidate.sign_with_garbage(key.algorithm(), &lie)
    }));
    assert!(chain.iter().map(Vec::len).sum::<usize>() <= 65_536);
    let verifier = Scene::issued(&Authority::root("root")).fresh();
    let time = least_time(3, || verify(&verifier, &slices(&chain)));
    println!("{time:?}");
    assert!(time < LIMIT, "{time:?}, {}", verify(&verifier, &slices(&chain)));
}

/// A hostile CA names its own CAs after one whose large CRL no digest stands for.
#[test]
fn class_21_a_large_crl_is_not_read_for_every_key_of_a_hostile_authority() {
    let root = Authority::root("root");
    let key = Key::seeded(KeyKind::Ed25519, "large");
    let large = root.intermediate_with(Name::common("large"), key, |c| c);
    let crl = (0..100_000u32)
        .fold(large.crl(), |crl, n| crl.revoke(&[&[1][..], &n.to_be_bytes()].concat()));
    let scene = Scene::issued(&root).trust("revocation = \"if_available\"");
    let verifier = scene.crl(&crl.sign(&large.key)).verifier();
    let honest = large.leaf("client").certificate;
    let verdict = verify(&verifier, &[&honest, &large.certificate]);
    assert!(verdict.is_allowed(), "{verdict}");
    let hostile = root.intermediate("hostile");
    let mut time = Duration::ZERO;
    for n in 0..8 {
        let key = Key::seeded(KeyKind::Ed25519, &format!("hostile {n}"));
        let ca = hostile.intermediate_with(Name::common("large"), key, |c| c);
        let leaf = ca.leaf("client").certificate;
        let chain = [&leaf[..], &ca.certificate, &hostile.certificate];
        time = least_time(3, || verify(&verifier, &chain));
    }
    assert!(time < LIMIT, "{time:?}");
    let again = root.leaf("other").certificate;
    assert!(verify(&verifier, &[&again]).is_allowed());
}
