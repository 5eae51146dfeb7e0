//! What callers may do at any time, whatever the peer sends.

use std::sync::Arc;

use countersign::engine::{
    Acceptor, Cause, Closed, Entry, Refusal, Resumption, State, TicketKeys, WaitsFor,
};
use countersign::{ErrorKind, limits};
use rustls::version::{TLS12, TLS13};

use super::pair::{Pair, VERSIONS, credential, credential_behind, established, moment, requiring};
use super::stolen::{HANDSHAKE, seal, steal};
use crate::peer::{Client, Clock};
use crate::site::{BILLING, POLICY, Site};

fn tickets() -> Resumption {
    Resumption::tickets(Arc::new(TicketKeys::per_process().unwrap()))
}

/// rustls remembers places in its input until a message is complete. Where so much output waits
/// that no input is taken, the engine must remember as well, or give rustls nothing to remember.
#[test]
fn a_message_in_pieces_behind_the_handshake_does_not_panic_a_server_that_speaks_first() {
    let site = Site::new();
    let verifier = Arc::new(site.verifier(POLICY));
    // A server whose own chain all but fills what may wait; the tickets do the rest.
    let entry = Entry::required(credential_behind(&[0x5a; 62_000]), verifier);
    let builder = Acceptor::builder().default_entry(entry).resumption(tickets()).tickets(4);
    let acceptor = builder.build().unwrap();
    let (leaf, clock) = (site.leaf(BILLING), Clock::new());
    for closes in [false, true] {
        let mut client = Client::nobody(&TLS13, &clock).presenting(&site.chain(&leaf), &leaf.key);
        client.config.enable_secret_extraction = true;
        let mut pair = Pair::new(&acceptor, &client, "server.example", &clock);
        let hello = pair.client_speaks();
        pair.server_hears(&hello);
        // The flight reaches the client while the server still holds it: a write that was cut off.
        let said = pair.server.output().to_vec();
        pair.client_hears_of(&said);
        let mut flight = pair.client_speaks();
        let (sequence, keys) = steal(&mut pair, &client).tx;
        // The first three bytes of a KeyUpdate.
        flight.extend(seal(&keys, sequence, HANDSHAKE, &[24, 0, 0]));
        pair.server_hears(&flight);
        assert!(pair.is_established());
        assert!(pair.server.pending_output() > limits::OUTPUT_BYTES);
        if closes {
            pair.server.close();
        } else {
            let _ = pair.server.take_output();
            assert_eq!(pair.server.write(b"welcome"), 7);
        }
        assert!(pair.is_established());
    }
}

/// A record that does not decrypt, behind which there may be others.
fn garbage() -> Vec<u8> {
    [&[23, 3, 3, 0, 32][..], &[0x5a; 32]].concat()
}

#[test]
fn nothing_goes_out_after_close_notify_whatever_comes_in() {
    for version in VERSIONS {
        let mut pair = established(version);
        pair.server.close();
        assert!(!pair.server.take_output().is_empty());
        pair.server_hears(&garbage());
        assert_eq!(pair.server.pending_output(), 0, "{version:?}");
        assert!(matches!(pair.server.state(), State::Closed(Closed::Failed(_))));
    }
}

/// Anyone on the way can make a connection end, and only the peer can say that it has sent all.
#[test]
fn a_peer_that_is_cut_off_after_our_close_notify_has_not_closed() {
    for version in VERSIONS {
        let mut pair = established(version);
        pair.server.close();
        let _ = pair.server.take_output();
        let now = pair.now();
        pair.server.end_of_input(now);
        assert!(!pair.server.peer_has_closed(), "{version:?}");
        assert!(!matches!(pair.server.state(), State::Closed(Closed::Cleanly)), "{version:?}");
    }
}

/// A caller that lost count is refused, as everyone is for whom something does not agree.
#[test]
fn input_that_is_shorter_than_before_is_refused_and_does_not_panic() {
    let site = Site::new();
    let acceptor = requiring(&Arc::new(site.verifier(POLICY))).build().unwrap();
    let (leaf, clock) = (site.leaf(BILLING), Clock::new());
    let stranger = [0x5a; 20_000];
    let [own, ca] = site.chain(&leaf);
    let client = Client::nobody(&TLS13, &clock).presenting(&[own, ca, &stranger], &leaf.key);
    // The hello in two records, and a Certificate in two.
    let mut pair = Pair::new(&acceptor, &client, "server.example", &clock);
    let hello = pair.client_speaks();
    let half = (hello.len() - 5) / 2;
    let length = u16::try_from(half).unwrap().to_be_bytes();
    let first = [&[22, 3, 1, length[0], length[1]], &hello[5..][..half]].concat();
    let mut accepting = Pair::new(&acceptor, &client, "server.example", &clock);
    accepting.server_hears(&first);
    assert_eq!(accepting.server.feed(&mut [], moment(&clock)).used, 0);

    pair.server_hears(&hello);
    pair.client_hears();
    let flight = pair.client_speaks();
    pair.server_hears(&flight[..flight.len() - 1]);
    assert!(!pair.input.is_empty());
    assert_eq!(pair.server.feed(&mut [], moment(&clock)).used, 0);
}

