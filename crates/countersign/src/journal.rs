//! The journal: every decision, handed to whoever wants to keep it.

use std::time::Duration;

use crate::verdict::Verdict;

/// One decision, borrowed for the length of the call.
#[derive(Debug)]
pub struct JournalEntry<'a> {
    /// What was decided: reason, client, rule, generation, whether it was remembered.
    pub verdict: &'a Verdict,
    /// SHA-256 of the leaf certificate's DER; `None` where there was no certificate.
    pub leaf_sha256: Option<[u8; 32]>,
    /// How long the decision took.
    pub duration: Duration,
}

/// A sink for decisions. Off by default; see [`VerifierBuilder::journal`].
///
/// It is called on the thread that decides, so it should hand the entry on and return. A panic
/// in it is the caller's own.
///
/// [`VerifierBuilder::journal`]: crate::VerifierBuilder::journal
pub trait Journal: Send + Sync {
    /// Takes note of one decision.
    fn record(&self, entry: &JournalEntry<'_>);
}

impl<F: Fn(&JournalEntry<'_>) + Send + Sync> Journal for F {
    fn record(&self, entry: &JournalEntry<'_>) {
        self(entry);
    }
}
