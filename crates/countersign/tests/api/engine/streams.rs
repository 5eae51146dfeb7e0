//! Plaintext both ways, and how it ends.

use std::io::{Read as _, Write as _};
use std::sync::Arc;

use countersign::engine::{Closed, Connection, State, WaitsFor};
use countersign::limits;
use rustls::SupportedProtocolVersion;
use rustls::version::TLS13;

use super::pair::{Pair, VERSIONS, moment, requiring};
use super::protection::Protection;
use super::wire::{self, content, handshake};
use crate::peer::{Client, Clock};
use crate::site::{BILLING, POLICY, Site};

/// An established connection of an approved client.
fn established(version: &'static SupportedProtocolVersion) -> Pair {
    let site = Site::new();
    let (leaf, clock) = (site.leaf(BILLING), Clock::new());
    let acceptor = requiring(&Arc::new(site.verifier(POLICY))).build().unwrap();
    let mut client = Client::nobody(version, &clock).presenting(&site.chain(&leaf), &leaf.key);
    client.config.enable_secret_extraction = true;
    let mut pair = Pair::new(&acceptor, &client, "server.example", &clock);
    assert_eq!(pair.talk(), None);
    pair.received.clear();
    pair.answered.clear();
    pair
}

/// Numbers that look random and are the same in every run (xorshift).
struct Dice(u64);

impl Dice {
    fn below(&mut self, most: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % most as u64).unwrap()
    }

    fn bytes(&mut self, count: usize) -> Vec<u8> {
        (0..count).map(|_| u8::try_from(self.below(256)).unwrap()).collect()
    }
}

const MEGABYTE: usize = 1 << 20;

#[test]
fn a_megabyte_each_way_arrives_as_it_was_sent() {
    for version in VERSIONS {
        let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
        let mut pair = established(version);
        let (up, down) = (dice.bytes(MEGABYTE), dice.bytes(MEGABYTE));
        let (mut sent_up, mut sent_down) = (0, 0);
        while pair.received.len() < MEGABYTE || pair.answered.len() < MEGABYTE {
            let most = 1 + dice.below(40_000);
            let piece = &up[sent_up..MEGABYTE.min(sent_up + most)];
            sent_up += pair.client.writer().write(piece).unwrap();
            let most = 1 + dice.below(90_000);
            sent_down += pair.server.write(&down[sent_down..MEGABYTE.min(sent_down + most)]);
            pair.piece = 1 + dice.below(30_000);
            let wire = pair.client_speaks();
            pair.server_hears(&wire);
            if dice.below(3) > 0 {
                pair.client_hears();
            }
        }
        assert!(pair.received == up, "what went up is another");
        assert!(pair.answered == down, "what went down is another");
        assert_eq!((sent_up, sent_down), (MEGABYTE, MEGABYTE));
    }
}

#[test]
fn output_that_nobody_takes_stops_the_writer_and_then_the_reader() {
    for version in VERSIONS {
        let mut pair = established(version);
        let mut written = 0;
        loop {
            match pair.server.write(&[1; 10_000]) {
                0 => break,
                length => written += length,
            }
            assert!(pair.server.pending_output() < limits::OUTPUT_BYTES + 2_048);
        }
        assert!((limits::OUTPUT_BYTES - 2_048..=limits::OUTPUT_BYTES).contains(&written));
        pair.client.writer().write_all(b"more").unwrap();
        let wire = pair.client_speaks();
        let progress = pair.server.feed(&mut wire.clone(), moment(&pair.clock));
        assert_eq!((progress.used, progress.waits_for), (0, WaitsFor::Send));
        let mut small = [0; 1_000];
        assert_eq!(pair.server.poll_output(&mut small), 1_000);
        pair.client.read_tls(&mut &small[..]).unwrap();
        pair.client.process_new_packets().unwrap();
        pair.server_hears(&wire);
        assert_eq!(pair.received, b"more");
        while pair.client_hears() {}
        assert_eq!(pair.answered, vec![1; written]);
    }
}

