//! Timing on a machine that has other things to do.
//!
//! Whatever interrupts a run makes it longer, never shorter: of many short batches the quickest
//! is the truest. Where two things are compared, their batches take turns, and the ratio is that
//! of neighbours.

use std::time::{Duration, Instant};

use crate::effort;
use crate::quiet::Watch;
use crate::series::Series;

/// Batches of one thing, [`SHORT_BATCH`] long.
const SAMPLES: usize = 251;

/// Batches of each of several things that are compared.
const ROUNDS: usize = 101;

/// Batches of each of several things that differ by little.
const CLOSE_ROUNDS: usize = 1_001;

/// How long such a batch is to take: so short that most are not interrupted on a machine that is busy.
const SHORT_BATCH: Duration = Duration::from_micros(200);

/// How long a batch is to take; shorter than a scheduler's turn, so that some are not interrupted.
const BATCH: Duration = Duration::from_millis(2);

/// Nanoseconds for one call of `f`.
pub fn least_ns(mut f: impl FnMut()) -> f64 {
    let calls = calls_in_batch(SHORT_BATCH, &mut f);
    let mut watch = Watch::default();
    let batch = |_| {
        watch.wait();
        batch_ns(calls, &mut f)
    };
    (0..effort::rounds(SAMPLES)).map(batch).fold(f64::INFINITY, f64::min)
}

/// Calls each in batches that take turns; everyone goes first as often as anyone else.
pub fn in_turns<const N: usize>(works: [&mut dyn FnMut(); N]) -> [Series; N] {
    turns(effort::rounds(ROUNDS), BATCH, works)
}

/// The same for calls of nanoseconds that differ by a few: more and shorter batches.
pub fn in_short_turns<const N: usize>(works: [&mut dyn FnMut(); N]) -> [Series; N] {
    turns(effort::rounds(CLOSE_ROUNDS), SHORT_BATCH, works)
}

fn turns<const N: usize>(
    rounds: usize,
    length: Duration,
    mut works: [&mut dyn FnMut(); N],
) -> [Series; N] {
    let calls = works.each_mut().map(|work| calls_in_batch(length, work));
    let mut watch = Watch::default();
    let mut all = [const { Series::EMPTY }; N];
    for round in 0..rounds {
        for turn in 0..N {
            let i = (round + turn) % N;
            let (ns, is_quiet) = watch.round(|| batch_ns(calls[i], &mut works[i]));
            all[i].push(ns, is_quiet);
        }
    }
    all
}

/// Items between two looks at whether the core is quiet. A look, and the sleep where it is not, leaves the
/// processor's caches to others: only the first of these pays for it.
const BETWEEN_LOOKS: usize = 16;

/// Calls `a` and `b` with each item, once, and first the one and then the other: for what cannot be
/// repeated because it leaves traces.
pub fn each_once<T>(items: &[T], mut a: impl FnMut(&T), mut b: impl FnMut(&T)) -> [Series; 2] {
    let mut both = |(turn, item): (usize, &T)| {
        if turn.is_multiple_of(2) {
            let first = once_ns(|| a(item));
            [first, once_ns(|| b(item))]
        } else {
            let first = once_ns(|| b(item));
            [once_ns(|| a(item)), first]
        }
    };
    let mut watch = Watch::default();
    let mut all = [const { Series::EMPTY }; 2];
    for some in items.chunks(BETWEEN_LOOKS) {
        let (times, is_quiet) =
            watch.round(|| some.iter().enumerate().map(&mut both).collect::<Vec<_>>());
        for (series, at) in all.iter_mut().zip(0..) {
            times.iter().for_each(|both: &[f64; 2]| series.push(both[at], is_quiet));
        }
    }
    all
}

/// Nanoseconds for this, done once.
pub fn once_ns(work: impl FnOnce()) -> f64 {
    let start = Instant::now();
    work();
    start.elapsed().as_secs_f64() * 1e9
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

fn calls_in_batch(length: Duration, f: &mut (impl FnMut() + ?Sized)) -> u32 {
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

fn batch_ns(calls: u32, f: &mut (impl FnMut() + ?Sized)) -> f64 {
    timed(calls, f).as_secs_f64() * 1e9 / f64::from(calls)
}

fn timed(calls: u32, f: &mut (impl FnMut() + ?Sized)) -> Duration {
    let start = Instant::now();
    for _ in 0..calls {
        f();
    }
    start.elapsed()
}
