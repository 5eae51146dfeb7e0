//! The stages of a decision one by one, for the benches.

use crate::budget::Budget;
use crate::cert::{Certificate, purpose};
use crate::clock::UnixTime;
use crate::crypto::{PublicKey, SignatureAlgorithm};
use crate::limits;
use crate::path::{self, Path, Presented, Question};
use crate::sigcache::SignatureFacts;
use crate::trust::{Anchor, TrustStore};

/// A chain in which each certificate signed the one before it and the anchor the last, and whose
/// signatures are known once [`Staged::find`] has run.
pub struct Staged<'a> {
    presented: Vec<Presented<'a>>,
    anchor_spki: Vec<u8>,
    anchor_key: PublicKey,
    trust: TrustStore,
    facts: SignatureFacts,
    now: UnixTime,
}

impl core::fmt::Debug for Staged<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Staged").field("presented", &self.presented.len()).finish_non_exhaustive()
    }
}

impl<'a> Staged<'a> {
    /// Parses all of it; `None` where something does not parse.
    pub fn new(chain: &[&'a [u8]], anchor: &[u8], now: UnixTime) -> Option<Self> {
        let parse = |(position, der): (u8, &&'a [u8])| {
            Certificate::parse(der).ok().map(|certificate| Presented { certificate, position })
        };
        let spki = Certificate::parse(anchor).ok()?.spki();
        Some(Self {
            presented: (0u8..).zip(chain).map(parse).collect::<Option<_>>()?,
            anchor_spki: spki.der.to_vec(),
            anchor_key: PublicKey::parse(&spki).ok()?,
            trust: TrustStore::new([Anchor::from_der(anchor).ok()?]),
            facts: SignatureFacts::new(1_000),
            now,
        })
    }

    /// Finds and validates the path; says whether there is one.
    pub fn find(&self) -> bool {
        let question = Question {
            presented: &self.presented,
            trust: &self.trust,
            facts: &self.facts,
            now: self.now,
            purpose: purpose::CLIENT_AUTH,
            require_purpose: false,
            max_intermediates: limits::CHAIN_CERTIFICATES - 1,
        };
        let mut accept = |_: &Path<'_, '_>, _: &mut Budget| Ok(());
        path::find(&question, &mut Budget::new(limits::DECISION_NS), &mut accept).is_ok()
    }

    /// Only asks for the facts that [`Staged::find`] asks for; says whether they hold.
    pub fn check_signatures(&self) -> bool {
        let issuers = self.presented[1..].iter().map(|p| p.certificate.spki().der);
        let issuers = issuers.chain([&*self.anchor_spki]);
        self.presented.iter().zip(issuers).all(|(child, issuer_spki)| {
            let certificate = &child.certificate;
            SignatureAlgorithm::from_der(certificate.signature_algorithm()).is_some_and(
                |algorithm| {
                    // The key is asked only where the fact is not known.
                    self.facts.check(issuer_spki, &self.anchor_key, algorithm, certificate).is_ok()
                },
            )
        })
    }
}