#[test]
fn plaintext_that_nobody_reads_stops_the_input() {
    for version in VERSIONS {
        let mut pair = established(version);
        pair.client.writer().write_all(&[7; 40_000]).unwrap();
        let mut wire = pair.client_speaks();
        let first = pair.server.feed(&mut wire, moment(&pair.clock));
        assert_eq!(first.waits_for, WaitsFor::Read);
        assert!(first.used < wire.len());
        wire.drain(..first.used);
        let again = pair.server.feed(&mut wire, moment(&pair.clock));
        assert_eq!((again.used, again.waits_for), (0, WaitsFor::Read));
        let mut little = [0; 100];
        assert_eq!(pair.server.read(&mut little), 100);
        assert_eq!(pair.server.feed(&mut wire, moment(&pair.clock)).used, 0);
        let rest = pair.server.take_plaintext().len();
        assert_eq!(rest, 16_384 - 100);
        pair.server_hears(&wire);
        assert_eq!(pair.received.len(), 40_000 - 16_384);
    }
}

#[test]
fn nothing_is_written_before_the_client_is_in() {
    let site = Site::new();
    let (leaf, clock) = (site.leaf(BILLING), Clock::new());
    let acceptor = requiring(&Arc::new(site.verifier(POLICY))).build().unwrap();
    for version in VERSIONS {
        let client = Client::nobody(version, &clock).presenting(&site.chain(&leaf), &leaf.key);
        let mut pair = Pair::new(&acceptor, &client, "server.example", &clock);
        assert_eq!((pair.server.write(b"early"), pair.server.pending_output()), (0, 0));
        let hello = pair.client_speaks();
        pair.server_hears(&hello);
        let answered = pair.server.pending_output();
        assert_eq!(pair.server.write(b"early"), 0);
        assert_eq!(pair.server.pending_output(), answered);
        assert_eq!(pair.talk(), None);
    }
}

fn ended(server: &Connection) -> Option<&Closed> {
    match server.state() {
        State::Closed(closed) => Some(closed),
        _ => None,
    }
}

#[test]
fn a_peer_that_closes_can_still_be_written_to() {
    for version in VERSIONS {
        let mut pair = established(version);
        pair.client.writer().write_all(b"last words").unwrap();
        pair.client.send_close_notify();
        let wire = pair.client_speaks();
        pair.server_hears(&wire);
        assert_eq!(pair.received, b"last words");
        assert!(pair.server.peer_has_closed() && pair.is_established());
        // The peer's bytes may end now.
        pair.server.end_of_input(pair.now());
        assert!(pair.is_established());
        assert_eq!(pair.server.write(b"and mine"), 8);
        pair.server.close();
        assert_eq!(ended(&pair.server), Some(&Closed::Cleanly));
        assert_eq!(pair.server.write(b"too late"), 0);
        pair.client_hears();
        assert_eq!(pair.answered, b"and mine");
        assert_eq!(pair.client.reader().read(&mut [0]).unwrap(), 0, "not closed");
    }
}

#[test]
fn a_connection_closed_from_this_side_can_still_be_read_from() {
    for version in VERSIONS {
        let mut pair = established(version);
        assert_eq!(pair.server.write(b"goodbye"), 7);
        pair.server.close();
        assert_eq!(pair.server.write(b"more"), 0);
        assert!(pair.is_established() && !pair.server.peer_has_closed());
        pair.client.writer().write_all(b"last words").unwrap();
        let wire = pair.client_speaks();
        pair.server_hears(&wire);
        assert_eq!(pair.received, b"last words");
        pair.client_hears();
        assert_eq!(pair.answered, b"goodbye");
        assert_eq!(pair.client.reader().read(&mut [0]).unwrap(), 0, "not closed");
        pair.client.send_close_notify();
        let wire = pair.client_speaks();
        pair.server_hears(&wire);
        assert_eq!(ended(&pair.server), Some(&Closed::Cleanly));
    }
}

