//! One policy in force: compiled, immutable, numbered.

use std::path::PathBuf;

use crate::crypto::Sha256;
use crate::error::Error;
use crate::policy::{Admit, CompiledPolicy, Matcher, Mode};
use crate::revocation::{self, CrlSet};
use crate::trust::{Anchor, TrustStore};

/// Everything a decision looks at, swapped whole.
#[derive(Debug)]
pub(crate) struct Snapshot {
    generation: u64,
    mode: Mode,
    admit: Admit,
    require_eku: bool,
    trust: TrustStore,
    crls: CrlSet,
    revocation: revocation::Settings,
    matcher: Matcher,
    trust_digest: [u8; 32],
    policy_digest: [u8; 32],
}

impl Snapshot {
    /// Builds trust and revocation from a compiled policy.
    ///
    /// # Errors
    /// An anchor or a CRL that cannot be used, with its file.
    pub(crate) fn new(policy: CompiledPolicy, generation: u64) -> Result<Self, Error> {
        let anchors = policy
            .anchors
            .iter()
            .map(|(file, der)| Anchor::from_der(der).map_err(|e| e.in_file(file)));
        let trust = TrustStore::new(anchors.collect::<Result<Vec<_>, _>>()?);
        let crls = load_crls(policy.crls)?;
        for anchor in trust.iter() {
            crls.recognise(anchor.subject(), anchor.key(), anchor.spki());
        }
        let revocation = revocation::Settings { mode: policy.revocation, stale: policy.stale_crl };
        let trust_digest = trust_digest(&trust, &crls, revocation, policy.require_eku);
        Ok(Self {
            generation,
            mode: policy.mode,
            admit: policy.admit,
            require_eku: policy.require_eku,
            trust,
            crls,
            revocation,
            matcher: policy.matcher,
            trust_digest,
            policy_digest: policy.digest,
        })
    }

    pub(crate) fn generation(&self) -> u64 {
        self.generation
    }

    pub(crate) fn mode(&self) -> Mode {
        self.mode
    }

    pub(crate) fn admit(&self) -> Admit {
        self.admit
    }

    pub(crate) fn require_eku(&self) -> bool {
        self.require_eku
    }

    pub(crate) fn trust(&self) -> &TrustStore {
        &self.trust
    }

    pub(crate) fn crls(&self) -> &CrlSet {
        &self.crls
    }

    pub(crate) fn revocation(&self) -> revocation::Settings {
        self.revocation
    }

    pub(crate) fn matcher(&self) -> &Matcher {
        &self.matcher
    }

    /// SHA-256 over what makes a path good: anchors, CRLs and the settings of both. Two
    /// policies with the same digest find the same paths; the order of files does not matter.
    pub(crate) fn trust_digest(&self) -> &[u8; 32] {
        &self.trust_digest
    }

    /// SHA-256 over every byte that this was compiled from.
    pub(crate) fn policy_digest(&self) -> &[u8; 32] {
        &self.policy_digest
    }
}

fn load_crls(files: Vec<(PathBuf, Vec<u8>)>) -> Result<CrlSet, Error> {
    let mut crls = CrlSet::default();
    for (file, der) in files {
        let unusable = |e| Error::config(format!("not a usable CRL: {e}")).in_file(&file);
        crls.add(der).map_err(unusable)?;
    }
    Ok(crls)
}

fn trust_digest(
    trust: &TrustStore,
    crls: &CrlSet,
    revocation: revocation::Settings,
    require_eku: bool,
) -> [u8; 32] {
    let mut digest = Sha256::new();
    digest.update(b"countersign trust v1");
    digest.update(&trust.digest());
    digest.update(&crls.digest());
    digest.update(&[revocation.mode as u8, revocation.stale as u8, u8::from(require_eku)]);
    digest.finish()
}
