//! Whether two threads do twice as much as one.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Barrier;
use std::time::Instant;

use crate::effort;
use crate::pin::pin;
use crate::series::Series;

/// Rounds: in each, either thread works alone and then both do.
const ROUNDS: usize = 101;

/// Nanoseconds that a batch is to take: many times what the kernel needs to wake a thread, and less
/// than the clocks of the machine need to move.
const BATCH_NS: f64 = 5e6;

/// What two threads on these two cores do in the time in which one does one, round by round: the
/// sum of their rates by the mean of the rates of either alone just before. `work` is given a number
/// that is another each time.
///
/// # Panics
/// Where `work` does.
pub fn two_to_one(cores: [usize; 2], work: impl Fn(usize) + Sync) -> Series {
    let calls = calls_in_batch(&work);
    let gate = Barrier::new(2);
    let rounds = effort::rounds(ROUNDS);
    let batch = |thread: usize, round: usize| {
        let first = (2 * round + thread) * 7_919;
        let start = Instant::now();
        // A thread that panics still comes to every meeting: the other would wait for ever.
        let worked = catch_unwind(AssertUnwindSafe(|| (first..first + calls).for_each(&work)));
        worked.map(|()| calls as f64 / start.elapsed().as_secs_f64())
    };
    let side = |thread: usize| {
        pin(cores[thread]);
        let rates = (0..rounds).map(|round| {
            gate.wait();
            let first = (thread == 0).then(|| batch(thread, round));
            gate.wait();
            let alone = first.unwrap_or_else(|| batch(thread, round));
            gate.wait();
            [alone, batch(thread, round)]
        });
        rates.collect::<Vec<_>>()
    };
    let [first, second] = std::thread::scope(|scope| {
        [0, 1]
            .map(|thread| scope.spawn(move || side(thread)))
            .map(|thread| thread.join().expect("what panics is caught"))
    });
    let rate =
        |worked: std::thread::Result<f64>| worked.unwrap_or_else(|panic| resume_unwind(panic));
    let [first, second] = [first, second]
        .map(|side| side.into_iter().map(|round| round.map(rate)).collect::<Vec<_>>());
    let sums = first
        .iter()
        .zip(&second)
        .map(|([one, both], [other, with])| (both + with) / ((one + other) / 2.0));
    sums.collect()
}

fn calls_in_batch(work: &impl Fn(usize)) -> usize {
    const TRIED: usize = 1_000;
    (0..TRIED).for_each(work);
    let start = Instant::now();
    (0..TRIED).for_each(work);
    let each = start.elapsed().as_secs_f64() * 1e9 / TRIED as f64;
    ((BATCH_NS / each) as usize).max(1)
}
