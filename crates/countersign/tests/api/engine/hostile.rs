//! Peers that break the rules once they are in, or nearly.

use std::sync::Arc;

use countersign::engine::{Closed, State};

use super::pair::{Pair, VERSIONS, requiring};
use crate::peer::{Client, Clock};
use crate::site::{BILLING, POLICY, Site};

fn established(version: &'static rustls::SupportedProtocolVersion) -> Pair {
    let site = Site::new();
    let acceptor = requiring(&Arc::new(site.verifier(POLICY))).build().unwrap();
    let (leaf, clock) = (site.leaf(BILLING), Clock::new());
    let client = Client::nobody(version, &clock).presenting(&site.chain(&leaf), &leaf.key);
    let mut pair = Pair::new(&acceptor, &client, "server.example", &clock);
    assert_eq!(pair.talk(), None);
    pair
}

/// rustls would go on with the records behind the one that it failed at, and fail again.
#[test]
fn after_a_record_that_does_not_decrypt_there_is_one_alert_and_the_end() {
    const GARBAGE: [u8; 37] = {
        let mut record = [0x5a; 37];
        (record[0], record[1], record[2], record[3], record[4]) = (23, 3, 3, 0, 32);
        record
    };
    for version in VERSIONS {
        let mut pair = established(version);
        pair.received.clear();
        pair.server_hears(&GARBAGE.repeat(3));
        assert!(matches!(pair.server.state(), State::Closed(Closed::Failed(_))));
        assert!(pair.received.is_empty() && pair.input.is_empty());
        pair.client_hears();
        assert_eq!(pair.seen(), Some(rustls::AlertDescription::BadRecordMac));
    }
}
