//! What is known of an established connection.

use core::fmt;
use core::time::Duration;

use rustls::crypto::SupportedKxGroup;
use rustls::pki_types::DnsName;
use rustls::server::UnbufferedServerConnection;
use rustls::{CipherSuite, NamedGroup, ProtocolVersion};

use super::entry::ClientAuth;
use super::exchange::Declined;
use crate::clock::UnixTime;
use crate::verdict::VerdictRecord;

/// A version of TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TlsVersion {
    /// TLS 1.2 (RFC 5246).
    Tls12,
    /// TLS 1.3 (RFC 8446).
    Tls13,
}

impl fmt::Display for TlsVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Tls12 => "TLS 1.2",
            Self::Tls13 => "TLS 1.3",
        })
    }
}

/// How far a connection was when something happened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Step {
    /// Time since the connection was accepted, by the moments that its caller gave.
    pub elapsed: Duration,
    /// Bytes that the peer had sent.
    pub received: u64,
    /// Bytes that were ready for the peer.
    pub sent: u64,
}

/// The steps of a handshake, each at its end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Steps {
    /// The hello was read and its entry found.
    pub accepted: Step,
    /// There was a verdict on the client. As `accepted` where nobody came.
    pub identified: Step,
    /// The handshake was complete.
    pub completed: Step,
}

/// [`Steps`] in half the room, for as long as the connection lives. A handshake lasts no 500 years,
/// and sends no 4 GB.
#[derive(Debug)]
pub(super) struct KeptSteps([KeptStep; 3]);

#[derive(Debug)]
struct KeptStep {
    elapsed_ns: u64,
    received: u32,
    sent: u32,
}

impl From<Step> for KeptStep {
    fn from(step: Step) -> Self {
        Self {
            elapsed_ns: u64::try_from(step.elapsed.as_nanos()).unwrap_or(u64::MAX),
            received: u32::try_from(step.received).unwrap_or(u32::MAX),
            sent: u32::try_from(step.sent).unwrap_or(u32::MAX),
        }
    }
}

impl From<&KeptStep> for Step {
    fn from(kept: &KeptStep) -> Self {
        Self {
            elapsed: Duration::from_nanos(kept.elapsed_ns),
            received: kept.received.into(),
            sent: kept.sent.into(),
        }
    }
}

impl From<Steps> for KeptSteps {
    fn from(steps: Steps) -> Self {
        Self([steps.accepted, steps.identified, steps.completed].map(Into::into))
    }
}

impl From<&KeptSteps> for Steps {
    fn from(KeptSteps([accepted, identified, completed]): &KeptSteps) -> Self {
        let (accepted, identified) = (accepted.into(), identified.into());
        Self { accepted, identified, completed: completed.into() }
    }
}

/// What is kept of a handshake that was completed.
#[derive(Debug)]
pub(super) struct Facts {
    pub(super) client_auth: ClientAuth,
    pub(super) server_name: Option<DnsName<'static>>,
    pub(super) verdict: Option<VerdictRecord>,
    pub(super) authenticated_at: UnixTime,
    pub(super) is_resumed: bool,
    pub(super) declined: Option<Declined>,
    pub(super) steps: KeptSteps,
}

/// Who is at the other end of an established connection, and how the two came together.
#[derive(Clone, Copy)]
pub struct Session<'c> {
    pub(super) facts: &'c Facts,
    pub(super) tls: &'c UnbufferedServerConnection,
}

