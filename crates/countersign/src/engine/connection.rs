//! One connection, from the first byte to the last.

use core::time::Duration;
use std::sync::Arc;

use rustls::ExtractedSecrets;
use rustls::kernel::KernelConnection;
use rustls::server::ServerConnectionData;

use super::alert::Alert;
use super::configuration::Configuration;
use super::drive::{self, Driven, Stop};
use super::established::Established;
use super::hello::HelloReader;
use super::lease::Lease;
use super::negotiation::Negotiation;
use super::output::Queue;
use super::records::RecordCounter;
use super::refusal::Refusal;
use super::session::{Session, Step, Steps};
use crate::clock::Moment;
use crate::error::{Error, ErrorKind};
use crate::limits;

const HANDSHAKE_BYTES: u64 = limits::HANDSHAKE_BYTES as u64;

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

/// What a call to [`Connection::feed`] did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub struct Progress {
    /// Bytes at the front of the input that are done with. The others belong to a record that is
    /// not here in full, or wait for plaintext to be read: give them again, unchanged and in
    /// front of what comes next.
    pub used: usize,
    /// What the connection needs to go on. Output may wait besides.
    pub waits_for: WaitsFor,
}

/// What a connection needs to go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum WaitsFor {
    /// More bytes from the peer.
    Input,
    /// The plaintext that is there to be read, before more input is taken.
    Read,
    /// The output to be sent, before more input is taken.
    Send,
    /// [`Connection::close`]: the peer sends no more. What is still to be written can be.
    Close,
    /// Nothing: it is over once its output is sent.
    Nothing,
}

