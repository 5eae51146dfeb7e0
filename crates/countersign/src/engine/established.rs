//! The records of a connection whose client is in.

use rustls::Error as TlsError;
use rustls::server::UnbufferedServerConnection;
use rustls::unbuffered::EncryptError;

use super::drive::{self, Driven, Stop, drive};
use super::output::Queue;
use super::records::begins_with_a_record;
use super::session::{Facts, Session};
use crate::limits;

/// A connection whose client is in.
pub(super) struct Established {
    pub(super) tls: Box<UnbufferedServerConnection>,
    pub(super) facts: Facts,
    pub(super) entry: usize,
    /// Input that rustls holds places in: part of a message in several records, which after a
    /// handshake hardly anyone sends. It must lie still, also while plaintext is written, so it
    /// lies here.
    pub(super) held: Vec<u8>,
    pub(super) peer_closed: bool,
    pub(super) closing: bool,
}

impl Established {
    pub(super) fn session(&self) -> Session<'_> {
        Session { facts: &self.facts, tls: &self.tls }
    }

    /// Lets rustls work on `input`; returns how much of it is done with. What comes after the
    /// peer's close_notify is dropped.
    pub(super) fn process(
        &mut self,
        input: &mut [u8],
        output: &mut Queue,
        plaintext: &mut Queue,
    ) -> (usize, Result<Stop, TlsError>) {
        if !self.held.is_empty() {
            self.held.extend_from_slice(input);
            return (input.len(), self.process_held(output, plaintext));
        }
        let driven = drive(&mut self.tls, input, output, plaintext);
        self.peer_closed |= driven.peer_closed;
        let rest = &input[driven.used..];
        if self.peer_closed {
            return (input.len(), driven.stop);
        }
        let held = self.hold(&driven, rest);
        (driven.used + held, driven.stop)
    }

    /// Keeps what rustls holds of `rest`, the input behind what it used: whole records that are
    /// neither done with nor behind plaintext. Returns how many bytes were kept.
    pub(super) fn hold(&mut self, driven: &Driven, rest: &[u8]) -> usize {
        if driven.stop != Ok(Stop::Traffic) || !begins_with_a_record(rest) {
            return 0;
        }
        self.held = rest.to_vec();
        rest.len()
    }

    /// Lets rustls work on what is held, as far as it goes: what is left is a part of something.
    fn process_held(
        &mut self,
        output: &mut Queue,
        plaintext: &mut Queue,
    ) -> Result<Stop, TlsError> {
        let mut used = 0;
        let stop = loop {
            let driven = drive(&mut self.tls, &mut self.held[used..], output, plaintext);
            self.peer_closed |= driven.peer_closed;
            used += driven.used;
            if driven.stop != Ok(Stop::Plaintext) {
                break driven.stop;
            }
        };
        // Once, and not for each record: a peer may put a byte into each.
        self.held.drain(..used);
        if self.held.is_empty() || self.peer_closed {
            self.held = Vec::new();
        }
        if self.held.len() > limits::HANDSHAKE_BYTES {
            return Err(TlsError::General("a message that does not end".to_owned()));
        }
        stop
    }

    /// Encrypts `plaintext` to the end of `output`.
    pub(super) fn write(&mut self, plaintext: &[u8], output: &mut Queue) -> Result<(), TlsError> {
        // Records of 2^14 bytes, with 256 for header, nonce and tag of each.
        let mut room = plaintext.len() + 256 * plaintext.len().div_ceil(1 << 14);
        drive::send(&mut self.tls, &mut self.held, output, |mut traffic, output| {
            loop {
                match output.fill(room, |bytes| traffic.encrypt(plaintext, bytes)) {
                    Ok(_) => return Ok(()),
                    // A key update goes with it.
                    Err(EncryptError::InsufficientSize(needed)) if needed.required_size > room => {
                        room = needed.required_size;
                    }
                    Err(error) => return Err(TlsError::General(error.to_string())),
                }
            }
        })
    }

    /// Queues what rustls puts off until the next plaintext: the key update that it owes the peer
    /// for one of its own.
    pub(super) fn say_what_is_owed(&mut self, output: &mut Queue) -> Result<(), TlsError> {
        drive::send(&mut self.tls, &mut self.held, output, |mut traffic, _| {
            // Refused for want of room, once the update is queued.
            let _ = traffic.encrypt(&[0], &mut []);
            Ok(())
        })?;
        drive::send(&mut self.tls, &mut self.held, output, |_, _| Ok(()))
    }

    /// Queues close_notify.
    pub(super) fn close(&mut self, output: &mut Queue) -> Result<(), TlsError> {
        drive::close(&mut self.tls, &mut self.held, output)
    }
}
