//! Class 5: sessions, HelloRetryRequest and changes of version.

use std::sync::Arc;

use countersign::engine::{Resumption, TicketKeys, TlsVersion};
use rustls::version::{TLS12, TLS13};
use rustls::{AlertDescription, HandshakeKind};

use super::super::pair::{Pair, VERSIONS, requiring};
use super::super::resumption::ways;
use super::super::tickets::{is_abbreviated, ticket, with_ticket};
use super::super::wire::{self, content, handshake};
use crate::peer::{Client, Clock};
use crate::site::{BILLING, POLICY, Site};

/// P-384, for which no client sends a share unasked.
const RETRIED: u16 = 24;

#[test]
fn class_05_a_session_that_resumes_across_a_retry_is_authorised_like_any_other() {
    let site = Site::new();
    let (leaf, clock) = (site.leaf(BILLING), Clock::new());
    for way in ways() {
        let verifier = Arc::new(site.verifier(POLICY));
        let builder = requiring(&verifier).resumption(way).key_exchanges([RETRIED]);
        let acceptor = builder.build().unwrap();
        let client = Client::nobody(&TLS13, &clock)
            .presenting(&site.chain(&leaf), &leaf.key)
            .with_one_drawer();
        let connect = || Pair::new(&acceptor, &client, "server.example", &clock);
        let mut fresh = connect();
        assert_eq!(fresh.talk(), None);
        let retried = Some(HandshakeKind::FullWithHelloRetryRequest);
        assert_eq!(fresh.client.handshake_kind(), retried);
        assert!(!fresh.server.session().unwrap().is_resumed());

        let mut again = connect();
        let hellos = hellos_of(&mut again);
        assert_eq!(hellos, 2, "there was no retry");
        assert_eq!(again.talk(), None);
        let session = again.server.session().unwrap();
        assert!(session.is_resumed());
        assert_eq!(session.client(), Some("acme-billing"));
        assert_eq!(session.verdict(), fresh.server.session().unwrap().verdict());

        site.write("policy.toml", POLICY.replace("billing\" }", "other\" }").as_bytes());
        verifier.reload().unwrap();
        let mut late = connect();
        assert_eq!(hellos_of(&mut late), 2);
        assert_eq!(late.talk(), Some(AlertDescription::AccessDenied));
        assert!(late.server.session().is_none());
    }
}

/// Runs the handshake; how many ClientHellos it had.
fn hellos_of(pair: &mut Pair) -> usize {
    let mut hellos = 0;
    pair.run_with(|bytes| {
        let records = wire::records(&bytes);
        let plain = records.iter().filter(|record| record.kind == content::HANDSHAKE);
        hellos += plain.filter(|record| record.body[0] == handshake::CLIENT_HELLO).count();
        bytes
    });
    hellos
}

#[test]
fn class_05_a_policy_that_changes_between_the_two_hellos_counts() {
    let site = Site::new();
    let (leaf, clock) = (site.leaf(BILLING), Clock::new());
    for way in ways() {
        let verifier = Arc::new(site.verifier(POLICY));
        let builder = requiring(&verifier).resumption(way).key_exchanges([RETRIED]);
        let acceptor = builder.build().unwrap();
        let client = Client::nobody(&TLS13, &clock)
            .presenting(&site.chain(&leaf), &leaf.key)
            .with_one_drawer();
        assert_eq!(Pair::new(&acceptor, &client, "server.example", &clock).talk(), None);
        let mut pair = Pair::new(&acceptor, &client, "server.example", &clock);
        let hello = pair.client_speaks();
        pair.server_hears(&hello);
        assert!(pair.client_hears(), "no retry was asked for");
        site.verifier(&POLICY.replace("billing\" }", "other\" }"));
        verifier.reload().unwrap();
        assert_eq!(pair.talk(), Some(AlertDescription::AccessDenied));
    }
}

#[test]
fn class_05_a_session_is_worth_nothing_in_another_version() {
    let site = Site::new();
    let (leaf, clock) = (site.leaf(BILLING), Clock::new());
    let versions = [TlsVersion::Tls12, TlsVersion::Tls13];
    for way in ways() {
        for (first, second) in [(0, 1), (1, 0)] {
            let verifier = Arc::new(site.verifier(POLICY));
            let builder = requiring(&verifier).resumption(way.clone());
            let before = builder.clone().versions([versions[first]]).build().unwrap();
            let after = builder.versions([versions[second]]).build().unwrap();
            let client = Client::speaking(&[&TLS12, &TLS13], &clock)
                .presenting(&site.chain(&leaf), &leaf.key)
                .with_one_drawer();
            assert_eq!(Pair::new(&before, &client, "server.example", &clock).talk(), None);
            clock.advance(7);
            let mut pair = Pair::new(&after, &client, "server.example", &clock);
            assert_eq!(pair.talk(), None);
            let session = pair.server.session().unwrap();
            assert!(!session.is_resumed(), "{first} {second} {way:?}");
            assert_eq!(session.version(), versions[second]);
            assert_eq!(session.authenticated_at(), pair.now().unix);
        }
    }
}

#[test]
fn class_05_a_ticket_of_tls_1_3_in_a_hello_of_tls_1_2_means_a_full_handshake() {
    let site = Site::new();
    let (leaf, clock) = (site.leaf(BILLING), Clock::new());
    let keys = Arc::new(TicketKeys::per_process().unwrap());
    let verifier = Arc::new(site.verifier(POLICY));
    let acceptor = requiring(&verifier).resumption(Resumption::tickets(keys)).build().unwrap();
    let presenting =
        |version| Client::nobody(version, &clock).presenting(&site.chain(&leaf), &leaf.key);
    let [tls12, tls13] = VERSIONS.map(|version| ticket(&acceptor, &presenting(version), &clock));
    for (ticket, resumes) in [(tls12, true), (tls13, false)] {
        let mut pair = Pair::new(&acceptor, &presenting(&TLS12), "server.example", &clock);
        let hello = with_ticket(&pair.client_speaks(), &ticket);
        pair.server_hears(&hello);
        assert_eq!(is_abbreviated(&pair.server.take_output()), resumes);
        assert!(pair.server.session().is_none());
    }
}
