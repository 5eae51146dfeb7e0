//! Classes 21 to 24: what a peer can make us spend is bounded, whatever it presents.

use std::time::Duration;

use countersign::{Reason, UnixTime};
use countersign_testkit::forge::{Authority, GeneralName, Key, NOW, Name, der, rsa_spki, spki};
use countersign_testkit::stopwatch::least_time;
use countersign_testkit::vectors::Folder;
use countersign_testkit::worst;

use super::scene::{Scene, said, slices, verify};

/// The bound is 2 ms. Tests are built without much optimisation and share their machine, so they
/// allow a multiple, which still is a small part of what unbounded work takes; the bench holds
/// the bound itself.
const LIMIT: Duration = Duration::from_millis(if cfg!(debug_assertions) { 20 } else { 4 });

/// Runs every case of a class without caches, and again with caches that hold nothing of it.
fn assert_bounded(class: u8) {
    let cases = worst::of_class(class);
    assert!(cases.len() >= 5, "class {class} has cases");
    for case in &cases {
        let anchors = slices(&case.anchors);
        let scene =
            case.crls.iter().fold(Scene::anchored("issued", &anchors), |scene, crl| scene.crl(crl));
        if cfg!(not(feature = "aws-lc-rs")) && scene.build().is_err() {
            eprintln!("SKIPPED with this provider: {}", case.name);
            continue;
        }
        let (fresh, warm) = (scene.fresh(), scene.verifier());
        let chain = slices(&case.chain);
        let verdict = verify(&fresh, &chain);
        let time = least_time(5, || verify(&fresh, &chain));
        assert!(time < LIMIT, "{}: {time:?}, {verdict}", case.name);
        assert_ne!(verdict.reason(), Reason::Internal, "{}", case.name);
        for _ in 0..3 {
            let again = verify(&warm, &chain);
            let better = verdict.reason() == Reason::LimitExceeded;
            // Facts that were remembered leave budget for more, and only for that.
            assert!(better || said(&again) == said(&verdict), "{}: {again}, {verdict}", case.name);
        }
    }
}

#[test]
fn class_21_path_building_is_bounded() {
    assert_bounded(21);
}

#[test]
fn class_21_the_pathological_vectors_are_bounded() {
    let folder = match Folder::locate() {
        Ok(folder) => folder,
        Err(absent) => return eprintln!("{absent}"),
    };
    let cases = folder.limbo().expect("limbo loads");
    let hostile: Vec<_> = cases.iter().filter(|c| c.suite() == "pathological").collect();
    assert!(!hostile.is_empty());
    for case in hostile {
        let Ok(verifier) = Scene::anchored("issued", &slices(&case.trusted)).build() else {
            continue;
        };
        let now = UnixTime::from_secs(case.time.unwrap_or(NOW));
        let time = least_time(5, || verifier.verify(&case.chain(), now));
        assert!(time < LIMIT, "{}: {time:?}", case.id);
    }
}

#[test]
fn class_21_the_right_anchor_among_many_of_one_name_is_found_by_its_key_identifier() {
    let anchors: Vec<_> = (0..200).map(|_| Authority::root("CA")).collect();
    let certificates: Vec<&[u8]> = anchors.iter().map(|a| a.certificate.as_slice()).collect();
    let verifier = Scene::anchored("issued", &certificates).fresh();
    for anchor in anchors.iter().step_by(20) {
        let verdict = verify(&verifier, &[&anchor.leaf("client").certificate]);
        assert!(verdict.is_allowed(), "{verdict}");
        let ca = anchor.intermediate("CA");
        let leaf = ca.leaf("client").certificate;
        let verdict = verify(&verifier, &[&leaf, &ca.certificate]);
        assert!(verdict.is_allowed(), "through an intermediate of that name too: {verdict}");
    }
}

#[test]
fn class_22_names_against_constraints_are_bounded() {
    assert_bounded(22);
}

#[test]
fn class_23_odd_keys_and_sizes_are_bounded() {
    assert_bounded(23);
}

#[test]
fn class_24_policies_are_bounded() {
    assert_bounded(24);
}

/// AlgorithmIdentifier of an OID and parameters.
fn algorithm(oid: &str, parameters: &[u8]) -> Vec<u8> {
    der::sequence([&der::oid(oid)[..], parameters])
}

