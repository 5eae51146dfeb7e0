//! Whether two threads do twice as much as one.

use std::hint::spin_loop;
use std::sync::atomic::{AtomicUsize, Ordering::AcqRel, Ordering::Acquire};
use std::thread::yield_now;
use std::time::Instant;

use crate::effort;
use crate::measure::Series;
use crate::pin::pin;

/// Rounds: in each, either thread works alone and then both do.
const ROUNDS: usize = 201;

/// Nanoseconds that a batch is to take: shorter than a scheduler's turn, so that most are not
/// interrupted, and than what the clocks of the machine need to move.
const BATCH_NS: f64 = 1e6;

/// Where both threads wait for each other, awake: a thread that the kernel wakes is late by a tenth
/// of a batch.
#[derive(Default)]
struct Gate(AtomicUsize);

impl Gate {
    /// The `turn`th meeting, from 1.
    fn meet(&self, turn: usize) {
        self.0.fetch_add(1, AcqRel);
        let mut looks = 0_u32;
        while self.0.load(Acquire) < 2 * turn {
            looks += 1;
            // Two threads on one core, where there is only one, must not wait for a slice to end.
            if looks.is_multiple_of(10_000) { yield_now() } else { spin_loop() }
        }
    }
}

/// Whoever has one has left for good when it is dropped, also by a panic: nobody waits for them.
struct Leaving<'g>(&'g Gate);

impl Drop for Leaving<'_> {
    fn drop(&mut self) {
        self.0.0.fetch_add(usize::MAX / 4, AcqRel);
    }
}

/// What two threads on these two cores do in the time in which one does one, round by round: the
/// sum of their rates by the mean of the rates of either alone just before. `work` is given a number
/// that is another each time.
///
/// # Panics
/// Where `work` does.
pub fn two_to_one(cores: [usize; 2], work: impl Fn(usize) + Sync) -> Series {
    let calls = calls_in_batch(&work);
    let gate = Gate::default();
    let rounds = effort::rounds(ROUNDS);
    let batch = |thread: usize, round: usize| {
        let first = (2 * round + thread) * 7_919;
        let start = Instant::now();
        (first..first + calls).for_each(&work);
        calls as f64 / start.elapsed().as_secs_f64()
    };
    let side = |thread: usize| {
        pin(cores[thread]);
        let _leaving = Leaving(&gate);
        let rates = (0..rounds).map(|round| {
            let turn = 3 * round;
            gate.meet(turn + 1);
            // One waits, awake, while the other works: its core's clock is not another for that.
            let alone = (thread == 0).then(|| batch(thread, round));
            gate.meet(turn + 2);
            let alone = alone.unwrap_or_else(|| batch(thread, round));
            gate.meet(turn + 3);
            [alone, batch(thread, round)]
        });
        rates.collect::<Vec<_>>()
    };
    let [first, second] = std::thread::scope(|scope| {
        [0, 1]
            .map(|thread| scope.spawn(move || side(thread)))
            .map(|thread| thread.join().expect("the work panicked"))
    });
    let sums = first
        .iter()
        .zip(&second)
        .map(|([one, both], [other, with])| (both + with) / ((one + other) / 2.0));
    Series { rounds: sums.collect() }
}

fn calls_in_batch(work: &impl Fn(usize)) -> usize {
    const TRIED: usize = 1_000;
    (0..TRIED).for_each(work);
    let start = Instant::now();
    (0..TRIED).for_each(work);
    let each = start.elapsed().as_secs_f64() * 1e9 / TRIED as f64;
    ((BATCH_NS / each) as usize).max(1)
}
