//! A policy in a folder of its own, and short words to ask it.

use std::sync::atomic::{AtomicU64, Ordering};

use countersign::{Error, Reason, UnixTime, Verdict, Verifier};
use countersign_testkit::PolicyDir;
use countersign_testkit::forge::{Authority, KeyKind, NOW};

/// A policy under construction.
pub(crate) struct Scene {
    pub(crate) dir: PolicyDir,
    admit: &'static str,
    trust: String,
    records: String,
    files: AtomicU64,
    crls: Vec<String>,
}

impl Scene {
    /// A policy that lets every client in that has a path to this authority.
    pub(crate) fn issued(anchor: &Authority) -> Self {
        Self::anchored("issued", &[&anchor.certificate])
    }

    /// A policy that lets listed clients in that have a path to this authority.
    pub(crate) fn listed(anchor: &Authority) -> Self {
        Self::anchored("listed", &[&anchor.certificate])
    }

    /// A policy with these trust anchors.
    pub(crate) fn anchored(admit: &'static str, anchors: &[&[u8]]) -> Self {
        let dir = PolicyDir::new();
        dir.write_certificates("ca.pem", anchors);
        let trust = "anchors = [\"ca.pem\"]\n".to_owned();
        Self { dir, admit, trust, records: String::new(), files: 0.into(), crls: Vec::new() }
    }

    /// Adds a line under `[trust]`.
    pub(crate) fn trust(mut self, line: &str) -> Self {
        self.trust += &format!("{line}\n");
        self
    }

    /// Adds a CRL.
    pub(crate) fn crl(mut self, der: &[u8]) -> Self {
        let file = format!("{}.crl", self.files.fetch_add(1, Ordering::Relaxed));
        self.dir.write_crl(&file, der);
        self.crls.push(file);
        self
    }

    /// Adds a client that one rule recognises, `dns = "a.example"`.
    pub(crate) fn client(self, id: &str, rule: &str) -> Self {
        self.client_with(id, rule, "")
    }

    /// Adds a client with more lines in its record.
    pub(crate) fn client_with(mut self, id: &str, rule: &str, lines: &str) -> Self {
        self.records += &format!("[[client]]\nid = {id:?}\nmatch = [{{ {rule} }}]\n{lines}\n");
        self
    }

    /// Adds a deny rule.
    pub(crate) fn deny(mut self, rule: &str) -> Self {
        self.records += &format!("[[deny]]\nmatch = [{{ {rule} }}]\n");
        self
    }

    /// The text of the policy.
    pub(crate) fn policy(&self) -> String {
        let mut trust = self.trust.clone();
        if !self.crls.is_empty() {
            trust += &format!("crls = {:?}\n", self.crls);
        }
        format!("version = 1\nadmit = {:?}\n[trust]\n{trust}{}", self.admit, self.records)
    }

    /// The verifier, or what is wrong with the policy. Its caches are small, because tests make
    /// thousands of verifiers.
    pub(crate) fn build(&self) -> Result<Verifier, Error> {
        self.with_caches(64)
    }

    /// The verifier of a sound policy.
    pub(crate) fn verifier(&self) -> Verifier {
        self.build().unwrap_or_else(|e| panic!("{e}\n{}", self.policy()))
    }

    /// A verifier without caches: every answer is fresh.
    pub(crate) fn fresh(&self) -> Verifier {
        self.with_caches(0).unwrap_or_else(|e| panic!("{e}\n{}", self.policy()))
    }

    fn with_caches(&self, entries: usize) -> Result<Verifier, Error> {
        Verifier::builder_from_toml(self.policy(), self.dir.path())
            .chain_cache(entries, entries << 16)
            .fact_cache(entries)
            .build()
    }

    /// The verdict of a verifier made for this once, at `NOW`.
    pub(crate) fn verdict(&self, chain: &[&[u8]]) -> Verdict {
        verify(&self.verifier(), chain)
    }
}

/// The verdict at `NOW`.
pub(crate) fn verify(verifier: &Verifier, chain: &[&[u8]]) -> Verdict {
    verifier.verify(chain, UnixTime::from_secs(NOW))
}

/// Everything a verdict says, but not whether it was remembered.
pub(crate) fn said(verdict: &Verdict) -> (Reason, Option<String>, Option<String>, Option<usize>) {
    let client = verdict.client().map(ToOwned::to_owned);
    (verdict.reason(), client, verdict.rule(), verdict.chain_index())
}

/// A chain as slices.
pub(crate) fn slices(chain: &[Vec<u8>]) -> Vec<&[u8]> {
    chain.iter().map(Vec::as_slice).collect()
}

/// Every order of the numbers below `count`.
pub(crate) fn permutations(count: usize) -> Vec<Vec<usize>> {
    if count == 0 {
        return vec![Vec::new()];
    }
    let mut all = Vec::new();
    for shorter in permutations(count - 1) {
        for place in 0..=shorter.len() {
            let mut longer = shorter.clone();
            longer.insert(place, count - 1);
            all.push(longer);
        }
    }
    all
}

/// Bytes as lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

/// Whether the provider that is built in verifies two signatures of this kind within the budget:
/// ring knows fewer kinds, and one P-384 signature takes it 900 µs.
pub(crate) fn is_supported(kind: KeyKind) -> bool {
    use KeyKind::{MlDsa44, MlDsa65, MlDsa87, P384, P521};
    cfg!(feature = "aws-lc-rs") || ![P384, P521, MlDsa44, MlDsa65, MlDsa87].contains(&kind)
}
