//! Class 1: a session of one server name offered to another.

use std::sync::Arc;

use countersign::Verifier;
use countersign::engine::{Acceptor, AcceptorBuilder, Declined, Entry, Resumption, TlsVersion};
use countersign_testkit::forge::{Authority, certificates_pem};
use rustls::AlertDescription;
use rustls::version::{TLS12, TLS13};

use super::super::pair::{Pair, credential, requiring};
use super::super::renewing::Renewing;
use super::super::resumption::ways;
use crate::peer::{Client, Clock};
use crate::site::{BILLING, POLICY, Site};

/// What becomes of the client at an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    /// It is in, by this id.
    Known(&'static str),
    /// It is in as nobody.
    Nobody,
    /// Its certificate is good and it is not approved.
    NotListed,
}
use Outcome::{Known, Nobody, NotListed};

/// Names of entries that one CA's clients come to, and what becomes of the one client here. The
/// last is the default entry's.
const ENTRIES: [(&str, Outcome); 6] = [
    ("a.example", Known("acme-billing")),
    ("b.example", Known("at-b")),
    ("c.example", NotListed),
    ("optional.example", Known("acme-billing")),
    ("off.example", Nobody),
    ("anything.example", Known("at-default")),
];

fn policy_that_says(site: &Site, id: &str, uri: &str) -> Arc<Verifier> {
    let policy = POLICY.replace("acme-billing", id).replace(BILLING, uri);
    Arc::new(Verifier::from_toml(&policy, site.path()).unwrap())
}

fn entries(site: &Site) -> AcceptorBuilder {
    let verifier = |id, uri| policy_that_says(site, id, uri);
    let credential = credential();
    let required = |id, uri| Entry::required(credential.clone(), verifier(id, uri));
    let (a, stranger) = (verifier("acme-billing", BILLING), "spiffe://acme.example/stranger");
    Acceptor::builder()
        .entry(Entry::required(credential.clone(), Arc::clone(&a)).named("a.example"))
        .entry(required("at-b", BILLING).named("b.example"))
        .entry(required("stranger", stranger).named("c.example"))
        .entry(Entry::optional(credential.clone(), a).named("optional.example"))
        .entry(Entry::without_client_auth(credential.clone()).named("off.example"))
        .default_entry(required("at-default", BILLING))
}

fn outcome(pair: &mut Pair) -> Outcome {
    match pair.talk() {
        None => {
            let session = pair.server.session().unwrap();
            assert_eq!(session.client().is_some(), session.leaf().is_some());
            let ids = ["acme-billing", "at-b", "at-default"];
            session
                .client()
                .map_or(Nobody, |id| Known(ids.into_iter().find(|known| *known == id).unwrap()))
        }
        Some(AlertDescription::AccessDenied) => NotListed,
        Some(other) => panic!("{other:?}"),
    }
}

/// Every way to keep a session, and every pair of versions.
fn crossings() -> impl Iterator<Item = (Resumption, TlsVersion, TlsVersion)> {
    let versions = [TlsVersion::Tls12, TlsVersion::Tls13];
    ways().into_iter().flat_map(move |way| {
        versions.into_iter().flat_map(move |first| {
            let way = way.clone();
            versions.into_iter().map(move |second| (way.clone(), first, second))
        })
    })
}

#[test]
fn class_01_a_session_of_one_entry_is_worth_nothing_at_another() {
    let site = Site::new();
    let (leaf, clock) = (site.leaf(BILLING), Clock::new());
    for (way, first, second) in crossings() {
        let builder = entries(&site).resumption(way);
        let at_first = builder.clone().versions([first]).build().unwrap();
        let at_second = builder.versions([second]).build().unwrap();
        for (from, expected_there) in ENTRIES {
            for (to, expected_here) in ENTRIES {
                let client = Client::speaking(&[&TLS12, &TLS13], &clock)
                    .presenting(&site.chain(&leaf), &leaf.key)
                    .with_one_drawer();
                let there = outcome(&mut Pair::new(&at_first, &client, from, &clock));
                assert_eq!(there, expected_there);
                let mut pair = Pair::new(&at_second, &client, to, &clock);
                assert_eq!(outcome(&mut pair), expected_here, "{first} {from} to {second} {to}");
                let Some(session) = pair.server.session() else { continue };
                let has_session = there != NotListed;
                if from == to {
                    assert_eq!(session.is_resumed(), first == second, "{first} {second} {to}");
                    continue;
                }
                assert!(!session.is_resumed(), "{first} {from} to {second} {to}");
                // In another version the session is not even looked at.
                let offered = has_session && first == second;
                let declined = offered.then_some(Declined::OtherEntry);
                assert_eq!(session.declined(), declined, "{first} {from} to {second} {to}");
            }
        }
    }
}

