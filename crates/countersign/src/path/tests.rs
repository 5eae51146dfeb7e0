//! Paths made to order: every rule of RFC 5280 section 6.1 broken once, and the search itself.

use countersign_testkit::forge::extension::{self, usage};
use countersign_testkit::forge::{Authority, CertificateBuilder, Key, Leaf, NOW, Name};

use super::*;
use crate::budget::Budget;
use crate::cert::purpose;

const DAY: i64 = 86_400;

/// Where the verdict of a search is `(reason, position)`, or the positions of the path found.
fn search_at(
    now: i64,
    anchors: &[&[u8]],
    chain: &[&[u8]],
) -> Result<Vec<u8>, (Reason, Option<u8>)> {
    let anchors = anchors.iter().map(|der| Anchor::from_der(der).unwrap());
    let trust = TrustStore::new(anchors);
    let presented: Vec<Presented<'_>> = (0u8..)
        .zip(chain)
        .map(|(position, der)| Presented {
            certificate: Certificate::parse(der).unwrap(),
            position,
        })
        .collect();
    let question = Question {
        presented: &presented,
        trust: &trust,
        facts: &SignatureFacts::new(0),
        now: UnixTime::from_secs(now),
        purpose: purpose::CLIENT_AUTH,
        require_purpose: false,
        max_intermediates: 15,
    };
    let mut budget = Budget::new(limits::DECISION_NS);
    find(&question, &mut budget, &mut |path: &Path<'_, '_>, _: &mut Budget| {
        Ok((0..path.len()).map(|i| path.position(i)).collect())
    })
    .map_err(|f: Failure| (f.reason, f.position))
}

fn search(anchors: &[&[u8]], chain: &[&[u8]]) -> Result<Vec<u8>, (Reason, Option<u8>)> {
    search_at(NOW, anchors, chain)
}

/// Root, one intermediate shaped by `ca`, one leaf shaped by `leaf`.
fn three_levels(
    ca: impl FnOnce(CertificateBuilder) -> CertificateBuilder,
    leaf: impl FnOnce(CertificateBuilder) -> CertificateBuilder,
) -> Result<Vec<u8>, (Reason, Option<u8>)> {
    let root = Authority::root("root");
    let ca = root.intermediate_with(Name::common("ca"), Key::p256(), ca);
    let leaf = ca.leaf_with("client", leaf);
    search(&[&root.certificate], &[&leaf.certificate, &ca.certificate])
}

fn same(c: CertificateBuilder) -> CertificateBuilder {
    c
}

#[test]
fn a_path_is_found_whatever_the_order_and_the_company() {
    let root = Authority::root("root");
    let (ca, stranger) = (root.intermediate("ca"), Authority::root("stranger"));
    let sub = ca.intermediate("sub");
    let leaf = sub.leaf("client");
    let [l, s, c, r, x] = [
        &leaf.certificate[..],
        &sub.certificate,
        &ca.certificate,
        &root.certificate,
        &stranger.certificate,
    ];
    assert_eq!(search(&[r], &[l, s, c]), Ok(vec![0, 1, 2]));
    assert_eq!(search(&[r], &[l, c, s]), Ok(vec![0, 2, 1]));
    assert_eq!(search(&[x, r], &[l, x, r, c, x, s]), Ok(vec![0, 5, 3]));
    assert_eq!(search(&[c], &[l, s]), Ok(vec![0, 1]), "a subordinate CA as anchor");
    assert_eq!(search(&[r], &[l, s]), Err((Reason::UnknownIssuer, Some(1))));
    assert_eq!(search(&[x], &[l, s, c, r]), Err((Reason::UnknownIssuer, Some(3))));
    assert_eq!(search(&[], &[l, s, c, r]), Err((Reason::UnknownIssuer, Some(3))));
}

#[test]
fn a_signature_by_another_key_is_no_signature() {
    let (root, impostor) = (Authority::root("root"), Authority::root("root"));
    let leaf = impostor.leaf("client");
    let verdict = search(&[&root.certificate], &[&leaf.certificate]);
    assert_eq!(verdict, Err((Reason::BadSignature, Some(0))));
    let ca = impostor.intermediate("ca");
    let leaf = ca.leaf("client");
    let verdict = search(&[&root.certificate], &[&leaf.certificate, &ca.certificate]);
    assert_eq!(verdict, Err((Reason::BadSignature, Some(1))));
}