impl<'c> Session<'c> {
    /// The client's id, where a record of the policy matched. `None` under `admit = "issued"`
    /// without a record, and where nobody came.
    pub fn client(&self) -> Option<&'c str> {
        self.verdict()?.client()
    }

    /// The verdict that let the client in. `None` where no certificate was asked for, or none
    /// came and none had to.
    pub fn verdict(&self) -> Option<&'c VerdictRecord> {
        self.facts.verdict.as_ref()
    }

    /// What was demanded of the client.
    pub fn client_auth(&self) -> ClientAuth {
        self.facts.client_auth
    }

    /// DER of the client's certificate.
    pub fn leaf(&self) -> Option<&'c [u8]> {
        self.chain().next()
    }

    /// DER of what the client presented, leaf first; on a resumed session, in its full handshake.
    pub fn chain(&self) -> impl Iterator<Item = &'c [u8]> + use<'c> {
        self.tls.peer_certificates().unwrap_or_default().iter().map(AsRef::as_ref)
    }

    /// The server name that the client asked for, in lower case.
    pub fn server_name(&self) -> Option<&'c str> {
        self.facts.server_name.as_ref().map(AsRef::as_ref)
    }

    /// The application protocol that was agreed on.
    pub fn alpn(&self) -> Option<&'c [u8]> {
        self.tls.alpn_protocol()
    }

    /// The protocol version.
    pub fn version(&self) -> TlsVersion {
        match self.tls.protocol_version() {
            Some(ProtocolVersion::TLSv1_3) => TlsVersion::Tls13,
            _ => TlsVersion::Tls12,
        }
    }

    /// The cipher suite's number in the TLS registry; 0x1301 is TLS_AES_128_GCM_SHA256.
    pub fn cipher_suite(&self) -> u16 {
        self.suite().map_or(0, Into::into)
    }

    /// The cipher suite's name.
    pub fn cipher_suite_name(&self) -> &'static str {
        self.suite().and_then(|suite| suite.as_str()).unwrap_or("unknown")
    }

    fn suite(&self) -> Option<CipherSuite> {
        self.tls.negotiated_cipher_suite().map(|suite| suite.suite())
    }

    /// The key exchange's number in the TLS registry; 29 is X25519. `None` for a TLS 1.2 session
    /// that was resumed, which has none.
    pub fn key_exchange(&self) -> Option<u16> {
        self.group().map(Into::into)
    }

    /// The key exchange's name.
    pub fn key_exchange_name(&self) -> Option<&'static str> {
        self.group()?.as_str()
    }

    fn group(&self) -> Option<NamedGroup> {
        self.tls.negotiated_key_exchange_group().map(SupportedKxGroup::name)
    }

    /// Whether an earlier session was resumed.
    pub fn is_resumed(&self) -> bool {
        self.facts.is_resumed
    }

    /// Why the session that the client offered was not resumed, where it offered one.
    pub fn declined(&self) -> Option<Declined> {
        self.facts.declined
    }

    /// When the client last did a full handshake: now, or before it resumed.
    pub fn authenticated_at(&self) -> UnixTime {
        self.facts.authenticated_at
    }

    /// The last second in which the verdict holds: certificates, CRLs and the approval end then.
    pub fn expires(&self) -> Option<UnixTime> {
        Some(self.verdict()?.binding()?.expiry())
    }

    /// Bytes and time of each step of the handshake.
    pub fn steps(&self) -> Steps {
        (&self.facts.steps).into()
    }
}

impl fmt::Debug for Session<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("verdict", &self.verdict())
            .field("server_name", &self.server_name())
            .field("version", &self.version())
            .field("cipher_suite", &self.cipher_suite_name())
            .field("key_exchange", &self.key_exchange_name())
            .field("is_resumed", &self.is_resumed())
            .field("declined", &self.declined())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_kept_as_they_were() {
        let step = |n: u64| Step { elapsed: Duration::from_nanos(n), received: n + 1, sent: n + 2 };
        let [accepted, identified] = [7, 1 << 31].map(step);
        let completed = Step { elapsed: Duration::new(1 << 33, 999_999_999), ..step(64_000) };
        let steps = Steps { accepted, identified, completed };
        assert_eq!(Steps::from(&KeptSteps::from(steps)), steps);
        let too_much = Step { elapsed: Duration::MAX, received: u64::MAX, sent: 1 << 32 };
        let kept = Step::from(&KeptStep::from(too_much));
        let [most, all] = [u64::MAX, u32::MAX.into()];
        assert_eq!(kept, Step { elapsed: Duration::from_nanos(most), received: all, sent: all });
    }
}
