//! Classes 14, 15: which CRL counts, and CRLs made to break their reader.

use countersign::Reason;
use countersign_testkit::forge::distribution_point::{
    IssuingDistributionPoint, PointName, reason_flag,
};
use countersign_testkit::forge::extension::id;
use countersign_testkit::forge::{
    Authority, Extension, GeneralName, Key, NOW, Name, RevokedEntry, SignatureAlgorithm, crl_at,
    der, tamper,
};

use super::scene::{Scene, permutations, said};

/// Every order and every subset of these CRLs; the verdict may depend on the subset only. Where
/// one is said to revoke the leaf, it does so whatever the others say, and no other does.
fn assert_order_never_matters(
    root: &Authority,
    leaf: &[u8],
    crls: &[Vec<u8>],
    revoking: Option<usize>,
) {
    for subset in 1..1usize << crls.len() {
        let chosen: Vec<&Vec<u8>> =
            (0..crls.len()).filter(|n| subset & (1 << n) != 0).map(|n| &crls[n]).collect();
        for mode in ["revocation = \"require\"", "revocation = \"if_available\""] {
            let mut first = None;
            for order in permutations(chosen.len()) {
                let scene = order
                    .iter()
                    .fold(Scene::issued(root).trust(mode), |scene, n| scene.crl(chosen[*n]));
                let now = said(&scene.verdict(&[leaf]));
                if let Some(n) = revoking {
                    let revoked = subset & (1 << n) != 0;
                    assert_eq!(now.0 == Reason::Revoked, revoked, "subset {subset:b}, {order:?}");
                }
                let before = first.get_or_insert_with(|| now.clone());
                assert_eq!(*before, now, "subset {subset:b} in order {order:?}, {mode}");
            }
        }
    }
}

fn only(flags: &[u8]) -> IssuingDistributionPoint {
    IssuingDistributionPoint { only_some_reasons: Some(flags.to_vec()), ..Default::default() }
}

fn point(uri: &str) -> IssuingDistributionPoint {
    let name = Some(PointName::full(&[GeneralName::uri(uri)]));
    IssuingDistributionPoint { name, ..Default::default() }
}

#[test]
fn class_14_the_order_of_crls_never_changes_a_verdict() {
    let (root, stranger) = (Authority::root("root"), Authority::root("root"));
    let leaf = root.leaf("client").certificate;
    let crls = [
        root.crl().sign(&root.key),
        root.crl().crl_number(2).revoke_certificate(&leaf).sign(&root.key),
        root.crl().next_update(NOW - 60).sign(&root.key),
        tamper::break_signature(&root.crl().revoke_certificate(&leaf).sign(&root.key)),
    ];
    assert_order_never_matters(&root, &leaf, &crls, Some(1));
    let crls = [
        root.crl().sign(&stranger.key),
        root.crl().revoke(&[1]).sign(&root.key),
        root.crl().with(Extension::new(id::CRL_NUMBER, der::null()).critical()).sign(&root.key),
        stranger.crl().revoke_certificate(&leaf).sign(&stranger.key),
    ];
    let readable: Vec<_> =
        crls.into_iter().filter(|crl| Scene::issued(&root).crl(crl).build().is_ok()).collect();
    assert_order_never_matters(&root, &leaf, &readable, None);
}

#[test]
fn class_14_scoped_crls_in_any_order_give_one_verdict() {
    let root = Authority::root("root");
    let leaf = root.leaf_with("client", |c| c.with(crl_at("http://crl.example/1"))).certificate;
    let users = IssuingDistributionPoint { only_user_certificates: true, ..Default::default() };
    let authorities = IssuingDistributionPoint { only_ca_certificates: true, ..Default::default() };
    let crls = [
        root.crl().scope(&users).sign(&root.key),
        root.crl().scope(&authorities).revoke_certificate(&leaf).sign(&root.key),
        root.crl().scope(&point("http://crl.example/1")).sign(&root.key),
        root.crl().scope(&point("http://crl.example/2")).revoke_certificate(&leaf).sign(&root.key),
    ];
    assert_order_never_matters(&root, &leaf, &crls, None);
    let crls = [
        root.crl().scope(&only(&[reason_flag::KEY_COMPROMISE])).sign(&root.key),
        root.crl().scope(&only(&[2, 3, 4, 5, 6, 7, 8])).sign(&root.key),
        root.crl().delta_of(1).revoke_certificate(&leaf).sign(&root.key),
        root.crl()
            .scope(&IssuingDistributionPoint { indirect: true, ..Default::default() })
            .sign(&root.key),
    ];
    assert_order_never_matters(&root, &leaf, &crls, None);
}

