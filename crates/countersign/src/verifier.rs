//! The verifier: one policy in force, its caches, and the question everyone asks.

mod considered;
mod reload;
mod scope;
mod source;

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use arc_swap::{ArcSwap, Guard};

use self::source::{Origin, Source, Text};
use crate::chaincache::{ChainCache, Recalled, Remembered};
use crate::clock::UnixTime;
use crate::crypto::{PublicKey, sha256};
use crate::decide::{Decision, check_limits, decide, decide_again};
use crate::error::Error;
use crate::footprint::Footprint;
use crate::journal::{Journal, JournalEntry};
use crate::metrics::{Lookup, Metrics, MetricsSnapshot};
use crate::outcome::Outcome;
use crate::policy::Given;
use crate::reason::Reason;
use crate::sigcache::SignatureFacts;
use crate::snapshot::Snapshot;
use crate::verdict::{Basis, Concluded, Known, Particulars, Verdict};

pub(crate) use self::considered::{Considered, Pending};
pub use self::reload::Reload;
pub use self::scope::OutOfScope;

/// Decides which clients get in.
///
/// Shared freely between threads; `verify` takes no lock, does no I/O and never panics on
/// input. Readers never wait for a reload.
///
/// ```no_run
/// use countersign::{UnixTime, Verifier};
///
/// # fn main() -> Result<(), countersign::Error> {
/// # let (leaf, intermediate): (&[u8], &[u8]) = (&[], &[]);
/// let verifier = Verifier::from_file("policy.toml")?;
/// let verdict = verifier.verify(&[leaf, intermediate], UnixTime::now());
/// println!("{verdict}"); // allow allowed acme-billing (uri:spiffe://acme.example/billing)
/// # Ok(())
/// # }
/// ```
pub struct Verifier {
    snapshot: ArcSwap<Snapshot>,
    generation: AtomicU64,
    /// The generation whose remembered verdicts are given, without a look at the snapshot. It changes
    /// before the snapshot does: nobody who saw a policy is then told of the one before.
    recalled_generation: AtomicU64,
    /// Held while a policy is read and put in force, so that reloads follow one another.
    origin: Mutex<Origin>,
    facts: SignatureFacts,
    chains: ChainCache<Known>,
    metrics: Metrics,
    journal: Option<Arc<dyn Journal>>,
}

/// Sizes of the caches, the journal, and certificates and CRLs from memory. Every setting has a
/// default.
#[derive(Clone)]
pub struct VerifierBuilder {
    source: Source,
    chain_entries: usize,
    chain_bytes: usize,
    fact_entries: usize,
    journal: Option<Arc<dyn Journal>>,
}

impl VerifierBuilder {
    /// Most chain verdicts kept, and most bytes of certificates they may hold. Default: 65,536
    /// entries and 256 MiB. Zero entries turn the cache off; there are never more than
    /// [`limits::CACHE_ENTRIES`](crate::limits::CACHE_ENTRIES).
    #[must_use]
    pub fn chain_cache(mut self, entries: usize, bytes: usize) -> Self {
        (self.chain_entries, self.chain_bytes) = (entries, bytes);
        self
    }

    /// Most signature facts kept, at about 200 bytes each. Default: 65,536. Zero turns the cache
    /// off.
    #[must_use]
    pub fn fact_cache(mut self, entries: usize) -> Self {
        self.fact_entries = entries;
        self
    }

    /// Hands every decision to `journal`. Default: none.
    #[must_use]
    pub fn journal(mut self, journal: Arc<dyn Journal>) -> Self {
        self.journal = Some(journal);
        self
    }

    /// Trust anchors besides those in the files that the policy names: PEM, or one in DER. A policy needs no
    /// `anchors` then. They stay for all reloads. What is wrong with them is said when the policy is
    /// read.
    #[must_use]
    pub fn anchors(mut self, anchors: impl Into<Vec<u8>>) -> Self {
        self.source.given.anchors.push(anchors.into());
        self
    }

    /// CRLs besides those in the files that the policy names: PEM, or one in DER. As with CRLs in
    /// files, `revocation` is `require` then unless the policy says otherwise. They stay for all
    /// reloads.
    #[must_use]
    pub fn crls(mut self, crls: impl Into<Vec<u8>>) -> Self {
        self.source.given.crls.push(crls.into());
        self
    }

    /// Reads the policy and puts it in force as generation 1.
    ///
    /// # Errors
    /// Whatever is wrong with the policy or a file it names, and where.
    pub fn build(self) -> Result<Verifier, Error> {
        let (snapshot, files) = self.source.read(FIRST_GENERATION);
        Ok(Verifier {
            snapshot: ArcSwap::from_pointee(snapshot?),
            generation: AtomicU64::new(FIRST_GENERATION),
            recalled_generation: AtomicU64::new(FIRST_GENERATION),
            origin: Mutex::new(Origin::new(self.source, files)),
            facts: SignatureFacts::new(self.fact_entries),
            chains: ChainCache::new(self.chain_entries, self.chain_bytes),
            metrics: Metrics::new(),
            journal: self.journal,
        })
    }
}

