//! Whether a key signed a CRL, worked out once.

use std::sync::OnceLock;

use crate::budget::{Budget, OverBudget};
use crate::crl::LoadedCrl;
use crate::crypto::{MessageDigest, PublicKey, SignatureAlgorithm};

/// The price of comparing a remembered key, in nanoseconds.
const REMEMBERED_NS: u64 = 50;

/// Keys remembered for one CRL, of either kind. A CA has one key, or two while it changes them.
const KEYS: usize = 4;

/// What it takes to check one CRL's signature, and what was found out already.
///
/// The CRL may have megabytes, and a decision has microseconds. So the digest is made when the
/// CRL is loaded; and that a key made the signature is remembered, being true forever. Where the
/// provider cannot start from a digest, that a key did *not* make it is remembered as well. Only
/// keys that a valid path vouches for come here, so no peer chooses what is remembered.
#[derive(Debug)]
pub(super) struct CrlSignature {
    algorithm: Option<SignatureAlgorithm>,
    digest: Option<MessageDigest>,
    made_by: [OnceLock<Box<[u8]>>; KEYS],
    not_made_by: [OnceLock<Box<[u8]>>; KEYS],
}

impl CrlSignature {
    pub(super) fn new(crl: &LoadedCrl) -> Self {
        let algorithm = SignatureAlgorithm::from_der(crl.signature_algorithm());
        Self {
            algorithm,
            digest: algorithm.and_then(|algorithm| MessageDigest::of(algorithm, crl.tbs())),
            made_by: Default::default(),
            not_made_by: Default::default(),
        }
    }

    /// Whether `key`, whose SubjectPublicKeyInfo is `spki`, signed `crl`, the one this was made
    /// from.
    ///
    /// The budget is charged for the signature. It is not charged for digesting the CRL, which
    /// happens once for each CRL and key, however many peers there are; until a hostile authority
    /// has brought more keys than are remembered.
    pub(super) fn is_by(
        &self,
        key: &PublicKey,
        spki: &[u8],
        crl: &LoadedCrl,
        budget: &mut Budget,
    ) -> Result<bool, OverBudget> {
        let Some(algorithm) = self.algorithm else {
            return Ok(false);
        };
        budget.charge(REMEMBERED_NS)?;
        if remembers(&self.made_by, spki) {
            return Ok(true);
        }
        if remembers(&self.not_made_by, spki) {
            return Ok(false);
        }
        budget.charge(key.cost_ns(self.octets_charged(crl)))?;
        let good = match &self.digest {
            Some(digest) => key.verify_digest(algorithm, digest, crl.signature()).is_ok(),
            None => key.verify(algorithm, crl.tbs(), crl.signature()).is_ok(),
        };
        if good {
            remember(&self.made_by, spki);
        } else if self.digest.is_none() {
            remember(&self.not_made_by, spki);
        }
        Ok(good)
    }

    /// How many octets of the CRL a peer pays for. Once the key that made the signature is known,
    /// nobody honest brings another.
    fn octets_charged(&self, crl: &LoadedCrl) -> usize {
        let is_full = |keys: &[OnceLock<_>]| keys.last().is_some_and(|key| key.get().is_some());
        let is_settled = self.made_by[0].get().is_some() && is_full(&self.not_made_by);
        if self.digest.is_none() && is_settled { crl.tbs().len() } else { 0 }
    }
}

fn remembers(keys: &[OnceLock<Box<[u8]>>], spki: &[u8]) -> bool {
    keys.iter().map_while(OnceLock::get).any(|known| **known == *spki)
}

/// Takes the first free place. Where there is none the key is checked again next time.
fn remember(keys: &[OnceLock<Box<[u8]>>], spki: &[u8]) {
    for place in keys {
        if **place.get_or_init(|| spki.into()) == *spki {
            return;
        }
    }
}
