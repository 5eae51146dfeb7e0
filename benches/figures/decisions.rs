//! The decision on clients that were seen before, and on new ones.

use std::hint::black_box;

use countersign::Verifier;
use countersign_benches::contest::Failure;
use countersign_benches::figure::{Against, Figure, Said, Sample, Unit};
use countersign_benches::hot::{self, Hot, allow, shuffled};
use countersign_benches::measure;
use countersign_benches::pair::two_to_one;
use countersign_benches::pin::{cores, on_one_core};
use countersign_benches::quiet::Watch;
use countersign_benches::series::{Series, median};
use countersign_benches::world::World;
use countersign_benches::{allocations, effort};
use countersign_testkit::forge::KeyKind;

use crate::chains::OF_COLD;

const HOT: &str = "Warm decision: P-256 leaf and intermediate";

pub(crate) fn figures(said: &mut Said) -> Result<(), Failure> {
    let cores = cores();
    let many = effort::entries(200_000, 20_000);
    let listed = effort::entries(1_000_000, 100_000);
    let world = World::new(KeyKind::P256, many);
    let verifier = world.verifier(listed, 2 * many, 2 * many);
    let hot = Hot::new(&world, &verifier);
    on_one_core(|| warm(&world, &verifier, listed, &hot, said));
    if let [first, second, ..] = *cores {
        two_threads([first, second], &hot, said);
    } else {
        println!("one core only: two threads are not measured");
    }
    on_one_core(|| {
        strangers(&world, &verifier, many, said);
        new_client(&world, said);
    });
    Ok(())
}

fn warm(world: &World, verifier: &Verifier, listed: usize, hot: &Hot<'_>, said: &mut Said) {
    let say = |said: &mut Said, what: &str, ns: f64, goal: Option<f64>| {
        let figure = Figure::new(HOT, what, Unit::Time, ns);
        said.say(&goal.map_or(figure.clone(), |goal| figure.goal(goal).if_missed(OF_MANY)));
    };
    let order = shuffled(hot::CLIENTS);
    let mut watch = Watch::default();
    let pass = |_| {
        watch.wait();
        median(received(world, verifier, &order))
    };
    let passes = (0..effort::rounds(501)).map(pass);
    let ns = passes.fold(f64::INFINITY, f64::min);
    let clients = format!("1,000 clients in turn, {listed} listed");
    say(said, &format!("{clients}, chain just received"), ns, Some(120.0));
    let mut turn = 0;
    let mut next = || {
        turn += 1;
        hot.decide(turn);
    };
    let ns = measure::least_ns(&mut next);
    say(said, &format!("{clients}, chain where it was left"), ns, Some(120.0));
    say(said, "one client", measure::least_ns(|| hot.decide(0)), None);
    let ((), made) = allocations::counted(|| (0..100_000).for_each(|_| next()));
    let calls = made.calls as f64;
    let what = "allocations in 100,000 decisions";
    said.say(&Figure::new(HOT, what, Unit::Allocations, calls).goal(0.0));
}

/// Where the goal of many clients is missed.
const OF_MANY: &str = "Beyond the time of one client it is memory: what is read of 1,000 entries, each \
    leaf's bytes among it, is 0.9 MB, and the second cache of this processor has half of that. A \
    processor with 2 MB, as the one the goal was set on, would close it.";

/// Where that of two threads is.
pub(crate) const OF_TWO: &str = "Nothing is shared but what is only read. Where other work has one of the two cores, \
    or two processors share one, two threads cannot do more: the row of those that touch no memory \
    says so.";

fn two_threads(cores: [usize; 2], hot: &Hot<'_>, said: &mut Said) {
    // As many multiplications as one decision takes time, each waiting for the one before.
    let alone = two_to_one(cores, |turn| {
        let mut state = turn as u64 | 1;
        (0..100).for_each(|_| state = black_box(state).wrapping_mul(0x5851_f42d_4c95_7f2d));
    });
    let mut say = |what: &str, ours: &Series| {
        let figure = Figure::new(HOT, what, Unit::Multiple, ours).goal(1.7).if_missed(OF_TWO);
        let limit = "two threads that touch no memory";
        said.say(&figure.beside(Against::Limit, limit, &alone, ours.median() / alone.median()));
    };
    say("2 threads to 1, 1,000 clients", &two_to_one(cores, |turn| hot.decide(turn)));
    say("2 threads to 1, all the same client", &two_to_one(cores, |_| hot.decide(0)));
}

/// Clients whose chains arrive together.
const AT_ONCE: usize = 32;

/// Nanoseconds for each of these clients, batch by batch. A chain that comes off the network is in the
/// processor's cache by the time it is judged, so each is copied to a buffer before the clock runs.
fn received(world: &World, verifier: &Verifier, clients: &[usize]) -> Vec<f64> {
    let mut buffers = [const { Vec::new() }; AT_ONCE];
    let batch = |clients: &[usize]| {
        for (buffer, i) in buffers.iter_mut().zip(clients) {
            buffer.clear();
            buffer.extend_from_slice(&world.leaves[*i]);
        }
        let decide = |leaf: &Vec<u8>| allow(verifier, &[leaf, &world.ca.certificate]);
        measure::once_ns(|| buffers.iter().for_each(decide)) / AT_ONCE as f64
    };
    clients.chunks_exact(AT_ONCE).map(batch).collect()
}

/// Clients until it is looked again whether the core is quiet: a millisecond's.
const BETWEEN_LOOKS: usize = 64 * AT_ONCE;

/// More clients than any cache of the machine holds: as they come off the network, and beside it
/// without.
fn strangers(world: &World, verifier: &Verifier, many: usize, said: &mut Said) {
    let order = shuffled(many);
    for _ in 0..3 {
        order.iter().for_each(|i| allow(verifier, &world.chain(*i)));
    }
    let hits = verifier.metrics().chain_hits();
    let mut watch = Watch::default();
    let received = order.chunks(BETWEEN_LOOKS).flat_map(|clients| {
        watch.wait();
        received(world, verifier, clients)
    });
    let received: Series = received.collect();
    let left = |batch: &[usize]| {
        let decide = |i: &usize| allow(verifier, &world.chain(*i));
        measure::once_ns(|| batch.iter().for_each(decide)) / AT_ONCE as f64
    };
    let left = order.chunks(BETWEEN_LOOKS).flat_map(|clients| {
        watch.wait();
        clients.chunks_exact(AT_ONCE).map(left)
    });
    let left: Series = left.collect();
    let group = format!("Warm decision: {many} different clients");
    let figure = |what, unit, sample: Sample| Figure::new(&group, what, unit, sample);
    said.say(
        &figure("chain just received", Unit::Time, (&received).into())
            .goal(800.0)
            .if_missed(OF_MANY),
    );
    let cold = "chain not in the processor's cache either";
    said.say(&figure(cold, Unit::Time, (&left).into()));
    let decisions = (2 * (many / AT_ONCE) * AT_ONCE) as f64;
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
    said.say(
        &figure
            .beside(Against::Limit, raw_name, &raw, ours.ratio(&raw))
            .to_reach(1.05)
            .if_missed(OF_COLD),
    );
}
