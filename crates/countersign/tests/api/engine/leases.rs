//! Leases: who would still be let in.

use std::sync::Arc;

use countersign::engine::Acceptor;
use countersign::{Reason, UnixTime};
use countersign_testkit::forge::{GeneralName, NOW};

use super::pair::{Pair, VERSIONS, requiring};
use super::resumption::{client, ways};
use crate::peer::Clock;
use crate::site::{BILLING, POLICY, Site};

const OPS: &str = "spiffe://acme.example/ops";
const OPS_RECORD: &str = r#"
[[client]]
id = "acme-ops"
match = [ { uri = "spiffe://acme.example/ops" } ]
"#;

#[test]
fn a_reload_ends_the_leases_of_those_who_are_no_longer_approved_and_renews_the_others() {
    let site = Site::new();
    let clock = Clock::new();
    for way in ways() {
        for version in VERSIONS {
            let verifier = Arc::new(site.verifier(&format!("{POLICY}{OPS_RECORD}")));
            let acceptor = requiring(&verifier).resumption(way.clone()).build().unwrap();
            let leaves = [site.leaf(BILLING), site.leaf(OPS)];
            // Fresh and resumed sessions hold the same right.
            let clients = leaves.each_ref().map(|leaf| client(&site, leaf, version, &clock));
            for is_resumed in [false, true] {
                let mut leases = clients.each_ref().map(|client| {
                    let mut pair = Pair::new(&acceptor, client, "server.example", &clock);
                    assert_eq!(pair.talk(), None);
                    assert_eq!(pair.server.session().unwrap().is_resumed(), is_resumed);
                    pair.server.lease().unwrap()
                });
                let now = UnixTime::from_secs(clock.seconds());
                for lease in &mut leases {
                    assert!(lease.is_current(now));
                    assert!(lease.review(now).is_none());
                }
                site.verifier(POLICY);
                verifier.reload().unwrap();
                assert!(leases.iter().all(|lease| !lease.is_current(now)));
                let [billing, ops] = &mut leases;
                assert!(billing.review(now).is_none());
                assert!(billing.is_current(now), "a lease that was renewed is not current");
                let verdict = ops.review(now).unwrap();
                assert_eq!(verdict.reason(), Reason::NotListed);
                assert!(ops.review(now).is_some(), "a lease that ended came back by itself");
                site.verifier(&format!("{POLICY}{OPS_RECORD}"));
                verifier.reload().unwrap();
                assert!(ops.review(now).is_none());
            }
        }
    }
}

#[test]
fn a_lease_ends_with_the_certificate() {
    let site = Site::new();
    let clock = Clock::new();
    let leaf = site
        .ca
        .leaf_with("client", |c| c.validity(NOW - 10, NOW + 10).san([GeneralName::uri(BILLING)]));
    let acceptor: Acceptor = requiring(&Arc::new(site.verifier(POLICY))).build().unwrap();
    for version in VERSIONS {
        let client = client(&site, &leaf, version, &clock);
        let mut pair = Pair::new(&acceptor, &client, "server.example", &clock);
        assert_eq!(pair.talk(), None);
        let mut lease = pair.server.lease().unwrap();
        assert_eq!(pair.server.session().unwrap().expires(), Some(UnixTime::from_secs(NOW + 10)));
        let (last, late) = (UnixTime::from_secs(NOW + 10), UnixTime::from_secs(NOW + 11));
        assert!(lease.is_current(last) && lease.review(last).is_none());
        assert!(!lease.is_current(late));
        assert_eq!(lease.judge(late).reason(), Reason::Expired);
        assert_eq!(lease.review(late).unwrap().reason(), Reason::Expired);
        // The connection itself goes on until its owner ends it.
        assert!(pair.is_established());
    }
}
