//! What came of it.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::Failure;

/// The connections of one run.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// How long each took that went as it should.
    latencies: Vec<Duration>,
    /// Those that did not.
    pub failures: BTreeMap<Failure, usize>,
    /// From the first to the last.
    pub took: Duration,
    /// Processor time that the clients themselves have used: it is not the server's, and where it
    /// fills the cores that they have, the rate is theirs too.
    pub own_cpu: Duration,
}

impl Tally {
    pub(crate) fn count(&mut self, outcome: Result<Duration, Failure>) {
        match outcome {
            Ok(took) => self.latencies.push(took),
            Err(failure) => *self.failures.entry(failure).or_default() += 1,
        }
    }

    pub(crate) fn and(mut self, other: Self) -> Self {
        self.latencies.extend(other.latencies);
        for (failure, times) in other.failures {
            *self.failures.entry(failure).or_default() += times;
        }
        self.own_cpu += other.own_cpu;
        self
    }

    /// Connections that went as they should.
    pub fn good(&self) -> usize {
        self.latencies.len()
    }

    /// Those that did not.
    pub fn failed(&self) -> usize {
        self.failures.values().sum()
    }

    /// Good ones in a second.
    pub fn rate(&self) -> f64 {
        self.good() as f64 / self.took.as_secs_f64().max(1e-9)
    }

    /// The longest that this share of the good ones took; `None` where there are none.
    pub fn latency(&self, share: f64) -> Option<Duration> {
        let mut sorted = self.latencies.clone();
        sorted.sort_unstable();
        let rank = (share * sorted.len() as f64).ceil() as usize;
        sorted.get(rank.saturating_sub(1)).copied()
    }

    /// Processor time of the clients for one connection, good or not.
    pub fn own_cpu_each(&self) -> Duration {
        let all = u32::try_from(self.good() + self.failed()).unwrap_or(u32::MAX);
        self.own_cpu / all.max(1)
    }

    /// How many cores the clients have kept busy.
    pub fn own_cores(&self) -> f64 {
        self.own_cpu.as_secs_f64() / self.took.as_secs_f64().max(1e-9)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_of_latencies_are_those_of_the_good_ones() {
        let mut tally = Tally::default();
        assert_eq!(tally.latency(0.5), None);
        for ms in (1..=100).rev() {
            tally.count(Ok(Duration::from_millis(ms)));
        }
        tally.count(Err(Failure::Closed));
        for (share, ms) in [(0.0, 1), (0.5, 50), (0.99, 99), (1.0, 100)] {
            assert_eq!(tally.latency(share), Some(Duration::from_millis(ms)), "{share}");
        }
    }

    #[test]
    fn runs_add_up() {
        let mut one = Tally { own_cpu: Duration::from_secs(1), ..Tally::default() };
        one.count(Ok(Duration::from_millis(1)));
        one.count(Err(Failure::Closed));
        let mut both = one.clone().and(one);
        both.took = Duration::from_secs(4);
        assert_eq!((both.good(), both.failed(), both.failures.len()), (2, 2, 1));
        assert_eq!((both.rate(), both.own_cores()), (0.5, 0.5));
        assert_eq!(both.own_cpu_each(), Duration::from_millis(500));
    }
}
