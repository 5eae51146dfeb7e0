//! What a CRL covers: kinds of certificate, reasons, distribution points.

use countersign_testkit::forge::distribution_point::{
    DistributionPoint, IssuingDistributionPoint, PointName, crl_distribution_points, reason_flag,
};
use countersign_testkit::forge::{GeneralName, RevokedEntry};

use super::*;

fn scope(world: &World, scope: &IssuingDistributionPoint) -> Vec<u8> {
    world.signed(&world.crl().scope(scope))
}

/// A client whose certificate names these distribution points.
fn world_with(points: &[DistributionPoint]) -> World {
    let mut world = World::new();
    let key = Key::seeded(KeyKind::P256, "client");
    world.leaf = world
        .ca
        .leaf_for(&Name::common("client"), key, |c| c.with(crl_distribution_points(points)));
    world
}

fn uri(text: &str) -> PointName {
    PointName::full(&[GeneralName::uri(text)])
}

fn at(name: PointName) -> IssuingDistributionPoint {
    IssuingDistributionPoint { name: Some(name), ..Default::default() }
}

#[test]
fn a_crl_for_one_kind_of_certificate_covers_that_kind_only() {
    let world = World::new();
    let user = IssuingDistributionPoint { only_user_certificates: true, ..Default::default() };
    let ca = IssuingDistributionPoint { only_ca_certificates: true, ..Default::default() };
    let attribute =
        IssuingDistributionPoint { only_attribute_certificates: true, ..Default::default() };
    assert_eq!(world.judge(&[scope(&world, &user)], REQUIRE), Ok(CURRENT));
    for other in [&ca, &attribute] {
        assert_eq!(world.judge(&[scope(&world, other)], REQUIRE), UNKNOWN);
        assert_eq!(world.judge(&[scope(&world, other)], IF_AVAILABLE), UNKNOWN);
    }
    let crl = world.signed(&world.crl());
    let root_crl = |scope| world.root.crl().scope(&scope).sign(&world.root.key);
    assert_eq!(world.case().judge(&[root_crl(ca), crl.clone()], REQUIRE), Ok(CURRENT));
    let about_ca = Err((Reason::RevocationUnknown, Some(1)));
    assert_eq!(world.case().judge(&[root_crl(user), crl], REQUIRE), about_ca);
}

#[test]
fn a_listing_of_an_attribute_certificate_is_not_about_this_one() {
    let world = World::new();
    let attribute =
        IssuingDistributionPoint { only_attribute_certificates: true, ..Default::default() };
    let listed = world.crl().scope(&attribute).revoke_certificate(&world.leaf.certificate);
    let crls = [world.signed(&listed), world.signed(&world.crl())];
    assert_eq!(world.judge(&crls, REQUIRE), Ok(CURRENT));
}

#[test]
fn crls_for_some_reasons_cover_together_when_they_cover_all() {
    use reason_flag::*;

    let world = World::new();
    let some = |flags: &[u8], until: i64| {
        let scope = IssuingDistributionPoint {
            only_some_reasons: Some(flags.to_vec()),
            ..Default::default()
        };
        world.signed(&world.crl().scope(&scope).next_update(until))
    };
    let rest = [AFFILIATION_CHANGED, SUPERSEDED, CESSATION_OF_OPERATION, CERTIFICATE_HOLD];
    let a = some(&[KEY_COMPROMISE, CA_COMPROMISE], NOW + 50);
    let b = some(&[&rest[..], &[PRIVILEGE_WITHDRAWN, AA_COMPROMISE]].concat(), NOW + 70);
    let gap = some(&[&rest[..], &[PRIVILEGE_WITHDRAWN]].concat(), NOW + 60);
    let late = some(&[AA_COMPROMISE], NOW - 1);
    assert_eq!(world.judge(std::slice::from_ref(&a), REQUIRE), UNKNOWN);
    assert_eq!(world.judge(&[a.clone(), b.clone()], REQUIRE), Ok(NOW + 50));
    assert_eq!(world.judge(&[a.clone(), gap.clone()], REQUIRE), UNKNOWN);
    assert_eq!(world.judge(&[a.clone(), gap.clone(), late.clone()], REQUIRE), EXPIRED);
    assert_eq!(world.judge(&[a.clone(), gap, late], STALE_ACCEPTED), Ok(i64::MAX));
    let complete = world.signed(&world.crl());
    assert_eq!(world.judge(&[a, b, complete], REQUIRE), Ok(CURRENT), "one that covers alone");
}

#[test]
fn a_crl_for_some_reasons_that_lists_revokes() {
    let world = World::new();
    let scope = IssuingDistributionPoint {
        only_some_reasons: Some(vec![reason_flag::KEY_COMPROMISE]),
        ..Default::default()
    };
    let listed = world.crl().scope(&scope).revoke_certificate(&world.leaf.certificate);
    let crls = [world.signed(&listed), world.signed(&world.crl())];
    assert_eq!(world.judge(&crls, REQUIRE), REVOKED);
}