const FIRST_GENERATION: u64 = 1;

impl Verifier {
    /// From a policy file; paths in it are relative to it.
    ///
    /// # Errors
    /// Whatever is wrong with the policy or a file it names, and where.
    pub fn from_file(policy: impl AsRef<Path>) -> Result<Self, Error> {
        Self::builder_from_file(policy).build()
    }

    /// From the text of a policy, UTF-8; paths in it are relative to `base_dir`.
    ///
    /// # Errors
    /// Whatever is wrong with the policy or a file it names, and where.
    pub fn from_toml(policy: impl AsRef<[u8]>, base_dir: impl AsRef<Path>) -> Result<Self, Error> {
        Self::builder_from_toml(policy, base_dir).build()
    }

    /// [`Verifier::from_file`] with settings.
    pub fn builder_from_file(policy: impl AsRef<Path>) -> VerifierBuilder {
        builder(Text::File(policy.as_ref().to_owned()))
    }

    /// [`Verifier::from_toml`] with settings.
    pub fn builder_from_toml(
        policy: impl AsRef<[u8]>,
        base_dir: impl AsRef<Path>,
    ) -> VerifierBuilder {
        let base_dir = base_dir.as_ref().to_owned();
        builder(Text::Here { toml: policy.as_ref().to_owned(), base_dir })
    }

    /// The verdict on a chain as the client presented it: DER certificates, leaf first, the
    /// others in any order. An empty chain is `no_certificate`.
    ///
    /// A chain that was allowed before is recognised byte for byte and judged again only where
    /// time or policy moved on; that path allocates nothing.
    pub fn verify(&self, chain: &[&[u8]], now: UnixTime) -> Verdict {
        let considered = self.consider(chain, now);
        self.record(&considered, chain.first().copied());
        considered.verdict
    }

