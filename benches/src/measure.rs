//! Timing on a machine that has other things to do.
//!
//! Whatever interrupts a run makes it longer, never shorter: of many short batches the quickest
//! is the truest. Where two things are compared, their batches take turns, and the ratio is that
//! of neighbours.

use std::time::{Duration, Instant};

/// Batches of one thing.
const SAMPLES: usize = 25;

/// Batches of each of two things that are compared.
const PAIRS: usize = 101;

/// Batches of each of two things that differ by little.
const CLOSE_PAIRS: usize = 1_001;

/// How long such a batch is to take: so short that most are not interrupted on a machine that is busy.
const CLOSE_BATCH: Duration = Duration::from_micros(200);

/// How long a batch is to take; shorter than a scheduler's turn, so that some are not interrupted.
const BATCH: Duration = Duration::from_millis(2);

/// Nanoseconds for one call of `f`.
pub fn least_ns(mut f: impl FnMut()) -> f64 {
    let calls = calls_in_batch(BATCH, &mut f);
    (0..SAMPLES).map(|_| batch_ns(calls, &mut f)).fold(f64::INFINITY, f64::min)
}

/// Two things measured in turns.
#[derive(Clone, Copy, Debug)]
pub struct Pair {
    /// Nanoseconds for one call of the first, in the middle of all batches.
    pub first: f64,
    /// The same of the second.
    pub second: f64,
    /// The first to the second, in the middle of all neighbouring batches: whatever the machine
    /// does to one of them, clock changes included, it does to its neighbour.
    pub ratio: f64,
    /// The first less the second, in nanoseconds, in the middle of all neighbouring batches too.
    pub difference: f64,
}

impl Pair {
    fn of(times: &[(f64, f64)]) -> Self {
        let middle = |f: fn(&(f64, f64)) -> f64| median(times.iter().map(f).collect());
        Self {
            first: middle(|t| t.0),
            second: middle(|t| t.1),
            ratio: middle(|t| t.0 / t.1),
            difference: middle(|t| t.0 - t.1),
        }
    }
}

/// Calls `a` and `b` in batches that take turns.
pub fn pair(a: impl FnMut(), b: impl FnMut()) -> Pair {
    in_turns(PAIRS, BATCH, a, b)
}

/// The same for calls of nanoseconds that differ by a few: more and shorter batches.
pub fn close_pair(a: impl FnMut(), b: impl FnMut()) -> Pair {
    in_turns(CLOSE_PAIRS, CLOSE_BATCH, a, b)
}

fn in_turns(pairs: usize, length: Duration, mut a: impl FnMut(), mut b: impl FnMut()) -> Pair {
    let calls = (calls_in_batch(length, &mut a), calls_in_batch(length, &mut b));
    let batch = |_| (batch_ns(calls.0, &mut a), batch_ns(calls.1, &mut b));
    Pair::of(&(0..pairs).map(batch).collect::<Vec<_>>())
}

/// Calls `a` and then `b` with each item, once: for what cannot be repeated because it leaves
/// traces.
pub fn each_once<T>(items: &[T], mut a: impl FnMut(&T), mut b: impl FnMut(&T)) -> Pair {
    let once = |f: &mut dyn FnMut(&T), item: &T| {
        let start = Instant::now();
        f(item);
        start.elapsed().as_secs_f64() * 1e9
    };
    let times = items.iter().map(|item| (once(&mut a, item), once(&mut b, item)));
    Pair::of(&times.collect::<Vec<_>>())
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

fn calls_in_batch(length: Duration, f: &mut impl FnMut()) -> u32 {
    let mut calls = 1_u32;
    loop {
        let spent = timed(calls, f);
        if spent * 4 >= length || calls >= 1 << 28 {
            let scale = length.as_secs_f64() / spent.as_secs_f64().max(1e-9);
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

/// The one in the middle.
///
/// # Panics
/// Where there is none.
pub fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}
