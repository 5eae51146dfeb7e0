//! Timing on a machine that has other things to do.
//!
//! Whatever interrupts a run makes it longer, never shorter: of many short batches the quickest
//! is the truest. Where two things are compared, their batches take turns.

use std::time::{Duration, Instant};

/// Batches of each thing.
const SAMPLES: usize = 25;

/// How long a batch is to take; shorter than a scheduler's turn, so that some are not interrupted.
const BATCH: Duration = Duration::from_millis(2);

/// Nanoseconds for one call of `f`.
pub fn least_ns(mut f: impl FnMut()) -> f64 {
    let calls = calls_in_batch(&mut f);
    (0..SAMPLES).map(|_| batch_ns(calls, &mut f)).fold(f64::INFINITY, f64::min)
}

/// Nanoseconds for one call of `a` and one of `b`, batches taken in turn.
pub fn pair_ns(mut a: impl FnMut(), mut b: impl FnMut()) -> (f64, f64) {
    let calls = (calls_in_batch(&mut a), calls_in_batch(&mut b));
    let mut least = (f64::INFINITY, f64::INFINITY);
    for _ in 0..SAMPLES {
        least.0 = least.0.min(batch_ns(calls.0, &mut a));
        least.1 = least.1.min(batch_ns(calls.1, &mut b));
    }
    least
}

/// The middle of the times of `f` over `items`, each taken once, and of `g` over the same, in
/// turns: for what cannot be repeated because it leaves traces.
pub fn each_once_ns<T>(items: &[T], mut f: impl FnMut(&T), mut g: impl FnMut(&T)) -> (f64, f64) {
    let once = |f: &mut dyn FnMut(&T), item: &T| {
        let start = Instant::now();
        f(item);
        start.elapsed().as_secs_f64() * 1e9
    };
    let (mut f_ns, mut g_ns): (Vec<f64>, Vec<f64>) =
        items.iter().map(|item| (once(&mut f, item), once(&mut g, item))).unzip();
    (median(&mut f_ns), median(&mut g_ns))
}

/// Seconds that `threads` threads need to call `f` so often each.
pub fn threads_secs(threads: usize, calls: usize, f: impl Fn(usize) + Sync) -> f64 {
    let start = Instant::now();
    std::thread::scope(|scope| {
        for thread in 0..threads {
            let f = &f;
            scope.spawn(move || (0..calls).for_each(|call| f(thread * 7_919 + call)));
        }
    });
    start.elapsed().as_secs_f64()
}

fn calls_in_batch(f: &mut impl FnMut()) -> u32 {
    let mut calls = 1_u32;
    loop {
        let spent = timed(calls, f);
        if spent * 4 >= BATCH || calls >= 1 << 28 {
            let scale = BATCH.as_secs_f64() / spent.as_secs_f64().max(1e-9);
            return (f64::from(calls) * scale).max(1.0) as u32;
        }
        calls *= 2;
    }
}

fn batch_ns(calls: u32, f: &mut impl FnMut()) -> f64 {
    timed(calls, f).as_secs_f64() * 1e9 / f64::from(calls)
}

fn timed(calls: u32, f: &mut impl FnMut()) -> Duration {
    let start = Instant::now();
    for _ in 0..calls {
        f();
    }
    start.elapsed()
}

fn median(times: &mut [f64]) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}
