//! Sessions that resume, and what they are worth.

use std::sync::Arc;

use countersign::engine::{Declined, Resumption, TicketKeys};
use countersign_testkit::forge::Leaf;
use rustls::SupportedProtocolVersion;

use super::pair::{Pair, VERSIONS, requiring};
use crate::peer::{Client, Clock};
use crate::site::{BILLING, POLICY, Site};

/// The two ways to keep a session.
pub(crate) fn ways() -> [Resumption; 2] {
    [Resumption::tickets(Arc::new(TicketKeys::per_process().unwrap())), Resumption::cache(64)]
}

pub(crate) fn client(
    site: &Site,
    leaf: &Leaf,
    version: &'static SupportedProtocolVersion,
    clock: &Arc<Clock>,
) -> Client {
    Client::nobody(version, clock).presenting(&site.chain(leaf), &leaf.key)
}

#[test]
fn a_resumed_session_has_the_verdict_of_a_fresh_one() {
    let site = Site::new();
    let leaf = site.leaf(BILLING);
    for way in ways() {
        for version in VERSIONS {
            let verifier = Arc::new(site.verifier(POLICY));
            let acceptor = requiring(&verifier).resumption(way.clone()).build().unwrap();
            let clock = Clock::new();
            let client = client(&site, &leaf, version, &clock);
            let mut fresh = Pair::new(&acceptor, &client, "server.example", &clock);
            assert_eq!(fresh.talk(), None);
            assert!(!fresh.server.session().unwrap().is_resumed());
            for _ in 0..3 {
                clock.advance(5);
                let mut again = Pair::new(&acceptor, &client, "server.example", &clock);
                assert_eq!(again.talk(), None);
                let (fresh, again) =
                    (fresh.server.session().unwrap(), again.server.session().unwrap());
                assert!(again.is_resumed(), "{version:?} {way:?} {again:?}");
                assert_eq!(again.verdict(), fresh.verdict());
                assert_eq!(again.leaf(), fresh.leaf());
                assert_eq!(again.authenticated_at(), fresh.authenticated_at());
            }
        }
    }
}

#[test]
fn a_client_that_is_no_longer_listed_cannot_resume() {
    let site = Site::new();
    let leaf = site.leaf(BILLING);
    for way in ways() {
        for version in VERSIONS {
            let verifier = Arc::new(site.verifier(POLICY));
            let acceptor = requiring(&verifier).resumption(way.clone()).build().unwrap();
            let clock = Clock::new();
            let client = client(&site, &leaf, version, &clock);
            assert_eq!(Pair::new(&acceptor, &client, "server.example", &clock).talk(), None);
            site.verifier(&POLICY.replace("acme.example/billing", "acme.example/other"));
            verifier.reload().unwrap();
            let mut again = Pair::new(&acceptor, &client, "server.example", &clock);
            assert_eq!(again.talk(), Some(rustls::AlertDescription::AccessDenied));
            let refusal = again.server.refusal().unwrap();
            assert_eq!(refusal.declined(), Some(Declined::NotAuthorized), "{version:?} {way:?}");
            site.verifier(POLICY);
            verifier.reload().unwrap();
            let mut back = Pair::new(&acceptor, &client, "server.example", &clock);
            assert_eq!(back.talk(), None);
            assert_ne!(back.server.session().unwrap().declined(), Some(Declined::OtherEntry));
        }
    }
}
