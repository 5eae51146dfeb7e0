//! The verdict: allow or deny, why, who, and under which policy.

mod record;

use core::fmt;
use std::sync::Arc;

use arc_swap::Guard;

use crate::binding::Binding;
use crate::outcome::{Judged, MatchedRule};
use crate::policy::ClientRecord;
use crate::reason::{Decision, Reason};
use crate::snapshot::Snapshot;

pub use record::VerdictRecord;

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
    judged: Judged,
    cached: bool,
    snapshot: Guard<Arc<Snapshot>>,
}

impl Verdict {
    pub(crate) fn new(judged: Judged, cached: bool, snapshot: Guard<Arc<Snapshot>>) -> Self {
        Self { decided: Some(Decided { judged, cached, snapshot }) }
    }

    /// Allow or deny.
    pub fn decision(&self) -> Decision {
        self.decided.as_ref().map_or(Decision::Deny, |d| d.judged.outcome.decision())
    }

    /// Whether the client gets in.
    pub fn is_allowed(&self) -> bool {
        self.decision() == Decision::Allow
    }

    /// Why.
    pub fn reason(&self) -> Reason {
        self.decided.as_ref().map_or(Reason::Internal, |d| d.judged.outcome.reason)
    }

    /// Under [`Reason::AllowedAudit`], the reason enforcement would have denied with.
    pub fn audit_reason(&self) -> Option<Reason> {
        self.decided.as_ref()?.judged.outcome.audit_reason
    }

    /// The client's id, where a record matched; also on a deny such as `approval_expired`.
    pub fn client(&self) -> Option<&str> {
        let decided = self.decided.as_ref()?;
        Some(decided.snapshot.matcher().client_id(decided.judged.outcome.client?))
    }

    /// The same as bytes, which are not checked again to be UTF-8.
    #[inline]
    pub fn client_bytes(&self) -> Option<&[u8]> {
        let decided = self.decided.as_ref()?;
        Some(decided.snapshot.matcher().client_bytes(decided.judged.outcome.client?))
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
        decided.snapshot.matcher().client_record(decided.judged.outcome.client?)
    }

    /// The rule that decided, as `kind:value` (`uri:spiffe://acme.example/billing`), or `issued`.
    pub fn rule(&self) -> Option<String> {
        let mut text = Vec::new();
        self.rule_pieces(|piece| text.extend_from_slice(piece));
        let text = String::from_utf8(text).expect("invariant: a rule is text");
        (!text.is_empty()).then_some(text)
    }

    /// [`rule`](Self::rule) as UTF-8, piece by piece, for callers with a place of their own to put it:
    /// a rule of one key allocates nothing.
    #[inline]
    pub fn rule_pieces(&self, mut piece: impl FnMut(&[u8])) {
        let Some(decided) = &self.decided else { return };
        match decided.judged.outcome.rule {
            MatchedRule::None => {}
            MatchedRule::Issued => piece(b"issued"),
            MatchedRule::Rule(rule) => decided.snapshot.matcher().rule_pieces(rule, &mut piece),
        }
    }

    /// The certificate a deny is about, by its place in the chain as presented (0 is the leaf).
    pub fn chain_index(&self) -> Option<usize> {
        self.decided.as_ref()?.judged.outcome.position.map(usize::from)
    }

    /// The generation of the policy that decided; 0 where none did.
    pub fn generation(&self) -> u64 {
        self.decided.as_ref().map_or(0, |d| d.snapshot.generation())
    }

    /// Whether the verdict was remembered instead of worked out anew. It is the same either way.
    pub fn is_cached(&self) -> bool {
        self.decided.as_ref().is_some_and(|d| d.cached)
    }

    /// The bytes that tie a session to the trust and the time it was allowed under, to be kept in
    /// its ticket and given to [`Verifier::reauthorize`](crate::Verifier::reauthorize). `None`
    /// on a deny.
    pub fn binding(&self) -> Option<Binding> {
        let decided = self.decided.as_ref().filter(|_| self.is_allowed())?;
        Some(Binding::new(&decided.snapshot, &decided.judged))
    }

    /// The same, owned, without the policy: for what outlives the handshake.
    pub fn to_record(&self) -> VerdictRecord {
        VerdictRecord::of(self)
    }

    /// A sentence for people: the reason, the certificate, and what exactly.
    pub fn detail(&self) -> String {
        let mut text = self.reason().describe().to_owned();
        let Some(Decided { judged: Judged { outcome, .. }, snapshot, .. }) = &self.decided else {
            return text;
        };
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
