//! Decisions while the policy is reloaded all the time, beside decisions in peace.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use countersign_benches::contest::Failure;
use countersign_benches::effort;
use countersign_benches::figure::{Against, Figure, Said, Unit};
use countersign_benches::hot::{CLIENTS, Hot};
use countersign_benches::pin::{cores, pin};
use countersign_benches::world::World;
use countersign_testkit::PolicyDir;
use countersign_testkit::forge::KeyKind;

const LISTED: usize = 100_000;

pub(crate) fn figures(said: &mut Said) -> Result<(), Failure> {
    let cores = cores();
    let [decides, reloads, ..] = *cores else {
        println!("one core only: decisions during reloads are not measured");
        return Ok(());
    };
    let world = World::new(KeyKind::P256, CLIENTS);
    let folder = PolicyDir::new();
    let verifier = world.verifier_in(&folder, LISTED);
    let hot = Hot::new(&world, &verifier);
    let time = Duration::from_secs(if effort::is_quick() { 1 } else { 5 });
    let pinned = || {
        pin(decides);
        Times::of(&hot, time)
    };
    let peace = thread::scope(|scope| scope.spawn(pinned).join());
    let is_over = AtomicBool::new(false);
    let before = verifier.generation();
    let busy = thread::scope(|scope| {
        scope.spawn(|| {
            pin(reloads);
            while !is_over.load(Ordering::Relaxed) {
                verifier.reload().expect("a policy that is in order");
            }
        });
        let busy = scope.spawn(pinned).join();
        is_over.store(true, Ordering::Relaxed);
        busy
    });
    let (Ok(peace), Ok(busy)) = (peace, busy) else {
        return Err("a client was refused".into());
    };
    let reloads = (verifier.generation() - before) as f64 / time.as_secs_f64();
    say(&peace, &busy, reloads, said);
    Ok(())
}

/// What each decision took, sorted.
struct Times(Vec<u32>);

impl Times {
    /// Every one of them was an allow: a deny ends the bench.
    fn of(hot: &Hot<'_>, time: Duration) -> Self {
        let mut times = Vec::with_capacity(1 << 26);
        let start = Instant::now();
        let mut now = start;
        for turn in 0.. {
            hot.decide(turn);
            let then = std::mem::replace(&mut now, Instant::now());
            times.push(u32::try_from((now - then).as_nanos()).unwrap_or(u32::MAX));
            if now - start > time || times.len() == times.capacity() {
                break;
            }
        }
        times.sort_unstable();
        Self(times)
    }

    fn at(&self, share: f64) -> f64 {
        f64::from(self.0[((self.0.len() - 1) as f64 * share) as usize])
    }

    fn mean(&self) -> f64 {
        self.0.iter().map(|ns| f64::from(*ns)).sum::<f64>() / self.0.len() as f64
    }
}

fn say(peace: &Times, busy: &Times, reloads: f64, said: &mut Said) {
    let group = format!("Decisions during {reloads:.0} reloads a second of {LISTED} clients");
    let mut beside = |what: &str, busy: f64, peace: f64| {
        let figure = Figure::new(&group, what, Unit::Time, busy);
        said.say(&figure.beside(Against::Limit, "without reloads", peace, busy / peace));
    };
    beside("mean", busy.mean(), peace.mean());
    for (what, share) in [
        ("the one in the middle", 0.5),
        ("99 of 100 are quicker", 0.99),
        ("999 of 1,000 are quicker", 0.999),
        ("the slowest", 1.0),
    ] {
        beside(what, busy.at(share), peace.at(share));
    }
}