#[test]
fn class_14_a_crl_that_is_out_of_scope_covers_nothing() {
    let root = Authority::root("root");
    let leaf = root.leaf_with("client", |c| c.with(crl_at("http://crl.example/1"))).certificate;
    for (what, scope) in [
        (
            "CA certificates only",
            IssuingDistributionPoint { only_ca_certificates: true, ..Default::default() },
        ),
        (
            "attribute certificates only",
            IssuingDistributionPoint { only_attribute_certificates: true, ..Default::default() },
        ),
        ("another point", point("http://crl.example/2")),
        ("some reasons only", only(&[reason_flag::KEY_COMPROMISE])),
    ] {
        let crl = root.crl().scope(&scope).sign(&root.key);
        let verdict = Scene::issued(&root).crl(&crl).verdict(&[&leaf]);
        assert_eq!(verdict.reason(), Reason::RevocationUnknown, "{what}: {verdict}");
    }
    let crl = root.crl().scope(&point("http://crl.example/1")).sign(&root.key);
    let verdict = Scene::issued(&root).crl(&crl).verdict(&[&leaf]);
    assert!(verdict.is_allowed(), "its own point: {verdict}");
}

#[test]
fn class_14_whichever_current_crl_lists_it_revokes() {
    // CRLs may be kept in an order that follows from their bytes, so one try proves little.
    for _ in 0..12 {
        let root = Authority::root("root");
        let leaf = root.leaf("client").certificate;
        let listing = root.crl().crl_number(7).revoke_certificate(&leaf).sign(&root.key);
        let silent = root.crl().crl_number(6).this_update(NOW - 200_000).sign(&root.key);
        for order in [[&listing, &silent], [&silent, &listing]] {
            let scene = order.iter().fold(Scene::issued(&root), |scene, crl| scene.crl(crl));
            assert_eq!(scene.verdict(&[&leaf]).reason(), Reason::Revoked);
        }
    }
}

#[test]
fn class_14_every_reason_revokes() {
    let root = Authority::root("root");
    let leaf = root.leaf("client").certificate;
    for code in [0, 1, 2, 3, 4, 5, 6, 9, 10] {
        let crl = root.crl().entry(&RevokedEntry::of(&leaf).reason(code)).sign(&root.key);
        assert_eq!(
            Scene::issued(&root).crl(&crl).verdict(&[&leaf]).reason(),
            Reason::Revoked,
            "{code}"
        );
    }
}

#[test]
fn class_14_a_ca_without_crl_sign_signs_no_crl() {
    use countersign_testkit::forge::extension::{key_usage, usage};
    let root = Authority::root_with(Name::common("root"), Key::p256(), |c| {
        c.without(id::KEY_USAGE).with(key_usage(&[usage::KEY_CERT_SIGN]))
    });
    let leaf = root.leaf("client").certificate;
    let verdict = Scene::issued(&root).crl(&root.crl().sign(&root.key)).verdict(&[&leaf]);
    assert_eq!(verdict.reason(), Reason::RevocationUnknown, "{verdict}");
}

#[test]
fn class_15_no_mutation_of_a_crl_breaks_its_reader() {
    let root = Authority::root("root");
    let leaf = root.leaf("client").certificate;
    let scope = IssuingDistributionPoint {
        only_user_certificates: true,
        only_some_reasons: Some((1..=8).collect()),
        ..point("http://crl.example/1")
    };
    let entry = RevokedEntry::new(&[5]).reason(1).invalidity_date(NOW - 9_000);
    let whole = root.crl().scope(&scope).entry(&entry).sign(&root.key);
    let tbs_end = whole.len() - der::children(&whole)[2].len();
    for place in 0..whole.len() {
        // The signature's own bytes are all alike, so a few of them speak for the rest.
        if place > tbs_end + 8 && place % 8 != 0 {
            continue;
        }
        let mut mutants = vec![whole[..place].to_vec()];
        for value in [0, 0x7f, 0x80, 0xff, whole[place] ^ 1, whole[place].wrapping_add(1)] {
            let mut mutant = whole.clone();
            mutant[place] = value;
            mutants.push(mutant);
        }
        for mutant in mutants.iter().filter(|mutant| **mutant != whole) {
            let scene = Scene::issued(&root).crl(mutant);
            let Ok(verifier) = scene.build() else { continue };
            let verdict = super::scene::verify(&verifier, &[&leaf]);
            assert!(!verdict.is_allowed(), "byte {place}: a CRL that was never signed covers");
        }
    }
}

#[test]
fn class_15_an_empty_bit_string_in_a_crl_is_survived() {
    let root = Authority::root("root");
    let leaf = root.leaf("client").certificate;
    for content in [&[][..], &[0], &[1], &[8], &[7, 0], &[0, 0], &[0xff, 0xff]] {
        let idp = der::sequence([der::primitive(3, content)]);
        let extension = Extension::new(id::ISSUING_DISTRIBUTION_POINT, idp).critical();
        let flags = root.crl().with(extension).sign(&root.key);
        let signature = root.crl().sign_with_garbage(
            SignatureAlgorithm::EcdsaSha256,
            &der::tlv(der::tag::BIT_STRING, content),
        );
        for crl in [flags, signature] {
            if let Ok(verifier) = Scene::issued(&root).crl(&crl).build() {
                let verdict = super::scene::verify(&verifier, &[&leaf]);
                assert!(!verdict.is_allowed(), "{content:02x?}: {verdict}");
            }
        }
    }
}
