//! Listed, covered, stale, absent.

use countersign_testkit::forge::{Extension, RevokedEntry, SignatureAlgorithm, extension, tamper};

use super::*;

#[test]
fn a_certificate_that_a_fresh_crl_covers_is_good_until_the_next_update() {
    let world = World::new();
    let crl = world.signed(&world.crl().next_update(NOW + 100));
    assert_eq!(world.judge(std::slice::from_ref(&crl), REQUIRE), Ok(NOW + 100));
    let longer = world.signed(&world.crl().next_update(NOW + 200).crl_number(2));
    assert_eq!(world.judge(&[crl, longer], REQUIRE), Ok(NOW + 200), "the longest that covers");
}

#[test]
fn a_listed_certificate_is_revoked_whatever_the_reason() {
    let world = World::new();
    for code in [0, 1, 2, 3, 4, 5, 6, 9, 10] {
        let entry = RevokedEntry::of(&world.leaf.certificate).reason(code);
        assert_eq!(world.judge(&[world.signed(&world.crl().entry(&entry))], REQUIRE), REVOKED);
    }
    let crl = world.signed(&world.crl().revoke_certificate(&world.leaf.certificate));
    for settings in [REQUIRE, IF_AVAILABLE, STALE_ACCEPTED] {
        assert_eq!(world.judge(std::slice::from_ref(&crl), settings), REVOKED);
    }
    let off = Settings { mode: Mode::Off, stale: Stale::Deny };
    assert_eq!(world.judge(&[crl], off), Ok(i64::MAX));
}

#[test]
fn a_serial_listed_by_another_issuer_means_nothing() {
    let world = World::new();
    let listed = world.root.crl().revoke_certificate(&world.leaf.certificate);
    let crls = [listed.sign(&world.root.key), world.signed(&world.crl())];
    assert_eq!(world.case().judge(&crls, REQUIRE), Ok(CURRENT));
}

#[test]
fn a_revoked_ca_revokes_the_path_at_its_position() {
    let world = World::new();
    let listed = world.root.crl().revoke_certificate(&world.ca.certificate);
    let crls = [listed.sign(&world.root.key), world.signed(&world.crl())];
    assert_eq!(world.case().judge(&crls, REQUIRE), Err((Reason::Revoked, Some(1))));
}

#[test]
fn a_listing_beats_every_other_crl() {
    let world = World::new();
    let listed = || world.crl().revoke_certificate(&world.leaf.certificate);
    let good = world.signed(&world.crl().crl_number(9));
    let unknown_entry = RevokedEntry::of(&world.leaf.certificate)
        .with(Extension::new(extension::id::UNKNOWN, vec![5, 0]).critical());
    for listing in [
        listed(),
        listed().this_update(NOW - 900).next_update(NOW - 800),
        listed().without_next_update(),
        listed().this_update(NOW + 900),
        listed().delta_of(1),
        listed().with(Extension::new(extension::id::UNKNOWN, vec![5, 0]).critical()),
        world.crl().entry(&unknown_entry),
    ] {
        let crls = [world.signed(&listing), good.clone()];
        assert_eq!(world.judge(&crls, REQUIRE), REVOKED);
        assert_eq!(world.judge(&crls[..1], IF_AVAILABLE), REVOKED, "alone");
    }
}

#[test]
fn remove_from_crl_never_revokes_and_never_takes_a_revocation_back() {
    let world = World::new();
    let remove = RevokedEntry::of(&world.leaf.certificate).reason(8);
    let hold = RevokedEntry::of(&world.leaf.certificate).reason(6);
    let removed = world.crl().entry(&remove);
    assert_eq!(world.judge(&[world.signed(&removed)], REQUIRE), Ok(CURRENT));
    let both = [world.crl().entry(&hold).entry(&remove), world.crl().entry(&remove).entry(&hold)];
    for crl in &both {
        assert_eq!(world.judge(&[world.signed(crl)], REQUIRE), REVOKED);
    }
    let crls = [world.signed(&world.crl().entry(&hold)), world.signed(&removed.delta_of(1))];
    assert_eq!(world.judge(&crls, REQUIRE), REVOKED);
}

#[test]
fn a_crl_that_is_not_current_is_stale() {
    let world = World::new();
    for stale in [
        world.crl().this_update(NOW - 900).next_update(NOW - 1),
        world.crl().this_update(NOW + 1),
        world.crl().without_next_update(),
    ] {
        let crls = [world.signed(&stale)];
        assert_eq!(world.judge(&crls, REQUIRE), EXPIRED);
        assert_eq!(world.judge(&crls, IF_AVAILABLE), EXPIRED);
        assert_eq!(world.judge(&crls, STALE_ACCEPTED), Ok(i64::MAX), "time does not matter then");
        let with_fresh = [crls[0].clone(), world.signed(&world.crl().crl_number(2))];
        assert_eq!(world.judge(&with_fresh, REQUIRE), Ok(CURRENT));
    }
    for edge in [world.crl().this_update(NOW), world.crl().next_update(NOW)] {
        assert!(world.judge(&[world.signed(&edge)], REQUIRE).is_ok(), "inclusive at both ends");
    }
}

