//! Entries of lists beside the rules of the policy.

use super::*;
use crate::policy::matcher::builder::{MatcherBuilder, Room};
use crate::policy::rule::key::{Key, Kind};

fn record(not_after: i64) -> ClientRecord {
    ClientRecord {
        owner: Some("ops@acme.example".into()),
        issuer_spki_sha256: Some(ISSUER),
        approval: Window { not_before: UnixTime::MIN, not_after: UnixTime::from_secs(not_after) },
        scopes: ["payments".into()].into(),
        is_pinned: false,
    }
}

fn builder() -> MatcherBuilder {
    MatcherBuilder::with_room(&Room::default(), &Room::default())
}

fn dns(name: &str) -> Key {
    Key::Exact(Kind::Dns, name.as_bytes().into())
}

#[test]
fn an_entry_of_a_client_with_a_record_has_its_lifetime_and_issuer() {
    let mut builder = builder();
    builder.add_client("acme", record(NOW.as_secs())).unwrap();
    builder.add_client_entry(builder.client_entry(Kind::Dns, b"a.example", "acme")).unwrap();
    builder.add_client_entry(builder.client_entry(Kind::Dns, b"b.example", "new")).unwrap();
    let matcher = builder.finish();
    let leaf = Leaf::with_names([GeneralName::dns("a.example")]);
    let judged = |issuer, later| matcher.judge(&leaf.identity(), issuer, NOW.saturating_add(later));
    assert_eq!(judged(&ISSUER, 0).outcome, Outcome::Allowed);
    assert_eq!(judged(&ISSUER, 1).outcome, Outcome::ApprovalExpired);
    assert_eq!(judged(&OTHER_ISSUER, 0).outcome, Outcome::WrongIssuer);
    let client = judged(&ISSUER, 0).client.unwrap();
    assert_eq!(matcher.client_record(client).unwrap().scopes, ["payments".into()].into());
    let new = Leaf::with_names([GeneralName::dns("b.example")]).judged_by(&matcher);
    assert_eq!((new.outcome, new.window), (Outcome::Allowed, Window::ALWAYS));
    assert_eq!(matcher.client_bytes(new.client.unwrap()), b"new");
    assert_eq!(matcher.client_record(new.client.unwrap()), None);
    assert_eq!(matcher.rule_text(new.rule.unwrap()), "dns:b.example");
}

#[test]
fn rules_of_the_file_come_before_entries_of_lists() {
    let mut builder = builder();
    let record = ClientRecord { issuer_spki_sha256: None, ..record(i64::MAX) };
    builder.add_client("early", record.clone()).unwrap();
    let late = builder.add_client("late", record).unwrap();
    builder.add_client_rule(late, vec![dns("b.example")]).unwrap();
    builder.add_client_entry(builder.client_entry(Kind::Dns, b"a.example", "early")).unwrap();
    let leaf = Leaf::with_names([GeneralName::dns("a.example"), GeneralName::dns("b.example")]);
    assert_eq!(leaf.decided_by(&builder.finish()).0.unwrap(), "late");
}

#[test]
fn an_entry_and_a_rule_that_demands_more_share_a_value() {
    let mut builder = builder();
    let record = ClientRecord { issuer_spki_sha256: None, ..record(i64::MAX) };
    let both = builder.add_client("both", record).unwrap();
    let email = Key::Exact(Kind::Email, (*b"a@b").into());
    builder.add_client_rule(both, vec![email, dns("a.example")]).unwrap();
    builder.add_client_entry(builder.client_entry(Kind::Dns, b"a.example", "one")).unwrap();
    let matcher = builder.finish();
    let names = [GeneralName::dns("a.example"), GeneralName::email("a@b")];
    assert_eq!(Leaf::with_names(names.clone()).decided_by(&matcher).0.unwrap(), "both");
    assert_eq!(Leaf::with_names(names[..1].to_vec()).decided_by(&matcher).0.unwrap(), "one");
}

#[test]
fn entries_of_two_clients_are_told_apart_by_their_issuer() {
    let mut builder = builder();
    for (id, issuer) in [("one", ISSUER), ("two", OTHER_ISSUER)] {
        let record = ClientRecord { issuer_spki_sha256: Some(issuer), ..record(i64::MAX) };
        builder.add_client(id, record).unwrap();
    }
    for id in ["two", "one", "two"] {
        builder.add_client_entry(builder.client_entry(Kind::Dns, b"a.example", id)).unwrap();
    }
    assert!(
        builder.add_client_entry(builder.client_entry(Kind::Dns, b"a.example", "three")).is_err()
    );
    let matcher = builder.finish();
    let leaf = Leaf::with_names([GeneralName::dns("a.example")]);
    for (issuer, id) in [(ISSUER, "one"), (OTHER_ISSUER, "two")] {
        let judgement = matcher.judge(&leaf.identity(), &issuer, NOW);
        assert_eq!(judgement.outcome, Outcome::Allowed);
        assert_eq!(matcher.client_bytes(judgement.client.unwrap()), id.as_bytes());
    }
    assert_eq!(matcher.judge(&leaf.identity(), &[9; 32], NOW).outcome, Outcome::WrongIssuer);
}

#[test]
fn every_entry_of_every_exact_kind_is_found_and_denied() {
    let leaf = Leaf::with_names([
        GeneralName::dns("A.example"),
        GeneralName::uri("s://a/x"),
        GeneralName::email("ops@A.example"),
    ]);
    let identity = leaf.identity();
    let (cert, spki) = (*identity.cert_sha256(), *identity.spki_sha256());
    for (kind, value) in [
        (Kind::Cert, &cert[..]),
        (Kind::Spki, &spki),
        (Kind::IssuerSerial, identity.issuer_serial()),
        (Kind::Uri, b"s://a/x"),
        (Kind::Dns, b"a.example"),
        (Kind::Email, b"ops@a.example"),
    ] {
        let mut allow = builder();
        allow.add_client_entry(allow.client_entry(kind, value, "acme")).unwrap();
        let matcher = allow.finish();
        assert!(leaf.is_allowed_by(&matcher), "{kind:?}");
        let rule = leaf.judged_by(&matcher).rule.unwrap();
        assert!(matcher.rule_text(rule).starts_with(kind.name()));
        let mut deny = builder();
        deny.add_client_entry(deny.client_entry(kind, value, "acme")).unwrap();
        deny.add_deny_entry(deny.deny_entry(kind, value, "gone since May")).unwrap();
        let matcher = deny.finish();
        let judgement = leaf.judged_by(&matcher);
        assert_eq!(judgement.outcome, Outcome::Denied, "{kind:?}");
        assert_eq!(matcher.note(judgement.rule.unwrap()), Some("gone since May"));
        for i in 0..value.len() {
            let mut near = value.to_vec();
            near[i] ^= 1;
            let mut other = builder();
            other.add_client_entry(other.client_entry(kind, &near, "acme")).unwrap();
            assert!(!leaf.is_allowed_by(&other.finish()), "{kind:?} byte {i}");
        }
    }
}
