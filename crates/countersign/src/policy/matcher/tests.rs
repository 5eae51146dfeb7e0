mod lists;
mod names;
mod oracle;
mod precedence;

use countersign_testkit::forge::Name;

use super::*;
use crate::policy::testing::{
    GeneralName, ISSUER, Leaf, NOW, OTHER_ISSUER, clients, hex, matcher, try_matcher,
};

fn outcome(leaf: &Leaf, matcher: &Matcher) -> Outcome {
    leaf.judged_by(matcher).outcome
}

fn at(time: &str) -> UnixTime {
    crate::policy::syntax::time::point(&time.parse().unwrap()).unwrap()
}

#[test]
fn nobody_is_listed_in_an_empty_policy() {
    let leaf = Leaf::with_names([GeneralName::dns("a.example")]);
    let judgement = leaf.judged_by(&matcher(""));
    assert_eq!(judgement, Judgement::timeless(Outcome::NotListed));
    assert_eq!(judgement.outcome.reason(), Reason::NotListed);
}

#[test]
fn an_approval_holds_from_its_first_to_its_last_second() {
    let leaf = Leaf::with_names([GeneralName::dns("a.example")]);
    let matcher = matcher(
        "[[client]]\nid = \"a\"\nmatch = [ { dns = \"a.example\" } ]\n\
         not_before = 2026-01-01T00:00:00Z\nnot_after = 2026-12-31T23:59:59Z\n",
    );
    let (first, last) = (at("2026-01-01T00:00:00Z"), at("2026-12-31T23:59:59Z"));
    for (now, outcome, window) in [
        (
            first.saturating_add(-1),
            Outcome::ApprovalNotYetValid,
            Window { not_after: first.saturating_add(-1), ..Window::ALWAYS },
        ),
        (first, Outcome::Allowed, Window { not_before: first, not_after: last }),
        (last, Outcome::Allowed, Window { not_before: first, not_after: last }),
        (
            last.saturating_add(1),
            Outcome::ApprovalExpired,
            Window { not_before: last.saturating_add(1), ..Window::ALWAYS },
        ),
    ] {
        let judgement = matcher.judge(&leaf.identity(), &ISSUER, now);
        assert_eq!((judgement.outcome, judgement.window), (outcome, window), "{now}");
        assert_eq!(judgement.client, Some(ClientIndex(0)));
    }
}

#[test]
fn the_most_exact_match_decides_alone() {
    let leaf =
        Leaf::with_names([GeneralName::uri("s://a.example/x"), GeneralName::dns("a.example")]);
    let uri_of = |rest: &str| {
        let weaker = clients(&[("weaker", "dns = \"a.example\"")]);
        matcher(&format!(
            "{weaker}[[client]]\nid = \"exact\"\nmatch = [ {{ uri = \"s://a.example/x\" }} ]\n{rest}"
        ))
    };
    assert_eq!(outcome(&leaf, &uri_of("")), Outcome::Allowed);
    let expired = uri_of("not_after = 2026-01-01T00:00:00Z\n");
    assert_eq!(outcome(&leaf, &expired), Outcome::ApprovalExpired);
    let future = uri_of("not_before = 2030-01-01T00:00:00Z\n");
    assert_eq!(outcome(&leaf, &future), Outcome::ApprovalNotYetValid);
    let elsewhere = uri_of(&format!("issuer_spki_sha256 = \"{}\"\n", hex(&OTHER_ISSUER)));
    assert_eq!(outcome(&leaf, &elsewhere), Outcome::WrongIssuer);
    let judgement = leaf.judged_by(&elsewhere);
    assert_eq!(elsewhere.client_bytes(judgement.client.unwrap()), b"exact");
    assert_eq!(elsewhere.rule_text(judgement.rule.unwrap()), "uri:s://a.example/x");
}

#[test]
fn only_the_demanded_issuer_may_vouch_for_a_client() {
    let leaf = Leaf::with_names([GeneralName::dns("a.example")]);
    let matcher = matcher(&format!(
        "[[client]]\nid = \"a\"\nmatch = [ {{ dns = \"a.example\" }} ]\n\
         issuer_spki_sha256 = \"{}\"\nnot_after = 2020-01-01T00:00:00Z\n",
        hex(&ISSUER)
    ));
    let judged = |issuer: &[u8; 32]| matcher.judge(&leaf.identity(), issuer, NOW).outcome;
    assert_eq!(judged(&ISSUER), Outcome::ApprovalExpired);
    assert_eq!(judged(&OTHER_ISSUER), Outcome::WrongIssuer);
    for i in 0..32 {
        let mut near = ISSUER;
        near[i] ^= 1;
        assert_eq!(judged(&near), Outcome::WrongIssuer);
    }
}

