//! What a check of one path carries along. `status` judges a certificate by the CRLs, `signer` a CRL
//! by its signature; each needs the other, because the signer of a CRL may be revoked itself.

use arrayvec::ArrayVec;

use super::Question;
use crate::budget::Budget;
use crate::cert::Certificate;
use crate::clock::Window;

/// What is known about a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Status {
    /// Not revoked, as long as time is in the window.
    Good(Window),
    /// There is no CRL of its issuer at all.
    NoCrl,
    /// There are CRLs, and those that count do not cover it.
    Unknown,
    /// It would be good, were the CRLs fresh.
    Stale,
    /// Listed.
    Revoked,
}

/// Certificates that are judged because of one another: one of the path, the signer of its CRL,
/// and the signer of the CRL that covers that one. No known CA goes further.
const NESTED: usize = 3;

/// Judges the certificates of one path.
pub(super) struct Checker<'q, 'p, 'a> {
    pub(super) question: &'q Question<'p, 'a>,
    pub(super) budget: &'q mut Budget,
    /// Certificates being judged, each because of the one before: none can vouch for another.
    pub(super) judging: ArrayVec<&'p Certificate<'a>, NESTED>,
}

impl<'q, 'p, 'a> Checker<'q, 'p, 'a> {
    pub(super) fn new(question: &'q Question<'p, 'a>, budget: &'q mut Budget) -> Self {
        Self { question, budget, judging: ArrayVec::new() }
    }
}

/// What a CRL's signature is wanted for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Use {
    /// To believe that a certificate is revoked. Whether a CRL signer's own certificate is
    /// current does not matter for that, so that no passing of time takes a revocation back.
    Listing,
    /// To believe that it is not.
    Covering,
}
