//! A live session's right to go on.

use std::sync::Arc;

use crate::binding::Binding;
use crate::clock::UnixTime;
use crate::verdict::VerdictRecord;
use crate::verifier::Verifier;

/// What a session was let in on, to be judged again while it lives.
///
/// A policy that is reloaded, a CRL that is renewed and a certificate that expires end no connection
/// by themselves. Whoever holds a lease can ask whether its client would still be let in, and close
/// the connection if not. It holds a copy of the client's chain.
#[derive(Clone)]
pub struct Lease {
    verifier: Arc<Verifier>,
    chain: Box<[Box<[u8]>]>,
    generation: u64,
    expires: UnixTime,
}

impl Lease {
    pub(super) fn new<'c>(
        verifier: Arc<Verifier>,
        chain: impl Iterator<Item = &'c [u8]>,
        verdict: &VerdictRecord,
    ) -> Self {
        let expires = verdict.binding().map_or(UnixTime::MIN, Binding::expiry);
        Self {
            verifier,
            chain: chain.map(Into::into).collect(),
            generation: verdict.generation(),
            expires,
        }
    }

    /// Whether nothing has changed since the verdict: the same policy, and its time not over. Two
    /// loads and a comparison; if it is false, [`Lease::judge`] says what follows.
    pub fn is_current(&self, now: UnixTime) -> bool {
        self.verifier.generation() == self.generation && now <= self.expires
    }

    /// The verdict that the client would get now, on the chain it came with.
    pub fn judge(&self, now: UnixTime) -> VerdictRecord {
        let chain: Vec<&[u8]> = self.chain.iter().map(AsRef::as_ref).collect();
        self.verifier.verify(&chain, now).to_record()
    }

    /// The verdict that ends the session, if it must end. If not, the lease is renewed.
    pub fn review(&mut self, now: UnixTime) -> Option<VerdictRecord> {
        if self.is_current(now) {
            return None;
        }
        let verdict = self.judge(now);
        if !verdict.is_allowed() {
            return Some(verdict);
        }
        self.generation = verdict.generation();
        self.expires = verdict.binding().map_or(UnixTime::MIN, Binding::expiry);
        None
    }
}

impl core::fmt::Debug for Lease {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Lease")
            .field("generation", &self.generation)
            .field("expires", &self.expires)
            .finish_non_exhaustive()
    }
}
