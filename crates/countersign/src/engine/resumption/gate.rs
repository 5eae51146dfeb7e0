//! May this session resume, here and now? And what must be kept so that this can be asked later?

use std::sync::Arc;
use std::time::Duration;

use super::envelope::{Client, ENTRY, Envelope};
use crate::clock::UnixTime;
use crate::crypto::Sha256;
use crate::engine::entry::ClientAuth;
use crate::engine::exchange::{self, Declined, Identity, Origin};
use crate::limits::SESSION_BYTES;
use crate::verifier::Verifier;

/// Seconds by which the clocks of a fleet may differ: what Kerberos allows (RFC 4120 section
/// 1.6).
const CLOCK_SKEW: i64 = 300;

/// What sessions of one entry must pass.
#[derive(Clone, Debug)]
pub(in crate::engine) struct Gate {
    entry: [u8; ENTRY],
    client_auth: ClientAuth,
    verifier: Option<Arc<Verifier>>,
    session_age: Duration,
}

impl Gate {
    /// The gate of the entry with these names. Its digest is over names and demands, not over
    /// certificates or the order of entries, so that every node of a fleet has the same.
    pub(in crate::engine) fn new(
        names: &[String],
        client_auth: ClientAuth,
        verifier: Option<Arc<Verifier>>,
        session_age: Duration,
    ) -> Self {
        let mut digest = Sha256::new();
        digest.update(b"countersign entry v1");
        digest.update(&[client_auth as u8]);
        let mut names: Vec<_> = names.iter().map(|name| name.to_ascii_lowercase()).collect();
        names.sort_unstable();
        for name in &names {
            // A DNS name has no zero byte in it.
            digest.update(name.trim_end_matches('.').as_bytes());
            digest.update(&[0]);
        }
        let mut entry = [0; ENTRY];
        entry.copy_from_slice(&digest.finish()[..ENTRY]);
        Self { entry, client_auth, verifier, session_age }
    }

    /// The header to keep with `state`, for the connection that rustls works for; `None` where the
    /// session is not to be kept.
    pub(super) fn header(&self, state: &[u8]) -> Option<Vec<u8>> {
        if state.len() > SESSION_BYTES {
            return None;
        }
        exchange::with(|exchange| {
            let now = exchange.now;
            let (authenticated_at, client) = match &exchange.identity {
                None if self.client_auth == ClientAuth::Required => return None,
                None => (exchange.nobody_since.unwrap_or(now), None),
                Some(identity) => {
                    let binding = *identity.verdict.binding()?;
                    (identity.authenticated_at, Some(Client { leaf: &identity.leaf, binding }))
                }
            };
            let expires = self.expiry(authenticated_at, client.as_ref());
            let entry = self.entry;
            Envelope { entry, expires, authenticated_at, client, state }.header()
        })?
    }

    /// No later than the session's age allows, the certificates and the CRLs.
    fn expiry(&self, authenticated_at: UnixTime, client: Option<&Client<'_>>) -> UnixTime {
        let age = i64::try_from(self.session_age.as_secs()).unwrap_or(i64::MAX);
        let by_age = authenticated_at.saturating_add(age);
        client.map_or(by_age, |client| by_age.min(client.binding.expiry()))
    }

    /// How long what is kept now will count, at most.
    pub(super) fn lifetime(&self) -> Duration {
        let left = exchange::with(|exchange| {
            let expires = match &exchange.identity {
                None => self.expiry(exchange.nobody_since.unwrap_or(exchange.now), None),
                Some(identity) => {
                    let binding = identity.verdict.binding().copied();
                    let client = binding.map(|binding| Client { leaf: &[], binding });
                    self.expiry(identity.authenticated_at, client.as_ref())
                }
            };
            expires.as_secs().saturating_sub(exchange.now.as_secs())
        });
        Duration::from_secs(u64::try_from(left.unwrap_or(0)).unwrap_or(0))
    }

    /// rustls' state out of `kept`, if the session may resume. If not, the connection is told why.
    pub(super) fn open(&self, kept: &[u8]) -> Option<Vec<u8>> {
        let now = exchange::with(|exchange| {
            (exchange.identity, exchange.nobody_since) = (None, None);
            exchange.now
        })?;
        let judged = self.judge(kept, now);
        exchange::with(|exchange| match judged {
            Ok((whose, state)) => {
                match whose {
                    Whose::Clients(identity) => exchange.identity = Some(identity),
                    Whose::Nobodys { since } => exchange.nobody_since = Some(since),
                }
                // Unless rustls resumes it, which it says at the end.
                exchange.declined = Some(Declined::Unsuitable);
                Some(state.to_vec())
            }
            Err(declined) => {
                exchange.declined = Some(declined);
                None
            }
        })?
    }

    fn judge<'k>(&self, kept: &'k [u8], now: UnixTime) -> Result<(Whose, &'k [u8]), Declined> {
        let envelope = Envelope::parse(kept).ok_or(Declined::Unreadable)?;
        if envelope.entry != self.entry {
            return Err(Declined::OtherEntry);
        }
        // The second limit holds where the age was set lower since.
        let expires = self.expiry(envelope.authenticated_at, envelope.client.as_ref());
        // Made by a clock that was ahead: its age cannot be told.
        let is_of_the_future = envelope.authenticated_at > now.saturating_add(CLOCK_SKEW);
        if now > envelope.expires || now > expires || is_of_the_future {
            return Err(Declined::Expired);
        }
        let Some(client) = envelope.client else {
            // A session of nobody is worth nothing where somebody is asked for; the entry's digest
            // says so too.
            let nobody_will_do = self.client_auth != ClientAuth::Required;
            return if nobody_will_do {
                Ok((Whose::Nobodys { since: envelope.authenticated_at }, envelope.state))
            } else {
                Err(Declined::OtherEntry)
            };
        };
        let verifier = self.verifier.as_ref().ok_or(Declined::OtherEntry)?;
        let considered = verifier.consider_again(client.leaf, client.binding.as_bytes(), now);
        if !considered.verdict.is_allowed() {
            return Err(Declined::NotAuthorized);
        }
        let identity = Identity {
            leaf: client.leaf.into(),
            verdict: considered.verdict.to_record(),
            pending: considered.into(),
            authenticated_at: envelope.authenticated_at,
            origin: Origin::Resumed,
        };
        Ok((Whose::Clients(Box::new(identity)), envelope.state))
    }
}

/// Whose session may resume.
enum Whose {
    Clients(Box<Identity>),
    /// Of a client that showed no certificate, at that time.
    Nobodys {
        since: UnixTime,
    },
}

/// Says that what was offered is none of ours.
pub(super) fn unreadable() {
    exchange::with(|exchange| exchange.declined = Some(Declined::Unreadable));
}
