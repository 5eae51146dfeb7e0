//! Class 33: no call without progress.

use std::io::Write as _;
use std::sync::{Arc, LazyLock};

use countersign::Moment;
use countersign::engine::{Acceptor, Connection, State, WaitsFor};
use countersign_testkit::forge::Key;
use proptest::prelude::*;

use super::super::pair::{Pair, VERSIONS, moment, requiring};
use crate::peer::{Client, Clock};
use crate::site::{BILLING, POLICY, Site};

/// Everything about a connection that a call can change: its state, what waits to be sent, and
/// whether the peer has closed.
fn observable(server: &Connection) -> (u8, usize, bool) {
    let state = match server.state() {
        State::Accepting => 0,
        State::Negotiating => 1,
        State::Established(_) => 2,
        State::Refused(_) => 3,
        State::Closed(_) => 4,
        _ => 5,
    };
    (state, server.pending_output(), server.peer_has_closed())
}

/// Feeds as a caller does, and counts the calls: each must use bytes, produce something, change
/// the state, or say what it waits for, and the same call again must then do nothing.
fn feed(server: &mut Connection, input: &mut Vec<u8>, now: Moment) -> (usize, Vec<u8>) {
    let (mut calls, mut plaintext) = (0, Vec::new());
    loop {
        calls += 1;
        let before = observable(server);
        let progress = server.feed(input, now);
        assert!(progress.used <= input.len());
        input.drain(..progress.used);
        let changed = observable(server) != before;
        let read = server.take_plaintext();
        let moved = progress.used > 0 || !read.is_empty() || changed;
        plaintext.extend(read);
        match progress.waits_for {
            WaitsFor::Read => assert!(moved, "waits for a read of nothing"),
            _ => {
                if !moved || input.is_empty() {
                    return (calls, plaintext);
                }
            }
        }
    }
}

/// A server, a chain that it lets in and the chain's key: one for all cases, because making one
/// takes longer than talking to it.
static SERVER: LazyLock<(Acceptor, [Vec<u8>; 2], Key)> = LazyLock::new(|| {
    let site = Site::new();
    let leaf = site.leaf(BILLING);
    let acceptor = requiring(&Arc::new(site.verifier(POLICY))).build().unwrap();
    (acceptor, site.chain(&leaf).map(<[u8]>::to_vec), leaf.key)
});

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    #[test]
    fn class_33_every_call_makes_progress_or_says_what_it_waits_for(
        tls13 in any::<bool>(),
        sizes in prop::collection::vec(1_usize..700, 1..40),
        flip in prop::option::of((0_usize..4_000, any::<u8>())),
        end in prop::option::of(0_usize..4_000),
        lines in prop::collection::vec(1_usize..40_000, 0..4),
    ) {
        let (acceptor, chain, key) = &*SERVER;
        let clock = Clock::new();
        let client = Client::nobody(VERSIONS[usize::from(tls13)], &clock)
            .presenting(&chain.each_ref().map(Vec::as_slice), key);
        let mut pair = Pair::new(acceptor, &client, "server.example", &clock);
        pair.client.set_buffer_limit(None);
        for length in &lines {
            pair.client.writer().write_all(&vec![7; *length]).unwrap();
        }
        let mut sizes = sizes.into_iter().cycle();
        let (mut said, mut input, mut received) = (0, Vec::new(), Vec::new());
        for _ in 0..6 {
            let mut wire = pair.client_speaks();
            if let Some((place, bits)) = flip && (said..said + wire.len()).contains(&place) {
                wire[place - said] ^= bits;
            }
            if let Some(end) = end {
                wire.truncate(end.saturating_sub(said));
            }
            said += wire.len();
            let mut rest = &wire[..];
            while !rest.is_empty() {
                let (piece, after) = rest.split_at(sizes.next().unwrap().min(rest.len()));
                input.extend_from_slice(piece);
                let held = input.len();
                let (calls, plaintext) = feed(&mut pair.server, &mut input, moment(&clock));
                // A record is 5 bytes at least, and each is worth two calls at most.
                prop_assert!(calls <= 2 + 2 * held.div_ceil(5), "{} calls for {}", calls, held);
                received.extend(plaintext);
                rest = after;
            }
            pair.client_hears();
        }
        pair.server.end_of_input(moment(&clock));
        let (calls, plaintext) = feed(&mut pair.server, &mut input, moment(&clock));
        prop_assert!(calls <= 2 && plaintext.is_empty());
        prop_assert!(received.len() <= lines.iter().sum());
        prop_assert!(received.iter().all(|byte| *byte == 7));
        prop_assert!(!pair.server.is_handshaking());
        let undisturbed = flip.is_none_or(|(_, bits)| bits == 0) && end.is_none();
        if undisturbed {
            prop_assert_eq!(received.len(), lines.iter().sum::<usize>());
        }
    }
}