#[test]
fn validity_is_inclusive_and_the_reason_names_the_certificate() {
    let outside = |c: CertificateBuilder| c.validity(NOW - 2 * DAY, NOW - DAY);
    let future = |c: CertificateBuilder| c.validity(NOW + DAY, NOW + 2 * DAY);
    assert_eq!(three_levels(same, outside), Err((Reason::Expired, Some(0))));
    assert_eq!(three_levels(outside, same), Err((Reason::Expired, Some(1))));
    assert_eq!(three_levels(same, future), Err((Reason::NotYetValid, Some(0))));
    let root = Authority::root("root");
    let leaf = root.leaf_with("client", |c| c.validity(NOW, NOW + 10));
    let at = |now| search_at(now, &[&root.certificate], &[&leaf.certificate]);
    assert_eq!(at(NOW - 1), Err((Reason::NotYetValid, Some(0))));
    assert_eq!(at(NOW), Ok(vec![0]));
    assert_eq!(at(NOW + 10), Ok(vec![0]));
    assert_eq!(at(NOW + 11), Err((Reason::Expired, Some(0))));
}

#[test]
fn an_expired_twin_does_not_hide_the_good_one() {
    let root = Authority::root("root");
    let key = Key::p256();
    let expired = root.intermediate_with(Name::common("ca"), key.clone(), |c| {
        c.validity(NOW - 2 * DAY, NOW - DAY)
    });
    let good = root.intermediate_with(Name::common("ca"), key, same);
    let leaf = good.leaf("client");
    let chain = [&leaf.certificate[..], &expired.certificate, &good.certificate];
    assert_eq!(search(&[&root.certificate], &chain), Ok(vec![0, 2]));
    let only_expired = search(&[&root.certificate], &chain[..2]);
    assert_eq!(only_expired, Err((Reason::Expired, Some(1))));
}

#[test]
fn only_certification_authorities_issue() {
    let ca_false = |c: CertificateBuilder| {
        c.without("2.5.29.19").with(extension::basic_constraints(false, None))
    };
    let no_constraints = |c: CertificateBuilder| c.without("2.5.29.19");
    assert_eq!(three_levels(ca_false, same), Err((Reason::NotACa, Some(1))));
    assert_eq!(three_levels(no_constraints, same), Err((Reason::NotACa, Some(1))));
    let no_cert_sign = |c: CertificateBuilder| {
        c.without("2.5.29.15").with(extension::key_usage(&[usage::CRL_SIGN]))
    };
    assert_eq!(three_levels(no_cert_sign, same), Err((Reason::KeyUsage, Some(1))));
}

#[test]
fn a_client_certificate_may_not_issue_another() {
    let root = Authority::root("root");
    let Leaf { key, certificate } = root.leaf("client");
    let fake_ca = Authority { name: Name::common("client"), key, certificate };
    let forged = fake_ca.leaf("admin");
    let verdict = search(&[&root.certificate], &[&forged.certificate, &fake_ca.certificate]);
    assert!(matches!(verdict, Err((Reason::KeyUsage | Reason::NotACa, Some(1)))), "{verdict:?}");
}

#[test]
fn path_length_counts_intermediates_that_are_not_self_issued() {
    let root = Authority::root("root");
    let with_length = |length| {
        move |c: CertificateBuilder| c.without("2.5.29.19").with(extension::ca(Some(length)))
    };
    let ca = root.intermediate_with(Name::common("ca"), Key::p256(), with_length(0));
    let sub = ca.intermediate("sub");
    let (direct, deep) = (ca.leaf("client"), sub.leaf("client"));
    let anchors = [&root.certificate[..]];
    assert_eq!(search(&anchors, &[&direct.certificate, &ca.certificate]), Ok(vec![0, 1]));
    let chain = [&deep.certificate[..], &sub.certificate, &ca.certificate];
    assert_eq!(search(&anchors, &chain), Err((Reason::PathLength, Some(1))));
    let rolled = ca.intermediate_with(Name::common("ca"), Key::p256(), same);
    let leaf = rolled.leaf("client");
    let chain = [&leaf.certificate[..], &rolled.certificate, &ca.certificate];
    assert_eq!(search(&anchors, &chain), Ok(vec![0, 1, 2]), "self-issued ones do not count");
    let narrow = Authority::root_with(Name::common("narrow"), Key::p256(), with_length(0));
    let ca = narrow.intermediate("ca");
    let leaf = ca.leaf("client");
    let verdict = search(&[&narrow.certificate], &[&leaf.certificate, &ca.certificate]);
    assert_eq!(verdict, Err((Reason::PathLength, Some(1))), "the anchor's own constraint");
}

