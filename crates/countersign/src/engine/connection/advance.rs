//! What a connection does with the bytes that arrive, phase by phase.

use super::{Connection, Phase};
use crate::clock::Moment;
use crate::engine::alert::Alert;
use crate::engine::drive::{self, Driven, Stop};
use crate::engine::established::Established;
use crate::engine::negotiation::Negotiation;
use crate::engine::output::Queue;
use crate::engine::records::RecordCounter;
use crate::engine::refusal::Refusal;
use crate::engine::session::{Step, Steps};
use crate::engine::state::{Closed, WaitsFor};
use crate::limits;

const HANDSHAKE_BYTES: u64 = limits::HANDSHAKE_BYTES as u64;

impl Connection {
    fn step(&self, now: Moment, used: usize) -> Step {
        Step {
            elapsed: now.elapsed.saturating_sub(self.accepted_at),
            received: self.received + used as u64,
            sent: self.sent + self.output.len() as u64,
        }
    }

    /// Refuses before anything is encrypted, with an alert of our own.
    fn refuse_in_plaintext(&mut self, refusal: Refusal) {
        if let Some(alert) = refusal.alert() {
            self.output.push(&alert.plaintext_record());
        }
        self.refuse(refusal);
    }

    /// Looks for the hello, and for its entry. Returns the bytes of its records; 0 where the handshake does
    /// not go on.
    pub(super) fn accept(&mut self, input: &[u8], now: Moment) -> usize {
        match self.look_for_hello(input, now) {
            Ok(length) => length.unwrap_or(0),
            Err(refusal) => {
                self.refuse_in_plaintext(refusal);
                0
            }
        }
    }

    /// As [`accept`](Self::accept); `None` where more is needed.
    fn look_for_hello(&mut self, input: &[u8], now: Moment) -> Result<Option<usize>, Refusal> {
        let Phase::Accepting(reader) = &mut self.phase else { return Ok(None) };
        let Some(hello) = reader.read(input).map_err(Refusal::bad_hello)? else {
            if input.len() >= limits::HANDSHAKE_BYTES {
                let refusal = Refusal::too_much("a hello that does not end");
                return Err(refusal.with_alert(Alert::ILLEGAL_PARAMETER));
            }
            return Ok(None);
        };
        let length = reader.scanned();
        let entry = self.configuration.names.find(hello.server_name.as_ref());
        let entry = entry.ok_or_else(Refusal::unknown_server_name)?;
        let accepted = self.step(now, length);
        let steps = Steps { accepted, identified: accepted, completed: accepted };
        let is_tls13 = hello.offers_tls13 && self.configuration.has_tls13;
        let server_name = hello.server_name.map(|name| name.to_lowercase_owned());
        let entry_here = &self.configuration.entries[entry];
        let negotiation = Negotiation::new(entry_here, server_name, is_tls13, steps);
        let negotiation = negotiation.map_err(|error| {
            Refusal::internal(error.to_string()).with_alert(Alert::INTERNAL_ERROR)
        })?;
        let records = RecordCounter::new(limits::HANDSHAKE_RECORDS);
        let negotiation = Box::new(negotiation);
        self.phase = Phase::Negotiating { entry, negotiation, records };
        Ok(Some(length))
    }

    /// The handshake, as far as the input goes, of which this call has used `at` bytes before.
    pub(super) fn negotiate(&mut self, input: &mut [u8], at: usize, now: Moment) -> usize {
        let before = self.step(now, at);
        let Phase::Negotiating { negotiation, records, .. } = &mut self.phase else { return 0 };
        // rustls is shown no more than it may be; what is beyond is behind the handshake, or too much.
        let shown = records.see(input);
        let awaited_second_hello = negotiation.awaits_second_hello();
        let had_identity = negotiation.is_identified();
        let fed = input.len();
        let driven =
            negotiation.drive(&mut input[..shown], &mut self.output, &mut self.plaintext, now.unix);
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
            let used = self.complete(&driven, &mut input[driven.used..shown]);
            // What the peer sent behind its handshake may have come with it, or not: it is the same.
            if let Err(error) = driven.stop {
                self.end(Closed::Failed(error.to_string().into()));
            }
            return used;
        }
        let awaits_second_hello = negotiation.awaits_second_hello();
        if awaits_second_hello != awaited_second_hello {
            records.limit(awaits_second_hello.then_some(limits::HELLO_BYTES));
            if driven.stop.is_ok() && shown < fed {
                // The limit was that hello's.
                let at = at + driven.used;
                return driven.used + self.negotiate(&mut input[driven.used..], at, now);
            }
        }
        let excess = if shown < fed && awaits_second_hello {
            Some("a second ClientHello that is too long")
        } else if shown < fed {
            Some("more records than a handshake may have")
        } else if step.received + (fed - driven.used) as u64 >= HANDSHAKE_BYTES {
            Some("more bytes than a handshake may have")
        } else {
            None
        };
        self.refuse_what_cannot_go_on(&driven, excess);
        driven.used
    }

    /// Refuses a handshake that failed, that its peer has left, or that has too much of something.
    fn refuse_what_cannot_go_on(&mut self, driven: &Driven, excess: Option<&str>) {
        let Phase::Negotiating { entry, negotiation, .. } = &mut self.phase else { return };
        let ready = &self.configuration.entries[*entry];
        let refusal = match (&driven.stop, excess) {
            (Err(error), _) => {
                let refusal = negotiation.refusal(ready, error);
                if !driven.is_silent {
                    return self.refuse(refusal);
                }
                refusal.with_alert_for(error)
            }
            (Ok(_), _) if driven.peer_closed => Refusal::truncated(),
            (Ok(_), Some(what)) => Refusal::too_much(what).with_alert(Alert::ILLEGAL_PARAMETER),
            (Ok(_), None) => return,
        };
        // Nobody has said anything yet; once we encrypt, only rustls could.
        if negotiation.speaks_in_plaintext() {
            self.refuse_in_plaintext(refusal);
        } else {
            self.refuse(refusal.without_alert());
        }
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
    pub(super) fn exchange_records(&mut self, input: &mut [u8]) -> usize {
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
