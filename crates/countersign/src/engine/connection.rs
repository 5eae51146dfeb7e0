//! One connection, from the first byte to the last.

mod advance;

use core::time::Duration;
use std::sync::Arc;

use rustls::ExtractedSecrets;
use rustls::kernel::KernelConnection;
use rustls::server::ServerConnectionData;

use super::configuration::Configuration;
use super::established::Established;
use super::hello::HelloReader;
use super::lease::Lease;
use super::negotiation::Negotiation;
use super::output::Queue;
use super::records::RecordCounter;
use super::refusal::Refusal;
use super::session::Session;
use super::state::{Closed, Progress, State, WaitsFor};
use crate::clock::Moment;
use crate::error::{Error, ErrorKind};
use crate::limits;

/// One TLS connection of a peer, without a socket of its own.
///
/// Bytes that arrive are given to [`feed`](Self::feed); bytes to be sent come out of
/// [`poll_output`](Self::poll_output) or [`take_output`](Self::take_output), which are to be asked
/// after every call. Once established, plaintext comes out of [`read`](Self::read) and goes in by
/// [`write`](Self::write). Time comes with each call that needs it; [`deadline`](Self::deadline)
/// says by when to call again. A connection that is idle holds no buffers.
pub struct Connection {
    configuration: Arc<Configuration>,
    phase: Phase,
    output: Queue,
    plaintext: Queue,
    accepted_at: Duration,
    received: u64,
    sent: u64,
    /// Bytes that were fed and not done with, while the handshake lasts: rustls remembers places in
    /// them.
    unused: usize,
}

enum Phase {
    Accepting(HelloReader),
    Negotiating { entry: usize, negotiation: Box<Negotiation>, records: RecordCounter },
    Established(Box<Established>),
    Refused(Box<Refusal>),
    Closed(Closed, Box<Established>),
}

impl Phase {
    /// What stands in while one phase becomes another.
    fn none() -> Self {
        Self::Accepting(HelloReader::default())
    }
}

impl Connection {
    pub(super) fn new(configuration: Arc<Configuration>, now: Moment) -> Self {
        Self {
            configuration,
            phase: Phase::Accepting(HelloReader::default()),
            output: Queue::default(),
            plaintext: Queue::default(),
            accepted_at: now.elapsed,
            received: 0,
            sent: 0,
            unused: 0,
        }
    }

    /// Takes bytes that the peer sent; they are decrypted where they lie. How many are done with is
    /// in the answer. A buffer of [`limits::HANDSHAKE_BYTES`] takes whatever a peer may send; once
    /// the connection is established, [`limits::RECORD_BYTES`] suffice.
    ///
    /// Once it is over, input is dropped.
    pub fn feed(&mut self, input: &mut [u8], now: Moment) -> Progress {
        self.check_deadline(now);
        if self.is_handshaking() && input.len() < self.unused {
            self.refuse(Refusal::internal("input that was to be given again is missing"));
        }
        let mut used = 0;
        let is_first = matches!(self.phase, Phase::Accepting(_));
        if is_first {
            let hello = self.accept(input, now);
            // By itself: what is behind it may be a second hello, which has its limit too.
            used += self.negotiate(&mut input[..hello], 0, now);
        }
        if !is_first || (used > 0 && used < input.len()) {
            used += self.negotiate(&mut input[used..], used, now);
        }
        if matches!(self.phase, Phase::Established(_)) {
            used += self.exchange_records(&mut input[used..]);
        }
        if matches!(self.phase, Phase::Refused(_) | Phase::Closed(..)) {
            used = input.len();
        }
        self.received += used as u64;
        self.unused = input.len() - used;
        Progress { used, waits_for: self.waits_for() }
    }

    /// Says that the peer's bytes have ended. After its close_notify that is as it should be; else
    /// something may be missing, because anyone on the way can end them.
    pub fn end_of_input(&mut self, now: Moment) {
        self.check_deadline(now);
        match &self.phase {
            Phase::Accepting(_) | Phase::Negotiating { .. } => self.refuse(Refusal::truncated()),
            Phase::Established(established) if !established.peer_closed => {
                self.end(Closed::Truncated);
            }
            _ => {}
        }
    }

