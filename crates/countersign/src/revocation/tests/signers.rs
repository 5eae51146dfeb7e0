//! Whose signature counts.

use countersign_testkit::forge::extension::{self, usage};
use countersign_testkit::forge::{CertificateBuilder, authority_certificate, tamper};

use super::*;

/// A certificate for a key that signs the CRLs of `name` and nothing else.
fn crl_signer(name: &str, key: &Key) -> CertificateBuilder {
    CertificateBuilder::new(Name::common(name), key.spki())
        .with(extension::key_usage(&[usage::CRL_SIGN]))
        .with(extension::subject_key_identifier(&key.key_id()))
}

fn signer_key() -> Key {
    Key::seeded(KeyKind::P256, "CRL signer")
}

/// The usual case with one more certificate presented.
fn with_presented(world: &World, certificate: Vec<u8>) -> Case {
    Case { presented: vec![certificate], ..world.case() }
}

#[test]
fn an_issuer_whose_key_usage_lacks_crl_sign_signs_no_crls() {
    let mut world = World::new();
    let key = Key::seeded(KeyKind::P256, "CA");
    for (bits, expected) in [
        (&[usage::KEY_CERT_SIGN][..], UNKNOWN),
        (&[usage::KEY_CERT_SIGN, usage::CRL_SIGN], Ok(CURRENT)),
    ] {
        world.ca = world.root.intermediate_with(Name::common("CA"), key.clone(), |c| {
            c.without(extension::id::KEY_USAGE).with(extension::key_usage(bits))
        });
        assert_eq!(world.judge(&[world.signed(&world.crl())], REQUIRE), expected);
    }
    world.ca = world
        .root
        .intermediate_with(Name::common("CA"), key, |c| c.without(extension::id::KEY_USAGE));
    assert_eq!(world.judge(&[world.signed(&world.crl())], REQUIRE), Ok(CURRENT), "none: no limit");
}

#[test]
fn a_separate_key_may_sign_crls_when_a_superior_certified_it_for_the_name() {
    // PKITS 4.4.19 to 4.4.21.
    let world = World::new();
    let key = signer_key();
    let certificate = world.root.issued(crl_signer("CA", &key)).sign(&world.root.key);
    let good = world.crl().sign(&key);
    let listed = world.crl().revoke_certificate(&world.leaf.certificate).sign(&key);
    let case = with_presented(&world, certificate.clone());
    assert_eq!(case.judge(&[good.clone(), world.root_crl()], REQUIRE), Ok(CURRENT));
    assert_eq!(case.judge(&[listed.clone(), world.root_crl()], REQUIRE), REVOKED);
    assert_eq!(world.judge(std::slice::from_ref(&good), REQUIRE), UNKNOWN, "not presented");
    let revoked = world.root.crl().revoke_certificate(&certificate).sign(&world.root.key);
    let crls = [good.clone(), revoked.clone()];
    assert_eq!(case.judge(&crls, REQUIRE), UNKNOWN, "its signer is revoked");
    let crls = [listed.clone(), revoked, world.signed(&world.crl())];
    assert_eq!(case.judge(&crls, REQUIRE), Ok(CURRENT), "and then cannot revoke either");
    let ca_only = world.root.crl().scope(
        &countersign_testkit::forge::distribution_point::IssuingDistributionPoint {
            only_ca_certificates: true,
            ..Default::default()
        },
    );
    let crls = [good, ca_only.sign(&world.root.key)];
    assert_eq!(case.judge(&crls, REQUIRE), UNKNOWN, "its signer is not covered");
}

#[test]
fn a_separate_signer_ends_the_window_when_its_certificate_ends() {
    let world = World::new();
    let key = signer_key();
    let builder = crl_signer("CA", &key).validity(NOW - 10, NOW + 10);
    let case = with_presented(&world, world.root.issued(builder).sign(&world.root.key));
    let good = [world.crl().sign(&key), world.root_crl()];
    assert_eq!(case.judge(&good, REQUIRE), Ok(NOW + 10));
    assert_eq!(case.judge_at(&good, REQUIRE, NOW + 11), UNKNOWN);
    let listed = world.crl().revoke_certificate(&world.leaf.certificate).sign(&key);
    let crls = [listed, world.signed(&world.crl()), world.root_crl()];
    for now in [NOW - 11, NOW, NOW + 11] {
        assert_eq!(case.judge_at(&crls, REQUIRE, now), REVOKED, "no time takes a listing back");
    }
}

