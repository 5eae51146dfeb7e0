//! The decision on clients that were seen before, and on new ones.

use std::time::Instant;

use countersign::Verifier;
use countersign_benches::contest::Failure;
use countersign_benches::figure::{Against, Figure, Said, Sample, Unit};
use countersign_benches::hot::{self, Hot, allow, shuffled};
use countersign_benches::measure::{self, Series};
use countersign_benches::world::World;
use countersign_benches::{allocations, effort};
use countersign_testkit::forge::KeyKind;

const HOT: &str = "Warm decision: P-256 leaf and intermediate";

pub(crate) fn figures(said: &mut Said) -> Result<(), Failure> {
    let many = effort::entries(200_000, 20_000);
    let listed = effort::entries(1_000_000, 100_000);
    let world = World::new(KeyKind::P256, many);
    let verifier = world.verifier(listed, 2 * many, 2 * many);
    let hot = Hot::new(&world, &verifier);
    let clients = format!("1,000 clients in turn, {listed} listed");
    let mut turn = 0;
    let mut next = || {
        turn += 1;
        hot.decide(turn);
    };
    let ns = measure::least_ns(&mut next);
    said.say(&Figure::new(HOT, &clients, Unit::Time, ns).goal(120.0).if_missed(OF_MANY));
    let one = measure::least_ns(|| hot.decide(0));
    said.say(&Figure::new(HOT, "one client", Unit::Time, one));
    let before = allocations::calls();
    (0..100_000).for_each(|_| next());
    let calls = (allocations::calls() - before) as f64;
    let what = "allocations in 100,000 decisions";
    said.say(&Figure::new(HOT, what, Unit::Allocations, calls).goal(0.0));
    said.say(&threads("2 threads to 1, 1,000 clients", |turn| hot.decide(turn)));
    said.say(&threads("2 threads to 1, all the same client", |_| hot.decide(0)));
    strangers(&world, &verifier, many, said);
    new_client(&world, said);
    Ok(())
}

/// Where the goal of many clients is missed.
const OF_MANY: &str = "Beyond the time of one client it is memory: entries and leaves of 1,000 clients are \
    1.5 MB, more than other work leaves of the caches on a busy machine. Smaller entries \
    would close it.";

/// Where that of two threads is.
pub(crate) const OF_TWO: &str = "Nothing is shared but what is only read; runs within minutes differ by a third on \
    this machine, whose two processors do not always have a core each. A machine of \
    one's own would tell.";

/// The best of several runs each, in turns.
fn threads(what: &str, decide: impl Fn(usize) + Sync) -> Figure {
    let calls = effort::entries(1_000_000, 200_000);
    let (mut one, mut two) = (f64::INFINITY, f64::INFINITY);
    for _ in 0..7 {
        one = one.min(measure::threads_secs(1, calls, &decide));
        two = two.min(measure::threads_secs(2, calls, &decide));
    }
    Figure::new(HOT, what, Unit::Multiple, 2.0 * one / two).goal(1.7).if_missed(OF_TWO)
}

/// More clients than any cache of the machine holds. A chain that comes off the network is in
/// the processor's cache by then, so each is copied to a buffer before the clock runs; beside it
/// stands the same without.
fn strangers(world: &World, verifier: &Verifier, many: usize, said: &mut Said) {
    const BATCH: usize = 64;
    let order = shuffled(many);
    for _ in 0..3 {
        order.iter().for_each(|i| allow(verifier, &world.chain(*i)));
    }
    let hits = verifier.metrics().chain_hits();
    let mut buffers = vec![Vec::new(); BATCH];
    let [mut received, mut in_memory] = [const { Series { rounds: Vec::new() } }; 2];
    for batch in order.chunks_exact(BATCH) {
        for (buffer, i) in buffers.iter_mut().zip(batch) {
            buffer.clear();
            buffer.extend_from_slice(&world.leaves[*i]);
        }
        let start = Instant::now();
        buffers.iter().for_each(|leaf| allow(verifier, &[leaf, &world.ca.certificate]));
        received.rounds.push(start.elapsed().as_secs_f64() * 1e9 / BATCH as f64);
    }
    for batch in order.chunks_exact(BATCH) {
        let start = Instant::now();
        batch.iter().for_each(|i| allow(verifier, &world.chain(*i)));
        in_memory.rounds.push(start.elapsed().as_secs_f64() * 1e9 / BATCH as f64);
    }
    let group = format!("Warm decision: {many} different clients");
    let figure = |what, unit, sample: Sample| Figure::new(&group, what, unit, sample);
    said.say(&figure("chain just received", Unit::Time, (&received).into()).goal(800.0));
    let cold = "chain not in the processor's cache either";
    said.say(&figure(cold, Unit::Time, (&in_memory).into()));
    let decisions = (2 * (many / BATCH) * BATCH) as f64;
    let share = (verifier.metrics().chain_hits() - hits) as f64 / decisions;
    said.say(&figure("remembered", Unit::Share, share.into()).goal(0.995));
}

/// The intermediate is known; the leaf is not, each time another.
fn new_client(world: &World, said: &mut Said) {
    const CLIENTS: usize = 2_000;
    let verifier = world.verifier(hot::CLIENTS + CLIENTS, 2 * CLIENTS, 2 * CLIENTS);
    (0..hot::CLIENTS).for_each(|i| allow(&verifier, &world.chain(i)));
    // The signature beside each client is another client's: the second verification of one
    // signature is 6 % quicker than the first, because the branches are known by then.
    let clients: Vec<_> = (0..CLIENTS)
        .map(|i| (hot::CLIENTS + i, world.signatures(hot::CLIENTS + (i + CLIENTS / 2) % CLIENTS)))
        .collect();
    let [ours, raw] = measure::each_once(
        &clients,
        |(i, _)| allow(&verifier, &world.chain(*i)),
        |(_, [leaf, _])| leaf.verify_anew(),
    );
    let what = "a new client under a known intermediate, P-256";
    let figure = Figure::new("Cold decision: only the leaf is new", what, Unit::Time, &ours);
    let raw_name = "one signature, its key parsed anew, aws-lc-rs";
    said.say(&figure.beside(Against::Limit, raw_name, &raw, ours.ratio(&raw)).to_reach(1.05));
}
