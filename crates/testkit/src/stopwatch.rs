//! How long work takes on a machine that has other things to do.

use std::hint::black_box;
use std::time::{Duration, Instant};

/// The shortest of `runs` runs: whatever interrupts a run makes it longer, never shorter, so the
/// shortest is closest to the CPU time that the work needs. What `work` returns is kept from the
/// optimiser.
pub fn least_time<T>(runs: usize, mut work: impl FnMut() -> T) -> Duration {
    let mut least = Duration::MAX;
    for _ in 0..runs {
        let started = Instant::now();
        black_box(work());
        least = least.min(started.elapsed());
    }
    least
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shortest_run_counts() {
        let mut pauses = [30, 1, 30].into_iter();
        let least = least_time(3, || {
            std::thread::sleep(Duration::from_millis(pauses.next().unwrap_or(0)));
        });
        assert!(least >= Duration::from_millis(1) && least < Duration::from_millis(30));
    }
}