#[test]
fn without_any_crl_of_the_issuer_the_mode_decides() {
    let world = World::new();
    assert_eq!(world.judge(&[], REQUIRE), UNKNOWN);
    assert_eq!(world.judge(&[], IF_AVAILABLE), Ok(CURRENT), "the root's is there");
    assert_eq!(world.case().judge(&[], IF_AVAILABLE), Ok(i64::MAX));
    let leaf_only = [world.signed(&world.crl())];
    let about_ca = Err((Reason::RevocationUnknown, Some(1)));
    assert_eq!(world.case().judge(&leaf_only, REQUIRE), about_ca, "every certificate is covered");
}

#[test]
fn a_crl_that_cannot_be_believed_does_not_cover_and_is_no_absence() {
    let world = World::new();
    let broken = tamper::break_signature(&world.signed(&world.crl()));
    let strangers = world.crl().sign(&Key::seeded(KeyKind::P256, "stranger"));
    let sha1 = world.crl().algorithm(SignatureAlgorithm::EcdsaSha1);
    let empty = world.crl().sign_with_garbage(SignatureAlgorithm::EcdsaSha256, &[3, 1, 0]);
    let critical = Extension::new(extension::id::UNKNOWN, vec![5, 0]).critical();
    let unknown = world.signed(&world.crl().with(critical.clone()));
    let entry = RevokedEntry::new(&[0x11]).with(critical);
    let unknown_entry = world.signed(&world.crl().entry(&entry));
    for bad in [broken, strangers, world.signed(&sha1), empty, unknown, unknown_entry] {
        for settings in [REQUIRE, IF_AVAILABLE, STALE_ACCEPTED] {
            assert_eq!(world.judge(std::slice::from_ref(&bad), settings), UNKNOWN);
        }
        let with_good = [bad.clone(), world.signed(&world.crl().crl_number(2))];
        assert_eq!(world.judge(&with_good, REQUIRE), Ok(CURRENT));
    }
}

#[test]
fn a_listing_that_is_not_authentic_means_nothing() {
    let world = World::new();
    let listed = world.crl().revoke_certificate(&world.leaf.certificate);
    let forged = listed.sign(&Key::seeded(KeyKind::P256, "stranger"));
    let good = world.signed(&world.crl());
    assert_eq!(world.judge(&[forged.clone(), good], REQUIRE), Ok(CURRENT));
    assert_eq!(world.judge(&[forged], REQUIRE), UNKNOWN);
}

#[test]
fn version_1_crls_cover() {
    let world = World::new();
    let v1 = world
        .crl()
        .without_version()
        .without(extension::id::CRL_NUMBER)
        .without(extension::id::AUTHORITY_KEY_IDENTIFIER);
    assert_eq!(world.judge(&[world.signed(&v1)], REQUIRE), Ok(CURRENT));
    let listed = v1.revoke_certificate(&world.leaf.certificate);
    assert_eq!(world.judge(&[world.signed(&listed)], REQUIRE), REVOKED);
}

#[test]
fn the_worst_finding_is_the_reason_wherever_it_is() {
    let world = World::new();
    let stale_root = world.root.crl().this_update(NOW - 900).next_update(NOW - 1);
    let stale_root = stale_root.sign(&world.root.key);
    let listed = world.signed(&world.crl().revoke_certificate(&world.leaf.certificate));
    assert_eq!(world.case().judge(&[stale_root.clone(), listed], REQUIRE), REVOKED);
    let about_root = Err((Reason::CrlExpired, Some(1)));
    assert_eq!(world.case().judge(&[stale_root], REQUIRE), about_root, "before unknown");
}

#[test]
fn work_beyond_the_budget_is_a_limit_exceeded() {
    let world = World::new();
    let mut set = CrlSet::default();
    set.add(world.signed(&world.crl())).unwrap();
    set.add(world.root_crl()).unwrap();
    let judge = |budget_ns| world.case().judge_once(&set, REQUIRE, NOW, budget_ns);
    assert_eq!(judge(100), Err((Reason::LimitExceeded, Some(1))));
    assert_eq!(judge(1_500), Err((Reason::LimitExceeded, Some(0))));
    assert_eq!(judge(10_000), Ok(CURRENT), "what is found out once for all is not charged");
}

#[test]
fn ed25519_and_rsa_crls_are_remembered_like_others() {
    for kind in [KeyKind::Ed25519, KeyKind::Rsa2048] {
        let root =
            Authority::root_with(Name::common("Root"), Key::seeded(KeyKind::P256, "Root"), |c| c);
        let ca = root.intermediate_with(Name::common("CA"), Key::generate(kind), |c| c);
        let leaf = client(&ca);
        let world = World { root, ca, leaf };
        assert_eq!(world.judge(&[world.signed(&world.crl())], REQUIRE), Ok(CURRENT));
        let stranger = world.crl().sign(&Key::generate(kind));
        assert_eq!(world.judge(&[stranger], REQUIRE), UNKNOWN);
    }
}
