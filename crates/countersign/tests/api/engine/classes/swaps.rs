//! Class 32: one part of a session that resumes, swapped for another's.

use std::sync::Arc;

use countersign::engine::{Acceptor, Declined, Resumption, State, TicketKeys};
use countersign_testkit::forge::{GeneralName, Key, Leaf, Name};
use rustls::AlertDescription;
use rustls::version::TLS12;

use super::super::pair::{Pair, VERSIONS, requiring};
use super::super::renewing::Renewing;
use super::super::resumption::{client, ways};
use super::super::tickets::{is_abbreviated, ticket, with_ticket};
use crate::peer::{Client, Clock};
use crate::site::{BILLING, POLICY, Site};

const TWO: &str = r#"
[[client]]
id = "acme-ops"
match = [ { uri = "spiffe://acme.example/ops" } ]
"#;
const OPS: &str = "spiffe://acme.example/ops";

fn two() -> String {
    format!("{POLICY}{TWO}")
}

fn connect(acceptor: &Acceptor, client: &Client, clock: &Arc<Clock>) -> Pair {
    Pair::new(acceptor, client, "server.example", clock)
}

#[test]
fn class_32_a_session_is_its_owners_whatever_certificate_its_holder_has_by_now() {
    // No certificate is shown when a session resumes, so the one in hand must not matter.
    let site = Site::new();
    let (billing, ops) = (site.leaf(BILLING), site.leaf(OPS));
    let clock = Clock::new();
    for way in ways() {
        for version in VERSIONS {
            let verifier = Arc::new(site.verifier(&two()));
            let acceptor = requiring(&verifier).resumption(way.clone()).build().unwrap();
            let held = Arc::new(Renewing::new(&site.chain(&billing), &billing.key));
            let mut client = Client::nobody(version, &clock);
            client.config.client_auth_cert_resolver = Arc::clone(&held) as _;
            assert_eq!(connect(&acceptor, &client, &clock).talk(), None);
            held.renew(&site.chain(&ops), &ops.key);
            let mut pair = connect(&acceptor, &client, &clock);
            assert_eq!(pair.talk(), None);
            let session = pair.server.session().unwrap();
            assert_eq!((session.is_resumed(), session.client()), (true, Some("acme-billing")));
            assert_eq!(session.leaf(), Some(&billing.certificate[..]));

            // Once the owner of the session may not, the certificate in hand is who comes.
            site.verifier(&two().replace(BILLING, "spiffe://acme.example/gone"));
            verifier.reload().unwrap();
            let mut pair = connect(&acceptor, &client, &clock);
            assert_eq!(pair.talk(), None);
            let session = pair.server.session().unwrap();
            assert_eq!((session.is_resumed(), session.client()), (false, Some("acme-ops")));
            assert_eq!(session.declined(), Some(Declined::NotAuthorized));
            assert_eq!(session.leaf(), Some(&ops.certificate[..]));
        }
    }
}

#[test]
fn class_32_a_ticket_with_one_byte_changed_anywhere_means_a_full_handshake() {
    let site = Site::new();
    let leaf = site.leaf(BILLING);
    let clock = Clock::new();
    let verifier = Arc::new(site.verifier(POLICY));
    let keys = Arc::new(TicketKeys::per_process().unwrap());
    let acceptor = requiring(&verifier).resumption(Resumption::tickets(keys)).build().unwrap();
    let client = client(&site, &leaf, &TLS12, &clock);
    let ticket = ticket(&acceptor, &client, &clock);
    let resumes = |ticket: &[u8]| {
        let mut pair = connect(&acceptor, &Client::nobody(&TLS12, &clock), &clock);
        let hello = with_ticket(&pair.client_speaks(), ticket);
        pair.server_hears(&hello);
        is_abbreviated(&pair.server.take_output())
    };
    assert!(resumes(&ticket));
    for place in 0..ticket.len() {
        let mut changed = ticket.clone();
        changed[place] ^= 1 << (place % 8);
        assert!(!resumes(&changed), "byte {place}");
    }
    for length in [1, 12, 13, 29, ticket.len() - 1] {
        assert!(!resumes(&ticket[..length]), "{length} bytes");
    }
    assert!(!resumes(&[&ticket[..], &[0]].concat()));
}

#[test]
fn class_32_a_ticket_under_other_keys_means_a_full_handshake() {
    let site = Site::new();
    let leaf = site.leaf(BILLING);
    let clock = Clock::new();
    let verifier = Arc::new(site.verifier(POLICY));
    let keys = || Arc::new(TicketKeys::per_process().unwrap());
    for version in VERSIONS {
        let acceptors = [keys(), keys()].map(|keys| {
            requiring(&verifier).resumption(Resumption::tickets(keys)).build().unwrap()
        });
        let client = client(&site, &leaf, version, &clock);
        assert_eq!(connect(&acceptors[0], &client, &clock).talk(), None);
        let mut pair = connect(&acceptors[1], &client, &clock);
        assert_eq!(pair.talk(), None);
        let session = pair.server.session().unwrap();
        assert!(!session.is_resumed());
        assert_eq!(session.declined(), Some(Declined::Unreadable));
        assert_eq!(session.client(), Some("acme-billing"));
    }
}

/// A leaf of the same name and key in another certificate.
fn renewed(site: &Site, old: &Leaf, uri: &str, serial: u8) -> Leaf {
    site.ca.leaf_for(&Name::common("client"), old.key.clone(), |c| {
        c.serial(&[serial]).san([GeneralName::uri(uri)])
    })
}

#[test]
fn class_32_what_is_remembered_of_one_chain_is_not_anothers() {
    // Same key, same name, same issuer, another certificate: remembered parts must not mix.
    let site = Site::new();
    let clock = Clock::new();
    let verifier = Arc::new(site.verifier(&two()));
    let acceptor = requiring(&verifier).build().unwrap();
    let first = site.leaf(BILLING);
    let variants = [
        (renewed(&site, &first, BILLING, 1), Some("acme-billing")),
        (renewed(&site, &first, OPS, 1), Some("acme-ops")),
        (renewed(&site, &first, "spiffe://acme.example/other", 1), None),
        (renewed(&site, &first, BILLING, 2), Some("acme-billing")),
    ];
    for version in VERSIONS {
        for round in 0..3 {
            for (leaf, expected) in &variants {
                let client = client(&site, leaf, version, &clock);
                let mut pair = connect(&acceptor, &client, &clock);
                let seen = pair.talk();
                assert_eq!(seen, expected.is_none().then_some(AlertDescription::AccessDenied));
                if let State::Established(session) = pair.server.state() {
                    assert_eq!(session.client(), *expected, "{round}");
                    assert_eq!(session.leaf(), Some(&leaf.certificate[..]));
                }
            }
            // The chain of one with the key of another, also when both are remembered.
            let thief = Key::p256();
            let client =
                Client::nobody(version, &clock).presenting(&site.chain(&variants[0].0), &thief);
            let mut pair = connect(&acceptor, &client, &clock);
            assert_eq!(pair.talk(), Some(AlertDescription::DecryptError));
        }
    }
}
