//! The tables against a naive scan over the rules, on random policies and leaves.

use core::cmp::Reverse;

use proptest::prelude::*;

use super::*;
use crate::policy::matcher::builder::{MatcherBuilder, Room};
use crate::policy::rule::key::{Key, Kind};
use crate::policy::rule::subject::{Attribute, SubjectKey, oid_of};
use crate::policy::rule::value;

const DNS: &[&str] = &["a.x.example", "x.example", "b.example", "example", "a.a.x.example"];
const URIS: &[&str] = &["s://h/a/b", "s://h/a/", "s://h/a/../b", "s://h/", "s://i/a", "s://h//a"];
const EMAILS: &[&str] = &["a@x.example", "A@x.example", "b@h"];
const ADDRESSES: &[[u8; 4]] = &[[10, 0, 0, 1], [10, 0, 0, 2], [10, 1, 0, 1]];
const NETWORKS: &[&str] = &["10.0.0.0/8", "10.0.0.0/16", "10.0.0.1", "::/0"];
const PREFIXES: &[&str] = &["s://h/", "s://h/a/", "s://i/"];
const SUFFIXES: &[&str] = &[".example", ".x.example", ".a.x.example"];
const NAMES: &[&str] = &["leaf", "other"];

/// A leaf as plain values.
#[derive(Clone, Debug)]
struct Plain {
    dns: Vec<&'static str>,
    uris: Vec<&'static str>,
    emails: Vec<&'static str>,
    addresses: Vec<[u8; 4]>,
    cn: &'static str,
    o: Option<&'static str>,
}

/// A client's or a deny rule's items, each a list of keys.
type Items = Vec<Vec<Key>>;

fn some_of<T: Copy + core::fmt::Debug + 'static>(
    values: &'static [T],
) -> impl Strategy<Value = Vec<T>> {
    prop::collection::vec(prop::sample::select(values), 0..3)
}

fn plain() -> impl Strategy<Value = Plain> {
    let names = (some_of(DNS), some_of(URIS), some_of(EMAILS), some_of(ADDRESSES));
    let subject = (prop::sample::select(NAMES), prop::option::of(prop::sample::select(NAMES)));
    (names, subject).prop_map(|((dns, uris, emails, addresses), (cn, o))| Plain {
        dns,
        uris,
        emails,
        addresses,
        cn,
        o,
    })
}

fn key() -> impl Strategy<Value = Key> {
    let text = |kind: Kind, values: &'static [&'static str]| {
        prop::sample::select(values).prop_map(move |text| value::key(kind, text).unwrap())
    };
    let attribute = |name: &'static str| {
        prop::sample::select(NAMES)
            .prop_map(move |text| Attribute { oid: oid_of(name).unwrap(), value: text.into() })
    };
    let subject = prop_oneof![
        attribute("cn").prop_map(|cn| vec![cn]),
        attribute("o").prop_map(|o| vec![o]),
        (attribute("cn"), attribute("o")).prop_map(|(cn, o)| vec![cn, o]),
    ];
    prop_oneof![
        text(Kind::Dns, DNS),
        text(Kind::Uri, URIS),
        text(Kind::Email, EMAILS),
        text(Kind::Ip, NETWORKS),
        text(Kind::UriPrefix, PREFIXES),
        text(Kind::DnsSuffix, SUFFIXES),
        subject.prop_map(|attributes| Key::Subject(SubjectKey::new(attributes).unwrap())),
    ]
}

fn items() -> impl Strategy<Value = Items> {
    let item = prop::collection::vec(key(), 1..3).prop_map(|mut keys| {
        keys.sort_by_key(Key::kind);
        keys.dedup_by_key(|key| key.kind());
        keys
    });
    prop::collection::vec(item, 1..4)
}

fn issuer() -> impl Strategy<Value = Option<[u8; 32]>> {
    prop_oneof![Just(None), Just(Some(ISSUER)), Just(Some(OTHER_ISSUER))]
}

fn plain_prefix(uri: &str, prefix: &str) -> bool {
    uri.starts_with(prefix) && !uri.contains("..") && !uri[4..].contains("//")
}

