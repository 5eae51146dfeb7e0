//! What happens to a connection.

use std::io::{Read as _, Write as _};

use rustls::{AlertDescription, Error};

use super::invariants::{self, Stage};
use super::operation::{Operation, Tampering};
use super::pair::{Pair, client_of};
use super::scene::Scene;
use super::wire::tamper;
use crate::engine::{Cause, Connection, Refusal, WaitsFor};

impl Pair {
    pub(super) fn perform(&mut self, operation: Operation<'_>, other: &[u8], scene: &Scene<'_>) {
        match operation {
            Operation::Run => self.run(scene),
            Operation::Deliver(bytes) => {
                self.arrive(bytes);
                self.feed(false, scene);
            }
            Operation::DeliverBut(bytes) => {
                self.arrive(self.wire.len().saturating_sub(bytes));
                self.feed(false, scene);
            }
            Operation::Answer(bytes) => self.answer(bytes, scene),
            Operation::Tamper(tampering) => self.tamper(tampering, other),
            Operation::EndOfInput => {
                self.input_ended = true;
                self.note(scene);
                self.serve(scene, |server| server.end_of_input(scene.now()));
            }
            Operation::Advance(_) => {
                self.serve(scene, |server| server.handle_timeout(scene.now()));
                invariants::lease(self, scene);
            }
            Operation::Jump(_) | Operation::Reload(_) => invariants::lease(self, scene),
            Operation::Write(length) => self.write(length, scene),
            Operation::Read(most) => {
                self.read(most, scene);
                self.feed(false, scene);
            }
            Operation::Close => {
                self.server_closed = true;
                self.serve(scene, Connection::close);
            }
            Operation::ClientWrites(length) => self.client_writes(length, scene),
            Operation::ClientCloses => {
                // Before its handshake is over, rustls sends this alert in the clear.
                self.is_tampered |= self.client.is_handshaking();
                self.client_closed = true;
                self.client.send_close_notify();
                self.client_speaks();
            }
            Operation::ClientRenewsKeys => {
                // Not in TLS 1.2, and not yet in a handshake.
                drop(self.client.refresh_traffic_keys());
                self.client_speaks();
            }
            Operation::Connect(_) | Operation::Turn(_) => {}
        }
    }

    /// Lets the server do something, and looks at what came of it.
    fn serve<T>(&mut self, scene: &Scene<'_>, work: impl FnOnce(&mut Connection) -> T) -> T {
        let before = (Stage::of(&self.server), self.server.pending_output());
        let result = work(&mut self.server);
        invariants::after(self, before.0, before.1, scene);
        result
    }

    fn note(&mut self, scene: &Scene<'_>) {
        let instant = scene.instant();
        if self.server.is_handshaking() && self.instants.last() != Some(&instant) {
            self.instants.push(instant);
        }
    }

    fn arrive(&mut self, bytes: usize) {
        let bytes = bytes.min(self.wire.len());
        self.input.extend(self.wire.drain(..bytes));
    }

    /// Gives the server its input until it wants something else.
    fn feed(&mut self, reads: bool, scene: &Scene<'_>) {
        loop {
            self.note(scene);
            let mut input = core::mem::take(&mut self.input);
            let progress = self.serve(scene, |server| server.feed(&mut input, scene.now()));
            assert!(progress.used <= input.len(), "more used than there is");
            input.drain(..progress.used);
            self.input = input;
            match progress.waits_for {
                WaitsFor::Read => {
                    if !reads {
                        return;
                    }
                    assert!(self.read(usize::MAX, scene) > 0, "it waits for nobody knows what");
                }
                waits_for => {
                    invariants::waiting(self, waits_for, self.input.len());
                    if waits_for == WaitsFor::Input && progress.used == 0 {
                        return;
                    }
                    if waits_for != WaitsFor::Input {
                        return;
                    }
                }
            }
        }
    }

    /// Reads what there is in buffers of so many bytes; all at once where that is nothing.
    fn read(&mut self, most: usize, scene: &Scene<'_>) -> usize {
        let mut read = 0;
        loop {
            let bytes = self.serve(scene, |server| {
                if most >= 1 << 16 {
                    return server.take_plaintext();
                }
                let mut buffer = vec![0; most.max(1)];
                let length = server.read(&mut buffer);
                buffer.truncate(length);
                buffer
            });
            if bytes.is_empty() {
                return read;
            }
            read += bytes.len();
            let next = self.tally.received;
            assert!(next + bytes.len() <= self.client_wrote, "more than the client wrote");
            assert!(bytes == text(CLIENT, next, bytes.len()), "not what the client wrote");
            self.tally.received += bytes.len();
        }
    }

    fn write(&mut self, length: usize, scene: &Scene<'_>) {
        let plaintext = text(SERVER, self.server_wrote, length);
        let taken = self.serve(scene, |server| server.write(&plaintext));
        let may = Stage::of(&self.server) == Stage::Established && !self.server_closed;
        assert!(taken <= length && (may || taken == 0), "plaintext to somebody who is not in");
        self.server_wrote += taken;
    }