/// Where a connection is.
#[derive(Debug)]
#[non_exhaustive]
pub enum State<'c> {
    /// It waits for the peer's hello.
    Accepting,
    /// The hello has chosen an entry; the handshake goes on.
    Negotiating,
    /// The client is in.
    Established(Session<'c>),
    /// The client is not.
    Refused(&'c Refusal),
    /// It was established and is over, perhaps within one call: what comes behind a handshake may come with
    /// its last message.
    Closed(&'c Closed),
}

/// How an established connection ended.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Closed {
    /// Both sides said so.
    Cleanly,
    /// The peer's bytes ended without a word: what it sent last may be missing.
    Truncated,
    /// The peer broke the protocol, or a record did not decrypt.
    Failed(Box<str>),
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
        if matches!(self.phase, Phase::Accepting(_)) {
            self.accept(input, now);
        }
        if matches!(self.phase, Phase::Negotiating { .. }) {
            used += self.negotiate(input, now);
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

    /// Refuses before anything is encrypted, with an alert of our own.
    fn refuse_in_plaintext(&mut self, refusal: Refusal) {
        if let Some(alert) = refusal.alert() {
            self.output.push(&alert.plaintext_record());
        }
        self.refuse(refusal);
    }

    /// An established connection is over; who it was with is kept.
    fn end(&mut self, how: Closed) {
        self.phase = match core::mem::replace(&mut self.phase, Phase::none()) {
            Phase::Established(established) => Phase::Closed(how, established),
            other => other,
        };
    }

    fn step(&self, now: Moment, used: usize) -> Step {
        Step {
            elapsed: now.elapsed.saturating_sub(self.accepted_at),
            received: self.received + used as u64,
            sent: self.sent + self.output.len() as u64,
        }
    }

    /// Looks for the hello, and for its entry.
    fn accept(&mut self, input: &[u8], now: Moment) {
        let Phase::Accepting(reader) = &mut self.phase else { return };
        let hello = match reader.read(input) {
            Ok(Some(hello)) => hello,
            Ok(None) if input.len() >= limits::HANDSHAKE_BYTES => {
                let refusal = Refusal::too_much("a hello that does not end");
                return self.refuse_in_plaintext(refusal.with_alert(Alert::ILLEGAL_PARAMETER));
            }
            Ok(None) => return,
            Err(bad) => return self.refuse_in_plaintext(Refusal::bad_hello(bad)),
        };
        let Some(entry) = self.configuration.names.find(hello.server_name.as_ref()) else {
            return self.refuse_in_plaintext(Refusal::unknown_server_name());
        };
        let accepted = self.step(now, input.len());
        let steps = Steps { accepted, identified: accepted, completed: accepted };
        let is_tls13 = hello.offers_tls13 && self.configuration.has_tls13;
        let server_name = hello.server_name.map(|name| name.to_lowercase_owned());
        let entry_here = &self.configuration.entries[entry];
        match Negotiation::new(entry_here, server_name, is_tls13, steps) {
            Ok(negotiation) => {
                let negotiation = Box::new(negotiation);
                let records = RecordCounter::new(limits::HANDSHAKE_RECORDS);
                self.phase = Phase::Negotiating { entry, negotiation, records };
            }
            Err(error) => {
                let refusal = Refusal::internal(error.to_string());
                self.refuse_in_plaintext(refusal.with_alert(Alert::INTERNAL_ERROR));
            }
        }
    }

    /// The handshake, as far as the input goes.
    fn negotiate(&mut self, input: &mut [u8], now: Moment) -> usize {
        let before = self.step(now, 0);
        let Phase::Negotiating { entry, negotiation, records } = &mut self.phase else { return 0 };
        let ready = &self.configuration.entries[*entry];
        // rustls is shown no more records than a handshake may have; the others are behind it, or
        // too many.
        let shown = records.see(input);
        let had_identity = negotiation.is_identified();
        let (fed, is_cut) = (input.len(), shown < input.len());
        let input = &mut input[..shown];
        let driven = negotiation.drive(input, &mut self.output, &mut self.plaintext, now.unix);
        records.advance(driven.used);
        let step = Step {
            received: before.received + driven.used as u64,
            sent: self.sent + self.output.len() as u64,
            ..before
        };
        if !had_identity && negotiation.is_identified() {
            negotiation.steps.identified = step;
        }
        if !negotiation.tls.is_handshaking() {
            negotiation.steps.completed = step;
            let used = self.complete(&driven, &mut input[driven.used..]);
            // What the peer sent behind its handshake may have come with it, or not: it is the same.
            if let Err(error) = driven.stop {
                self.end(Closed::Failed(error.to_string().into()));
            }
            return used;
        }
        let too_much = |what| Refusal::too_much(what).with_alert(Alert::ILLEGAL_PARAMETER);
        let refusal = match &driven.stop {
            Err(error) if driven.is_silent => {
                negotiation.refusal(ready, error).with_alert_for(error)
            }
            Err(error) => {
                let said = negotiation.refusal(ready, error);
                self.refuse(said);
                return driven.used;
            }
            Ok(_) if driven.peer_closed => Refusal::truncated(),
            Ok(_) if is_cut => too_much("more records than a handshake may have"),
            Ok(_) if step.received + (fed - driven.used) as u64 >= HANDSHAKE_BYTES => {
                too_much("more bytes than a handshake may have")
            }
            Ok(_) => return driven.used,
        };
        // Nobody has said anything yet; once we encrypt, only rustls could.
        if negotiation.speaks_in_plaintext() {
            self.refuse_in_plaintext(refusal);
        } else {
            self.refuse(refusal.without_alert());
        }
        driven.used
    }

    /// rustls is done; what it says is checked before the client is in. It may hold places in
    /// `rest`, what it did not use of the input. Returns how much of the input is done with.
    fn complete(&mut self, driven: &Driven, rest: &mut [u8]) -> usize {
        let Phase::Negotiating { entry, mut negotiation, .. } =
            core::mem::replace(&mut self.phase, Phase::none())
        else {
            return driven.used;
        };
        match negotiation.conclude(&self.configuration.entries[entry]) {
            Ok(facts) => {
                let mut established = Box::new(Established {
                    tls: negotiation.tls,
                    facts,
                    entry,
                    held: Vec::new(),
                    peer_closed: driven.peer_closed,
                    closing: false,
                });
                let used = driven.used + established.hold(driven, rest);
                self.phase = Phase::Established(established);
                used
            }
            Err(refusal) => {
                // What waits must go out: the peer's end counts records. A ticket in it is no harm,
                // since whoever comes with it is judged again. Where rustls failed, it has said so, and
                // would fail at the same record once more.
                let Negotiation { tls, .. } = &mut *negotiation;
                if driven.stop.is_ok() {
                    // Nothing follows from a failure to say goodbye.
                    let _ = drive::close(tls, rest, &mut self.output);
                }
                self.refuse(refusal);
                driven.used
            }
        }
    }

    /// Records of an established connection.
    fn exchange_records(&mut self, input: &mut [u8]) -> usize {
        match self.waits_for() {
            WaitsFor::Input => {}
            WaitsFor::Close => return input.len(),
            _ => return 0,
        }
        let Phase::Established(established) = &mut self.phase else { return 0 };
        // Nothing goes out behind close_notify, also where rustls has an alert to send.
        let mut unsaid = Queue::default();
        let output = if established.closing { &mut unsaid } else { &mut self.output };
        let (used, stop) = established.process(input, output, &mut self.plaintext);
        match stop {
            Ok(Stop::Closed) => self.end(Closed::Cleanly),
            Ok(_) => {}
            Err(error) => self.end(Closed::Failed(error.to_string().into())),
        }
        used
    }
}
