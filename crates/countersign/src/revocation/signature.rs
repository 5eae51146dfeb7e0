//! Whether a key signed a CRL, worked out once.

use once_cell::race::OnceBox;

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
/// CRL is loaded; and whether a key made the signature is remembered, being true forever either
/// way. That a key did not make it matters while a CA changes its key: CRLs by the old and the
/// new one stand side by side. No peer chooses what is remembered here: only keys that a valid
/// path vouches for are tried on a CRL.
#[derive(Debug)]
pub(super) struct CrlSignature {
    algorithm: Option<SignatureAlgorithm>,
    digest: Option<MessageDigest>,
    made_by: [OnceBox<Box<[u8]>>; KEYS],
    not_made_by: [OnceBox<Box<[u8]>>; KEYS],
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
    /// A peer's budget is not charged for what is done once for all peers: digesting the CRL, and
    /// checking a key whose answer is remembered. Where there is no place left to remember it,
    /// the signature is charged, and the reading of the CRL once the key that made it is known:
    /// nobody honest brings another then.
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
        if is_full(&self.made_by) || is_full(&self.not_made_by) {
            budget.charge(key.cost_ns(self.octets_charged(crl)))?;
        }
        let good = match &self.digest {
            Some(digest) => key.verify_digest(algorithm, digest, crl.signature()).is_ok(),
            None => key.verify(algorithm, crl.tbs(), crl.signature()).is_ok(),
        };
        remember(if good { &self.made_by } else { &self.not_made_by }, spki);
        Ok(good)
    }

    /// How many octets of the CRL a peer pays for where it pays.
    fn octets_charged(&self, crl: &LoadedCrl) -> usize {
        let is_settled = self.made_by[0].get().is_some();
        if self.digest.is_none() && is_settled { crl.tbs().len() } else { 0 }
    }
}

fn remembers(keys: &[OnceBox<Box<[u8]>>], spki: &[u8]) -> bool {
    keys.iter().map_while(OnceBox::get).any(|known| **known == *spki)
}

fn is_full(keys: &[OnceBox<Box<[u8]>>]) -> bool {
    keys.iter().all(|place| place.get().is_some())
}

/// Takes the first free place. Where there is none the key is checked again next time.
fn remember(keys: &[OnceBox<Box<[u8]>>], spki: &[u8]) {
    for place in keys {
        if **place.get_or_init(|| Box::new(spki.into())) == *spki {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use countersign_testkit::forge::{Authority, Key, KeyKind};

    use super::*;
    use crate::cert::Certificate;

    #[test]
    fn a_signature_is_charged_only_where_its_answer_cannot_be_remembered() {
        let root = Authority::seeded_root("Root");
        let crl = LoadedCrl::from_der(root.crl().sign(&root.key)).unwrap();
        let signature = CrlSignature::new(&crl);
        let is_by = |key: &Key, budget_ns| {
            let root = Authority::root_with(root.name.clone(), key.clone(), |c| c);
            let spki = Certificate::parse(&root.certificate).unwrap().spki();
            let key = PublicKey::parse(&spki).unwrap();
            signature.is_by(&key, spki.der, &crl, &mut Budget::new(budget_ns))
        };
        let strangers = [1, 2, 3, 4, 5].map(|n| Key::seeded(KeyKind::P256, &n.to_string()));
        let (last, others) = strangers.split_last().unwrap();
        for stranger in others {
            assert_eq!(is_by(stranger, REMEMBERED_NS), Ok(false), "checked");
            assert_eq!(is_by(stranger, REMEMBERED_NS), Ok(false), "remembered");
        }
        assert_eq!(is_by(last, REMEMBERED_NS), Err(OverBudget), "no place is left");
        assert_eq!(is_by(last, 1_000_000), Ok(false));
        assert_eq!(is_by(last, REMEMBERED_NS), Err(OverBudget));
        assert_eq!(is_by(&root.key, 1_000_000), Ok(true));
        assert_eq!(is_by(&root.key, REMEMBERED_NS), Ok(true));
    }
}