    /// Lets time pass: refuses a handshake that took too long.
    pub fn handle_timeout(&mut self, now: Moment) {
        self.check_deadline(now);
    }

    /// The moment, on the caller's clock of elapsed time, by which to call
    /// [`handle_timeout`](Self::handle_timeout) if nothing else happens before.
    pub fn deadline(&self) -> Option<Duration> {
        let deadline = || self.accepted_at.saturating_add(self.configuration.handshake_time);
        self.is_handshaking().then(deadline)
    }

    /// Moves bytes for the peer into `buffer`; returns how many. Zero means that there are none.
    pub fn poll_output(&mut self, buffer: &mut [u8]) -> usize {
        let length = self.output.pop(buffer);
        self.sent += length as u64;
        length
    }

    /// All bytes for the peer, without copying them.
    pub fn take_output(&mut self) -> Vec<u8> {
        let bytes = self.output.take();
        self.sent += bytes.len() as u64;
        bytes
    }

    /// The bytes for the peer, where they lie. Those that were sent are to be
    /// [consumed](Self::consume_output); what comes later is queued behind the rest.
    pub fn output(&self) -> &[u8] {
        self.output.front()
    }

    /// Forgets the first `length` bytes of the [`output`](Self::output): they are sent.
    pub fn consume_output(&mut self, length: usize) {
        self.sent += self.output.skip(length) as u64;
    }

    /// Bytes that wait to be sent.
    pub fn pending_output(&self) -> usize {
        self.output.len()
    }

    /// Moves plaintext of the peer into `buffer`; returns how much. Zero means that there is none:
    /// feed what is left of the input.
    pub fn read(&mut self, buffer: &mut [u8]) -> usize {
        if !matches!(self.phase, Phase::Established(_) | Phase::Closed(..)) {
            return 0;
        }
        self.plaintext.pop(buffer)
    }

    /// The peer's plaintext that is there, at most one record, without copying it.
    pub fn take_plaintext(&mut self) -> Vec<u8> {
        match self.phase {
            Phase::Established(_) | Phase::Closed(..) => self.plaintext.take(),
            _ => Vec::new(),
        }
    }

    /// The peer's plaintext that is there, at most one record, where it lies. What was read is to
    /// be [consumed](Self::consume_plaintext).
    pub fn plaintext(&self) -> &[u8] {
        match self.phase {
            Phase::Established(_) | Phase::Closed(..) => self.plaintext.front(),
            _ => &[],
        }
    }

    /// Forgets the first `length` bytes of the [`plaintext`](Self::plaintext): they are read.
    pub fn consume_plaintext(&mut self, length: usize) {
        if matches!(self.phase, Phase::Established(_) | Phase::Closed(..)) {
            self.plaintext.skip(length);
        }
    }

    /// Encrypts plaintext for the peer; returns how much of it was taken: less than all where
    /// [`limits::OUTPUT_BYTES`] wait to be sent already, nothing before the client is in or after
    /// [`close`](Self::close).
    pub fn write(&mut self, plaintext: &[u8]) -> usize {
        let room = limits::OUTPUT_BYTES.saturating_sub(self.output.len());
        let plaintext = &plaintext[..plaintext.len().min(room)];
        let Phase::Established(established) = &mut self.phase else { return 0 };
        if plaintext.is_empty() || established.closing {
            return 0;
        }
        match established.write(plaintext, &mut self.output) {
            Ok(()) => plaintext.len(),
            Err(error) => {
                self.end(Closed::Failed(error.to_string().into()));
                0
            }
        }
    }

    /// Ends what we send: close_notify goes out, and nothing after it. An established connection
    /// can still be read from until the peer closes too; one that is not is refused.
    pub fn close(&mut self) {
        match &mut self.phase {
            Phase::Accepting(_) | Phase::Negotiating { .. } => self.refuse(Refusal::abandoned()),
            Phase::Established(established) if !established.closing => {
                established.closing = true;
                if let Err(error) = established.close(&mut self.output) {
                    self.end(Closed::Failed(error.to_string().into()));
                } else if established.peer_closed {
                    self.end(Closed::Cleanly);
                }
            }
            _ => {}
        }
    }

