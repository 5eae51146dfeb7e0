//! Peers that break the rules once they are in, or nearly.

use std::sync::Arc;

use countersign::engine::{Cause, Closed, Refusal, State};
use countersign_testkit::AnyServer;
use rustls::{AlertDescription, SignatureScheme};

use super::pair::{Pair, VERSIONS, established, requiring};
use crate::peer::{Client, Clock};
use crate::site::{POLICY, Site};

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
        assert_eq!(pair.seen(), Some(AlertDescription::BadRecordMac));
    }
}

/// rustls has no alert for it in TLS 1.2, and calls it an error of its own.
#[test]
fn a_client_that_can_verify_no_signature_of_the_server_s_is_told_so() {
    let site = Site::new();
    let acceptor = requiring(&Arc::new(site.verifier(POLICY))).build().unwrap();
    let clock = Clock::new();
    // The suites of a server with P-256 go with Ed25519, too.
    let verifies = AnyServer { schemes: vec![SignatureScheme::ED25519] };
    for version in VERSIONS {
        let mut client = Client::nobody(version, &clock);
        client.config.dangerous().set_certificate_verifier(Arc::new(verifies.clone()));
        let mut pair = Pair::new(&acceptor, &client, "server.example", &clock);
        assert_eq!(pair.talk(), Some(AlertDescription::HandshakeFailure), "{version:?}");
        assert_eq!(pair.server.refusal().map(Refusal::cause), Some(Cause::Protocol));
    }
}
