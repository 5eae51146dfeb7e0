//! What a verdict, a ticket and a journal are worth.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use countersign::engine::{Acceptor, Cause, Declined, Entry, Resumption, TicketKeys};
use countersign::{Decision, JournalEntry, Reason, Verifier};
use rustls::version::{TLS12, TLS13};

use super::pair::{Pair, VERSIONS, credential, requiring};
use crate::peer::{Client, Clock};
use crate::site::{BILLING, POLICY, Site};

fn tickets() -> Resumption {
    Resumption::tickets(Arc::new(TicketKeys::per_process().unwrap()))
}

type Journalled = Arc<Mutex<Vec<Reason>>>;

/// A verifier, and the reasons that its journal was told.
fn journalling(site: &Site) -> (Arc<Verifier>, Journalled) {
    let reasons = Journalled::default();
    let own = Arc::clone(&reasons);
    let file = site.write("policy.toml", POLICY.as_bytes());
    let journal = move |entry: &JournalEntry<'_>| own.lock().unwrap().push(entry.verdict.reason());
    let verifier = Verifier::builder_from_file(file).journal(Arc::new(journal)).build().unwrap();
    (Arc::new(verifier), reasons)
}

/// A certificate is public. Who presents another's without its key must not stand in the journal
/// as that client, let in, and nowhere as refused.
#[test]
fn a_stolen_certificate_without_its_key_is_journalled_and_counted_as_refused() {
    let site = Site::new();
    let (leaf, thief, clock) = (site.leaf(BILLING), site.leaf(BILLING), Clock::new());
    for version in VERSIONS {
        let (verifier, journalled) = journalling(&site);
        let acceptor = requiring(&verifier).build().unwrap();
        let client = Client::nobody(version, &clock).presenting(&site.chain(&leaf), &thief.key);
        let mut pair = Pair::new(&acceptor, &client, "server.example", &clock);
        pair.run();
        let refusal = pair.server.refusal().expect("refused");
        assert_eq!(refusal.reason(), Some(Reason::BadSignature));
        let last = journalled.lock().unwrap().last().copied();
        assert_eq!(last.map(Reason::decision), Some(Decision::Deny), "{version:?}: {last:?}");
        assert_eq!(verifier.metrics().denied(), 1, "{version:?}");
    }
}

/// Hellos with their tickets can be seen by anyone on the way and sent again.
#[test]
fn a_hello_that_is_replayed_is_not_journalled_as_its_client_let_in() {
    let site = Site::new();
    let (leaf, clock) = (site.leaf(BILLING), Clock::new());
    for version in VERSIONS {
        let (verifier, journalled) = journalling(&site);
        let acceptor = requiring(&verifier).resumption(tickets()).build().unwrap();
        let client = Client::nobody(version, &clock).presenting(&site.chain(&leaf), &leaf.key);
        let mut first = Pair::new(&acceptor, &client, "server.example", &clock);
        assert_eq!(first.talk(), None);
        let mut seen = Pair::new(&acceptor, &client, "server.example", &clock);
        let hello = seen.client_speaks();
        journalled.lock().unwrap().clear();
        let mut replayed = Pair::new(&acceptor, &client, "server.example", &clock);
        replayed.server_hears(&hello);
        let now = replayed.now();
        replayed.server.end_of_input(now);
        assert_eq!(replayed.server.refusal().unwrap().cause(), Cause::Truncated);
        let journalled = journalled.lock().unwrap();
        assert!(!journalled.contains(&Reason::Allowed), "{version:?}: {journalled:?}");
    }
}

/// A clock that was ahead when the session was made.
#[test]
fn a_session_from_the_future_does_not_outlive_its_age() {
    const DAY: i64 = 86_400;
    let site = Site::new();
    let leaf = site.leaf(BILLING);
    for way in [tickets(), Resumption::cache(64)] {
        for version in VERSIONS {
            let verifier = Arc::new(site.verifier(POLICY));
            let acceptor = requiring(&verifier).resumption(way.clone()).build().unwrap();
            let clock = Clock::new();
            let client = Client::nobody(version, &clock).presenting(&site.chain(&leaf), &leaf.key);
            clock.advance(3 * DAY);
            let mut fresh = Pair::new(&acceptor, &client, "server.example", &clock);
            assert_eq!(fresh.talk(), None);
            assert!(fresh.is_established());
            clock.advance(-3 * DAY);
            // Two days go by.
            clock.advance(2 * DAY);
            let mut again = Pair::new(&acceptor, &client, "server.example", &clock);
            assert_eq!(again.talk(), None);
            assert!(!again.server.session().unwrap().is_resumed(), "{version:?} {way:?}");
        }
    }
}

