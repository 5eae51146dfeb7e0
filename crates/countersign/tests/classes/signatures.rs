//! Class 10, 35: signatures that prove nothing, and signatures that can be said in two ways.

use countersign::{Reason, Verifier};
use countersign_testkit::forge::distribution_point::{DistributionPoint, crl_distribution_points};
use countersign_testkit::forge::extension::{basic_constraints, certificate_policies};
use countersign_testkit::forge::{
    Authority, GeneralName, Key, KeyKind, Name, der, serial_of, sha256, tamper,
};
use countersign_testkit::vectors::{Folder, WYCHEPROOF_FILES};

use super::scene::{Scene, hex, is_supported, slices, verify};

/// ECDSA signatures of special numbers (CVE-2022-21449 took r = s = 0 for valid), by curve order.
fn special_ecdsa(order: &[u8]) -> Vec<Vec<u8>> {
    let mut above = order.to_vec();
    *above.last_mut().expect("an order has octets") += 1;
    let numbers = [
        der::integer(0),
        der::integer(1),
        der::integer(-1),
        der::unsigned_integer(order),
        der::unsigned_integer(&above),
        der::tlv(2, &[]),
        der::unsigned_integer(&[0xff; 200]),
    ];
    let mut all = vec![Vec::new(), vec![0], vec![0; 64], der::sequence([[0u8; 0]; 0])];
    for r in &numbers {
        all.extend(numbers.iter().map(|s| der::sequence([r, s])));
    }
    all
}

const P256_ORDER: [u8; 32] = [
    0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xbc, 0xe6,
    0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
];

/// Signatures that are wrong for every message and key of this kind.
fn special_signatures(kind: KeyKind) -> Vec<Vec<u8>> {
    match kind {
        KeyKind::P256 | KeyKind::P384 | KeyKind::P521 => special_ecdsa(&P256_ORDER),
        KeyKind::Ed25519 => {
            let mut identity = [0; 64];
            identity[0] = 1;
            vec![Vec::new(), vec![0; 63], vec![0; 64], identity.to_vec(), vec![0xff; 64]]
        }
        _ => {
            let mut one = vec![0; 256];
            one[255] = 1;
            vec![Vec::new(), vec![0; 255], vec![0; 256], one, vec![0xff; 256], vec![0; 257]]
        }
    }
}

/// Denied at once, denied again, and denied after the good twin has filled every cache.
fn assert_denied_three_ways(scene: &Scene, chain: &[Vec<u8>], good: &[Vec<u8>], what: &str) {
    let cold = scene.fresh();
    let warm = scene.verifier();
    let check = |verifier: &Verifier, when: &str| {
        let verdict = verify(verifier, &slices(chain));
        assert!(!verdict.is_allowed(), "{what}, {when}: {verdict}");
    };
    check(&cold, "no cache");
    check(&warm, "first");
    check(&warm, "second");
    assert!(verify(&warm, &slices(good)).is_allowed(), "{what}: the good chain");
    assert!(verify(&warm, &slices(good)).is_cached(), "{what}: the good chain is remembered");
    check(&warm, "after the good chain");
}

#[test]
fn class_10_zero_and_invalid_signatures_never_verify() {
    let kinds = [KeyKind::P256, KeyKind::P384, KeyKind::P521, KeyKind::Ed25519, KeyKind::Rsa2048];
    for kind in kinds.into_iter().filter(|kind| is_supported(*kind)) {
        let root = Authority::root_with(Name::common("root"), Key::seeded(kind, "root"), |c| c);
        let ca_key = Key::seeded(kind, "ca");
        let ca = root.intermediate_with(Name::common("ca"), ca_key, |c| c);
        let leaf = ca.leaf("client");
        let good = [leaf.certificate, ca.certificate];
        let scene = Scene::issued(&root);
        for (n, signature) in special_signatures(kind).iter().enumerate() {
            for place in 0..2 {
                let mut chain = good.clone();
                chain[place] = tamper::replace_signature(&good[place], signature);
                let what = format!("{kind:?}, signature {n} on certificate {place}");
                assert_denied_three_ways(&scene, &chain, &good, &what);
            }
        }
    }
}

#[test]
fn class_10_no_wycheproof_signature_fits_a_certificate() {
    let folder = match Folder::locate() {
        Ok(folder) => folder,
        Err(absent) => return eprintln!("{absent}"),
    };
    for (file, kind) in
        WYCHEPROOF_FILES.iter().zip([KeyKind::P256, KeyKind::P384, KeyKind::Ed25519])
    {
        let root = Authority::root_with(Name::common("root"), Key::seeded(kind, "root"), |c| c);
        let leaf = root.leaf("client");
        let verifier = Scene::issued(&root).verifier();
        assert!(verify(&verifier, &[&leaf.certificate]).is_allowed());
        for test in folder.wycheproof(file).expect("Wycheproof loads").iter().flat_map(|g| &g.tests)
        {
            let chain = tamper::replace_signature(&leaf.certificate, &test.signature);
            let verdict = verify(&verifier, &[&chain]);
            assert!(!verdict.is_allowed(), "{file} {}: {verdict}", test.id);
        }
    }
}