/// Keys that no client may have, and the reasons that may be given.
fn odd_keys() -> Vec<(&'static str, Vec<u8>, &'static [Reason])> {
    use Reason::{Malformed, UnsupportedAlgorithm, WeakKey};
    let ec = |curve: &str| algorithm("1.2.840.10045.2.1", &der::oid(curve));
    let p256 = "1.2.840.10045.3.1.7";
    let dsa = der::sequence([der::integer(23), der::integer(11), der::integer(2)]);
    let explicit = der::sequence([der::integer(1), der::sequence([der::integer(697)])]);
    let odd: &[Reason] = &[Malformed, UnsupportedAlgorithm];
    let weak: &[Reason] = &[WeakKey, Malformed, UnsupportedAlgorithm];
    vec![
        ("DSA", spki(&algorithm("1.2.840.10040.4.1", &dsa), &der::integer(5)), odd),
        (
            "DSA without parameters",
            spki(&algorithm("1.2.840.10040.4.1", &[]), &der::integer(5)),
            odd,
        ),
        ("explicit curve", spki(&algorithm("1.2.840.10045.2.1", &explicit), &[4; 65]), odd),
        ("no curve", spki(&algorithm("1.2.840.10045.2.1", &[]), &[4; 65]), odd),
        ("P-224", spki(&ec("1.3.132.0.33"), &[4; 57]), odd),
        ("secp256k1", spki(&ec("1.3.132.0.10"), &[4; 65]), odd),
        ("point at infinity", spki(&ec(p256), &[0]), odd),
        ("empty point", spki(&ec(p256), &[]), odd),
        ("X25519", spki(&algorithm("1.3.101.110", &[]), &[9; 32]), odd),
        ("Ed448", spki(&algorithm("1.3.101.113", &[]), &[9; 57]), odd),
        ("Ed25519 too short", spki(&algorithm("1.3.101.112", &[]), &[9; 31]), odd),
        ("Ed25519 with parameters", spki(&algorithm("1.3.101.112", &der::null()), &[9; 32]), odd),
        ("RSA of 512 bits", rsa_spki(&[0xc1; 64], &[1, 0, 1]), weak),
        ("RSA of 1024 bits", rsa_spki(&[0xc1; 128], &[1, 0, 1]), weak),
        ("RSA of 2040 bits", rsa_spki(&[0xc1; 255], &[1, 0, 1]), weak),
        ("RSA of 16384 bits", rsa_spki(&[0xc1; 2_048], &[1, 0, 1]), weak),
        ("RSA with exponent 1", rsa_spki(&[0xc1; 256], &[1]), weak),
        ("RSA with exponent 0", rsa_spki(&[0xc1; 256], &[0]), weak),
        ("RSA with an even exponent", rsa_spki(&[0xc1; 256], &[1, 0, 0]), weak),
        ("RSA with a huge exponent", rsa_spki(&[0xc1; 256], &[0xc1; 255]), weak),
        ("RSA with an even modulus", rsa_spki(&[0xc0; 256], &[1, 0, 1]), weak),
        ("RSA with modulus 0", rsa_spki(&[0], &[1, 0, 1]), weak),
        (
            "RSA without numbers",
            {
                spki(
                    &algorithm("1.2.840.113549.1.1.1", &der::null()),
                    &der::sequence([[0u8; 0]; 0]),
                )
            },
            odd,
        ),
        ("RSA without key", spki(&algorithm("1.2.840.113549.1.1.1", &der::null()), &[]), odd),
    ]
}

#[test]
fn class_23_an_odd_leaf_key_denies_fast() {
    let root = Authority::root("root");
    let verifier = Scene::issued(&root).fresh();
    for (what, key, reasons) in odd_keys() {
        let leaf = root.leaf_with("client", |c| c.spki(&key)).certificate;
        let verdict = verify(&verifier, &[&leaf]);
        assert!(reasons.contains(&verdict.reason()), "{what}: {verdict}");
        let time = least_time(3, || verify(&verifier, &[&leaf]));
        assert!(time < LIMIT, "{what}: {time:?}");
    }
}

#[test]
fn class_23_an_odd_issuer_key_denies_fast() {
    let root = Authority::root("root");
    let verifier = Scene::issued(&root).fresh();
    for (what, key, _) in odd_keys() {
        let ca = root.intermediate_with(Name::common("ca"), Key::p256(), |c| c.spki(&key));
        let leaf = ca.leaf("client").certificate;
        let verdict = verify(&verifier, &[&leaf, &ca.certificate]);
        assert!(!verdict.is_allowed(), "{what}: {verdict}");
        let time = least_time(3, || verify(&verifier, &[&leaf, &ca.certificate]));
        assert!(time < LIMIT, "{what}: {time:?}");
    }
}

