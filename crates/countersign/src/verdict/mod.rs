//! The verdict: allow or deny, why, who, and under which policy.

mod basis;
mod particulars;
mod record;

use core::fmt;
use std::borrow::Cow;
use std::sync::Arc;

use arc_swap::Guard;

use crate::binding::Binding;
use crate::outcome::{MatchedRule, Outcome};
use crate::policy::ClientRecord;
use crate::reason::{Decision, Reason};
use crate::snapshot::Snapshot;

pub use particulars::Particulars;
pub use record::VerdictRecord;

pub(crate) use basis::{Basis, Concluded, Known};
use basis::{client_bytes, rule_bytes};

/// Allow or deny, with the reason, the client and the rule.
///
/// A verdict keeps the policy it was made under alive, because its names live there. It is meant
/// to be read and dropped; what outlives the handshake is [`Verdict::to_record`].
///
/// The default is a deny.
#[derive(Default)]
pub struct Verdict {
    decided: Option<Decided>,
}

struct Decided {
    basis: Basis,
    snapshot: Guard<Arc<Snapshot>>,
}

impl Decided {
    #[inline]
    fn outcome(&self) -> &Outcome {
        &self.basis.concluded().outcome
    }
}

impl Verdict {
    #[inline]
    pub(crate) fn new(basis: Basis, snapshot: Guard<Arc<Snapshot>>) -> Self {
        Self { decided: Some(Decided { basis, snapshot }) }
    }

    /// Allow or deny.
    pub fn decision(&self) -> Decision {
        self.decided.as_ref().map_or(Decision::Deny, |d| d.outcome().decision())
    }

    /// Whether the client gets in.
    pub fn is_allowed(&self) -> bool {
        self.decision() == Decision::Allow
    }

    /// Why.
    pub fn reason(&self) -> Reason {
        self.decided.as_ref().map_or(Reason::Internal, |d| d.outcome().reason)
    }

    /// Under [`Reason::AllowedAudit`], the reason enforcement would have denied with.
    pub fn audit_reason(&self) -> Option<Reason> {
        self.decided.as_ref()?.outcome().audit_reason
    }

    /// The client's id, where a record matched; also on a deny such as `approval_expired`.
    pub fn client(&self) -> Option<&str> {
        let decided = self.decided.as_ref()?;
        Some(decided.snapshot.matcher().client_id(decided.outcome().client?))
    }

    /// The client's id, owned.
    pub fn client_id(&self) -> Option<String> {
        self.client().map(ToOwned::to_owned)
    }

    /// Whom to ask about the client, where its record says.
    pub fn owner(&self) -> Option<&str> {
        self.client_record()?.owner.as_deref()
    }

    /// The scopes the client is approved for; names that the caller gives meaning to.
    pub fn scopes(&self) -> impl Iterator<Item = &str> {
        self.client_record().into_iter().flat_map(|record| record.scopes.iter().map(AsRef::as_ref))
    }

    fn client_record(&self) -> Option<&ClientRecord> {
        let decided = self.decided.as_ref()?;
        decided.snapshot.matcher().client_record(decided.outcome().client?)
    }

    /// The rule that decided, as `kind:value` (`uri:spiffe://acme.example/billing`), or `issued`.
    pub fn rule(&self) -> Option<String> {
        let text = self.particulars().rule.into_owned();
        let text = String::from_utf8(text).expect("invariant: a rule is text");
        (!text.is_empty()).then_some(text)
    }

    /// The certificate a deny is about, by its place in the chain as presented (0 is the leaf).
    pub fn chain_index(&self) -> Option<usize> {
        self.decided.as_ref()?.outcome().position.map(usize::from)
    }

    /// The generation of the policy that decided; 0 where none did.
    pub fn generation(&self) -> u64 {
        self.decided.as_ref().map_or(0, |d| d.snapshot.generation())
    }

    /// Whether the verdict was remembered instead of worked out anew. It is the same either way.
    pub fn is_cached(&self) -> bool {
        self.decided.as_ref().is_some_and(|d| matches!(d.basis, Basis::Remembered(_)))
    }

    /// The bytes that tie a session to the trust and the time it was allowed under, to be kept in
    /// its ticket and given to [`Verifier::reauthorize`](crate::Verifier::reauthorize). `None`
    /// on a deny.
    #[inline]
    pub fn binding(&self) -> Option<&Binding> {
        self.decided.as_ref()?.basis.concluded().binding.as_ref()
    }

    /// All of it at once, borrowed. Of a remembered verdict it allocates nothing.
    #[inline]
    pub fn particulars(&self) -> Particulars<'_> {
        match &self.decided {
            Some(Decided { basis: Basis::Remembered(known), snapshot }) => {
                known.particulars(snapshot.generation())
            }
            decided => particulars_anew(decided.as_ref()),
        }
    }

    /// The same, owned, without the policy: for what outlives the handshake.
    pub fn to_record(&self) -> VerdictRecord {
        VerdictRecord::of(self)
    }

    /// A sentence for people: the reason, the certificate, and what exactly.
    pub fn detail(&self) -> String {
        let mut text = self.reason().describe().to_owned();
        let Some(Decided { basis, snapshot }) = &self.decided else { return text };
        let outcome = &basis.concluded().outcome;
        if let Some(audit_reason) = outcome.audit_reason {
            text = format!("{text}: {}", audit_reason.describe());
        }
        if !outcome.what.is_empty() {
            text = format!("{text}: {}", outcome.what);
        }
        if let MatchedRule::Rule(rule) = outcome.rule
            && let Some(note) = snapshot.matcher().note(rule)
        {
            text = format!("{text}: {note}");
        }
        match outcome.position {
            Some(0) => text + " (the client's own certificate)",
            Some(position) => format!("{text} (certificate {position} of the chain)"),
            None => text,
        }
    }
}

/// Out of line, for it is long and nobody waits for it who has not waited for a decision.
#[cold]
fn particulars_anew(decided: Option<&Decided>) -> Particulars<'_> {
    let Some(Decided { basis, snapshot }) = decided else { return Particulars::default() };
    let Concluded { outcome, binding } = basis.concluded();
    Particulars {
        reason: outcome.reason,
        audit_reason: outcome.audit_reason,
        client: client_bytes(snapshot, outcome.client),
        rule: Cow::Owned(rule_bytes(snapshot, outcome.rule)),
        chain_index: outcome.position.map(usize::from),
        generation: snapshot.generation(),
        is_cached: false,
        binding: binding.as_ref(),
    }
}

impl fmt::Debug for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verdict")
            .field("reason", &self.reason())
            .field("client", &self.client())
            .field("rule", &self.rule())
            .field("chain_index", &self.chain_index())
            .field("generation", &self.generation())
            .field("cached", &self.is_cached())
            .finish()
    }
}

/// `allow acme-billing (uri:spiffe://acme.example/billing)`, `deny expired: …`.
impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.decision(), self.reason())?;
        if let Some(client) = self.client() {
            write!(f, " {client}")?;
        }
        if let Some(rule) = self.rule() {
            write!(f, " ({rule})")?;
        }
        Ok(())
    }
}
