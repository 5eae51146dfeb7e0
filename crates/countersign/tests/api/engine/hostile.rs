//! Peers that break the rules once they are in, or nearly.

use std::sync::Arc;

use countersign::Reason;
use countersign::engine::{
    Acceptor, Alert, Cause, Closed, Entry, Refusal, Resumption, State, TicketKeys,
};
use countersign_testkit::AnyServer;
use rustls::version::{TLS12, TLS13};
use rustls::{AlertDescription, NamedGroup, SignatureScheme};

use super::pair::{Pair, VERSIONS, credential, established, requiring};
use super::wire::{self, Record, content, handshake};
use crate::peer::{Client, Clock};
use crate::site::{BILLING, POLICY, Site};

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

/// rustls refuses these without a word. As long as nothing is encrypted, we have one.
#[test]
fn a_handshake_that_is_broken_off_is_broken_off_with_an_alert_while_it_is_in_plaintext() {
    let site = Site::new();
    let acceptor = Acceptor::builder()
        .default_entry(Entry::optional(credential(), Arc::new(site.verifier(POLICY))))
        .build()
        .unwrap();
    let clock = Clock::new();
    let half = [handshake::CLIENT_KEY_EXCHANGE, 0, 0, 66, 65, 4];
    let empty = Record::new(content::HANDSHAKE, &[]).bytes();
    let warning = Record::new(content::ALERT, &[1, 90]).bytes();
    let empty_key = [handshake::CLIENT_KEY_EXCHANGE, 0, 0, 1, 0];
    let certificate = wire::message(handshake::CERTIFICATE, &[0, 0, 0]);
    let empty_key = wire::handshake_records(&[&certificate[..], &empty_key].concat(), 100);
    let split_by_another_type = [
        Record::new(content::HANDSHAKE, &half).bytes(),
        Record::new(content::CHANGE_CIPHER_SPEC, &[1]).bytes(),
    ];
    for version in VERSIONS {
        for (bad, alert) in [
            (&split_by_another_type.concat(), Alert::UNEXPECTED_MESSAGE),
            (&warning.repeat(40), Alert::UNEXPECTED_MESSAGE),
            (&empty_key, Alert::DECODE_ERROR),
            // Of this rustls itself says something.
            (&empty.repeat(40), Alert::DECODE_ERROR),
        ] {
            for piece in [1, usize::MAX] {
                let client = Client::nobody(version, &clock);
                let mut pair = Pair::new(&acceptor, &client, "server.example", &clock);
                let hello = pair.client_speaks();
                pair.server_hears(&hello);
                assert!(!pair.server.take_output().is_empty());
                pair.piece = piece;
                pair.server_hears(bad);
                let cause = pair.server.refusal().map(Refusal::cause);
                assert_eq!(cause, Some(Cause::Protocol), "{bad:?}");
                let said = wire::records(&pair.server.take_output());
                if version.version == TLS12.version {
                    assert_eq!(said, [Record::new(content::ALERT, &[2, alert.code()])], "{bad:?}");
                } else {
                    // The peer takes nothing in plaintext any more.
                    assert!(said.iter().all(|record| record.kind != content::ALERT), "{said:?}");
                }
            }
        }
    }
}

#[test]
fn behind_the_finished_of_a_session_that_resumes_nothing_is_said_in_plaintext() {
    let site = Site::new();
    let tickets = Resumption::tickets(Arc::new(TicketKeys::per_process().unwrap()));
    let builder = requiring(&Arc::new(site.verifier(POLICY))).resumption(tickets);
    let (acceptor, clock, leaf) = (builder.build().unwrap(), Clock::new(), site.leaf(BILLING));
    let client =
        Client::nobody(&TLS12, &clock).presenting(&site.chain(&leaf), &leaf.key).with_one_drawer();
    assert_eq!(Pair::new(&acceptor, &client, "server.example", &clock).talk(), None);
    let mut pair = Pair::new(&acceptor, &client, "server.example", &clock);
    let hello = pair.client_speaks();
    pair.server_hears(&hello);
    let flight = wire::records(&pair.server.take_output());
    assert_eq!(flight.iter().filter(|r| r.kind == content::CHANGE_CIPHER_SPEC).count(), 1);
    pair.server_hears(&Record::new(content::ALERT, &[1, 90]).bytes().repeat(40));
    assert_eq!(pair.server.refusal().map(Refusal::cause), Some(Cause::Protocol));
    assert_eq!(pair.server.pending_output(), 0);
}

#[test]
fn a_client_that_asks_for_another_server_when_it_tries_again_is_told_that_this_is_illegal() {
    let site = Site::new();
    let only = [u16::from(NamedGroup::secp384r1)];
    let builder = requiring(&Arc::new(site.verifier(POLICY))).key_exchanges(only);
    let (acceptor, clock) = (builder.build().unwrap(), Clock::new());
    let mut pair = Pair::new(&acceptor, &Client::nobody(&TLS13, &clock), "server.example", &clock);
    let hello = pair.client_speaks();
    pair.server_hears(&hello);
    assert!(pair.client_hears(), "no retry was asked for");
    let mut again = pair.client_speaks();
    let at = again.windows(14).position(|text| text == b"server.example").unwrap();
    again[at..at + 14].copy_from_slice(b"server.elsewhe");
    pair.server_hears(&again);
    let refusal = pair.server.refusal().expect("it is refused");
    assert_eq!(
        (refusal.cause(), refusal.alert()),
        (Cause::Protocol, Some(Alert::ILLEGAL_PARAMETER))
    );
    assert_eq!(pair.server.take_output(), [21, 3, 3, 0, 2, 2, 47]);
}

/// rustls fails at a record that does not decrypt each time it is shown it, and says so each time.
#[test]
fn a_client_that_is_denied_at_the_very_end_hears_one_alert_whatever_comes_behind() {
    let nonsense = Record::new(content::APPLICATION_DATA, &[7; 40]).bytes();
    for version in VERSIONS {
        let site = Site::new();
        let (leaf, clock) = (site.leaf(BILLING), Clock::new());
        let verifier = Arc::new(site.verifier(POLICY));
        let acceptor = requiring(&verifier).build().unwrap();
        let mut client = Client::nobody(version, &clock);
        client.config.max_fragment_size = Some(100);
        let client = client.presenting(&site.chain(&leaf), &leaf.key);
        let mut pair = Pair::new(&acceptor, &client, "server.example", &clock);
        let hello = pair.client_speaks();
        pair.server_hears(&hello);
        pair.client_hears();
        let last = wire::records(&pair.client_speaks());
        let (finished, before) = last.split_last().unwrap();
        before.iter().for_each(|record| pair.server_hears(&record.bytes()));
        site.verifier(&POLICY.replace(BILLING, "spiffe://acme.example/gone"));
        verifier.reload().unwrap();
        assert!(pair.server.is_handshaking());
        pair.server_hears(&[finished.bytes(), nonsense.clone()].concat());
        let refusal = pair.server.refusal().expect("it is refused");
        assert_eq!((refusal.cause(), refusal.reason()), (Cause::Denied, Some(Reason::NotListed)));
        assert!(pair.server.session().is_none());
        pair.client_hears();
        assert_eq!(pair.seen(), Some(AlertDescription::BadRecordMac), "{version:?}");
    }
}
