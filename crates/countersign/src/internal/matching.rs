//! The question whether a leaf is listed, by itself, for the benches.

use core::fmt;
use std::sync::Arc;

use crate::cert::Certificate;
use crate::clock::UnixTime;
use crate::crypto::sha256;
use crate::identity::LeafIdentity;
use crate::reason::Reason;
use crate::snapshot::Snapshot;
use crate::verifier::Verifier;

/// The lists of the policy in force.
pub struct Matching(Arc<Snapshot>);

impl fmt::Debug for Matching {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Matching").field("generation", &self.0.generation()).finish()
    }
}

impl Matching {
    /// Those that this verifier has now.
    pub fn of(verifier: &Verifier) -> Self {
        Self(verifier.snapshot())
    }

    /// Whether the lists let this leaf in, whoever issued it.
    pub fn is_listed(&self, leaf: &Certificate<'_>, now: UnixTime) -> bool {
        let identity = LeafIdentity::new(leaf, sha256);
        self.0.matcher().judge(&identity, &[0; 32], now).outcome.reason() == Reason::Allowed
    }
}
