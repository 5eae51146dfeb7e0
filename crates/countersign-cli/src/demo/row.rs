//! One handshake, as the server decided it and as the client saw it.

use std::fmt;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use countersign::engine::{Alert, Declined};
use countersign::{Decision, Journal, JournalEntry, Reason};
use serde::Serialize;

use super::cases::{Case, Expected, How};
use super::client::Seen;
use super::server::{Farewell, Handshake};

/// What the server's journal says of one decision.
pub(super) struct Note {
    cached: bool,
    duration: Duration,
}

/// A journal whose entries come out of the receiver.
pub(super) fn journal() -> (Arc<dyn Journal>, Receiver<Note>) {
    let (sender, notes): (Sender<Note>, _) = channel();
    let record = move |entry: &JournalEntry<'_>| {
        // Nobody listens any more once the demo is over.
        let _ = sender.send(Note { cached: entry.verdict.is_cached(), duration: entry.duration });
    };
    (Arc::new(record), notes)
}

/// A row of the table.
#[derive(Serialize)]
pub(super) struct Row {
    tls: &'static str,
    case: &'static str,
    /// That the client asked for.
    server_name: &'static str,
    expected: String,
    decision: &'static str,
    reason: &'static str,
    /// Who it was recognised as.
    client: Option<String>,
    how: &'static str,
    cached: bool,
    resumed: bool,
    /// Why the session that the client offered did not count.
    declined: Option<&'static str>,
    /// What the decision took; none where it never came to one.
    nanoseconds: Option<u64>,
    /// The alert that the server sent.
    alert: Option<String>,
    /// Why TLS refused, in the server's words.
    server_said: Option<String>,
    client_saw: String,
    pub(super) as_expected: bool,
}

impl Row {
    /// Puts together what the two ends have to say. `note` is the journal's last word on it.
    pub(super) fn of(
        tls: &'static str,
        case: &Case,
        handshake: &Handshake,
        note: Option<Note>,
        seen: &Seen,
    ) -> Self {
        let decision = if handshake.is_ok() { Decision::Allow } else { Decision::Deny };
        let (reason, client, alert) = decided(handshake);
        let cached = note.as_ref().is_some_and(|n| n.cached);
        let how = came_about(handshake, cached);
        let as_expected = decision == case.expected.decision()
            && reason == case.expected.reason
            && client.as_deref() == case.expected.client
            && how == case.expected.how
            && is_as_asked(handshake, tls, case.at)
            && was_seen(decision, alert, seen);
        Self {
            tls,
            case: case.name,
            server_name: case.at,
            expected: in_words(&case.expected),
            decision: decision.token(),
            reason: reason.token(),
            client,
            how: how.token(),
            cached,
            resumed: how == How::Resumed,
            declined: how.declined(),
            nanoseconds: note.map(|n| u64::try_from(n.duration.as_nanos()).unwrap_or(u64::MAX)),
            alert: alert.map(|alert| alert.to_string()),
            server_said: handshake.as_ref().err().map(ToString::to_string),
            client_saw: seen_in_words(seen),
            as_expected,
        }
    }

    /// The line above the rows.
    pub(super) fn heading() -> String {
        format!(
            "    {:<27}{:<25}{:<8}{:<20}{:>5} {}",
            "client", "expected", "verdict", "reason", "µs", "how"
        )
    }
}

impl fmt::Display for Row {
    /// A hundred columns at most.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mark = if self.as_expected { "ok" } else { "!!" };
        let time = self.nanoseconds.map_or("-".to_owned(), microseconds);
        write!(f, " {mark} {:<27}{:<25}{:<8}", self.case, self.expected, self.decision)?;
        write!(f, "{:<20}{time:>5} {}", self.reason, self.how)?;
        if !self.as_expected {
            let client = self.client.as_deref().unwrap_or("nobody");
            let server = self.server_said.as_deref().unwrap_or("welcome");
            write!(f, "\n    DIFFERS: recognised {client}; the server said: {server}; ")?;
            write!(f, "the client saw: {}", self.client_saw)?;
        }
        Ok(())
    }
}

/// The server's own word: reason, client, and the alert that it sent.
fn decided(handshake: &Handshake) -> (Reason, Option<String>, Option<Alert>) {
    match handshake {
        Ok(welcome) => match &welcome.verdict {
            Some(verdict) => (verdict.reason(), verdict.client().map(str::to_owned), None),
            None => (Reason::Internal, None, None),
        },
        Err(Farewell::Refused(refusal)) => {
            (refusal.reason().unwrap_or(Reason::Internal), None, refusal.alert())
        }
        Err(Farewell::Broken(_)) => (Reason::Internal, None, None),
    }
}

fn came_about(handshake: &Handshake, cached: bool) -> How {
    let declined: Option<Declined> = match handshake {
        Ok(welcome) if welcome.is_resumed => return How::Resumed,
        Ok(welcome) => welcome.declined,
        Err(Farewell::Refused(refusal)) => refusal.declined(),
        Err(Farewell::Broken(_)) => None,
    };
    match declined {
        Some(why) => How::Declined(why),
        None if cached => How::Remembered,
        None => How::Fresh,
    }
}

/// Whether who got in did so under the version and the name that the row is about.
fn is_as_asked(handshake: &Handshake, tls: &str, server_name: &str) -> bool {
    handshake.as_ref().ok().is_none_or(|welcome| {
        welcome.version.to_string() == tls && welcome.server_name.as_deref() == Some(server_name)
    })
}

/// Whoever gets in must get an answer; whoever does not must be told in TLS's words, and in those
/// that the server says it used.
fn was_seen(decision: Decision, sent: Option<Alert>, seen: &Seen) -> bool {
    match (decision, seen) {
        (Decision::Allow, seen) => *seen == Seen::Echo,
        (Decision::Deny, Seen::Alert(alert)) => sent == Some(Alert::from(*alert)),
        (Decision::Deny, _) => false,
    }
}

fn in_words(expected: &Expected) -> String {
    match expected.client {
        Some(client) => format!("allow {client}"),
        None => format!("deny {}", expected.reason),
    }
}

fn seen_in_words(seen: &Seen) -> String {
    match seen {
        Seen::Echo => "its own line".to_owned(),
        Seen::Alert(alert) => format!("alert {alert:?}"),
        Seen::Broken(what) => what.clone(),
    }
}

/// One decimal where there is room for it.
fn microseconds(nanoseconds: u64) -> String {
    match nanoseconds {
        0..100_000 => format!("{}.{}", nanoseconds / 1000, nanoseconds % 1000 / 100),
        _ => format!("{}", nanoseconds / 1000),
    }
}
