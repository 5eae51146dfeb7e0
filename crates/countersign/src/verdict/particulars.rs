//! All that a verdict says, in one piece.

use std::borrow::Cow;

use crate::binding::Binding;
use crate::reason::Reason;

/// All that a [`Verdict`](crate::Verdict) or a [`VerdictRecord`](crate::VerdictRecord) says of who and
/// why, borrowed: for callers that copy it to a place of their own, such as a structure of C's.
///
/// The default is a deny.
///
/// ```
/// use countersign::{Reason, Verdict};
///
/// let verdict = Verdict::default();
/// let particulars = verdict.particulars();
/// assert_eq!(particulars.reason, Reason::Internal);
/// assert!(particulars.client.is_empty() && particulars.binding.is_none());
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Particulars<'v> {
    /// Why, and with it whether the client gets in.
    pub reason: Reason,
    /// Under [`Reason::AllowedAudit`], the reason enforcement would have denied with.
    pub audit_reason: Option<Reason>,
    /// The client's id, UTF-8; empty where no record matched.
    pub client: &'v [u8],
    /// The rule that decided, as `kind:value` or `issued`, UTF-8; empty where none did.
    pub rule: Cow<'v, [u8]>,
    /// The certificate a deny is about, by its place in the chain as presented (0 is the leaf).
    pub chain_index: Option<usize>,
    /// The generation of the policy that decided; 0 where none did.
    pub generation: u64,
    /// Whether the verdict was remembered; `false` for a record.
    pub is_cached: bool,
    /// What ties a session to the trust and the time it was allowed under; `None` on a deny.
    pub binding: Option<&'v Binding>,
}

impl Default for Particulars<'_> {
    fn default() -> Self {
        Self {
            reason: Reason::Internal,
            audit_reason: None,
            client: b"",
            rule: Cow::Borrowed(b""),
            chain_index: None,
            generation: 0,
            is_cached: false,
            binding: None,
        }
    }
}
