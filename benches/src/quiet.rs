//! Whether the core is this thread's alone for the moment.
//!
//! The core of a virtual machine is often one of two hyperthreads of a processor's core. While somebody
//! else keeps the other busy, code that leaves little of the core idle takes up to 1.8 times as long (an
//! EPYC: webpki reads a leaf in 203 ns or in 350, a P-256 signature is verified in 58 µs or in 86), and
//! code that waits for itself or for memory takes what it took: ratios change, too. So rounds wait
//! for a quiet moment as long as there is [patience](Watch::wait), and those that were disturbed do
//! not count where enough others were not.

use std::hint::black_box;
use std::sync::{LazyLock, Mutex, Once, PoisonError};
use std::time::{Duration, Instant};

use countersign_testkit::forge::Authority;
use rustls_pki_types::CertificateDer;
use webpki::EndEntityCert;

use crate::effort;
use crate::pin::on;

/// How much above the least that was seen is still quiet.
const LEEWAY: f64 = 1.1;

/// How long to look for the least, before the first figure.
const FIRST_LOOK: Duration = Duration::from_secs(5);

/// How long the rounds of one figure may wait in all. A machine may be busy for ever, and there are fifty
/// figures.
const PATIENCE: Duration = Duration::from_secs(15);

/// Between two looks while waiting.
const PAUSE: Duration = Duration::from_millis(1);

static CERTIFICATE: LazyLock<CertificateDer<'static>> =
    LazyLock::new(|| Authority::seeded_root("gauge").certificate.into());

/// The time of code that keeps the core busy.
fn busy() -> Duration {
    let start = Instant::now();
    for _ in 0..10 {
        let _ = black_box(EndEntityCert::try_from(black_box(&*CERTIFICATE)));
    }
    start.elapsed()
}

/// The time of code of which each operation waits for the one before: it tells the clock, and nothing
/// of neighbours.
fn waiting() -> Duration {
    let mut link = black_box(3_u64);
    let start = Instant::now();
    for turn in 0..1_000_u64 {
        link = (link ^ turn).wrapping_add(link >> 3);
    }
    black_box(link);
    start.elapsed()
}

/// How much longer the one takes than the other: of three looks, the one in the middle.
fn reading() -> f64 {
    let mut looks = [(); 3].map(|()| busy().as_secs_f64() / waiting().as_secs_f64());
    looks.sort_by(f64::total_cmp);
    looks[1]
}

/// The least readings so far, in order. The very least may be a clock that was interrupted.
struct Least {
    readings: Vec<f64>,
}

impl Least {
    const MANY: usize = 20;

    /// Whether this is not much above the least.
    fn is_quiet(&mut self, reading: f64) -> bool {
        let place = self.readings.partition_point(|known| *known < reading);
        self.readings.insert(place, reading);
        self.readings.truncate(Self::MANY);
        self.readings.last().is_none_or(|least| reading <= least * LEEWAY)
    }
}

/// Whether nobody disturbs, as far as is known from what was seen before.
fn is_quiet() -> bool {
    static LEAST: Mutex<Least> = Mutex::new(Least { readings: Vec::new() });
    static FIRST: Once = Once::new();
    let look = || LEAST.lock().unwrap_or_else(PoisonError::into_inner).is_quiet(reading());
    FIRST.call_once(|| {
        let start = Instant::now();
        while start.elapsed() < effort::patience(FIRST_LOOK) {
            look();
            std::thread::sleep(PAUSE);
        }
    });
    look()
}

/// Waits for quiet moments, for one figure.
#[derive(Debug)]
pub struct Watch {
    patience: Duration,
}

impl Default for Watch {
    fn default() -> Self {
        Self { patience: effort::patience(PATIENCE) }
    }
}

impl Watch {
    /// Returns when the core is quiet, or patience has come to its end.
    pub fn wait(&mut self) {
        while !is_quiet() && !self.patience.is_zero() {
            std::thread::sleep(PAUSE);
            self.patience = self.patience.saturating_sub(PAUSE);
        }
    }

    /// A round on several cores, begun when each was quiet, and whether all were at its end.
    pub fn round_on<T>(&mut self, cores: &[usize], work: impl FnOnce() -> T) -> (T, bool) {
        cores.iter().for_each(|core| on(*core, |_| self.wait()));
        let result = work();
        (result, cores.iter().all(|core| on(*core, |_| is_quiet())))
    }

    /// A round of the figure, begun in a quiet moment, and whether its end was in one.
    pub fn round<T>(&mut self, work: impl FnOnce() -> T) -> (T, bool) {
        self.wait();
        let result = work();
        (result, is_quiet())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patience_ends() {
        let mut watch = Watch { patience: PAUSE * 3 };
        // Whatever the machine does, this comes to its end.
        let rounds = (0..50).map(|turn| watch.round(|| turn).0).sum::<i32>();
        assert_eq!(rounds, 49 * 25);
    }

    #[test]
    fn quiet_is_what_is_not_much_above_the_least() {
        let mut least = Least { readings: Vec::new() };
        (0..100).for_each(|_| assert!(least.is_quiet(1.6)));
        (0..50).for_each(|_| assert!(least.is_quiet(1.0)));
        assert!(least.is_quiet(1.09) && !least.is_quiet(1.2) && !least.is_quiet(1.6));
    }

    #[test]
    fn one_reading_that_is_too_low_makes_nothing_loud() {
        let mut least = Least { readings: Vec::new() };
        (0..100).for_each(|_| assert!(least.is_quiet(1.0)));
        least.is_quiet(0.1);
        assert!(least.is_quiet(1.0));
    }
}
