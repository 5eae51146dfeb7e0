//! A verdict that outlives its policy.

use core::fmt;
use std::borrow::Cow;
use std::sync::Arc;

use super::{Particulars, Verdict};
use crate::binding::Binding;
use crate::reason::{Decision, Reason};

/// Everything a [`Verdict`] says, owned: what a session keeps for as long as it lives.
///
/// Two records are equal where the decisions are, whether one was remembered or judged anew, on a
/// full handshake or on a resumed one.
///
/// ```
/// use countersign::{Decision, Reason, VerdictRecord};
///
/// let record = VerdictRecord::default();
/// assert_eq!((record.decision(), record.reason()), (Decision::Deny, Reason::Internal));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerdictRecord {
    reason: Reason,
    audit_reason: Option<Reason>,
    chain_index: Option<u8>,
    client_len: u32,
    /// The client's id, and the rule: in one piece, for each connection keeps a record, and shared
    /// with what the verifier remembers, where it does.
    text: Arc<str>,
    generation: u64,
    besides: Option<Box<Besides>>,
    binding: Option<Binding>,
}

/// What few records say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Besides {
    owner: Option<Box<str>>,
    scopes: Box<[Box<str>]>,
    /// Where it says more than the reason does.
    detail: Option<Box<str>>,
}

impl Besides {
    fn of(verdict: &Verdict) -> Option<Box<Self>> {
        let besides = Self {
            owner: verdict.owner().map(Into::into),
            scopes: verdict.scopes().map(Into::into).collect(),
            // Of a plain allow there is nothing more to say, and no reason to allocate.
            detail: (verdict.reason() != Reason::Allowed).then(|| verdict.detail().into()),
        };
        (besides != Self::default()).then(|| Box::new(besides))
    }
}

impl Default for VerdictRecord {
    fn default() -> Self {
        Self::of(&Verdict::default())
    }
}

impl VerdictRecord {
    pub(super) fn of(verdict: &Verdict) -> Self {
        let (text, client_len) = match &verdict.basis {
            Some(basis) => basis.text(),
            None => (Arc::default(), 0),
        };
        Self {
            reason: verdict.reason(),
            audit_reason: verdict.audit_reason(),
            chain_index: verdict.position(),
            client_len: u32::try_from(client_len).expect("invariant: an id is shorter than a line"),
            text,
            generation: verdict.generation(),
            besides: Besides::of(verdict),
            binding: verdict.binding().copied(),
        }
    }

    /// Makes a deny of it, by the policy of this generation: who it is about stays, and no session
    /// can be made of it.
    pub(crate) fn leave_scope(&mut self, generation: u64) {
        (self.reason, self.audit_reason) = (Reason::OutOfScope, None);
        (self.generation, self.binding) = (generation, None);
        if let Some(besides) = &mut self.besides {
            besides.detail = None;
        }
    }

    /// The client's id, and the rule; each empty where there is none.
    fn text(&self) -> (&str, &str) {
        self.text.split_at(self.client_len as usize)
    }

    /// Allow or deny.
    pub fn decision(&self) -> Decision {
        self.reason.decision()
    }

    /// Whether the client gets in.
    pub fn is_allowed(&self) -> bool {
        self.decision() == Decision::Allow
    }

    /// Why.
    pub fn reason(&self) -> Reason {
        self.reason
    }

    /// Under [`Reason::AllowedAudit`], the reason enforcement would have denied with.
    pub fn audit_reason(&self) -> Option<Reason> {
        self.audit_reason
    }

    /// The client's id, where a record of the policy matched.
    pub fn client(&self) -> Option<&str> {
        Some(self.text().0).filter(|client| !client.is_empty())
    }

    /// Whom to ask about the client, where its record says.
    pub fn owner(&self) -> Option<&str> {
        self.besides.as_ref()?.owner.as_deref()
    }

    /// The scopes the client is approved for.
    pub fn scopes(&self) -> impl Iterator<Item = &str> {
        self.besides.iter().flat_map(|besides| &besides.scopes).map(AsRef::as_ref)
    }

    /// The rule that decided, as `kind:value`, or `issued`.
    pub fn rule(&self) -> Option<&str> {
        Some(self.text().1).filter(|rule| !rule.is_empty())
    }

    /// The certificate a deny is about, by its place in the chain as presented (0 is the leaf).
    pub fn chain_index(&self) -> Option<usize> {
        self.chain_index.map(usize::from)
    }

    /// The generation of the policy that decided; 0 where none did.
    pub fn generation(&self) -> u64 {
        self.generation
    }

    /// All of it at once but for owner, scopes and detail, borrowed. Allocates nothing.
    pub fn particulars(&self) -> Particulars<'_> {
        let (client, rule) = self.text();
        Particulars {
            reason: self.reason,
            audit_reason: self.audit_reason,
            client: client.as_bytes(),
            rule: Cow::Borrowed(rule.as_bytes()),
            chain_index: self.chain_index(),
            generation: self.generation,
            is_cached: false,
            binding: self.binding.as_ref(),
        }
    }

    /// A sentence for people.
    pub fn detail(&self) -> &str {
        let detail = self.besides.as_ref().and_then(|besides| besides.detail.as_deref());
        detail.unwrap_or(self.reason.describe())
    }

    /// What ties a session to the trust and the time it was allowed under; `None` on a deny.
    pub fn binding(&self) -> Option<&Binding> {
        self.binding.as_ref()
    }
}

/// `allow allowed acme-billing (uri:spiffe://acme.example/billing)`, as a [`Verdict`] prints.
impl fmt::Display for VerdictRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.decision(), self.reason)?;
        if let Some(client) = self.client() {
            write!(f, " {client}")?;
        }
        if let Some(rule) = self.rule() {
            write!(f, " ({rule})")?;
        }
        Ok(())
    }
}
