//! The outcome of a decision, before it becomes a verdict: no names, nothing borrowed.

use crate::clock::Window;
use crate::path::Failure;
use crate::policy::{ClientIndex, RuleRef};
use crate::reason::{Decision, Reason};

/// What was decided, without the names: small, and the same whether judged or remembered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Outcome {
    pub(crate) reason: Reason,
    /// Under `allowed_audit`, the reason enforcement would have given.
    pub(crate) audit_reason: Option<Reason>,
    pub(crate) client: Option<ClientIndex>,
    pub(crate) rule: MatchedRule,
    pub(crate) position: Option<u8>,
    pub(crate) what: &'static str,
}

/// What made the policy decide as it did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MatchedRule {
    /// It never came to that, or nothing matched.
    None,
    /// `admit = "issued"`: the path was enough.
    Issued,
    /// A rule of the policy or a list.
    Rule(RuleRef),
}

impl Outcome {
    pub(crate) const fn deny(reason: Reason, position: Option<u8>, what: &'static str) -> Self {
        let (audit_reason, client, rule) = (None, None, MatchedRule::None);
        Self { reason, audit_reason, client, rule, position, what }
    }

    pub(crate) const fn decision(&self) -> Decision {
        self.reason.decision()
    }
}

impl From<Failure> for Outcome {
    fn from(failure: Failure) -> Self {
        Self::deny(failure.reason, failure.position, failure.what)
    }
}

/// An outcome, and what may be remembered about it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Judged {
    pub(crate) outcome: Outcome,
    /// The time in which a fresh decision on the same chain would be the same.
    pub(crate) window: Window,
    /// SHA-256 of the key that issued the leaf; `None` for a pinned client, for whom nobody
    /// vouched.
    pub(crate) issuer_spki_sha256: Option<[u8; 32]>,
}

impl From<Outcome> for Judged {
    fn from(outcome: Outcome) -> Self {
        Self { outcome, window: Window::ALWAYS, issuer_spki_sha256: None }
    }
}