fn naive_holds(key: &Key, leaf: &Plain) -> bool {
    let text = key.to_string();
    let (kind, value) = text.split_once(':').unwrap();
    match kind {
        "dns" => leaf.dns.contains(&value),
        "uri" => leaf.uris.contains(&value),
        "email" => leaf.emails.contains(&value),
        "uri_prefix" => leaf.uris.iter().any(|uri| plain_prefix(uri, value)),
        "dns_suffix" => leaf.dns.iter().any(|name| name.ends_with(value)),
        "ip" => leaf.addresses.iter().any(|[a, b, c, d]| match value {
            "10.0.0.0/8" => *a == 10,
            "10.0.0.0/16" => (*a, *b) == (10, 0),
            "10.0.0.1" => (*a, *b, *c, *d) == (10, 0, 0, 1),
            _ => false,
        }),
        "subject" => value.split(',').all(|attribute| match attribute.split_once('=').unwrap() {
            ("cn", cn) => leaf.cn == cn,
            (_, o) => leaf.o == Some(o),
        }),
        _ => false,
    }
}

fn forged(leaf: &Plain) -> Leaf {
    let mut names: Vec<_> = leaf.dns.iter().map(|name| GeneralName::dns(*name)).collect();
    names.extend(leaf.uris.iter().map(|uri| GeneralName::uri(*uri)));
    names.extend(leaf.emails.iter().map(|address| GeneralName::email(*address)));
    names.extend(leaf.addresses.iter().map(|octets| GeneralName::ip(octets)));
    let subject = Name::common(leaf.cn);
    let subject = leaf.o.map_or(subject.clone(), |o| subject.o(o));
    Leaf::new(subject, names)
}

/// The client, the rule and the outcome, by looking at every rule.
fn naive(
    clients: &[(Option<[u8; 32]>, Items)],
    deny: &[Items],
    leaf: &Plain,
) -> (Outcome, Option<usize>) {
    let holds = |keys: &[Key]| keys.iter().all(|key| naive_holds(key, leaf));
    if deny.iter().flatten().any(|keys| holds(keys)) {
        return (Outcome::Denied, None);
    }
    let rank = |keys: &[Key]| (keys[0].kind(), Reverse(keys[0].length()), Reverse(keys.len()));
    let all = clients.iter().enumerate();
    let all = all.flat_map(|(i, (issuer, items))| items.iter().map(move |keys| (i, issuer, keys)));
    let holding: Vec<_> = all.filter(|(_, _, keys)| holds(keys)).collect();
    let Some((first, _, best)) = holding.iter().min_by_key(|(_, _, keys)| rank(keys)) else {
        return (Outcome::NotListed, None);
    };
    let mut same = holding.iter().filter(|(_, _, keys)| keys == best);
    match same.find(|(_, issuer, _)| issuer.is_none_or(|issuer| issuer == ISSUER)) {
        Some((client, _, _)) => (Outcome::Allowed, Some(*client)),
        None => (Outcome::WrongIssuer, Some(*first)),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn tables_find_what_a_scan_over_all_rules_finds(
        mut clients in prop::collection::vec((issuer(), items()), 0..6),
        deny in prop_oneof![3 => Just(vec![]), 1 => prop::collection::vec(items(), 1..3)],
        leaf in plain(),
    ) {
        let mut builder = MatcherBuilder::with_room(&Room::default(), &Room::default());
        for (i, (issuer, items)) in clients.iter_mut().enumerate() {
            let record = ClientRecord {
                owner: None,
                issuer_spki_sha256: *issuer,
                approval: Window::ALWAYS,
                scopes: Box::default(),
                is_pinned: false,
            };
            let index = builder.add_client(&i.to_string(), record).unwrap();
            // What another client claims already is an error, and no part of the policy.
            items.retain(|keys| builder.add_client_rule(index, keys.clone()).is_ok());
        }
        for keys in deny.iter().flatten() {
            builder.add_deny_rule(keys.clone(), None).unwrap();
        }
        let matcher = builder.finish();
        let forged = forged(&leaf);
        let judgement = forged.judged_by(&matcher);
        let found = judgement.client.map(|client| client.0 as usize);
        prop_assert_eq!((judgement.outcome, found), naive(&clients, &deny, &leaf));
    }
}