    /// [`Verifier::verify`] for callers that copy the verdict elsewhere: hands its particulars to `tell`.
    ///
    /// Nothing is moved or kept for it, which a [`Verdict`] takes some nanoseconds for. `tell` is to be
    /// short, for it has a hold on what is remembered.
    #[inline]
    pub fn verify_with<T>(
        &self,
        chain: &[&[u8]],
        now: UnixTime,
        tell: impl FnOnce(&Particulars<'_>) -> T,
    ) -> T {
        // A journal is told the whole verdict.
        let recalled = if self.journal.is_none() { self.recall(chain, now) } else { None };
        let Some((generation, known)) = recalled else {
            return self.verify_and_tell(chain, now, tell);
        };
        let particulars = known.particulars(generation);
        // Counted afterwards: the count waits until all that was written before is in memory.
        let told = tell(&particulars);
        self.metrics.decision(particulars.reason, Lookup::Hit);
        told
    }

    #[cold]
    fn verify_and_tell<T>(
        &self,
        chain: &[&[u8]],
        now: UnixTime,
        tell: impl FnOnce(&Particulars<'_>) -> T,
    ) -> T {
        tell(&self.verify(chain, now).particulars())
    }

    /// What is remembered of a chain under the policy in force, and that policy's generation.
    #[inline]
    fn recall(&self, chain: &[&[u8]], now: UnixTime) -> Option<(u64, Recalled<Known>)> {
        check_limits(chain).ok()?;
        let generation = self.recalled_generation.load(Ordering::Acquire);
        Some((generation, self.chains.get(chain, generation, now)?))
    }

    /// [`Verifier::verify`] without a word to metrics and journal: for handshakes, in which a
    /// verdict counts only once the client has proved its key. [`Verifier::record`] follows then.
    #[inline]
    pub(crate) fn consider(&self, chain: &[&[u8]], now: UnixTime) -> Considered {
        let started = self.start();
        match self.recall(chain, now) {
            Some((generation, known)) => {
                let basis = Basis::Remembered { known, generation, is_cached: true };
                Considered::new(basis, Lookup::Hit, started)
            }
            None => self.consider_anew(chain, now, started),
        }
    }

    #[inline(never)]
    fn consider_anew(
        &self,
        chain: &[&[u8]],
        now: UnixTime,
        started: Option<Instant>,
    ) -> Considered {
        let snapshot = self.snapshot.load();
        let (basis, lookup) = match check_limits(chain) {
            Ok(()) => (self.judge_anew(snapshot, chain, now), Lookup::Miss),
            Err(outcome) => {
                let concluded = Concluded::new(&snapshot, &outcome.into());
                (Basis::Anew { concluded, snapshot }, Lookup::None)
            }
        };
        Considered::new(basis, lookup, started)
    }

    /// Out of line: where it is not, its stack is probed for chains that are remembered too.
    #[inline(never)]
    fn judge_anew(&self, snapshot: Guard<Arc<Snapshot>>, chain: &[&[u8]], now: UnixTime) -> Basis {
        let Decision { judged, leaf_key } = decide(&snapshot, &self.facts, chain, now);
        if let Some(key) = leaf_key.filter(|_| self.chains.has_room()) {
            let generation = snapshot.generation();
            let known = Known::new(&snapshot, &judged);
            let remembered = Remembered {
                leaf_key: PublicKey::from(key),
                window: judged.window,
                generation,
                judged_bytes: known.heap_bytes(),
                judged: known,
            };
            if let Some(known) = self.chains.insert(chain, remembered) {
                return Basis::Remembered { known, generation, is_cached: false };
            }
        }
        Basis::Anew { concluded: Concluded::new(&snapshot, &judged), snapshot }
    }

    /// The verdict on a session that resumes: the leaf it was made with and the
    /// [`Binding`](crate::Binding) from its ticket. The policy in force now decides, as it would
    /// on a full handshake. `session_stale` means: not refused, but authenticate afresh.
    pub fn reauthorize(&self, leaf: &[u8], binding: &[u8], now: UnixTime) -> Verdict {
        let considered = self.consider_again(leaf, binding, now);
        self.record(&considered, Some(leaf));
        considered.verdict
    }

    /// [`Verifier::reauthorize`] without a word to metrics and journal.
    pub(crate) fn consider_again(&self, leaf: &[u8], binding: &[u8], now: UnixTime) -> Considered {
        let started = self.start();
        let snapshot = self.snapshot.load();
        let judged = match check_limits(&[leaf]) {
            Ok(()) => decide_again(&snapshot, leaf, binding, now).judged,
            Err(outcome) => outcome.into(),
        };
        let concluded = Concluded::new(&snapshot, &judged);
        Considered::new(Basis::Anew { concluded, snapshot }, Lookup::None, started)
    }

    /// A refusal for what is wrong with the handshake itself, by the policy in force.
    pub(crate) fn refuse(&self, reason: Reason, position: u8, what: &'static str) -> Considered {
        let judged = Outcome::deny(reason, Some(position), what).into();
        let snapshot = self.snapshot.load();
        let concluded = Concluded::new(&snapshot, &judged);
        Considered::new(Basis::Anew { concluded, snapshot }, Lookup::None, self.start())
    }

    /// Tells metrics and journal of a verdict on this leaf.
    #[inline]
    pub(crate) fn record(&self, considered: &Considered, leaf: Option<&[u8]>) {
        let Considered { verdict, lookup, duration } = considered;
        self.metrics.decision(verdict.reason(), *lookup);
        if let (Some(journal), Some(duration)) = (&self.journal, *duration) {
            let leaf_sha256 = leaf.map(sha256);
            journal.record(&JournalEntry { verdict, leaf_sha256, duration });
        }
    }

    /// [`Verifier::record`], of a verdict that waited for the client to prove its key.
    pub(crate) fn record_pending(&self, pending: &Pending, leaf: &[u8]) {
        match &pending.for_journal {
            Some(considered) => self.record(considered, Some(leaf)),
            None => self.metrics.decision(pending.reason, pending.lookup),
        }
    }

    /// The parsed key of a leaf that was allowed, for the handshake's own signature.
    pub(crate) fn leaf_key<T>(
        &self,
        leaf: &[u8],
        use_key: impl FnOnce(&PublicKey) -> T,
    ) -> Option<T> {
        self.chains.leaf_key(leaf, use_key)
    }

    /// The generation of the policy in force, from 1; one atomic load.
    pub fn generation(&self) -> u64 {
        self.generation.load(Ordering::Acquire)
    }

    /// SHA-256 over every byte that the policy in force was compiled from: its text, the files that it
    /// names, and what the builder was given. Processes that loaded the same bytes have the same.
    pub fn policy_digest(&self) -> [u8; 32] {
        *self.snapshot.load().policy_digest()
    }

    /// Counters since the verifier was made.
    pub fn metrics(&self) -> MetricsSnapshot {
        self.metrics.snapshot(self.facts.lookups())
    }

    /// What the policy in force and the caches hold in memory.
    pub fn footprint(&self) -> Footprint {
        let snapshot = self.snapshot.load();
        Footprint {
            clients: snapshot.matcher().client_count(),
            policy_bytes: snapshot.matcher().heap_bytes(),
            crls: snapshot.crls().len(),
            chains: self.chains.len(),
            chain_bytes: self.chains.bytes(),
            facts: self.facts.len(),
        }
    }

    /// DER of the subjects of the trust anchors, for a certificate request's hints.
    pub fn anchor_subjects(&self) -> Vec<Vec<u8>> {
        self.snapshot.load().trust().subjects().map(<[u8]>::to_vec).collect()
    }

    /// The policy in force, for [`internal`](crate::internal).
    #[cfg(feature = "internal")]
    pub(crate) fn snapshot(&self) -> Arc<Snapshot> {
        self.snapshot.load_full()
    }

    fn start(&self) -> Option<Instant> {
        self.journal.as_ref().map(|_| Instant::now())
    }
}

fn builder(text: Text) -> VerifierBuilder {
    VerifierBuilder {
        source: Source { text, given: Given::default() },
        chain_entries: 65_536,
        chain_bytes: 256 << 20,
        fact_entries: 65_536,
        journal: None,
    }
}

impl core::fmt::Debug for Verifier {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Verifier").field("generation", &self.generation()).finish_non_exhaustive()
    }
}