/// Whoever resumes gets a new session, which must not be younger than the handshake it goes back to.
#[test]
fn a_session_of_nobody_ends_with_its_age_however_often_it_resumes() {
    const HOUR: i64 = 3_600;
    let site = Site::new();
    for way in [tickets(), Resumption::cache(64)] {
        for version in VERSIONS {
            let entry = Entry::optional(credential(), Arc::new(site.verifier(POLICY)));
            let builder = Acceptor::builder().default_entry(entry).resumption(way.clone());
            let acceptor = builder.session_age(Duration::from_secs(2 * 3_600)).build().unwrap();
            let clock = Clock::new();
            let client = Client::nobody(version, &clock);
            let began = clock.seconds();
            for hour in 0..4 {
                let mut pair = Pair::new(&acceptor, &client, "server.example", &clock);
                assert_eq!(pair.talk(), None);
                let session = pair.server.session().unwrap();
                assert_eq!(session.is_resumed(), hour == 1 || hour == 2, "{version:?} {way:?}");
                let since = if hour < 3 { began } else { clock.seconds() };
                assert_eq!(session.authenticated_at().as_secs(), since);
                clock.advance(HOUR);
            }
        }
    }
}

/// A ticket has at most 65,535 bytes (RFC 8446 section 4.6.1), and must fit into the hello that brings
/// it back: what does not is not kept.
#[test]
fn a_client_with_the_longest_chain_can_talk_although_tickets_are_on() {
    let site = Site::new();
    let (leaf, clock) = (site.leaf(BILLING), Clock::new());
    let [own, ca] = site.chain(&leaf);
    let stranger = vec![0x5a; 65_400 - own.len() - ca.len()];
    for version in [&TLS12, &TLS13] {
        let verifier = Arc::new(site.verifier(POLICY));
        let acceptor = requiring(&verifier).resumption(tickets()).build().unwrap();
        let client = Client::nobody(version, &clock).presenting(&[own, ca, &stranger], &leaf.key);
        let mut pair = Pair::new(&acceptor, &client, "server.example", &clock);
        let hello = pair.client_speaks();
        pair.server_hears(&hello);
        pair.client_hears();
        let flight = pair.client_speaks();
        pair.server_hears(&flight);
        assert!(pair.is_established());
        let wire = pair.server.take_output();
        let mut rest = &wire[..];
        while !rest.is_empty() {
            let read = pair.client.read_tls(&mut rest).map_err(|e| e.to_string());
            let heard = read.and_then(|_| {
                pair.client.process_new_packets().map(|_| ()).map_err(|e| e.to_string())
            });
            assert_eq!(heard, Ok(()), "{version:?}: {} bytes of output", wire.len());
        }
    }
}

/// The policy changes between the client's certificate and its Finished. Its end must be able to
/// read what it is told: an alert, and not a record out of sequence.
#[test]
fn a_client_that_is_refused_at_the_end_of_its_handshake_is_told_so() {
    let site = Site::new();
    let (leaf, clock) = (site.leaf(BILLING), Clock::new());
    let verifier = Arc::new(site.verifier(POLICY));
    let acceptor = requiring(&verifier).resumption(tickets()).build().unwrap();
    let client = Client::nobody(&TLS12, &clock).presenting(&site.chain(&leaf), &leaf.key);
    let mut pair = Pair::new(&acceptor, &client, "server.example", &clock);
    let hello = pair.client_speaks();
    pair.server_hears(&hello);
    pair.client_hears();
    let flight = pair.client_speaks();
    pair.server_hears(&flight[..flight.len() - 1]);
    site.verifier(&POLICY.replace("acme.example/billing", "acme.example/other"));
    verifier.reload().unwrap();
    pair.server_hears(&flight[flight.len() - 1..]);
    assert_eq!(pair.server.refusal().unwrap().reason(), Some(Reason::NotListed));
    pair.client_hears();
    assert!(
        matches!(pair.client_error, None | Some(rustls::Error::AlertReceived(_))),
        "{:?}",
        pair.client_error
    );
}

/// A server that was restarted, or another one of the fleet.
#[test]
fn a_session_that_no_cache_knows_is_declined_as_such() {
    let site = Site::new();
    let (leaf, clock) = (site.leaf(BILLING), Clock::new());
    let verifier = Arc::new(site.verifier(POLICY));
    for way in [|| Resumption::cache(64), tickets] {
        let client = Client::nobody(&TLS13, &clock).presenting(&site.chain(&leaf), &leaf.key);
        let acceptor = || requiring(&verifier).resumption(way()).build().unwrap();
        let (before, after) = (acceptor(), acceptor());
        assert_eq!(Pair::new(&before, &client, "server.example", &clock).talk(), None);
        let mut pair = Pair::new(&after, &client, "server.example", &clock);
        assert_eq!(pair.talk(), None);
        assert_eq!(pair.server.session().unwrap().declined(), Some(Declined::Unreadable));
    }
}
