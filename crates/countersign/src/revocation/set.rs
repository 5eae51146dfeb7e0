//! The CRLs of a policy, by issuer.

use std::collections::{HashMap, HashSet};

use foldhash::fast::RandomState;

use super::signature::CrlSignature;
use crate::budget::Budget;
use crate::cert::Name;
use crate::clock::{UnixTime, Window};
use crate::crl::LoadedCrl;
use crate::crypto::{PublicKey, Sha256, sha256};
use crate::error::Malformed;

/// A CRL that decisions look at.
#[derive(Debug)]
pub(super) struct KnownCrl {
    pub(super) crl: LoadedCrl,
    pub(super) signature: CrlSignature,
    sha256: [u8; 32],
}

impl KnownCrl {
    fn new(crl: LoadedCrl) -> Self {
        Self { signature: CrlSignature::new(&crl), sha256: sha256(crl.der()), crl }
    }

    /// From thisUpdate to nextUpdate; `None` where there is no nextUpdate.
    pub(super) fn window(&self) -> Option<Window> {
        let not_after = self.crl.next_update()?;
        Some(Window { not_before: self.crl.this_update(), not_after })
    }

    /// The order of looking at CRLs: those that last longest first, and never the order of
    /// files.
    fn rank(&self) -> impl Ord {
        let until = self.crl.next_update().unwrap_or(UnixTime::MIN);
        core::cmp::Reverse((until, self.crl.this_update(), self.sha256))
    }
}

/// The CRLs of a policy. Two sets of the same CRLs are the same set, whatever their order.
#[derive(Debug, Default)]
pub(crate) struct CrlSet {
    by_issuer: HashMap<u64, Vec<KnownCrl>, RandomState>,
    /// Hashes of the issuers that entries of indirect CRLs name.
    spoken_of: HashSet<u64, RandomState>,
    count: usize,
}

impl CrlSet {
    /// Adds one CRL; one that is there already counts once.
    ///
    /// # Errors
    /// A CRL that is malformed.
    pub(crate) fn add(&mut self, der: Vec<u8>) -> Result<(), Malformed> {
        let known = KnownCrl::new(LoadedCrl::from_der(der)?);
        let same_hash = self.by_issuer.entry(known.crl.issuer().hash()).or_default();
        if same_hash.iter().any(|other| other.sha256 == known.sha256) {
            return Ok(());
        }
        self.spoken_of.extend(known.crl.named_issuers().map(|issuer| issuer.hash()));
        let place = same_hash.partition_point(|other| other.rank() < known.rank());
        same_hash.insert(place, known);
        self.count += 1;
        Ok(())
    }

    /// Works out which CRLs of `issuer` this key signed, ahead of any decision. With the keys of
    /// the trust anchors, which are known beforehand, no peer's budget pays for their CRLs.
    pub(crate) fn recognise(&self, issuer: Name<'_>, key: &PublicKey, spki: &[u8]) {
        let mut unlimited = Budget::new(u64::MAX);
        for known in self.of(issuer) {
            // What is found out is remembered; a CRL by someone else stays unknown.
            let _ = known.signature.is_by(key, spki, &known.crl, &mut unlimited);
        }
    }

    /// Whether an entry of some CRL is about certificates of this issuer. Such a CRL covers
    /// nothing, but its issuer is not one without any CRL.
    pub(super) fn speak_of(&self, issuer: Name<'_>) -> bool {
        !self.spoken_of.is_empty() && self.spoken_of.contains(&issuer.hash())
    }

    /// How many different CRLs there are.
    pub(crate) fn len(&self) -> usize {
        self.count
    }

    /// SHA-256 over the CRLs, whatever order they were added in.
    pub(crate) fn digest(&self) -> [u8; 32] {
        let mut digests: Vec<_> = self.by_issuer.values().flatten().map(|c| c.sha256).collect();
        digests.sort_unstable();
        let mut all = Sha256::new();
        digests.iter().for_each(|digest| all.update(digest));
        all.finish()
    }

    /// Every CRL of this issuer.
    pub(super) fn of(&self, issuer: Name<'_>) -> impl Iterator<Item = &KnownCrl> + Clone {
        let same_hash = self.by_issuer.get(&issuer.hash());
        same_hash.into_iter().flatten().filter(move |known| known.crl.issuer() == issuer)
    }
}
