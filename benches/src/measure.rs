//! Timing by interleaved batches, so that a noisy machine disturbs both sides of a ratio alike.

use std::time::{Duration, Instant};

/// Nanoseconds for one call of `f`: the median of `samples` batches of about `batch` each.
pub fn median_ns(samples: usize, batch: Duration, mut f: impl FnMut()) -> f64 {
    let calls = calls_in(batch, &mut f);
    let mut times: Vec<f64> = (0..samples).map(|_| batch_ns(calls, &mut f)).collect();
    median(&mut times)
}

/// Nanoseconds for one call of `a` and one of `b`, batches taken in turn.
pub fn pair_ns(
    samples: usize,
    batch: Duration,
    mut a: impl FnMut(),
    mut b: impl FnMut(),
) -> (f64, f64) {
    let calls = (calls_in(batch, &mut a), calls_in(batch, &mut b));
    let (mut times_a, mut times_b): (Vec<f64>, Vec<f64>) =
        (0..samples).map(|_| (batch_ns(calls.0, &mut a), batch_ns(calls.1, &mut b))).unzip();
    (median(&mut times_a), median(&mut times_b))
}

fn calls_in(batch: Duration, f: &mut impl FnMut()) -> u32 {
    let mut calls = 1_u32;
    loop {
        let spent = timed(calls, f);
        if spent * 4 >= batch || calls >= 1 << 28 {
            let scale = batch.as_secs_f64() / spent.as_secs_f64().max(1e-9);
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