#[test]
fn purposes_hold_for_the_leaf_and_for_every_authority() {
    let server = &["1.3.6.1.5.5.7.3.1"][..];
    let with = |purposes: &'static [&'static str]| {
        move |c: CertificateBuilder| {
            c.without("2.5.29.37").with(extension::extended_key_usage(purposes))
        }
    };
    assert_eq!(three_levels(same, with(server)), Err((Reason::NotForClientAuth, Some(0))));
    assert_eq!(three_levels(with(server), same), Err((Reason::NotForClientAuth, Some(1))));
    assert_eq!(three_levels(same, with(&["2.5.29.37.0"])), Ok(vec![0, 1]), "any purpose");
    assert_eq!(three_levels(same, |c| c.without("2.5.29.37")), Ok(vec![0, 1]), "none stated");
    let no_signature = |c: CertificateBuilder| {
        c.without("2.5.29.15").with(extension::key_usage(&[usage::KEY_ENCIPHERMENT]))
    };
    assert_eq!(three_levels(same, no_signature), Err((Reason::KeyUsage, Some(0))));
}

#[test]
fn a_critical_extension_that_is_not_understood_ends_the_path_anywhere() {
    let unknown = |c: CertificateBuilder| c.with(extension::unknown().critical());
    assert_eq!(three_levels(same, unknown), Err((Reason::CriticalExtension, Some(0))));
    assert_eq!(three_levels(unknown, same), Err((Reason::CriticalExtension, Some(1))));
    let root = Authority::root_with(Name::common("root"), Key::p256(), unknown);
    let leaf = root.leaf("client");
    let verdict = search(&[&root.certificate], &[&leaf.certificate]);
    assert_eq!(verdict, Err((Reason::CriticalExtension, None)));
}

#[test]
fn anchors_keep_what_they_say_about_themselves() {
    let verdict = |shape: fn(CertificateBuilder) -> CertificateBuilder| {
        let root = Authority::root_with(Name::common("root"), Key::p256(), shape);
        let leaf = root.leaf("client");
        search(&[&root.certificate], &[&leaf.certificate])
    };
    assert_eq!(verdict(|c| c.validity(0, NOW - DAY)), Err((Reason::Expired, None)));
    assert_eq!(
        verdict(|c| c.without("2.5.29.19").with(extension::basic_constraints(false, None))),
        Err((Reason::NotACa, None))
    );
    assert_eq!(
        verdict(|c| c.without("2.5.29.15").with(extension::key_usage(&[usage::CRL_SIGN]))),
        Err((Reason::KeyUsage, None))
    );
    assert_eq!(verdict(|c| c.without("2.5.29.19")), Ok(vec![0]), "nothing said, nothing held");
}

#[test]
fn of_several_failures_the_most_telling_is_the_reason() {
    let root = Authority::root("root");
    let leaf = root.leaf_with("client", |c| {
        c.validity(NOW - 2 * DAY, NOW - DAY)
            .without("2.5.29.37")
            .with(extension::extended_key_usage(&["1.3.6.1.5.5.7.3.1"]))
    });
    let impostor = Authority::root("root");
    // A dead end by name, a wrong key, and the real path, whose leaf has expired.
    let chain = [&leaf.certificate[..], &impostor.certificate];
    assert_eq!(search(&[&root.certificate], &chain), Err((Reason::Expired, Some(0))));
}

#[test]
fn a_cycle_of_cross_signed_authorities_ends() {
    let (a, b) = (Authority::root("a"), Authority::root("b"));
    let a_by_b = b.intermediate_with(Name::common("a"), a.key.clone(), same);
    let b_by_a = a.intermediate_with(Name::common("b"), b.key.clone(), same);
    let leaf = a.leaf("client");
    let chain = [&leaf.certificate[..], &a_by_b.certificate, &b_by_a.certificate];
    let verdict = search(&[], &chain);
    assert!(matches!(verdict, Err((Reason::UnknownIssuer, _))), "{verdict:?}");
    assert_eq!(search(&[&b.certificate], &chain), Ok(vec![0, 1]));
}

#[test]
fn the_budget_ends_a_search_that_names_alone_would_not() {
    // Fifteen certificates of one name and different keys: the names allow 15! orders.
    let root = Authority::root("root");
    let same_name = || Authority::root_with(Name::common("x"), Key::p256(), same);
    let first = same_name();
    let leaf = first.leaf("client");
    let others: Vec<Authority> = (0..15).map(|_| same_name()).collect();
    let mut chain = vec![&leaf.certificate[..]];
    chain.extend(others.iter().map(|a| &a.certificate[..]));
    let verdict = search(&[&root.certificate], &chain);
    assert!(
        matches!(verdict, Err((Reason::LimitExceeded | Reason::UnknownIssuer, _))),
        "{verdict:?}"
    );
}
