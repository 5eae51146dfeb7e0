//! Why a connection was not established.

use core::fmt;

use super::alert::Alert;
use super::exchange::{Declined, Exchange};
use super::hello::BadHello;
use crate::reason::Reason;
use crate::verdict::VerdictRecord;

/// What a refusal is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Cause {
    /// The client is not allowed in; the verdict says why.
    Denied,
    /// No entry for the server name that the client asked for, or for none.
    UnknownServerName,
    /// The peer broke the protocol, or has nothing in common with us.
    Protocol,
    /// The peer gave up and said so.
    PeerAlert,
    /// The peer sent too much, or too many records.
    TooMuch,
    /// The peer took too long.
    TooSlow,
    /// The peer closed before its handshake was complete.
    Truncated,
    /// The connection was closed from this side before its handshake was complete.
    Abandoned,
    /// Something on this side: no clock, no random bytes, a defect.
    Internal,
}

/// What rustls says of a TLS 1.2 client that can verify no signature of the server's key, without an alert
/// of its own.
const NO_COMMON_SCHEME: &str = "incompatible signing key";

/// Why a connection was not established. Nothing of what the peer sent got out.
#[derive(Clone, Debug)]
pub struct Refusal {
    cause: Cause,
    verdict: Option<Box<VerdictRecord>>,
    alert: Option<Alert>,
    declined: Option<Declined>,
    detail: Box<str>,
}

impl Refusal {
    fn new(cause: Cause, detail: impl Into<Box<str>>) -> Self {
        Self { cause, verdict: None, alert: None, declined: None, detail: detail.into() }
    }

    pub(super) fn denied(verdict: VerdictRecord) -> Self {
        let detail = verdict.detail().into();
        let alert = Some(Alert::for_reason(verdict.reason()));
        let verdict = Some(Box::new(verdict));
        Self { cause: Cause::Denied, verdict, alert, declined: None, detail }
    }

    pub(super) fn unknown_server_name() -> Self {
        let detail = "no entry for the server name that the client asked for";
        Self::new(Cause::UnknownServerName, detail).with_alert(Alert::UNRECOGNIZED_NAME)
    }

    pub(super) fn bad_hello(bad: BadHello) -> Self {
        let cause = if bad.is_too_much { Cause::TooMuch } else { Cause::Protocol };
        Self::new(cause, bad.what).with_alert(bad.alert)
    }

    pub(super) fn too_much(what: &str) -> Self {
        Self::new(Cause::TooMuch, what)
    }

    pub(super) fn too_slow() -> Self {
        Self::new(Cause::TooSlow, "the handshake took too long")
    }

    pub(super) fn truncated() -> Self {
        Self::new(Cause::Truncated, "the peer closed before its handshake was complete")
    }

    pub(super) fn abandoned() -> Self {
        Self::new(Cause::Abandoned, "closed from this side before the handshake was complete")
    }

    pub(super) fn internal(detail: impl Into<Box<str>>) -> Self {
        Self::new(Cause::Internal, detail)
    }

    pub(super) fn with_alert(mut self, alert: Alert) -> Self {
        self.alert = Some(alert);
        self
    }

    /// With the alert for an error that rustls has none for (RFC 8446 sections 4.1.2, 5.1, 5.4 and 6.2).
    pub(super) fn with_alert_for(self, error: &rustls::Error) -> Self {
        use rustls::{Error, PeerMisbehaved};
        let alert = match error {
            Error::PeerMisbehaved(PeerMisbehaved::ServerNameDifferedOnRetry) => {
                Alert::ILLEGAL_PARAMETER
            }
            // Too many alerts or empty records; a record of another type amid a message.
            Error::PeerMisbehaved(_) => Alert::UNEXPECTED_MESSAGE,
            // A ClientKeyExchange without a key in it.
            Error::InvalidMessage(_) => Alert::DECODE_ERROR,
            Error::General(what) if what == NO_COMMON_SCHEME => Alert::HANDSHAKE_FAILURE,
            // Whoever says goodbye is not answered.
            Error::AlertReceived(_) => return self,
            _ => Alert::INTERNAL_ERROR,
        };
        self.with_alert(alert)
    }

    /// rustls sends alerts for its own reasons only: after its handshake is complete there is none.
    pub(super) fn without_alert(mut self) -> Self {
        self.alert = None;
        self
    }

    pub(super) fn with_declined(mut self, declined: Option<Declined>) -> Self {
        self.declined = declined;
        self
    }

    /// What an error of rustls means, with what the connection learnt meanwhile.
    pub(super) fn of(error: &rustls::Error, exchange: &mut Exchange) -> Self {
        use rustls::{Error, InvalidMessage};
        if exchange.misread_name {
            // rustls found no certificate, because we gave none for a name that we did not read.
            return Self::unknown_server_name().with_alert(Alert::ACCESS_DENIED);
        }
        match error {
            Error::InvalidCertificate(_) => match exchange.denied.take() {
                Some(verdict) => Self::denied(*verdict),
                None => Self::internal(error.to_string()),
            },
            Error::AlertReceived(alert) => {
                let alert = Alert::from(*alert);
                Self::new(Cause::PeerAlert, format!("the peer gave up: {alert}"))
            }
            Error::InvalidMessage(
                InvalidMessage::HandshakePayloadTooLarge
                | InvalidMessage::CertificatePayloadTooLarge,
            ) => Self::too_much(&error.to_string()),
            Error::General(what) if what == NO_COMMON_SCHEME => {
                Self::new(Cause::Protocol, "no signature scheme in common with the server's key")
            }
            Error::PeerMisbehaved(_)
            | Error::PeerIncompatible(_)
            | Error::InvalidMessage(_)
            | Error::InappropriateMessage { .. }
            | Error::InappropriateHandshakeMessage { .. }
            | Error::PeerSentOversizedRecord
            | Error::DecryptError
            | Error::NoApplicationProtocol
            | Error::UnsupportedNameType => Self::new(Cause::Protocol, error.to_string()),
            _ => Self::internal(error.to_string()),
        }
    }

    /// What it is about.
    pub fn cause(&self) -> Cause {
        self.cause
    }

    /// The verdict, where there is one: it denies.
    pub fn verdict(&self) -> Option<&VerdictRecord> {
        self.verdict.as_deref()
    }

    /// The verdict's reason.
    pub fn reason(&self) -> Option<Reason> {
        self.verdict.as_ref().map(|verdict| verdict.reason())
    }

    /// The alert that was sent, where it follows from the verdict or the hello, or where rustls has none
    /// and nothing is encrypted yet. For other failures rustls chooses it and does not say.
    pub fn alert(&self) -> Option<Alert> {
        self.alert
    }

    /// Why the session that the client offered before was not resumed, where it offered one. A
    /// client whose approval ended comes back like this: its session is declined first, then
    /// the certificate that it shows instead is refused.
    pub fn declined(&self) -> Option<Declined> {
        self.declined
    }

    /// A sentence for people.
    pub fn detail(&self) -> &str {
        &self.detail
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.reason() {
            Some(reason) => write!(f, "refused ({reason}): {}", self.detail),
            None => write!(f, "refused: {}", self.detail),
        }
    }
}

impl core::error::Error for Refusal {}
