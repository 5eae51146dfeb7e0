//! Counters that many threads write without meeting, and what they say at one moment.

use core::fmt::Write as _;
use core::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};

use crate::reason::{Decision, Reason};

const REASONS: usize = Reason::ALL.len();

/// What the chain verdict cache had to say about one decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lookup {
    /// It was not asked: nothing to look up, or a resumption.
    None = 0,
    /// The chain was there, under this snapshot, at this time.
    Hit = 1,
    /// It was not.
    Miss = 2,
}

const LOOKUPS: usize = 3;

/// Counters that go up once for every event of their kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    /// A reload put a new snapshot in force.
    Reload = 0,
    /// A reload failed; the old snapshot stays in force.
    FailedReload = 1,
}

const EVENTS: usize = 2;

/// `N` counters of one shard, alone on their cache lines. 128 bytes: Intel fetches lines in
/// pairs, and Apple's and some Arm lines are that long.
#[repr(align(128))]
struct Shard<const N: usize>([AtomicU64; N]);

/// Most shards: 64 × 0.8 kB for all decisions. More threads than that share, which costs time
/// and no counts.
const SHARDS_MAX: usize = 64;

static NEXT_THREAD: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    /// This thread's number, dense from 0, the same for every tally.
    static THREAD: usize = NEXT_THREAD.fetch_add(1, Relaxed);
}

/// `N` counters that threads add to without meeting: each writes its own shard.
pub(crate) struct Tally<const N: usize> {
    /// A power of two of them, so that a mask picks one.
    shards: Box<[Shard<N>]>,
}

impl<const N: usize> Tally<N> {
    pub(crate) fn new() -> Self {
        // Twice the cores: blocked threads are common where handshakes run.
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let shards = (2 * cores).next_power_of_two().min(SHARDS_MAX);
        let zeros = || Shard(core::array::from_fn(|_| AtomicU64::new(0)));
        Self { shards: (0..shards).map(|_| zeros()).collect() }
    }

    /// Adds one to counter `i`.
    #[inline]
    pub(crate) fn count(&self, i: usize) {
        let thread = THREAD.with(|thread| *thread);
        self.shards[thread & (self.shards.len() - 1)].0[i].fetch_add(1, Relaxed);
    }

    /// The sums over all shards. Each is exact; sums read while others count need not belong to
    /// one instant.
    pub(crate) fn sums(&self) -> [u64; N] {
        let sum = |i: usize| self.shards.iter().map(|shard| shard.0[i].load(Relaxed)).sum();
        core::array::from_fn(sum)
    }
}

/// The counters of one verifier.
pub(crate) struct Metrics {
    decisions: Tally<{ LOOKUPS * REASONS }>,
    events: Tally<EVENTS>,
}

impl Metrics {
    pub(crate) fn new() -> Self {
        Self { decisions: Tally::new(), events: Tally::new() }
    }

    /// Counts one decision, together with how the chain cache served it: one addition in all.
    #[inline]
    pub(crate) fn decision(&self, reason: Reason, lookup: Lookup) {
        self.decisions.count(lookup as usize * REASONS + reason as usize);
    }

    /// Counts one event.
    pub(crate) fn event(&self, event: Event) {
        self.events.count(event as usize);
    }

    /// What was counted here, and the hits and misses that the signature facts counted.
    pub(crate) fn snapshot(&self, (fact_hits, fact_misses): (u64, u64)) -> MetricsSnapshot {
        let sums = self.decisions.sums();
        let decision = |lookup, reason| sums[lookup * REASONS + reason];
        MetricsSnapshot {
            decisions: core::array::from_fn(|l| core::array::from_fn(|r| decision(l, r))),
            events: self.events.sums(),
            fact_hits,
            fact_misses,
        }
    }
}

/// What was counted since a verifier was made, read at one moment.
///
/// All figures are counts that only grow, until they wrap at 2⁶⁴.
///
/// ```
/// use countersign::{MetricsSnapshot, Reason};
///
/// let none = MetricsSnapshot::default();
/// assert_eq!(none.decisions(Reason::Allowed), 0);
/// assert!(none.to_prometheus().contains("countersign_decisions_total"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MetricsSnapshot {
    decisions: [[u64; REASONS]; LOOKUPS],
    events: [u64; EVENTS],
    fact_hits: u64,
    fact_misses: u64,
}

impl Default for MetricsSnapshot {
    /// Nothing counted yet.
    fn default() -> Self {
        let decisions = [[0; REASONS]; LOOKUPS];
        Self { decisions, events: [0; EVENTS], fact_hits: 0, fact_misses: 0 }
    }
}

impl MetricsSnapshot {
    /// Decisions with this reason.
    pub fn decisions(&self, reason: Reason) -> u64 {
        self.decisions.iter().map(|row| row[reason as usize]).sum()
    }

    /// Decisions that let a client in, audit mode's included.
    pub fn allowed(&self) -> u64 {
        self.total(Decision::Allow)
    }

    /// Decisions that kept a client out.
    pub fn denied(&self) -> u64 {
        self.total(Decision::Deny)
    }

    /// Decisions that a cached chain verdict served.
    pub fn chain_hits(&self) -> u64 {
        self.decisions[Lookup::Hit as usize].iter().sum()
    }