/// See [`limits::HANDSHAKE_BYTES`] and `Connection::feed`: a full buffer must never wait for more.
#[test]
fn a_full_buffer_does_not_wait_for_more_input() {
    let site = Site::new();
    let acceptor = requiring(&Arc::new(site.verifier(POLICY))).build().unwrap();
    let clock = Clock::new();
    let client = Client::nobody(&TLS12, &clock);
    let mut pair = Pair::new(&acceptor, &client, "server.example", &clock);
    let hello = pair.client_speaks();
    pair.server_hears(&hello);
    // A Certificate of 65,535 bytes in records of 40, which takes more than the buffer has.
    let mut message = vec![11, 0, 0xff, 0xff];
    message.resize(limits::HANDSHAKE_BYTES, 0);
    let record = |piece: &[u8]| [&[22, 3, 3, 0, piece.len() as u8][..], piece].concat();
    let mut input: Vec<u8> = message.chunks(40).flat_map(record).collect();
    input.truncate(limits::HANDSHAKE_BYTES);
    let progress = pair.server.feed(&mut input, moment(&clock));
    assert!(progress.used > 0 || progress.waits_for != WaitsFor::Input, "{progress:?}");
    assert_eq!(pair.server.refusal().map(Refusal::cause), Some(Cause::TooMuch));
}

/// A client may ask for new keys at any time; what the server owes it for that must not be lost.
#[test]
fn keys_for_the_kernel_are_those_that_the_peer_expects() {
    let site = Site::new();
    let acceptor = requiring(&Arc::new(site.verifier(POLICY))).secret_export(true).build().unwrap();
    let (leaf, clock) = (site.leaf(BILLING), Clock::new());
    for asks in [false, true] {
        let client = Client::nobody(&TLS13, &clock).presenting(&site.chain(&leaf), &leaf.key);
        let mut pair = Pair::new(&acceptor, &client, "server.example", &clock);
        assert_eq!(pair.talk(), None);
        if asks {
            pair.client.refresh_traffic_keys().unwrap();
            let wire = pair.client_speaks();
            pair.server_hears(&wire);
        }
        let mut wire = pair.server.take_output();
        // An error would be as good: then the caller goes on without the kernel.
        let Ok((secrets, _)) = pair.server.into_kernel_tls() else { continue };
        let (sequence, keys) = secrets.tx;
        wire.extend(seal(&keys, sequence, super::stolen::APPLICATION_DATA, b"by the kernel"));
        let mut rest = &wire[..];
        while !rest.is_empty() {
            pair.client.read_tls(&mut rest).unwrap();
            pair.client.process_new_packets().unwrap_or_else(|e| panic!("asked: {asks}: {e}"));
        }
    }
}

/// The keys' next use would be a record behind close_notify.
#[test]
fn a_connection_that_was_closed_has_no_keys_to_give_away() {
    let site = Site::new();
    let acceptor = requiring(&Arc::new(site.verifier(POLICY))).secret_export(true).build().unwrap();
    let (leaf, clock) = (site.leaf(BILLING), Clock::new());
    for version in [&TLS12, &TLS13] {
        let client = Client::nobody(version, &clock).presenting(&site.chain(&leaf), &leaf.key);
        let mut pair = Pair::new(&acceptor, &client, "server.example", &clock);
        assert_eq!(pair.talk(), None);
        pair.server.close();
        let _ = pair.server.take_output();
        assert!(pair.server.into_kernel_tls().is_err(), "{version:?}");
    }
}

/// The second would silently take the place of the first, demands and all.
#[test]
fn two_default_entries_are_an_error() {
    let site = Site::new();
    let builder = requiring(&Arc::new(site.verifier(POLICY)));
    let error =
        builder.default_entry(Entry::without_client_auth(credential())).build().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Usage);
    assert!(error.to_string().contains("two default entries"), "{error}");
}
