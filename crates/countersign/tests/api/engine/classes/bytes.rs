//! Classes 9 and 26: bytes at the wrong time, and the right bytes in pieces.

use std::io::Write as _;
use std::sync::Arc;

use countersign::engine::{Acceptor, Cause, Closed, State};
use rustls::SupportedProtocolVersion;

use super::super::pair::{Pair, VERSIONS, requiring};
use super::super::wire::{self, Record, content};
use crate::peer::{Client, Clock};
use crate::site::{BILLING, POLICY, Site};

const LINE: &[u8] = b"GET /secret HTTP/1.1\r\n\r\n";

/// A server, and a client that is approved there.
struct Scene {
    acceptor: Acceptor,
    client: Client,
    clock: Arc<Clock>,
}

impl Scene {
    fn new(version: &'static SupportedProtocolVersion) -> Self {
        let site = Site::new();
        let (leaf, clock) = (site.leaf(BILLING), Clock::new());
        let acceptor = requiring(&Arc::new(site.verifier(POLICY))).build().unwrap();
        let client = Client::nobody(version, &clock).presenting(&site.chain(&leaf), &leaf.key);
        Self { acceptor, client, clock }
    }

    fn pair(&self) -> Pair {
        Pair::new(&self.acceptor, &self.client, "server.example", &self.clock)
    }

    /// A handshake in which the client says its line as soon as it may. Of what it says, `change`
    /// lets the server hear something.
    fn run(&self, mut change: impl FnMut(usize, Vec<u8>) -> Vec<u8>) -> Pair {
        let mut pair = self.pair();
        let mut said = 0;
        // The line waits in the client until its handshake is complete.
        pair.client.writer().write_all(LINE).unwrap();
        pair.run_with(|bytes| {
            let before = said;
            said += bytes.len();
            change(before, bytes)
        });
        pair
    }

    /// How many bytes the client says: its hello, its handshake, and the line too.
    fn lengths(&self) -> (usize, usize, usize) {
        let mut said = Vec::new();
        let mut pair = self.pair();
        for line in [&b""[..], LINE] {
            pair.client.writer().write_all(line).unwrap();
            pair.run_with(|bytes| {
                said.push(bytes.len());
                bytes
            });
        }
        assert_eq!(pair.received, LINE);
        let all = said.iter().sum();
        (said[0], said[0] + said[1], all)
    }
}

#[test]
fn class_09_an_end_at_any_byte_lets_no_plaintext_out_before_the_client_is_in() {
    for version in VERSIONS {
        let scene = Scene::new(version);
        let (_, handshake, all) = scene.lengths();
        // Signatures differ in length by a few bytes from run to run.
        let slack = 8;
        for end in 0..all {
            let mut pair = scene.run(|before, mut bytes| {
                bytes.truncate(end.saturating_sub(before));
                bytes
            });
            let was_in = pair.is_established();
            pair.server.end_of_input(pair.now());
            match pair.server.state() {
                State::Refused(refusal) => {
                    assert!(!was_in && end <= handshake + slack, "{end}");
                    assert_eq!(refusal.cause(), Cause::Truncated, "{end}: {refusal}");
                    assert!(pair.received.is_empty(), "{end}");
                }
                State::Closed(Closed::Truncated) => {
                    assert!(was_in && end + slack >= handshake, "{end}");
                    assert!(pair.received.is_empty() || pair.received == LINE);
                }
                other => panic!("{end}: {other:?}"),
            }
            assert_eq!(pair.server.take_plaintext(), b"");
        }
    }
}