    /// Decisions that found no usable chain verdict and validated the chain.
    pub fn chain_misses(&self) -> u64 {
        self.decisions[Lookup::Miss as usize].iter().sum()
    }

    /// Certificate signatures that were known to be good and not verified again.
    pub fn fact_hits(&self) -> u64 {
        self.fact_hits
    }

    /// Certificate signatures that were not known.
    pub fn fact_misses(&self) -> u64 {
        self.fact_misses
    }

    /// Reloads that put a new snapshot in force.
    pub fn reloads(&self) -> u64 {
        self.count(Event::Reload)
    }

    /// Reloads that failed and left the snapshot in force as it was.
    pub fn failed_reloads(&self) -> u64 {
        self.count(Event::FailedReload)
    }

    fn total(&self, decision: Decision) -> u64 {
        let reasons = Reason::ALL.iter().filter(|reason| decision_of(**reason) == decision);
        reasons.map(|reason| self.decisions(*reason)).sum()
    }

    fn count(&self, event: Event) -> u64 {
        self.events[event as usize]
    }

    /// The Prometheus text exposition format, version 0.0.4: every series every time, those
    /// still at zero included, so that a rate over a first occurrence is not lost.
    pub fn to_prometheus(&self) -> String {
        let mut text = String::with_capacity(4096);
        family(&mut text, "decisions", "Decisions by outcome and reason.");
        for reason in Reason::ALL {
            let labels = format!("{{decision=\"{}\",reason=\"{reason}\"}}", decision_of(*reason));
            sample(&mut text, "decisions", &labels, self.decisions(*reason));
        }
        let chain = [("hit", self.chain_hits()), ("miss", self.chain_misses())];
        by_result(&mut text, "chain_cache_lookups", "Chain verdict cache lookups.", chain);
        let facts = [("hit", self.fact_hits()), ("miss", self.fact_misses())];
        by_result(&mut text, "signature_fact_lookups", "Signature fact lookups.", facts);
        let reloads = [("ok", self.reloads()), ("failed", self.failed_reloads())];
        by_result(&mut text, "reloads", "Policy reloads.", reloads);
        text
    }
}

/// Every reason belongs to one decision.
fn decision_of(reason: Reason) -> Decision {
    match reason {
        Reason::Allowed | Reason::AllowedAudit => Decision::Allow,
        _ => Decision::Deny,
    }
}

fn by_result(text: &mut String, name: &str, help: &str, results: [(&str, u64); 2]) {
    family(text, name, help);
    for (result, count) in results {
        sample(text, name, &format!("{{result=\"{result}\"}}"), count);
    }
}

fn family(text: &mut String, name: &str, help: &str) {
    let written = write!(
        text,
        "# HELP countersign_{name}_total {help}\n# TYPE countersign_{name}_total counter\n"
    );
    written.expect("invariant: writing to a String cannot fail");
}

fn sample(text: &mut String, name: &str, labels: &str, value: u64) {
    let written = writeln!(text, "countersign_{name}_total{labels} {value}");
    written.expect("invariant: writing to a String cannot fail");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decisions_are_counted_by_reason_and_by_cache_outcome() {
        let metrics = Metrics::new();
        metrics.decision(Reason::Allowed, Lookup::Hit);
        metrics.decision(Reason::Allowed, Lookup::Miss);
        metrics.decision(Reason::AllowedAudit, Lookup::Hit);
        metrics.decision(Reason::NoCertificate, Lookup::None);
        let seen = metrics.snapshot((0, 0));
        assert_eq!(seen.decisions(Reason::Allowed), 2);
        assert_eq!((seen.allowed(), seen.denied()), (3, 1));
        assert_eq!((seen.chain_hits(), seen.chain_misses()), (2, 1));
    }

    #[test]
    fn events_are_counted_apart() {
        let metrics = Metrics::new();
        metrics.event(Event::FailedReload);
        metrics.event(Event::FailedReload);
        let seen = metrics.snapshot((1, 0));
        assert_eq!((seen.fact_hits(), seen.fact_misses()), (1, 0));
        assert_eq!((seen.reloads(), seen.failed_reloads()), (0, 2));
    }

    #[test]
    fn no_count_is_lost_between_threads() {
        let metrics = Metrics::new();
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for _ in 0..10_000 {
                        metrics.decision(Reason::Expired, Lookup::Miss);
                    }
                });
            }
        });
        assert_eq!(metrics.snapshot((0, 0)).decisions(Reason::Expired), 80_000);
    }

    #[test]
    fn prometheus_text_names_every_series_once() {
        let metrics = Metrics::new();
        metrics.decision(Reason::Revoked, Lookup::Miss);
        metrics.event(Event::Reload);
        let text = metrics.snapshot((0, 0)).to_prometheus();
        assert!(text.contains("decisions_total{decision=\"deny\",reason=\"revoked\"} 1\n"));
        assert!(text.contains("decisions_total{decision=\"allow\",reason=\"allowed\"} 0\n"));
        assert!(text.contains("# TYPE countersign_reloads_total counter\n"));
        assert!(text.contains("countersign_reloads_total{result=\"ok\"} 1\n"));
        let mut series: Vec<&str> =
            text.lines().filter_map(|l| l.rsplit_once(' ')).map(|l| l.0).collect();
        let all = series.len();
        series.sort_unstable();
        series.dedup();
        assert_eq!(series.len(), all);
    }
}