    fn answer(&mut self, bytes: usize, scene: &Scene<'_>) {
        let mut buffer = vec![0; bytes];
        let length = self.serve(scene, |server| server.poll_output(&mut buffer));
        self.client_hears(&buffer[..length], scene);
    }

    /// Carries bytes both ways until neither end has more to say.
    fn run(&mut self, scene: &Scene<'_>) {
        const MOST_ROUNDS: usize = 1_000;
        for round in 0.. {
            assert!(round < MOST_ROUNDS, "two ends that do not come to an end");
            let waiting = self.input.len() + self.wire.len();
            self.arrive(usize::MAX);
            self.feed(true, scene);
            let output = self.serve(scene, Connection::take_output);
            self.client_hears(&output, scene);
            if output.is_empty() && self.wire.is_empty() && self.input.len() == waiting {
                break;
            }
        }
        assert!(self.output.is_whole(), "half a record, and nothing behind it");
        if !self.is_tampered {
            self.has_come_to_an_end();
        }
    }

    /// When nobody was in the way, each end has what the other said.
    fn has_come_to_an_end(&self) {
        assert!(!self.server.is_handshaking(), "both ends wait: {:?}", self.server.state());
        if Stage::of(&self.server) == Stage::Established {
            assert_eq!(self.client_error, None, "the server says yes and the client no");
            assert_eq!(self.tally.received, self.client_wrote, "not all arrived");
            assert_eq!(self.client_read, self.server_wrote, "not all came back");
        }
        if self.is_refused_at_the_end() {
            return;
        }
        let refusal = self.server.refusal();
        let told = match &self.client_error {
            Some(Error::AlertReceived(alert)) => Some(u8::from(*alert)),
            Some(other) => panic!("the client failed by itself: {other}"),
            None => None,
        };
        let alert = refusal.and_then(Refusal::alert);
        if let Some(alert) = alert {
            assert_eq!(told, Some(alert.code()), "the client was told something else");
        } else {
            assert!(told.is_none_or(|told| told == u8::from(AlertDescription::CloseNotify)));
        }
    }

    /// Refused at the very end, with the last flight withheld: what says goodbye is encrypted as if
    /// that flight had gone before, and the client cannot read it.
    fn is_refused_at_the_end(&self) -> bool {
        let refusal = self.server.refusal();
        refusal.is_some_and(|r| r.cause() == Cause::Denied && r.alert().is_none())
    }

    fn tamper(&mut self, tampering: Tampering<'_>, other: &[u8]) {
        let is_first = self.wire.len() == self.said.len();
        // A hello may come in as many records as it likes.
        let is_harmless = is_first
            && !self.is_tampered
            && matches!(tampering, Tampering::Split { .. })
            && Stage::of(&self.server) == Stage::Accepting;
        let changed = tamper(&mut self.wire, tampering, other);
        if is_harmless && changed {
            self.wire.clone_into(&mut self.said);
        }
        self.is_tampered |= changed && !is_harmless;
    }

    fn client_writes(&mut self, length: usize, scene: &Scene<'_>) {
        if self.client_closed || self.client_error.is_some() {
            return;
        }
        self.client_at_work(scene);
        let plaintext = text(CLIENT, self.client_wrote, length);
        self.client_wrote += self.client.writer().write(&plaintext).unwrap_or(0);
        self.client_speaks();
    }

    fn client_hears(&mut self, mut bytes: &[u8], scene: &Scene<'_>) {
        self.output.see(bytes);
        if self.is_refused_at_the_end() {
            // A client of rustls' that has closed asserts that it reads no such thing.
            return;
        }
        self.client_at_work(scene);
        while !bytes.is_empty() && self.client_error.is_none() {
            if self.client.read_tls(&mut bytes).unwrap_or(0) == 0 {
                break;
            }
            if let Err(error) = self.client.process_new_packets() {
                self.client_error = Some(error);
            }
            let mut plaintext = Vec::new();
            // What says that nothing is there yet is no failure.
            drop(self.client.reader().read_to_end(&mut plaintext));
            assert!(plaintext == text(SERVER, self.client_read, plaintext.len()));
            self.client_read += plaintext.len();
        }
        self.client_speaks();
    }

    /// Sets the wallet up for this client.
    fn client_at_work(&self, scene: &Scene<'_>) {
        let mut wallet = client_of(scene, self.visit).wallet.lock();
        wallet.unix = scene.unix;
        wallet.shows = scene.site.guests[self.visit.guest].clone();
        wallet.mint = invariants::worth(self);
        wallet.discards = self.is_unseen;
    }
}

const CLIENT: usize = 1;
const SERVER: usize = 2;

/// What either end writes: bytes that say whose they are and where they belong.
fn text(whose: usize, start: usize, length: usize) -> Vec<u8> {
    (start..start + length).map(|place| (place * 7 + place / 251 + whose * 101) as u8).collect()
}
