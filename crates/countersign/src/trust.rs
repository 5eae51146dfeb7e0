//! Trust anchors: the certificates a policy trusts, parsed once, found by name.

use std::collections::HashMap;

use foldhash::fast::RandomState;

use crate::cert::{BasicConstraints, Certificate, KeyUsage, Name};
use crate::clock::Window;
use crate::crypto::{PublicKey, Sha256, sha256};
use crate::error::Error;

/// A trust anchor: a subject and a key, with the limits its certificate states about itself.
///
/// Owned, so that it outlives the file it came from.
#[derive(Debug)]
pub(crate) struct Anchor {
    der: Box<[u8]>,
    subject: Box<[u8]>,
    spki: Box<[u8]>,
    spki_sha256: [u8; 32],
    key: PublicKey,
    subject_key_id: Option<Box<[u8]>>,
    validity: Window,
    basic_constraints: Option<BasicConstraints>,
    key_usage: Option<KeyUsage>,
    constrains_names: bool,
    unknown_critical: bool,
}

impl Anchor {
    /// From one certificate.
    ///
    /// # Errors
    /// A certificate that is malformed, or whose key could never verify anything here.
    pub(crate) fn from_der(der: &[u8]) -> Result<Self, Error> {
        let certificate = Certificate::parse(der)
            .map_err(|e| Error::config(format!("not a usable CA certificate: {e}")))?;
        let key = PublicKey::parse(&certificate.spki()).map_err(|e| {
            Error::config(format!("the CA certificate's key cannot be used: {e}; replace the CA"))
        })?;
        Ok(Self {
            der: der.into(),
            subject: certificate.subject().der().into(),
            spki: certificate.spki().der.into(),
            spki_sha256: sha256(certificate.spki().der),
            key,
            subject_key_id: certificate.subject_key_id().map(Into::into),
            validity: certificate.validity(),
            basic_constraints: certificate.basic_constraints(),
            key_usage: certificate.key_usage(),
            constrains_names: certificate.name_constraints().is_some(),
            unknown_critical: certificate.has_unknown_critical_extension(),
        })
    }

    pub(crate) fn subject(&self) -> Name<'_> {
        Name::from_checked(&self.subject)
    }

    /// DER of the SubjectPublicKeyInfo.
    pub(crate) fn spki(&self) -> &[u8] {
        &self.spki
    }

    pub(crate) fn spki_sha256(&self) -> &[u8; 32] {
        &self.spki_sha256
    }

    pub(crate) fn key(&self) -> &PublicKey {
        &self.key
    }

    pub(crate) fn subject_key_id(&self) -> Option<&[u8]> {
        self.subject_key_id.as_deref()
    }

    pub(crate) fn validity(&self) -> Window {
        self.validity
    }

    pub(crate) fn basic_constraints(&self) -> Option<BasicConstraints> {
        self.basic_constraints
    }

    pub(crate) fn key_usage(&self) -> Option<KeyUsage> {
        self.key_usage
    }

    pub(crate) fn has_unknown_critical_extension(&self) -> bool {
        self.unknown_critical
    }

    /// The anchor's certificate where it constrains names. Few anchors do, so it is parsed when
    /// it is needed; it was well formed when the anchor was made.
    pub(crate) fn constraining_certificate(&self) -> Option<Certificate<'_>> {
        self.constrains_names.then(|| Certificate::parse(&self.der).ok()).flatten()
    }
}

/// The anchors of one policy.
#[derive(Debug, Default)]
pub(crate) struct TrustStore {
    anchors: Vec<Anchor>,
    by_subject: HashMap<u64, Vec<u32>, RandomState>,
}

impl TrustStore {
    /// From anchors; one that is there twice counts once.
    pub(crate) fn new(anchors: impl IntoIterator<Item = Anchor>) -> Self {
        let mut store = Self::default();
        for anchor in anchors {
            let hash = anchor.subject().hash();
            let same_name = store.by_subject.entry(hash).or_default();
            if same_name.iter().any(|i| store.anchors[*i as usize].der == anchor.der) {
                continue;
            }
            same_name.push(store.anchors.len() as u32);
            store.anchors.push(anchor);
        }
        store
    }

    /// Every anchor with this subject, each with its number in this store.
    pub(crate) fn named(&self, name: Name<'_>) -> impl Iterator<Item = (u32, &Anchor)> + Clone {
        let candidates = if self.anchors.is_empty() {
            None
        } else {
            self.by_subject.get(&name.hash()).map(Vec::as_slice)
        };
        candidates
            .unwrap_or_default()
            .iter()
            .map(|i| (*i, &self.anchors[*i as usize]))
            .filter(move |(_, anchor)| anchor.subject() == name)
    }

    /// Every anchor.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Anchor> {
        self.anchors.iter()
    }

    /// The subjects, for a server's certificate_authorities hint.
    pub(crate) fn subjects(&self) -> impl Iterator<Item = &[u8]> {
        self.anchors.iter().map(|a| &*a.subject)
    }

    /// SHA-256 over the anchors, whatever order they were configured in.
    pub(crate) fn digest(&self) -> [u8; 32] {
        let mut digests: Vec<[u8; 32]> = self.anchors.iter().map(|a| sha256(&a.der)).collect();
        digests.sort_unstable();
        let mut all = Sha256::new();
        digests.iter().for_each(|d| all.update(d));
        all.finish()
    }
}
