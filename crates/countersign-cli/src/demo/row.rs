//! One handshake, as the server decided it and as the client saw it.

use std::fmt;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use countersign::{Decision, JournalEntry, Reason};
use serde::Serialize;

use super::cases::{Case, Expected};
use super::client::Seen;
use super::server::{Handshake, HandshakeError};

/// What the server's journal says of one decision.
pub(super) struct Note {
    reason: Reason,
    client: Option<String>,
    cached: bool,
    duration: Duration,
}

/// A journal whose entries come out of the receiver.
pub(super) fn journal() -> (impl Fn(&JournalEntry<'_>) + Send + Sync, Receiver<Note>) {
    let (sender, notes): (Sender<Note>, _) = channel();
    let record = move |entry: &JournalEntry<'_>| {
        // Nobody listens any more once the demo is over.
        let _ = sender.send(Note {
            reason: entry.verdict.reason(),
            client: entry.verdict.client().map(str::to_owned),
            cached: entry.verdict.is_cached(),
            duration: entry.duration,
        });
    };
    (record, notes)
}

/// A row of the table.
#[derive(Serialize)]
pub(super) struct Row {
    tls: &'static str,
    case: &'static str,
    expected: String,
    decision: &'static str,
    reason: &'static str,
    /// Who it was recognised as.
    client: Option<String>,
    cached: bool,
    /// What the decision took; none where it never came to one.
    nanoseconds: Option<u64>,
    /// Why TLS refused, in the server's words.
    server_said: Option<String>,
    client_saw: String,
    pub(super) as_expected: bool,
}

impl Row {
    /// Puts together what the two ends have to say.
    pub(super) fn of(
        tls: &'static str,
        case: &Case,
        handshake: &Handshake,
        note: Option<Note>,
        seen: &Seen,
    ) -> Self {
        let (reason, note) = decided(handshake, note);
        let decision = if handshake.is_ok() { Decision::Allow } else { Decision::Deny };
        let client = note.as_ref().and_then(|n| n.client.clone()).filter(|_| handshake.is_ok());
        let cached = note.as_ref().is_some_and(|n| n.cached);
        let as_expected = decision == case.expected.decision()
            && reason == case.expected.reason
            && client.as_deref() == case.expected.client
            && case.expected.cached.is_none_or(|c| c == cached)
            && was_seen(decision, seen);
        Self {
            tls,
            case: case.name,
            expected: in_words(&case.expected),
            decision: decision.token(),
            reason: reason.token(),
            client,
            cached,
            nanoseconds: note.map(|n| u64::try_from(n.duration.as_nanos()).unwrap_or(u64::MAX)),
            server_said: handshake.as_ref().err().map(ToString::to_string),
            client_saw: seen_in_words(seen),
            as_expected,
        }
    }

    /// The line above the rows.
    pub(super) fn heading() -> String {
        format!(
            "    {:<30}{:<27}{:<9}{:<21}{:>9}",
            "client", "expected", "verdict", "reason", "time"
        )
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mark = if self.as_expected { "ok" } else { "!!" };
        write!(f, " {mark} {:<30}{:<27}{:<9}", self.case, self.expected, self.decision)?;
        write!(
            f,
            "{:<21}{:>9}",
            self.reason,
            self.nanoseconds.map_or("-".to_owned(), microseconds)
        )?;
        match (self.cached, self.decision == Decision::Allow.token()) {
            (true, true) => write!(f, "  from the cache")?,
            (true, false) => write!(f, "  the chain from the cache, the signature not")?,
            (false, _) => {}
        }
        if !self.as_expected {
            let client = self.client.as_deref().unwrap_or("nobody");
            let server = self.server_said.as_deref().unwrap_or("welcome");
            write!(f, "\n    DIFFERS: recognised {client}; the server said: {server}; ")?;
            write!(f, "the client saw: {}", self.client_saw)?;
        }
        Ok(())
    }
}

/// The server's own word: the journal's, unless the handshake failed on what is no matter of the
/// chain, as with no certificate at all or a key that is not the certificate's.
fn decided(handshake: &Handshake, note: Option<Note>) -> (Reason, Option<Note>) {
    let refused_by_journal = note.as_ref().is_some_and(|n| n.reason != Reason::Allowed);
    let reason = match handshake {
        Ok(()) => note.as_ref().map_or(Reason::Internal, |n| n.reason),
        Err(_) if refused_by_journal => note.as_ref().map_or(Reason::Internal, |n| n.reason),
        Err(HandshakeError::Tls(rustls::Error::NoCertificatesPresented)) => Reason::NoCertificate,
        Err(HandshakeError::Tls(rustls::Error::InvalidCertificate(
            rustls::CertificateError::BadSignature,
        ))) => Reason::BadSignature,
        Err(_) => Reason::Internal,
    };
    (reason, note)
}

/// Whoever gets in must get an answer; whoever does not must be told in TLS's words.
fn was_seen(decision: Decision, seen: &Seen) -> bool {
    match decision {
        Decision::Allow => *seen == Seen::Echo,
        Decision::Deny => matches!(seen, Seen::Alert(_)),
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

fn microseconds(nanoseconds: u64) -> String {
    format!("{}.{} µs", nanoseconds / 1000, nanoseconds % 1000 / 100)
}