    /// Where the connection is.
    pub fn state(&self) -> State<'_> {
        match &self.phase {
            Phase::Accepting(_) => State::Accepting,
            Phase::Negotiating { .. } => State::Negotiating,
            Phase::Established(established) => State::Established(established.session()),
            Phase::Refused(refusal) => State::Refused(refusal),
            Phase::Closed(closed, _) => State::Closed(closed),
        }
    }

    /// Whether it is neither established nor over.
    pub fn is_handshaking(&self) -> bool {
        matches!(self.phase, Phase::Accepting(_) | Phase::Negotiating { .. })
    }

    /// Who is at the other end, once the connection is established, and still when it is over:
    /// there may be plaintext left to read.
    pub fn session(&self) -> Option<Session<'_>> {
        match &self.phase {
            Phase::Established(established) | Phase::Closed(_, established) => {
                Some(established.session())
            }
            _ => None,
        }
    }

    /// Why the client was not let in.
    pub fn refusal(&self) -> Option<&Refusal> {
        match &self.phase {
            Phase::Refused(refusal) => Some(refusal),
            _ => None,
        }
    }

    /// Whether the peer has said that it sends no more.
    pub fn peer_has_closed(&self) -> bool {
        match &self.phase {
            Phase::Established(established) => established.peer_closed,
            Phase::Closed(closed, _) => *closed == Closed::Cleanly,
            _ => false,
        }
    }

    /// The session's right to go on, to be judged again later. `None` where nobody was identified.
    pub fn lease(&self) -> Option<Lease> {
        let Phase::Established(established) = &self.phase else { return None };
        let verifier = self.configuration.entries[established.entry].verifier.as_ref()?;
        let session = established.session();
        Some(Lease::new(Arc::clone(verifier), session.chain(), session.verdict()?))
    }

    /// Gives the connection's keys away, for the kernel to encrypt and decrypt (Linux kTLS); what
    /// rustls calls the kernel connection handles the rest. Whoever has them can read and
    /// forge everything on this connection.
    ///
    /// # Errors
    /// Not allowed by [`AcceptorBuilder::secret_export`](super::AcceptorBuilder::secret_export), not
    /// established, closing, or with plaintext, output or part of a message still in here: the keys
    /// must be those that the peer's next record expects. The connection is gone either way.
    pub fn into_kernel_tls(
        mut self,
    ) -> Result<(ExtractedSecrets, KernelConnection<ServerConnectionData>), Error> {
        let refuse = |message: String| Error::new(ErrorKind::Usage, message);
        let Phase::Established(mut established) = self.phase else {
            return Err(refuse("only an established connection has keys to give away".to_owned()));
        };
        if established.closing || established.peer_closed {
            return Err(refuse("a connection that is closing has no use for its keys".to_owned()));
        }
        established.say_what_is_owed(&mut self.output).map_err(|e| refuse(e.to_string()))?;
        if !(self.output.is_empty() && self.plaintext.is_empty() && established.held.is_empty()) {
            return Err(refuse("send the output and read the plaintext first".to_owned()));
        }
        established.tls.dangerous_into_kernel_connection().map_err(|e| refuse(e.to_string()))
    }

    fn waits_for(&self) -> WaitsFor {
        match &self.phase {
            Phase::Refused(_) | Phase::Closed(..) => WaitsFor::Nothing,
            Phase::Established(_) if !self.plaintext.is_empty() => WaitsFor::Read,
            Phase::Established(_) if self.output.len() >= limits::OUTPUT_BYTES => WaitsFor::Send,
            Phase::Established(established) if established.peer_closed => WaitsFor::Close,
            _ => WaitsFor::Input,
        }
    }

    fn check_deadline(&mut self, now: Moment) {
        if self.deadline().is_some_and(|deadline| now.elapsed >= deadline) {
            self.refuse(Refusal::too_slow());
        }
    }

    fn refuse(&mut self, refusal: Refusal) {
        self.plaintext = Queue::default();
        self.phase = Phase::Refused(Box::new(refusal));
    }

    /// An established connection is over; who it was with is kept.
    fn end(&mut self, how: Closed) {
        self.phase = match core::mem::replace(&mut self.phase, Phase::none()) {
            Phase::Established(established) => Phase::Closed(how, established),
            other => other,
        };
    }
}
