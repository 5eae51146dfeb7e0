//! Bytes of nobody in particular, straight into a connection.

use super::handshake::{Handshakes, Stage, Wellformed, no_plaintext_from_strangers};
use crate::clock::Moment;
use crate::engine::{Acceptor, Alert, Cause, Connection, WaitsFor};
use crate::limits;

/// Feeds a connection with what follows the first octet, all at once and in pieces as large as that
/// says: both times it waits or refuses, in the same way, and says so in records.
///
/// # Panics
/// Where something that must hold does not.
pub fn hello(site: &Handshakes, octets: &[u8]) {
    let Some((how, octets)) = octets.split_first() else { return };
    let (acceptor, piece) = (site.stranger_at(usize::from(how & 1)), how >> 1);
    let whole = feed(acceptor, octets, usize::MAX);
    let pieces = feed(acceptor, octets, usize::from(piece).max(1));
    // Beyond the limits it depends on the pieces which is noticed first.
    if octets.len() < usize::from(u8::MAX) * 32 {
        assert_eq!(whole, pieces, "in pieces of {piece}");
    }
}

/// What became of a connection.
#[derive(Debug, PartialEq, Eq)]
struct Outcome {
    stage: Stage,
    refusal: Option<(Cause, Option<Alert>, String)>,
}

fn feed(acceptor: &Acceptor, octets: &[u8], piece: usize) -> Outcome {
    let now = Moment::default();
    let mut server = acceptor.accept(now);
    let mut input = Vec::new();
    let mut records = Wellformed::new();
    for bytes in octets.chunks(piece) {
        let before = Stage::of(&server);
        input.extend_from_slice(bytes);
        loop {
            let progress = server.feed(&mut input, now);
            assert!(progress.used <= input.len(), "more used than there is");
            input.drain(..progress.used);
            match progress.waits_for {
                WaitsFor::Input if progress.used > 0 => {}
                WaitsFor::Input | WaitsFor::Nothing => break,
                other => panic!("it waits for {other:?}"),
            }
        }
        assert!(input.len() <= limits::HANDSHAKE_BYTES, "it waits for more than it may");
        no_plaintext_from_strangers(&mut server);
        assert_ne!(Stage::of(&server), Stage::Established, "in without a client");
        says(&mut server, before, &mut records);
    }
    assert!(records.is_whole(), "half a record, and nothing behind it");
    assert!(records.alerts() <= 1, "an alert behind another");
    Outcome {
        stage: Stage::of(&server),
        refusal: server.refusal().map(|r| (r.cause(), r.alert(), r.detail().to_owned())),
    }
}

/// What it says is records; the last of them is the alert of a refusal that has one.
fn says(server: &mut Connection, before: Stage, records: &mut Wellformed) {
    let output = server.take_output();
    records.see(&output);
    let Some(refusal) = server.refusal() else { return };
    // rustls has no error of its own for a client that takes none of the server's signatures.
    let is_internal = refusal.cause() == Cause::Internal;
    assert!(!is_internal || refusal.detail().contains("incompatible signing key"), "{refusal}");
    assert_ne!(refusal.cause(), Cause::Denied, "nobody was judged");
    if before == Stage::Refused {
        assert!(output.is_empty(), "it was over, and went on talking");
    }
    if let Some(alert) = refusal.alert()
        && before != Stage::Refused
        && refusal.cause() != Cause::UnknownServerName
    {
        assert!(alert.name().is_some(), "{alert}");
        assert!(output.ends_with(&[21, 3, 3, 0, 2, 2, alert.code()]), "{output:?}");
    }
    // Our reading of the name and rustls' are the same.
    assert_ne!(refusal.alert(), Some(Alert::ACCESS_DENIED), "{refusal}");
}