#[test]
fn class_09_garbage_at_any_byte_lets_no_plaintext_out_that_the_client_did_not_say() {
    for version in VERSIONS {
        let scene = Scene::new(version);
        let (_, _, all) = scene.lengths();
        for place in 0..all {
            for garbage in [&[0x17_u8, 3, 3, 0, 4, b'e', b'v', b'i', b'l'][..], &[0xff]] {
                let mut inserted = false;
                let mut pair = scene.pair();
                let mut said = 0;
                pair.client.writer().write_all(LINE).unwrap();
                let mut hear = |pair: &mut Pair| {
                    let mut bytes = pair.client_speaks();
                    let quiet = bytes.is_empty();
                    if (said..said + bytes.len()).contains(&place) && !inserted {
                        inserted = true;
                        bytes.splice(place - said..place - said, garbage.iter().copied());
                    }
                    said += bytes.len();
                    pair.server_hears(&bytes);
                    quiet
                };
                for _ in 0..4 {
                    // The client may fail by itself on an answer to what it did not say.
                    let quiet = hear(&mut pair);
                    if !pair.client_hears() && quiet {
                        break;
                    }
                }
                assert!(
                    pair.received.is_empty() || (pair.received == LINE),
                    "{place}: {:?}",
                    pair.received
                );
                if !pair.server.is_handshaking() && pair.server.refusal().is_some() {
                    assert!(pair.received.is_empty());
                }
                if let State::Established(session) = pair.server.state() {
                    assert_eq!(session.client(), Some("acme-billing"));
                }
            }
        }
    }
}

#[test]
fn class_09_data_in_front_of_any_handshake_record_is_refused() {
    for version in VERSIONS {
        let scene = Scene::new(version);
        let data = Record::new(content::APPLICATION_DATA, b"evil").bytes();
        let mut refused = 0;
        for place in 0..6 {
            let mut pair = scene.pair();
            pair.client.writer().write_all(LINE).unwrap();
            let mut heard = 0;
            for _ in 0..3 {
                for record in wire::records(&pair.client_speaks()) {
                    if heard == place && pair.server.is_handshaking() {
                        pair.server_hears(&data);
                        let refusal = pair.server.refusal().unwrap();
                        assert_eq!(refusal.cause(), Cause::Protocol, "{place}: {refusal}");
                        refused += 1;
                    }
                    heard += 1;
                    pair.server_hears(&record.bytes());
                }
                pair.client_hears();
            }
            assert_eq!(pair.received.is_empty(), pair.server.refusal().is_some());
        }
        // In front of the hello, of what follows it, and of the Finished at least.
        assert!(refused >= 3, "{refused}");
    }
}

#[test]
fn class_26_a_hello_cut_into_two_records_at_any_byte_is_the_same_hello() {
    for version in VERSIONS {
        let scene = Scene::new(version);
        let (hello, _, _) = scene.lengths();
        for cut in 1..hello - 5 {
            let pair = scene.run(|before, bytes| {
                if before > 0 {
                    return bytes;
                }
                let message = &wire::records(&bytes)[0].body;
                let (front, back) = message.split_at(cut);
                let pieces = [front, back].map(|p| Record::new(content::HANDSHAKE, p).bytes());
                pieces.concat()
            });
            assert_eq!(pair.received, LINE, "cut at {cut}");
            let session = pair.server.session().unwrap();
            assert_eq!(session.client(), Some("acme-billing"));
            assert_eq!(session.server_name(), Some("server.example"));
        }
    }
}

#[test]
fn class_26_however_bytes_arrive_the_outcome_is_the_same() {
    for version in VERSIONS {
        let scene = Scene::new(version);
        for record in [1, 7, 1 << 14] {
            for piece in [1, 2, 3, 100, usize::MAX] {
                let mut pair = scene.pair();
                pair.piece = piece;
                pair.client.writer().write_all(LINE).unwrap();
                let mut first = true;
                pair.run_with(|bytes| {
                    if !core::mem::take(&mut first) {
                        return bytes;
                    }
                    wire::handshake_records(&wire::records(&bytes)[0].body, record)
                });
                assert_eq!(pair.received, LINE, "records of {record}, arrivals of {piece}");
                assert_eq!(pair.server.session().unwrap().client(), Some("acme-billing"));
            }
        }
    }
}

#[test]
fn class_26_a_hello_in_two_arrivals_at_any_byte_is_the_same_hello() {
    for version in VERSIONS {
        let scene = Scene::new(version);
        let (hello, _, _) = scene.lengths();
        for cut in 1..hello {
            let mut pair = scene.pair();
            let bytes = pair.client_speaks();
            let (front, back) = bytes.split_at(cut);
            pair.server_hears(front);
            assert!(matches!(pair.server.state(), State::Accepting), "{cut}");
            assert_eq!(pair.server.pending_output(), 0);
            pair.server_hears(back);
            assert!(matches!(pair.server.state(), State::Negotiating), "{cut}");
            assert_eq!(pair.talk(), None);
        }
    }
}