#[test]
fn bytes_that_end_without_a_word_are_a_truncation() {
    for version in VERSIONS {
        let mut pair = established(version);
        pair.client.writer().write_all(b"half of it").unwrap();
        let wire = pair.client_speaks();
        pair.server_hears(&wire[..wire.len() - 1]);
        assert!(pair.received.is_empty());
        pair.server.end_of_input(pair.now());
        assert_eq!(ended(&pair.server), Some(&Closed::Truncated));
        assert!(!pair.server.peer_has_closed());
        assert_eq!(pair.server.take_plaintext(), b"");
        let mut last = wire[wire.len() - 1..].to_vec();
        assert_eq!(pair.server.feed(&mut last, moment(&pair.clock)).used, 1);
        assert_eq!(pair.server.take_plaintext(), b"");
    }
}

#[test]
fn a_record_that_was_changed_ends_the_connection() {
    for version in VERSIONS {
        let mut pair = established(version);
        pair.client.writer().write_all(b"words").unwrap();
        let mut wire = pair.client_speaks();
        *wire.last_mut().unwrap() ^= 1;
        pair.server_hears(&wire);
        assert!(matches!(ended(&pair.server), Some(Closed::Failed(_))));
        assert!(pair.received.is_empty() && pair.server.take_plaintext().is_empty());
        pair.client_hears();
        assert_eq!(pair.seen(), Some(rustls::AlertDescription::BadRecordMac));
    }
}

#[test]
fn a_client_that_changes_its_keys_is_still_understood_and_answered() {
    let mut pair = established(&TLS13);
    for round in 0..5_u8 {
        pair.client.refresh_traffic_keys().unwrap();
        pair.received.clear();
        pair.client.writer().write_all(&[round; 100]).unwrap();
        let wire = pair.client_speaks();
        pair.server_hears(&wire);
        assert_eq!(pair.received, [round; 100]);
        assert_eq!(pair.server.write(&[round; 50]), 50);
        pair.answered.clear();
        pair.client_hears();
        assert_eq!(pair.answered, [round; 50]);
    }
}

#[test]
fn a_key_update_in_two_records_is_held_until_it_is_whole() {
    // update_requested: the answer goes out under a new key, and says so first.
    let update = wire::message(handshake::KEY_UPDATE, &[1]);
    for cut in 1..update.len() {
        for writes in [false, true] {
            let Pair { mut server, client, clock, .. } = established(&TLS13);
            let mut protection = Protection::of_client(client);
            let (front, back) = update.split_at(cut);
            let mut records = protection.seal(content::HANDSHAKE, front);
            let progress = server.feed(&mut records, moment(&clock));
            assert_eq!((progress.used, progress.waits_for), (records.len(), WaitsFor::Input));
            if writes {
                assert_eq!(server.write(b"meanwhile"), 9, "cut at {cut}");
                assert_eq!(wire::records(&server.take_output()).len(), 1);
            }
            let mut records = protection.seal(content::HANDSHAKE, back);
            let progress = server.feed(&mut records, moment(&clock));
            assert_eq!(progress.used, records.len());
            assert!(matches!(server.state(), State::Established(_)), "cut at {cut}");
            assert_eq!(server.write(b"after"), 5);
            assert_eq!(wire::records(&server.take_output()).len(), 2, "cut at {cut}");
        }
    }
}

#[test]
fn a_held_message_does_not_stop_a_close() {
    let update = wire::message(handshake::KEY_UPDATE, &[0]);
    let Pair { mut server, client, clock, .. } = established(&TLS13);
    let mut protection = Protection::of_client(client);
    let mut record = protection.seal(content::HANDSHAKE, &update[..2]);
    let _ = server.feed(&mut record, moment(&clock));
    server.close();
    assert_eq!(wire::records(&server.take_output()).len(), 1);
    let mut record = protection.seal(content::ALERT, &[1, 0]);
    let _ = server.feed(&mut record, moment(&clock));
    assert!(ended(&server).is_some());
    assert_eq!(server.write(b"too late"), 0);
}
