//! How an established connection is read from, sent from and ended.

use std::io::{Read as _, Write as _};

use countersign::engine::{Closed, State};

use super::pair::{VERSIONS, established};

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
