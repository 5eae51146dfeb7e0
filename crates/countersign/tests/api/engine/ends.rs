//! How an established connection is read from, sent from and ended.

use std::io::{Read as _, Write as _};
use std::sync::Arc;

use countersign::Reason;
use countersign::engine::{Closed, State};

use super::pair::{Pair, VERSIONS, established, requiring};
use super::wire::{Record, content};
use crate::peer::{Client, Clock};
use crate::site::{BILLING, POLICY, Site};

#[test]
fn bytes_can_be_sent_and_read_where_they_lie() {
    for version in VERSIONS {
        let mut pair = established(version);
        pair.client.writer().write_all(b"who goes there").unwrap();
        let mut wire = pair.client_speaks();
        let now = pair.now();
        assert_eq!(pair.server.feed(&mut wire, now).used, wire.len());
        assert_eq!(pair.server.plaintext(), b"who goes there");
        pair.server.consume_plaintext(4);
        assert_eq!(pair.server.plaintext(), b"goes there");
        pair.server.consume_plaintext(usize::MAX);
        assert_eq!(pair.server.plaintext(), b"");

        assert_eq!(pair.server.write(b"a friend"), 8);
        let mut sent = Vec::new();
        while let [first, second, ..] = *pair.server.output() {
            sent.extend([first, second]);
            pair.server.consume_output(2);
        }
        sent.extend(pair.server.take_output());
        pair.client.read_tls(&mut &sent[..]).unwrap();
        pair.client.process_new_packets().unwrap();
        let mut heard = [0; 8];
        pair.client.reader().read_exact(&mut heard).unwrap();
        assert_eq!((&heard, pair.server.pending_output()), (b"a friend", 0));
    }
}

#[test]
fn the_session_is_known_for_as_long_as_there_is_something_to_read() {
    for version in VERSIONS {
        let mut pair = established(version);
        pair.client.writer().write_all(b"last words").unwrap();
        let mut wire = pair.client_speaks();
        let now = pair.now();
        let _ = pair.server.feed(&mut wire, now);
        pair.server.end_of_input(now);
        assert!(matches!(pair.server.state(), State::Closed(Closed::Truncated)));
        assert_eq!(pair.server.plaintext(), b"last words");
        assert_eq!(pair.server.session().unwrap().client(), Some("acme-billing"));
    }
}

#[test]
fn what_comes_behind_a_handshake_does_not_undo_it_however_it_arrives() {
    let site = Site::new();
    let (leaf, clock) = (site.leaf(BILLING), Clock::new());
    let verifier = Arc::new(site.verifier(POLICY));
    let acceptor = requiring(&verifier).build().unwrap();
    let nonsense = Record::new(content::APPLICATION_DATA, &[7; 40]).bytes();
    let overlong = [content::APPLICATION_DATA, 3, 3, 0xff, 0xff].to_vec();
    let unknown = Record::new(99, &[7; 40]).bytes();
    for version in VERSIONS {
        for behind in [&nonsense, &overlong, &unknown] {
            let [together, apart] = [true, false].map(|together| {
                let let_in = verifier.metrics().decisions(Reason::Allowed);
                let client = Client::nobody(version, &clock);
                let client = client.presenting(&site.chain(&leaf), &leaf.key);
                let mut pair = Pair::new(&acceptor, &client, "server.example", &clock);
                let hello = pair.client_speaks();
                pair.server_hears(&hello);
                pair.client_hears();
                let last = pair.client_speaks();
                if together {
                    pair.server_hears(&[&last[..], behind].concat());
                } else {
                    pair.server_hears(&last);
                    pair.server_hears(behind);
                }
                pair.client_hears();
                let State::Closed(Closed::Failed(why)) = pair.server.state() else {
                    panic!("{version:?} {behind:?} {:?}", pair.server.state());
                };
                let who = pair.server.session().unwrap().client().map(str::to_owned);
                let counted = verifier.metrics().decisions(Reason::Allowed) - let_in;
                (why.clone(), who, counted, pair.client_error)
            });
            assert_eq!(together, apart);
            assert_eq!((together.1.as_deref(), together.2), (Some("acme-billing"), 1));
        }
    }
}
