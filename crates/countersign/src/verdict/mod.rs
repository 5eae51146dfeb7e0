//! The verdict: allow or deny, why, who, and under which policy.

mod basis;
mod particulars;
mod record;

use core::fmt;

use crate::binding::Binding;
use crate::outcome::Outcome;
use crate::reason::{Decision, Reason};

pub use particulars::Particulars;
pub use record::VerdictRecord;

pub(crate) use basis::{Basis, Concluded, Known};

/// Allow or deny, with the reason, the client and the rule.
///
/// A verdict keeps what it was made of alive, the policy or what was remembered of the chain, because
/// its names live there. It is meant to be read and dropped; what outlives the handshake is
/// [`Verdict::to_record`].
///
/// The default is a deny.
#[derive(Default)]
pub struct Verdict {
    basis: Option<Basis>,
}

impl Verdict {
    #[inline]
    pub(crate) fn new(basis: Basis) -> Self {
        Self { basis: Some(basis) }
    }

    #[inline]
    fn outcome(&self) -> Option<&Outcome> {
        self.basis.as_ref().map(Basis::outcome)
    }

    /// Allow or deny.
    pub fn decision(&self) -> Decision {
        self.outcome().map_or(Decision::Deny, Outcome::decision)
    }

    /// Whether the client gets in.
    pub fn is_allowed(&self) -> bool {
        self.decision() == Decision::Allow
    }

    /// Why.
    pub fn reason(&self) -> Reason {
        self.outcome().map_or(Reason::Internal, |outcome| outcome.reason)
    }

    /// Under [`Reason::AllowedAudit`], the reason enforcement would have denied with.
    pub fn audit_reason(&self) -> Option<Reason> {
        self.outcome()?.audit_reason
    }

    /// The client's id, where a record matched; also on a deny such as `approval_expired`.
    pub fn client(&self) -> Option<&str> {
        let client = core::str::from_utf8(self.basis.as_ref()?.client());
        Some(client.expect("invariant: a client's id is text")).filter(|client| !client.is_empty())
    }

    /// The client's id, owned.
    pub fn client_id(&self) -> Option<String> {
        self.client().map(ToOwned::to_owned)
    }

    /// Whom to ask about the client, where its record says.
    pub fn owner(&self) -> Option<&str> {
        self.basis.as_ref()?.owner()
    }

    /// The scopes the client is approved for; names that the caller gives meaning to.
    pub fn scopes(&self) -> impl Iterator<Item = &str> {
        self.basis.as_ref().map_or(&[][..], Basis::scopes).iter().map(AsRef::as_ref)
    }

    /// The rule that decided, as `kind:value` (`uri:spiffe://acme.example/billing`), or `issued`.
    pub fn rule(&self) -> Option<String> {
        let text = self.particulars().rule.into_owned();
        let text = String::from_utf8(text).expect("invariant: a rule is text");
        (!text.is_empty()).then_some(text)
    }

    /// The certificate a deny is about, by its place in the chain as presented (0 is the leaf).
    pub fn chain_index(&self) -> Option<usize> {
        self.position().map(usize::from)
    }

    fn position(&self) -> Option<u8> {
        self.outcome()?.position
    }

    /// The generation of the policy that decided; 0 where none did.
    pub fn generation(&self) -> u64 {
        self.basis.as_ref().map_or(0, Basis::generation)
    }

    /// Whether the verdict was remembered instead of worked out anew. It is the same either way.
    pub fn is_cached(&self) -> bool {
        self.basis.as_ref().is_some_and(Basis::is_cached)
    }

    /// The bytes that tie a session to the trust and the time it was allowed under, to be kept in
    /// its ticket and given to [`Verifier::reauthorize`](crate::Verifier::reauthorize). `None`
    /// on a deny.
    #[inline]
    pub fn binding(&self) -> Option<&Binding> {
        self.basis.as_ref()?.binding()
    }

    /// All of it at once, borrowed. Of a remembered verdict it allocates nothing.
    #[inline]
    pub fn particulars(&self) -> Particulars<'_> {
        self.basis.as_ref().map(Basis::particulars).unwrap_or_default()
    }

    /// The same, owned, without the policy: for what outlives the handshake.
    pub fn to_record(&self) -> VerdictRecord {
        VerdictRecord::of(self)
    }

    /// A sentence for people: the reason, the certificate, and what exactly.
    pub fn detail(&self) -> String {
        let mut text = self.reason().describe().to_owned();
        let Some(basis) = &self.basis else { return text };
        let outcome = basis.outcome();
        if let Some(audit_reason) = outcome.audit_reason {
            text = format!("{text}: {}", audit_reason.describe());
        }
        if !outcome.what.is_empty() {
            text = format!("{text}: {}", outcome.what);
        }
        if let Some(note) = basis.note() {
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