#[test]
fn class_23_an_issuer_whose_point_is_on_no_curve_vouches_for_nobody() {
    let root = Authority::root("root");
    let ec = |curve: &str| algorithm("1.2.840.10045.2.1", &der::oid(curve));
    for (curve, octets) in
        [("1.2.840.10045.3.1.7", 64), ("1.3.132.0.34", 96), ("1.3.132.0.35", 132)]
    {
        for filler in [0, 1, 7, 0xff] {
            let point = [vec![4], vec![filler; octets]].concat();
            let key = spki(&ec(curve), &point);
            let ca = root.intermediate_with(Name::common("ca"), Key::p256(), |c| c.spki(&key));
            let leaf = ca.leaf("client").certificate;
            let verdict = Scene::issued(&root).verdict(&[&leaf, &ca.certificate]);
            assert!(!verdict.is_allowed(), "{curve}, {filler}: {verdict}");
        }
    }
}

#[test]
fn class_23_empty_names_deny() {
    let root = Authority::root("root");
    let scene = Scene::issued(&root);
    let nobody = root.leaf_for(&Name::new(), Key::p256(), |c| c).certificate;
    assert_eq!(scene.verdict(&[&nobody]).reason(), Reason::Malformed);
    let of_nobody = root.leaf_with("client", |c| c.issuer(Name::new())).certificate;
    assert!(!scene.verdict(&[&of_nobody]).is_allowed());
    let no_names = root.leaf_with("client", |c| c.san([])).certificate;
    assert_eq!(scene.verdict(&[&no_names]).reason(), Reason::Malformed);
    for empty in [
        GeneralName::dns(""),
        GeneralName::email(""),
        GeneralName::uri(""),
        GeneralName::ip(&[]),
        GeneralName::raw(0x88, &[]),
        GeneralName::raw(0xa4, &[]),
        GeneralName::raw(0xa0, &[]),
    ] {
        let leaf = root.leaf_with("client", |c| c.san([empty.clone()])).certificate;
        assert_eq!(scene.verdict(&[&leaf]).reason(), Reason::Malformed, "{empty:?}");
    }
}

#[test]
fn class_24_punycode_is_compared_as_it_stands() {
    let root = Authority::root("root");
    let listed = Scene::listed(&root).client("client", "dns = \"xn--bcher-kva.example\"");
    for (name, expected) in [
        ("xn--bcher-kva.example", true),
        ("XN--BCHER-KVA.example", true),
        ("xn--bcher-kvb.example", false),
        ("bcher.example", false),
        ("xn--.example", false),
        ("xn--99999999999999999999999999999999999999999999999999999999999.example", false),
        ("xn--xn--bcher-kva-.example", false),
    ] {
        let leaf = root.leaf_with("x", |c| c.san([GeneralName::dns(name)])).certificate;
        let verdict = listed.verdict(&[&leaf]);
        assert_eq!(verdict.is_allowed(), expected, "{name}: {verdict}");
    }
    let unicode = root.leaf_with("x", |c| c.san([GeneralName::dns("bücher.example")])).certificate;
    assert_eq!(listed.verdict(&[&unicode]).reason(), Reason::Malformed);
}

#[test]
fn class_24_punycode_in_email_constraints_and_names_is_survived() {
    use countersign_testkit::forge::extension::name_constraints;
    let root = Authority::root("root");
    // CVE-2022-3602 overran a buffer while it decoded such labels.
    let label = format!("xn--{}", "9".repeat(59));
    let host = [&label[..], &label, &label].join(".");
    let smtp_utf8 = der::utf8_string(&format!("ü@{host}"));
    let ca = root.intermediate_with(Name::common("ca"), Key::p256(), |c| {
        c.with(name_constraints(&[GeneralName::email(&host), GeneralName::email("a.example")], &[]))
    });
    let names =
        [GeneralName::email("x@a.example"), GeneralName::other("1.3.6.1.5.5.7.8.9", &smtp_utf8)];
    let leaf = ca.leaf_with("x", |c| c.san(names)).certificate;
    let verdict = Scene::issued(&root).verdict(&[&leaf, &ca.certificate]);
    assert_ne!(verdict.reason(), Reason::Internal, "{verdict}");
}
