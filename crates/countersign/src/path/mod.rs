//! Certification paths (RFC 5280 section 6): `search` finds candidates by name, `validate`
//! judges each, from the anchor down, within one work budget.

mod constraints;
mod policies;
mod search;
mod signatures;
#[cfg(test)]
mod tests;
mod validate;

use std::sync::Arc;

use arrayvec::ArrayVec;

use self::constraints::Violation;
use crate::cert::{Certificate, KeyUsage, Name};
use crate::clock::{UnixTime, Window};
use crate::crypto::PublicKey;
use crate::limits;
use crate::reason::Reason;
use crate::sigcache::{AuthorityKey, SignatureFacts};
use crate::trust::{Anchor, TrustStore};

pub(crate) use search::find;
pub(crate) use validate::{check_common, leaf_usage};

/// Why a path, or a certificate of it, was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    pub(crate) reason: Reason,
    /// Place in the chain as presented; `None` for the anchor or the chain as a whole.
    pub(crate) position: Option<u8>,
    /// What exactly, for people; may be empty.
    pub(crate) what: &'static str,
}

impl Failure {
    pub(crate) const fn new(reason: Reason, position: Option<u8>, what: &'static str) -> Self {
        Self { reason, position, what }
    }

    pub(crate) const OVER_BUDGET: Self =
        Self::new(Reason::LimitExceeded, None, "judging it would cost too much");

    /// Keeps the more telling of two failures; the first where they tell as much.
    // Cold, so that the code of every failure stands apart from the way of those who are let in.
    #[cold]
    pub(crate) fn keep_more_telling(kept: &mut Option<Self>, new: Self) {
        if kept.is_none_or(|k| new.reason.rank() > k.reason.rank()) {
            *kept = Some(new);
        }
    }
}

impl From<crate::budget::OverBudget> for Failure {
    fn from(_: crate::budget::OverBudget) -> Self {
        Self::OVER_BUDGET
    }
}

/// Indices into [`Question::presented`], leaf first.
type Chosen = ArrayVec<u8, { limits::CHAIN_CERTIFICATES }>;

/// A parsed certificate and its place in the chain as presented.
#[derive(Clone, Debug)]
pub(crate) struct Presented<'a> {
    pub(crate) certificate: Certificate<'a>,
    pub(crate) position: u8,
}

/// What a path is searched for.
pub(crate) struct Question<'p, 'a> {
    /// The presented certificates that parsed; the leaf is first.
    pub(crate) presented: &'p [Presented<'a>],
    pub(crate) trust: &'p TrustStore,
    pub(crate) facts: &'p SignatureFacts,
    pub(crate) now: UnixTime,
    /// The extended key usage the leaf must have, as OBJECT IDENTIFIER content octets.
    pub(crate) purpose: &'static [u8],
    /// Whether a leaf without extended key usage is refused.
    pub(crate) require_purpose: bool,
    /// Most intermediates in a path, counted as pathLenConstraint counts them.
    pub(crate) max_intermediates: u32,
}

/// What stands between leaf and anchor, the leaf's issuer first, each with its key.
type Authorities<'p, 'a> =
    ArrayVec<(&'p Presented<'a>, Arc<AuthorityKey>), { limits::CHAIN_CERTIFICATES }>;

/// A path whose signatures, constraints and usages were found valid.
#[derive(Clone, Debug)]
pub(crate) struct Path<'p, 'a> {
    leaf: &'p Presented<'a>,
    authorities: Authorities<'p, 'a>,
    anchor: &'p Anchor,
}

/// Certificates are counted from the leaf, which is 0; the anchor is not one of them.
impl<'p, 'a> Path<'p, 'a> {
    /// Certificates below the anchor; at least one.
    pub(crate) fn len(&self) -> usize {
        1 + self.authorities.len()
    }

    fn presented(&self, i: usize) -> &'p Presented<'a> {
        if i == 0 { self.leaf } else { self.authorities[i - 1].0 }
    }

    pub(crate) fn certificate(&self, i: usize) -> &'p Certificate<'a> {
        &self.presented(i).certificate
    }

    /// Place in the chain as presented.
    pub(crate) fn position(&self, i: usize) -> u8 {
        self.presented(i).position
    }

    /// The key that signed certificate `i`.
    pub(crate) fn issuer_key(&self, i: usize) -> &PublicKey {
        self.authorities.get(i).map_or(self.anchor.key(), |(_, key)| key.key())
    }

    /// DER of the SubjectPublicKeyInfo that signed certificate `i`.
    pub(crate) fn issuer_spki(&self, i: usize) -> &[u8] {
        self.authorities.get(i).map_or(self.anchor.spki(), |(_, key)| key.spki())
    }

    /// keyUsage of the issuer of certificate `i`.
    pub(crate) fn issuer_key_usage(&self, i: usize) -> Option<KeyUsage> {
        let authority = self.authorities.get(i);
        authority.map_or(self.anchor.key_usage(), |(ca, _)| ca.certificate.key_usage())
    }

    /// Subject of the issuer of certificate `i`.
    pub(crate) fn issuer_name(&self, i: usize) -> Name<'_> {
        match self.authorities.get(i) {
            Some((ca, _)) => ca.certificate.subject(),
            None => self.anchor.subject(),
        }
    }

    /// SHA-256 of the SubjectPublicKeyInfo that signed the leaf.
    pub(crate) fn leaf_issuer_spki_sha256(&self) -> &[u8; 32] {
        let issuer = self.authorities.first();
        issuer.map_or(self.anchor.spki_sha256(), |(_, key)| key.spki_sha256())
    }

    /// When every certificate of the path, the anchor's included, is valid.
    pub(crate) fn validity(&self) -> Window {
        (0..self.len()).fold(self.anchor.validity(), |window, i| {
            window.intersect(self.certificate(i).validity())
        })
    }
}