#[test]
fn a_signer_that_nobody_above_vouches_for_is_nobody() {
    let world = World::new();
    let key = signer_key();
    let good = [world.crl().sign(&key), world.root_crl()];
    let by_root = |builder: CertificateBuilder| world.root.issued(builder).sign(&world.root.key);
    let stranger = Key::seeded(KeyKind::P256, "stranger");
    let critical = extension::Extension::new(extension::id::UNKNOWN, vec![5, 0]).critical();
    let signature_only = extension::key_usage(&[usage::DIGITAL_SIGNATURE]);
    for (what, certificate) in [
        ("self-signed", crl_signer("CA", &key).sign(&key)),
        ("signed by a stranger", world.root.issued(crl_signer("CA", &key)).sign(&stranger)),
        ("broken", tamper::break_signature(&by_root(crl_signer("CA", &key)))),
        ("another name", by_root(crl_signer("CB", &key))),
        ("critical extension", by_root(crl_signer("CA", &key).with(critical))),
        (
            "no cRLSign",
            by_root(crl_signer("CA", &key).without(extension::id::KEY_USAGE).with(signature_only)),
        ),
        ("no key usage", by_root(crl_signer("CA", &key).without(extension::id::KEY_USAGE))),
        ("expired", by_root(crl_signer("CA", &key).validity(NOW - 10, NOW - 1))),
    ] {
        let case = with_presented(&world, certificate);
        assert_eq!(case.judge(&good, REQUIRE), UNKNOWN, "{what}");
    }
}

#[test]
fn a_subordinate_cannot_vouch_for_a_signer_about_itself() {
    // root → CA → sub → leaf: `sub` makes a CRL signer named like its issuer.
    let world = World::new();
    let sub_key = Key::seeded(KeyKind::P256, "sub");
    let sub = world.ca.intermediate_with(Name::common("sub"), sub_key, |c| c);
    let leaf = client(&sub);
    let key = signer_key();
    let forged = sub.issued(crl_signer("CA", &key)).sign(&sub.key);
    let case = Case {
        path: vec![leaf.certificate, sub.certificate.clone(), world.ca.certificate.clone()],
        anchor: world.root.certificate.clone(),
        presented: vec![forged],
    };
    let crls = [world.crl().sign(&key), sub.crl().sign(&sub.key), world.root_crl()];
    assert_eq!(case.judge(&crls, REQUIRE), Err((Reason::RevocationUnknown, Some(1))));
    let genuine = [crls[1].clone(), crls[2].clone(), world.signed(&world.crl())];
    assert_eq!(case.judge(&genuine, REQUIRE), Ok(CURRENT));
}

#[test]
fn a_ca_may_certify_a_crl_key_of_its_own_but_not_let_it_cover_itself() {
    // PKITS 4.5.6 and 4.5.7.
    let world = World::new();
    let key = signer_key();
    let certificate = world.ca.issued(crl_signer("CA", &key)).sign(&world.ca.key);
    let case = with_presented(&world, certificate);
    let by_signer = world.crl().sign(&key);
    let only_itself = [by_signer.clone(), world.root_crl()];
    assert_eq!(case.judge(&only_itself, REQUIRE), UNKNOWN, "it cannot cover itself");
    let listed = world.crl().revoke_certificate(&world.leaf.certificate).sign(&key);
    // Of some other place, so that it covers the signer only.
    let place = "http://a.example/signer";
    let scope = countersign_testkit::forge::distribution_point::IssuingDistributionPoint {
        name: Some(countersign_testkit::forge::distribution_point::PointName::full(&[
            countersign_testkit::forge::GeneralName::uri(place),
        ])),
        ..Default::default()
    };
    let about_signer = world.signed(&world.crl().scope(&scope));
    let builder = crl_signer("CA", &key).with(countersign_testkit::forge::crl_at(place));
    let case = with_presented(&world, world.ca.issued(builder).sign(&world.ca.key));
    let crls = [by_signer, about_signer.clone(), world.root_crl()];
    assert_eq!(case.judge(&crls, REQUIRE), Ok(CURRENT));
    assert_eq!(case.judge(&[listed, about_signer, world.root_crl()], REQUIRE), REVOKED);
}

#[test]
fn while_a_ca_changes_its_key_either_key_signs_for_certificates_below_both() {
    // PKITS 4.5.1: new key, certified by the root, certifies the old key, which signed the leaf.
    let world = World::new();
    let old = Key::seeded(KeyKind::P256, "old");
    let certificate =
        world.ca.issued(authority_certificate(&Name::common("CA"), &old)).sign(&world.ca.key);
    let old_ca = Authority { name: Name::common("CA"), key: old, certificate };
    let leaf = client(&old_ca);
    let case = Case {
        path: vec![
            leaf.certificate.clone(),
            old_ca.certificate.clone(),
            world.ca.certificate.clone(),
        ],
        anchor: world.root.certificate.clone(),
        presented: vec![],
    };
    let by_new = |crl: &CrlBuilder| [crl.sign(&world.ca.key), world.root_crl()];
    assert_eq!(case.judge(&by_new(&world.crl()), REQUIRE), Ok(CURRENT));
    let listed = world.crl().revoke_certificate(&leaf.certificate);
    assert_eq!(case.judge(&by_new(&listed), REQUIRE), REVOKED);
    // The old key cannot cover its own certificate.
    let by_old = [world.crl().sign(&old_ca.key), world.root_crl()];
    assert_eq!(case.judge(&by_old, REQUIRE), Err((Reason::RevocationUnknown, Some(1))));
}