#[test]
fn of_two_clients_with_one_value_the_issuer_decides() {
    let client = |id: &str, issuer: &[u8; 32]| {
        let issuer = hex(issuer);
        format!(
            "[[client]]\nid = \"{id}\"\nissuer_spki_sha256 = \"{issuer}\"\n\
             match = [ {{ dns = \"a.example\" }}, {{ dns_suffix = \".b.example\" }} ]\n"
        )
    };
    let both = client("one", &ISSUER) + &client("two", &OTHER_ISSUER);
    let matcher = matcher(&both);
    for name in ["a.example", "x.b.example"] {
        let leaf = Leaf::with_names([GeneralName::dns(name)]);
        for (issuer, outcome, id) in [
            (ISSUER, Outcome::Allowed, "one"),
            (OTHER_ISSUER, Outcome::Allowed, "two"),
            ([0; 32], Outcome::WrongIssuer, "one"),
        ] {
            let judgement = matcher.judge(&leaf.identity(), &issuer, NOW);
            assert_eq!(judgement.outcome, outcome);
            assert_eq!(matcher.client_bytes(judgement.client.unwrap()), id.as_bytes());
        }
    }
    let error = try_matcher(&(both.clone() + &client("three", &ISSUER))).unwrap_err();
    assert_eq!(
        error,
        "14:11: `dns:a.example` already recognises client `one`; take one of them out, or give \
         both clients their own `issuer_spki_sha256`"
    );
}

#[test]
fn one_value_for_two_clients_is_an_error_of_every_kind() {
    let hex = "ab".repeat(32);
    for item in [
        format!("cert_sha256 = \"{hex}\""),
        format!("spki_sha256 = \"{hex}\""),
        format!("issuer_serial = {{ issuer_sha256 = \"{hex}\", serial = \"01\" }}"),
        "uri = \"s://a/\"".to_owned(),
        "dns = \"a\"".to_owned(),
        "email = \"a@b\"".to_owned(),
        "ip = \"192.0.2.0/24\"".to_owned(),
        "uri_prefix = \"s://a/\"".to_owned(),
        "dns_suffix = \".a\"".to_owned(),
        "subject = { cn = \"a\" }".to_owned(),
        "dns = \"a\", email = \"a@b\"".to_owned(),
    ] {
        let error = try_matcher(&clients(&[("one", &item), ("two", &item)])).unwrap_err();
        assert!(error.starts_with("8:11: `") && error.contains("client `one`"), "{error}");
    }
    let same_client = "[[client]]\nid = \"a\"\nmatch = [ { dns = \"a\" }, { dns = \"A\" } ]\n";
    assert!(try_matcher(same_client).is_ok());
    let one_has_no_issuer = clients(&[("one", "dns = \"a\"")])
        + &clients(&[("two", "dns = \"a\"")])
        + &format!("issuer_spki_sha256 = \"{hex}\"\n");
    assert!(try_matcher(&one_has_no_issuer).is_err());
}

#[test]
fn client_ids_are_used_once() {
    let error = try_matcher(&clients(&[("a", "dns = \"a\""), ("a", "dns = \"b\"")])).err();
    assert_eq!(
        error.as_deref(),
        Some("7:6: client id `a` is used twice; every client has its own")
    );
}

#[test]
fn deny_wins_over_every_client() {
    let leaf = Leaf::with_names([GeneralName::dns("a.example"), GeneralName::uri("s://a/x")]);
    let approved = clients(&[("a", &format!("cert_sha256 = \"{}\"", leaf.cert_sha256()))]);
    assert_eq!(outcome(&leaf, &matcher(&approved)), Outcome::Allowed);
    for (item, text) in [
        ("dns = \"A.example\"", "dns:a.example"),
        ("dns_suffix = \".example\"", "dns_suffix:.example"),
        ("uri_prefix = \"s://a/\"", "uri_prefix:s://a/"),
        ("subject = { cn = \"leaf\" }", "subject:cn=leaf"),
        ("dns = \"a.example\", uri = \"s://a/x\"", "uri:s://a/x+dns:a.example"),
    ] {
        let matcher =
            matcher(&format!("{approved}[[deny]]\nmatch = [ {{ {item} }} ]\nnote = \"leaked\"\n"));
        let judgement = leaf.judged_by(&matcher);
        assert_eq!((judgement.outcome, judgement.client), (Outcome::Denied, None), "{item}");
        let rule = judgement.rule.unwrap();
        assert_eq!((matcher.rule_text(rule).as_str(), matcher.note(rule)), (text, Some("leaked")));
    }
    let other = matcher(&format!("{approved}[[deny]]\nmatch = [ {{ dns = \"b.example\" }} ]\n"));
    assert_eq!(outcome(&leaf, &other), Outcome::Allowed);
}

