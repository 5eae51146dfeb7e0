//! The records of a connection whose client is in.

use rustls::Error as TlsError;
use rustls::server::UnbufferedServerConnection;
use rustls::unbuffered::EncryptError;

use super::drive::{self, Stop, drive};
use super::output::Queue;
use super::records::begins_with_a_record;
use super::session::{Facts, Session};
use crate::limits;

/// A connection whose client is in.
pub(super) struct Established {
    pub(super) tls: Box<UnbufferedServerConnection>,
    pub(super) facts: Facts,
    pub(super) entry: usize,
    /// Input that rustls holds places in: a handshake message in several records, which after a
    /// handshake hardly anyone sends. It must lie still, so it lies here.
    pub(super) held: Vec<u8>,
    pub(super) peer_closed: bool,
    pub(super) closing: bool,
}

impl Established {
    pub(super) fn session(&self) -> Session<'_> {
        Session { facts: &self.facts, tls: &self.tls }
    }

    /// Lets rustls work on `input`, or on what is held and `input` behind it.
    pub(super) fn process(
        &mut self,
        input: &mut [u8],
        output: &mut Queue,
        plaintext: &mut Queue,
    ) -> (usize, Result<Stop, TlsError>) {
        if self.held.is_empty() {
            let driven = drive(&mut self.tls, input, output, plaintext);
            self.peer_closed |= driven.peer_closed;
            let rest = &input[driven.used..];
            // Whole records that are neither done with nor behind plaintext: rustls holds them.
            if driven.stop != Ok(Stop::Traffic) || !begins_with_a_record(rest) {
                return (driven.used, driven.stop);
            }
            self.held = rest.to_vec();
            return (input.len(), driven.stop);
        }
        self.held.extend_from_slice(input);
        let driven = drive(&mut self.tls, &mut self.held, output, plaintext);
        self.peer_closed |= driven.peer_closed;
        self.held.drain(..driven.used);
        if self.held.is_empty() {
            self.held = Vec::new();
        }
        if driven.stop == Ok(Stop::Traffic) && self.held.len() > limits::HANDSHAKE_BYTES {
            let error = TlsError::General("a message that does not end".to_owned());
            return (input.len(), Err(error));
        }
        (input.len(), driven.stop)
    }

    /// Encrypts `plaintext` to the end of `output`.
    pub(super) fn write(
        &mut self,
        plaintext: &[u8],
        output: &mut Queue,
        received: &mut Queue,
    ) -> Result<(), TlsError> {
        self.settle(output, received)?;
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

    /// Queues close_notify.
    pub(super) fn close(
        &mut self,
        output: &mut Queue,
        received: &mut Queue,
    ) -> Result<(), TlsError> {
        self.settle(output, received)?;
        drive::close(&mut self.tls, &mut self.held, output)
    }

    /// Lets rustls see all that is held: it works on what it holds before it sends.
    fn settle(&mut self, output: &mut Queue, received: &mut Queue) -> Result<(), TlsError> {
        while !self.held.is_empty() {
            let (_, stop) = self.process(&mut [], output, received);
            if stop? != Stop::Plaintext {
                break;
            }
        }
        Ok(())
    }
}