#[test]
fn a_crl_of_a_distribution_point_covers_certificates_that_name_it() {
    let crl = |world: &World, text| scope(world, &at(uri(text)));
    let world = world_with(&[DistributionPoint::uri("http://a.example/1")]);
    assert_eq!(world.judge(&[crl(&world, "http://a.example/1")], REQUIRE), Ok(CURRENT));
    for other in ["http://a.example/2", "http://a.example/", "http://A.example/1"] {
        assert_eq!(world.judge(&[crl(&world, other)], REQUIRE), UNKNOWN);
    }
    let unnamed = World::new();
    assert_eq!(unnamed.judge(&[crl(&unnamed, "http://a.example/1")], REQUIRE), UNKNOWN);
    let complete = world.signed(&world.crl());
    assert_eq!(world.judge(&[complete], REQUIRE), Ok(CURRENT), "a complete CRL is for all");
}

#[test]
fn a_crl_named_after_its_issuer_needs_no_distribution_point() {
    let world = World::new();
    let own = PointName::full(&[GeneralName::directory(&Name::common("ca"))]);
    assert_eq!(world.judge(&[scope(&world, &at(own))], REQUIRE), Ok(CURRENT));
    let other = PointName::full(&[GeneralName::directory(&Name::common("Root"))]);
    assert_eq!(world.judge(&[scope(&world, &at(other))], REQUIRE), UNKNOWN);
}

#[test]
fn names_relative_to_the_issuer_equal_their_full_names() {
    let cn = "2.5.4.3";
    let relative = |value: &str| PointName::relative(cn, 0x0c, value.as_bytes());
    let full =
        |value: &str| PointName::full(&[GeneralName::directory(&Name::common("CA").cn(value))]);
    for (own, crl, expected) in [
        (relative("CRL1"), relative("crl1"), Ok(CURRENT)),
        (relative("CRL1"), full("CRL1"), Ok(CURRENT)),
        (full("CRL1"), relative("CRL1"), Ok(CURRENT)),
        (relative("CRL1"), relative("CRL2"), UNKNOWN),
        (relative("CRL1"), full("CRL2"), UNKNOWN),
    ] {
        let world = world_with(&[DistributionPoint::named(own)]);
        assert_eq!(world.judge(&[scope(&world, &at(crl))], REQUIRE), expected);
    }
}

#[test]
fn a_distribution_point_for_some_reasons_limits_what_its_crl_covers() {
    let point = |text: &str, flags: &[u8]| DistributionPoint::uri(text).reasons(flags);
    let world = world_with(&[
        point("http://a.example/1", &[1, 2, 3]),
        point("http://a.example/2", &[4, 5, 6, 7, 8]),
    ]);
    let one = scope(&world, &at(uri("http://a.example/1")));
    let two = scope(&world, &at(uri("http://a.example/2")));
    assert_eq!(world.judge(std::slice::from_ref(&one), REQUIRE), UNKNOWN);
    assert_eq!(world.judge(&[one, two], REQUIRE), Ok(CURRENT));
}

#[test]
fn a_point_of_another_crl_issuer_is_not_served_by_the_certificates_own() {
    let issued_by = |cn: &str| {
        let names = [GeneralName::directory(&Name::common(cn))];
        DistributionPoint::uri("http://a.example/1").crl_issuer(&names)
    };
    let world = world_with(&[issued_by("CRL signer")]);
    assert_eq!(world.judge(&[scope(&world, &at(uri("http://a.example/1")))], REQUIRE), UNKNOWN);
    let world = world_with(&[issued_by("CA")]);
    assert_eq!(world.judge(&[scope(&world, &at(uri("http://a.example/1")))], REQUIRE), Ok(CURRENT));
}

#[test]
fn delta_and_indirect_crls_do_not_cover() {
    let world = World::new();
    let indirect = IssuingDistributionPoint { indirect: true, ..Default::default() };
    let elsewhere = RevokedEntry::new(&[0x11])
        .certificate_issuer(&[GeneralName::directory(&Name::common("Other"))]);
    for crl in
        [world.crl().delta_of(1), world.crl().scope(&indirect), world.crl().entry(&elsewhere)]
    {
        assert_eq!(world.judge(&[world.signed(&crl)], REQUIRE), UNKNOWN);
        let with_complete = [world.signed(&crl), world.signed(&world.crl())];
        assert_eq!(world.judge(&with_complete, REQUIRE), Ok(CURRENT));
    }
}

#[test]
fn entries_of_an_indirect_crl_are_about_the_issuer_that_they_name() {
    let world = World::new();
    let indirect = IssuingDistributionPoint { indirect: true, ..Default::default() };
    let named = |cn: &str| {
        RevokedEntry::of(&world.leaf.certificate)
            .certificate_issuer(&[GeneralName::directory(&Name::common(cn))])
    };
    let good = world.signed(&world.crl());
    for (entry, expected) in [
        (named("Other"), Ok(CURRENT)),
        (named("CA"), REVOKED),
        (RevokedEntry::of(&world.leaf.certificate), REVOKED),
    ] {
        let crl = world.signed(&world.crl().scope(&indirect).entry(&entry));
        assert_eq!(world.judge(&[crl, good.clone()], REQUIRE), expected);
    }
    // It holds for the entries that follow, too.
    let crl = world.crl().scope(&indirect).entry(
        &RevokedEntry::new(&[1])
            .certificate_issuer(&[GeneralName::directory(&Name::common("Other"))]),
    );
    let crl = world.signed(&crl.revoke_certificate(&world.leaf.certificate));
    assert_eq!(world.judge(&[crl, good], REQUIRE), Ok(CURRENT));
}