#[test]
fn class_01_two_names_of_one_wildcard_do_not_share_sessions() {
    let site = Site::new();
    let (leaf, clock) = (site.leaf(BILLING), Clock::new());
    for (way, version, _) in crossings().filter(|(_, first, second)| first == second) {
        let verifier = Arc::new(site.verifier(POLICY));
        let entry = Entry::required(credential(), verifier).named("*.shop.example");
        let builder = Acceptor::builder().entry(entry).resumption(way).versions([version]);
        let acceptor = builder.build().unwrap();
        let client = Client::speaking(&[&TLS12, &TLS13], &clock)
            .presenting(&site.chain(&leaf), &leaf.key)
            .with_one_drawer();
        for name in ["a.shop.example", "b.shop.example", "c.shop.example"] {
            let mut pair = Pair::new(&acceptor, &client, name, &clock);
            assert_eq!(outcome(&mut pair), Known("acme-billing"));
            let session = pair.server.session().unwrap();
            assert_eq!((session.is_resumed(), session.server_name()), (false, Some(name)));
        }
    }
}

#[test]
fn class_01_a_session_that_cannot_resume_leaves_no_identity_behind() {
    // The session passes every test of ours, and rustls declines it for its other name.
    let site = Site::new();
    let (leaf, clock) = (site.leaf(BILLING), Clock::new());
    for (way, version, _) in crossings().filter(|(_, first, second)| first == second) {
        let verifier = Arc::new(site.verifier(POLICY));
        let entry = Entry::optional(credential(), verifier).named("*.shop.example");
        let builder = Acceptor::builder().entry(entry).resumption(way).versions([version]);
        let acceptor = builder.build().unwrap();
        let held = Arc::new(Renewing::new(&site.chain(&leaf), &leaf.key));
        let mut client = Client::speaking(&[&TLS12, &TLS13], &clock).with_one_drawer();
        client.config.client_auth_cert_resolver = Arc::clone(&held) as _;
        let mut known = Pair::new(&acceptor, &client, "a.shop.example", &clock);
        assert_eq!(outcome(&mut known), Known("acme-billing"));
        held.forget();
        let mut pair = Pair::new(&acceptor, &client, "b.shop.example", &clock);
        assert_eq!(outcome(&mut pair), Nobody, "{version}");
        assert!(!pair.server.session().unwrap().is_resumed());
        assert!(pair.server.lease().is_none());
    }
}

#[test]
fn class_01_another_servers_session_is_judged_by_this_servers_policy() {
    // Two servers that share their ticket keys, or the cache, and have entries of the same names.
    let site = Site::new();
    let elsewhere = Site::new();
    let root = Authority::root("elsewhere").certificate;
    elsewhere.write("ca.pem", certificates_pem([root]).as_bytes());
    let (leaf, clock) = (site.leaf(BILLING), Clock::new());
    let stranger = policy_that_says(&site, "stranger", "spiffe://acme.example/stranger");
    let other_ca = policy_that_says(&elsewhere, "acme-billing", BILLING);
    for (way, version, _) in crossings().filter(|(_, first, second)| first == second) {
        let serving = |verifier: &Arc<Verifier>| {
            let builder = requiring(verifier).resumption(way.clone());
            builder.versions([version]).build().unwrap()
        };
        let client = || {
            Client::speaking(&[&TLS12, &TLS13], &clock)
                .presenting(&site.chain(&leaf), &leaf.key)
                .with_one_drawer()
        };
        let first = serving(&policy_that_says(&site, "acme-billing", BILLING));
        for (verifier, alert) in
            [(&stranger, AlertDescription::AccessDenied), (&other_ca, AlertDescription::UnknownCA)]
        {
            let client = client();
            assert_eq!(Pair::new(&first, &client, "server.example", &clock).talk(), None);
            let mut pair = Pair::new(&serving(verifier), &client, "server.example", &clock);
            assert_eq!(pair.talk(), Some(alert), "{version}");
        }
        // Where both know the client, it is known by the name that it has here.
        let same_ca = policy_that_says(&site, "known-here", BILLING);
        let client = client();
        assert_eq!(Pair::new(&first, &client, "server.example", &clock).talk(), None);
        let mut pair = Pair::new(&serving(&same_ca), &client, "server.example", &clock);
        assert_eq!(pair.talk(), None);
        assert_eq!(pair.server.session().unwrap().client(), Some("known-here"));
    }
}
