//! Verdicts on their way to metrics and journal.

use std::time::{Duration, Instant};

use crate::metrics::Lookup;
use crate::reason::Reason;
use crate::verdict::{Basis, Verdict};

/// A verdict that nobody was told of yet.
pub(crate) struct Considered {
    pub(crate) verdict: Verdict,
    pub(super) lookup: Lookup,
    /// Measured where there is a journal to hear of it.
    pub(super) duration: Option<Duration>,
}

impl Considered {
    #[inline]
    pub(super) fn new(basis: Basis, lookup: Lookup, started: Option<Instant>) -> Self {
        let verdict = Verdict::new(basis);
        Self { verdict, lookup, duration: started.map(|started| started.elapsed()) }
    }
}

/// What is to be recorded of a verdict once the client has proved its key. A client may take its time
/// for that, or never do it, so it has no hold on the policy or on what is remembered; where there is a
/// journal, it has, for the journal is told all of the verdict.
#[derive(Debug)]
pub(crate) struct Pending {
    pub(super) reason: Reason,
    pub(super) lookup: Lookup,
    pub(super) for_journal: Option<Box<Considered>>,
}

impl From<Considered> for Pending {
    fn from(considered: Considered) -> Self {
        let (reason, lookup) = (considered.verdict.reason(), considered.lookup);
        let for_journal = considered.duration.is_some().then(|| Box::new(considered));
        Self { reason, lookup, for_journal }
    }
}

impl core::fmt::Debug for Considered {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        self.verdict.fmt(f)
    }
}