#[test]
fn class_10_a_signature_by_another_algorithm_than_named_never_verifies() {
    use countersign_testkit::forge::SignatureAlgorithm::*;
    let named = [
        RsaPkcs1Sha256,
        RsaPkcs1Sha384,
        RsaPssSha256,
        RsaPssSha512,
        EcdsaSha1,
        EcdsaSha256,
        EcdsaSha384,
        EcdsaSha512,
        Ed25519,
        MlDsa44,
    ];
    for kind in [KeyKind::P256, KeyKind::Ed25519, KeyKind::Rsa2048] {
        let root = Authority::root_with(Name::common("root"), Key::seeded(kind, "root"), |c| c);
        let verifier = Scene::issued(&root).verifier();
        for algorithm in named {
            let identifier = algorithm.identifier();
            let leaf = root.leaf_with("client", |c| {
                c.inner_identifier(&identifier).outer_identifier(&identifier)
            });
            let verdict = verify(&verifier, &[&leaf.certificate]);
            let same = algorithm == root.key.algorithm();
            assert_eq!(verdict.is_allowed(), same, "{kind:?} as {algorithm:?}: {verdict}");
        }
    }
}

#[test]
fn class_10_the_algorithm_beside_the_signature_must_be_the_one_inside() {
    use countersign_testkit::forge::SignatureAlgorithm::{EcdsaSha256, EcdsaSha384};
    let root = Authority::root("root");
    let verifier = Scene::issued(&root).verifier();
    let inside = root.leaf_with("client", |c| c.inner_identifier(&EcdsaSha384.identifier()));
    let outside = root.leaf_with("client", |c| {
        c.algorithm(EcdsaSha384).outer_identifier(&EcdsaSha256.identifier())
    });
    for leaf in [inside, outside] {
        let verdict = verify(&verifier, &[&leaf.certificate]);
        assert_eq!(verdict.reason(), Reason::Malformed, "{verdict}");
    }
}

#[test]
fn class_10_sha1_is_never_accepted() {
    let root = Authority::root("root");
    let leaf = root.leaf_with("client", |c| {
        c.algorithm(countersign_testkit::forge::SignatureAlgorithm::EcdsaSha1)
    });
    let verdict = Scene::issued(&root).verdict(&[&leaf.certificate]);
    assert_eq!(verdict.reason(), Reason::UnsupportedAlgorithm, "{verdict}");
}

#[test]
fn class_35_a_malleated_certificate_is_caught_by_key_and_by_serial() {
    let kinds = [KeyKind::P256, KeyKind::P384, KeyKind::P521];
    for kind in kinds.into_iter().filter(|kind| is_supported(*kind)) {
        let root = Authority::root_with(Name::common("root"), Key::seeded(kind, "root"), |c| c);
        let leaf = root.leaf("client");
        let twin = tamper::negate_ecdsa_s(&leaf.certificate, kind);
        assert_ne!(sha256(&twin), sha256(&leaf.certificate));
        let open = Scene::issued(&root).verdict(&[&twin]);
        assert!(open.is_allowed(), "the twin is as valid as the certificate: {open}");

        let by_key = format!("spki_sha256 = \"{}\"", hex(&leaf.key.spki_sha256()));
        let serial = hex(&serial_of(&leaf.certificate));
        let issuer = hex(&sha256(&root.name.der()));
        let by_serial =
            format!("issuer_serial = {{ issuer_sha256 = \"{issuer}\", serial = \"{serial}\" }}");
        for rule in [by_key, by_serial] {
            let scene = Scene::issued(&root).deny(&rule);
            for der in [&leaf.certificate, &twin] {
                let verdict = scene.verdict(&[der]);
                assert_eq!(verdict.reason(), Reason::Denied, "{rule}: {verdict}");
            }
        }

        let revoked = root.crl().revoke_certificate(&leaf.certificate).sign(&root.key);
        let scene = Scene::issued(&root).crl(&revoked);
        for der in [&leaf.certificate, &twin] {
            assert_eq!(scene.verdict(&[der]).reason(), Reason::Revoked);
        }

        let pinned = format!("cert_sha256 = \"{}\"", hex(&sha256(&leaf.certificate)));
        let scene = Scene::listed(&root).client("client", &pinned);
        assert!(scene.verdict(&[&leaf.certificate]).is_allowed());
        assert_eq!(scene.verdict(&[&twin]).reason(), Reason::NotListed);
    }
}

