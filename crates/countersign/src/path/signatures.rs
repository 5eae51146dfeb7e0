//! The signatures of one search: each edge judged once, through the cache of facts.

use std::sync::Arc;

use arrayvec::ArrayVec;

use super::{Failure, Presented};
use crate::budget::Budget;
use crate::crypto::{KeyError, PublicKey, SignatureAlgorithm, VerifyError, sha256_ns};
use crate::limits;
use crate::reason::Reason;
use crate::sigcache::{AuthorityKey, SignatureFacts};
use crate::trust::Anchor;

/// Who issues: an anchor by its number in the store, or a presented certificate by its index.
#[derive(Clone, Copy, Debug)]
pub(super) enum IssuerId<'p> {
    Anchor(u32, &'p Anchor),
    Presented(u8),
}

impl IssuerId<'_> {
    fn number(self) -> u32 {
        match self {
            Self::Anchor(id, _) => id | ANCHOR,
            Self::Presented(index) => u32::from(index),
        }
    }
}

/// Keeps numbers of anchors and of presented certificates apart.
const ANCHOR: u32 = 0x8000_0000;

/// Edges remembered within one search. Beyond them the budget alone limits what is repeated.
const REMEMBERED: usize = 64;

pub(super) struct Signatures<'q> {
    facts: &'q SignatureFacts,
    judged: ArrayVec<(u8, u32, Result<(), Failure>), REMEMBERED>,
    /// By the certificate's index; as long as the highest that was asked for.
    keys: ArrayVec<Option<Arc<AuthorityKey>>, { limits::SEARCHED_CERTIFICATES }>,
}

impl<'q> Signatures<'q> {
    pub(super) fn new(facts: &'q SignatureFacts) -> Self {
        Self { facts, judged: ArrayVec::new(), keys: ArrayVec::new() }
    }

    /// Whether `issuer`, whose key is `key`, signed the presented certificate at `index`.
    pub(super) fn verify(
        &mut self,
        index: u8,
        child: &Presented<'_>,
        (issuer, issuer_spki): (IssuerId<'_>, &[u8]),
        key: &PublicKey,
        budget: &mut Budget,
    ) -> Result<(), Failure> {
        let edge = (index, issuer.number());
        if let Some((.., outcome)) = self.judged.iter().find(|(c, i, _)| (*c, *i) == edge) {
            return *outcome;
        }
        let checked = self.judge(child, issuer_spki, key, budget);
        let outcome = checked.map(|key| {
            if key.is_some() {
                *self.place(index) = key;
            }
        });
        // A full memory costs a repetition, which is charged again.
        let _ = self.judged.try_push((edge.0, edge.1, outcome));
        outcome
    }

    fn judge(
        &self,
        child: &Presented<'_>,
        issuer_spki: &[u8],
        key: &PublicKey,
        budget: &mut Budget,
    ) -> Result<Option<Arc<AuthorityKey>>, Failure> {
        let certificate = &child.certificate;
        let fail = |reason, what| Failure::new(reason, Some(child.position), what);
        let algorithm = SignatureAlgorithm::from_der(certificate.signature_algorithm())
            .ok_or(fail(Reason::UnsupportedAlgorithm, "the issuer's signature algorithm"))?;
        let signed = certificate.tbs();
        // Charged even where the fact is known, so that what a cache holds cannot change what
        // the budget allows.
        let hashed = signed.len() + certificate.signature().len() + issuer_spki.len();
        budget.charge(key.cost_ns(signed.len()) + sha256_ns(hashed))?;
        let verified = self.facts.check(issuer_spki, key, algorithm, certificate);
        verified.map_err(|error| match error {
            VerifyError::Mismatch => {
                fail(Reason::UnsupportedAlgorithm, "the issuer's key makes no such signature")
            }
            VerifyError::BadKey => fail(Reason::Malformed, "the issuer's public key"),
            VerifyError::BadSignature => fail(Reason::BadSignature, ""),
        })
    }

    /// The key in a presented certificate, parsed once.
    pub(super) fn key_of(
        &mut self,
        index: u8,
        presented: &Presented<'_>,
    ) -> Result<Arc<AuthorityKey>, Failure> {
        let place = self.place(index);
        if let Some(key) = place {
            return Ok(Arc::clone(key));
        }
        let key = AuthorityKey::parse(&presented.certificate).map_err(|error| {
            let reason = match error {
                KeyError::Weak => Reason::WeakKey,
                KeyError::Unsupported => Reason::UnsupportedAlgorithm,
                KeyError::Malformed => Reason::Malformed,
            };
            Failure::new(reason, Some(presented.position), "the public key")
        })?;
        Ok(Arc::clone(place.insert(Arc::new(key))))
    }

    fn place(&mut self, index: u8) -> &mut Option<Arc<AuthorityKey>> {
        let index = usize::from(index);
        while self.keys.len() <= index {
            self.keys.push(None);
        }
        &mut self.keys[index]
    }
}