#[test]
fn a_deny_rule_without_a_note_has_none_and_a_client_rule_never() {
    let leaf = Leaf::with_names([GeneralName::dns("a.example")]);
    let denied = matcher("[[deny]]\nmatch = [ { dns = \"a.example\" } ]\n");
    assert_eq!(denied.note(leaf.judged_by(&denied).rule.unwrap()), None);
    let noted = "[[deny]]\nmatch = [ { dns = \"z\" } ]\nnote = \"z\"\n";
    let listed = matcher(&(clients(&[("a", "dns = \"a.example\"")]) + noted));
    assert_eq!(listed.note(leaf.judged_by(&listed).rule.unwrap()), None);
}

#[test]
fn a_pin_is_the_whole_key_or_certificate() {
    let leaf = Leaf::with_names([GeneralName::dns("a.example")]);
    let pinned = |item: &str| {
        let client = clients(&[("pinned", item)]);
        let path = clients(&[("path", "dns = \"a.example\"")]);
        matcher(&format!("{client}trust = \"pinned\"\n{path}"))
    };
    for (kind, digest) in [("spki_sha256", leaf.spki_sha256()), ("cert_sha256", leaf.cert_sha256())]
    {
        let right = pinned(&format!("{kind} = \"{digest}\""));
        let client = right.pinned(&leaf.identity()).unwrap();
        assert_eq!(right.client_bytes(client), b"pinned");
        let judgement = right.judge_pinned(&leaf.identity(), NOW);
        assert_eq!((judgement.outcome, judgement.client), (Outcome::Allowed, Some(client)));
        let first = if digest.starts_with('0') { "1" } else { "0" };
        let wrong = pinned(&format!("{kind} = \"{first}{}\"", &digest[1..]));
        assert_eq!(wrong.pinned(&leaf.identity()), None);
    }
    let both =
        format!("spki_sha256 = \"{}\", cert_sha256 = \"{}\"", leaf.spki_sha256(), "0".repeat(64));
    assert_eq!(pinned(&both).pinned(&leaf.identity()), None);
}

#[test]
fn a_pin_gives_way_to_a_more_exact_rule_and_to_deny() {
    let leaf = Leaf::with_names([]);
    let (cert, spki) = (leaf.cert_sha256(), leaf.spki_sha256());
    let pin = clients(&[("pinned", &format!("spki_sha256 = \"{spki}\""))]) + "trust = \"pinned\"\n";
    let path = clients(&[("path", &format!("cert_sha256 = \"{cert}\""))]);
    assert_eq!(matcher(&(pin.clone() + &path)).pinned(&leaf.identity()), None);
    let denied = matcher(&format!("{pin}[[deny]]\nmatch = [ {{ spki_sha256 = \"{spki}\" }} ]\n"));
    assert!(denied.pinned(&leaf.identity()).is_some());
    assert_eq!(denied.judge_pinned(&leaf.identity(), NOW).outcome, Outcome::Denied);
    let expired = matcher(&format!("{pin}not_after = 2026-01-01T00:00:00Z\n"));
    assert_eq!(expired.judge_pinned(&leaf.identity(), NOW).outcome, Outcome::ApprovalExpired);
}

#[test]
fn records_come_back_as_they_were_written() {
    let leaf = Leaf::with_names([GeneralName::dns("a.example")]);
    let matcher = matcher(
        "[[client]]\nid = \"acme\"\nowner = \"ops@acme.example\"\nscopes = [\"pay\", \"read\"]\n\
         match = [ { dns = \"a.example\" } ]\n",
    );
    let record = matcher.client_record(leaf.judged_by(&matcher).client.unwrap()).unwrap();
    assert_eq!(record.owner.as_deref(), Some("ops@acme.example"));
    assert_eq!(record.scopes, ["pay".into(), "read".into()].into());
    assert_eq!(record.approval, Window::ALWAYS);
}

#[test]
fn more_names_than_may_be_compared_are_refused_in_bounded_work() {
    let demands: Vec<_> =
        (0..400).map(|i| format!("dns_suffix = \".x\", subject = {{ cn = \"{i}\" }}")).collect();
    let ids: Vec<_> = (0..400).map(|i| format!("c{i}")).collect();
    let items: Vec<_> = ids.iter().zip(&demands).map(|(id, d)| (&id[..], &d[..])).collect();
    let matcher = matcher(&clients(&items));
    let names =
        |count: usize| Leaf::with_names((0..count).map(|i| GeneralName::dns(format!("n{i}.x"))));
    assert_eq!(outcome(&names(4), &matcher), Outcome::NotListed);
    assert_eq!(outcome(&names(3000), &matcher), Outcome::LimitExceeded);
}