#[test]
fn class_35_another_encoding_of_the_same_certificate_is_malformed() {
    let root = Authority::root("root");
    let leaf = root.leaf("client").certificate;
    let scene = Scene::issued(&root);
    let parts = der::children(&leaf);
    let bit_string = |content: &[u8]| der::sequence([parts[0], parts[1], &der::tlv(3, content)]);
    let signature = &der::content(parts[2])[1..];
    let numbers = der::children(signature);
    let padded_r = der::tlv(2, &der::concat([&[0], der::content(numbers[0])]));
    let twins = [
        ("long form of the outer length", tamper::pad_outer_length(&leaf)),
        ("indefinite outer length", tamper::indefinite_outer_length(&leaf)),
        ("bytes after the certificate", der::concat([&leaf[..], &[0]])),
        ("bytes after the signature", {
            der::sequence([parts[0], parts[1], parts[2], &der::null()[..]])
        }),
        ("long form of the inner length", {
            let tbs = der::tlv_with_padded_length(0x30, 3, der::content(parts[0]));
            der::sequence([&tbs[..], parts[1], parts[2]])
        }),
        ("long form of the algorithm's length", {
            let algorithm = der::tlv_with_padded_length(0x30, 2, der::content(parts[1]));
            der::sequence([parts[0], &algorithm[..], parts[2]])
        }),
        ("long form of the signature's length", {
            let signature = der::tlv_with_padded_length(3, 2, der::content(parts[2]));
            der::sequence([parts[0], parts[1], &signature[..]])
        }),
        ("unused bits in the signature", bit_string(&der::concat([&[1][..], signature]))),
        ("parameters NULL beside the signature", {
            let oid = der::children(parts[1])[0];
            der::sequence([parts[0], &der::sequence([oid, &der::null()]), parts[2]])
        }),
        ("constructed BIT STRING", der::sequence([parts[0], parts[1], &der::tlv(0x23, parts[2])])),
    ];
    for (what, twin) in &twins {
        let verdict = scene.verdict(&[twin]);
        assert_eq!(verdict.reason(), Reason::Malformed, "{what}: {verdict}");
    }
    let inside = [
        ("padded r", der::sequence([&padded_r[..], numbers[1]])),
        ("bytes inside the signature", der::sequence([numbers[0], numbers[1], &der::null()[..]])),
        ("bytes after the numbers", der::concat([signature, &[0]])),
        ("long form of the numbers' length", {
            der::tlv_with_padded_length(0x30, 2, der::content(signature))
        }),
        ("indefinite numbers", der::tlv_with_indefinite_length(0x30, der::content(signature))),
    ];
    for (what, signature) in &inside {
        let verdict = scene.verdict(&[&tamper::replace_signature(&leaf, signature)]);
        assert!(!verdict.is_allowed(), "{what}: {verdict}");
    }
}

/// A leaf with every extension that a decision looks into.
fn leaf_with_every_extension(root: &Authority) -> Vec<u8> {
    let point = DistributionPoint::uri("http://crl.example/1");
    let names = [
        GeneralName::dns("client.example"),
        GeneralName::email("ops@a.example"),
        GeneralName::uri("spiffe://a.example/b"),
        GeneralName::ip(&[192, 0, 2, 1]),
        GeneralName::directory(&Name::new().o("Acme").cn("client")),
        GeneralName::other("1.2.3", &der::utf8_string("x")),
        GeneralName::registered_id("1.2.3"),
    ];
    let key = Key::seeded(KeyKind::P256, "leaf");
    let leaf = root.leaf_for(&Name::new().o("Acme").cn("client"), key, |c| {
        c.with(basic_constraints(false, None))
            .with(certificate_policies(&["1.2.3"]))
            .with(crl_distribution_points(&[point]))
            .san(names)
    });
    leaf.certificate
}

#[test]
fn class_35_a_longer_length_anywhere_is_malformed_even_when_the_ca_signed_it() {
    let root = Authority::seeded_root("root");
    let leaf = leaf_with_every_extension(&root);
    let verifier = Scene::issued(&root).fresh();
    let verdict = verify(&verifier, &[&leaf]);
    assert!(verdict.is_allowed(), "{verdict}");
    let parts = der::children(&leaf);
    let signed_anew = tamper::pad_each_length(parts[0]).into_iter().map(|tbs| {
        let signature = root.key.sign(root.key.algorithm(), &tbs);
        der::sequence([&tbs[..], parts[1], &der::bit_string(&signature)])
    });
    let mut count = 0;
    for twin in tamper::pad_each_length(&leaf).into_iter().chain(signed_anew) {
        let verdict = verify(&verifier, &[&twin]);
        assert_eq!(verdict.reason(), Reason::Malformed, "twin {count}: {}", hex(&twin));
        count += 1;
    }
    assert!(count > 150, "{count} elements");
}
