//! The decision, warm and cold, beside the raw signatures and rustls-webpki on the same bytes.
#![forbid(unsafe_code)]

use std::hint::black_box;
use std::time::{Duration, Instant};

use countersign::Verifier;
use countersign_benches::world::{RawSignature, TIME, World};
use countersign_benches::{allocations, measure, table};
use countersign_testkit::forge::KeyKind;
use criterion::Criterion;
use rustls_pki_types::CertificateDer;

#[global_allocator]
static ALLOCATOR: allocations::Counting = allocations::Counting;

const LISTED: usize = 1_000_000;
const HOT: usize = 1_000;
const MANY: usize = 200_000;

fn main() {
    let p256 = World::new(KeyKind::P256, MANY);
    let rsa = World::new(KeyKind::Rsa2048, HOT);
    let warm = p256.verifier(LISTED, 2 * MANY, 2 * MANY);
    let hot = Hot::new(&p256, &warm);

    let mut criterion = Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(1))
        .configure_from_args();
    groups(&mut criterion, &hot, &p256, &rsa);
    criterion.final_summary();

    hot.report();
    many(&p256, &warm);
    cold("P-256", &p256, 1.03);
    cold("RSA-2048", &rsa, 0.92);
    new_client(&p256);
}

fn allow(verifier: &Verifier, chain: &[&[u8]]) {
    assert!(black_box(verifier.verify(black_box(chain), TIME)).is_allowed());
}

/// Numbers below `n` in an order without a pattern, the same in every run.
fn shuffled(n: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..n).collect();
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    for i in (1..n).rev() {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        order.swap(i, (state >> 33) as usize % (i + 1));
    }
    order
}

/// A thousand clients that keep coming back.
struct Hot<'w> {
    chains: Vec<[&'w [u8]; 2]>,
    verifier: &'w Verifier,
}

impl<'w> Hot<'w> {
    fn new(world: &'w World, verifier: &'w Verifier) -> Self {
        let chains: Vec<_> = shuffled(HOT).into_iter().map(|i| world.chain(i)).collect();
        for _ in 0..4 {
            chains.iter().for_each(|chain| allow(verifier, chain));
        }
        Self { chains, verifier }
    }

    fn decide(&self, turn: usize) {
        allow(self.verifier, &self.chains[turn % HOT]);
    }

    fn report(&self) {
        table::section("Warm decision: P-256 leaf and intermediate, 1 M entries listed");
        let mut turn = 0;
        let ns = measure::least_ns(|| {
            turn += 1;
            self.decide(turn);
        });
        table::at_most("1,000 clients in turn", ns, 120.0, "ns");
        let one = measure::least_ns(|| self.decide(0));
        table::beside("one client", one, "ns");
        let before = allocations::calls();
        (0..100_000).for_each(|turn| self.decide(turn));
        let calls = (allocations::calls() - before) as f64;
        table::at_most("allocations in 100,000 decisions", calls, 0.0, "calls");
        threads("2 threads : 1 thread, 1,000 clients", |turn| self.decide(turn));
        threads("2 threads : 1 thread, all the same client", |_| self.decide(0));
    }
}

/// The best of several runs each, in turns.
fn threads(what: &str, decide: impl Fn(usize) + Sync) {
    const CALLS: usize = 1_000_000;
    let (mut one, mut two) = (f64::INFINITY, f64::INFINITY);
    for _ in 0..7 {
        one = one.min(measure::threads_secs(1, CALLS, &decide));
        two = two.min(measure::threads_secs(2, CALLS, &decide));
    }
    table::at_least(what, 2.0 * one / two, 1.7, "×");
}

/// More clients than any cache of the machine holds. A chain that comes off the network is in
/// the processor's cache by then, so each is copied to a buffer before the clock runs; beside it
/// stands the same without.
fn many(world: &World, verifier: &Verifier) {
    const BATCH: usize = 64;
    let order = shuffled(MANY);
    for _ in 0..3 {
        order.iter().for_each(|i| allow(verifier, &world.chain(*i)));
    }
    let hits = verifier.metrics().chain_hits();
    let mut buffers = vec![Vec::new(); BATCH];
    let mut received = Vec::new();
    let mut in_memory = Vec::new();
    for batch in order.chunks_exact(BATCH) {
        for (buffer, i) in buffers.iter_mut().zip(batch) {
            buffer.clear();
            buffer.extend_from_slice(&world.leaves[*i]);
        }
        let start = Instant::now();
        buffers.iter().for_each(|leaf| allow(verifier, &[leaf, &world.ca.certificate]));
        received.push(start.elapsed().as_secs_f64() * 1e9 / BATCH as f64);
    }
    for batch in order.chunks_exact(BATCH) {
        let start = Instant::now();
        batch.iter().for_each(|i| allow(verifier, &world.chain(*i)));
        in_memory.push(start.elapsed().as_secs_f64() * 1e9 / BATCH as f64);
    }
    table::section("Warm decision: 200,000 different clients");
    table::at_most("chain just received", measure::median(received), 800.0, "ns");
    table::beside("chain not in the processor's cache either", measure::median(in_memory), "ns");
    let decisions = (2 * (MANY / BATCH) * BATCH) as f64;
    let share = (verifier.metrics().chain_hits() - hits) as f64 / decisions;
    table::at_least("share of hits", share, 0.995, "");
}

/// Nothing remembered: every decision parses, searches, verifies both signatures and judges.
fn cold(kind: &str, world: &World, goal: f64) {
    let verifier = world.verifier(HOT, 0, 0);
    let chain = world.chain(7);
    let raw = world.signatures(7);
    let anchor = CertificateDer::from(world.root.certificate.as_slice());
    let anchors = [webpki::anchor_from_trusted_cert(&anchor).expect("an anchor")];
    let decide = || allow(&verifier, &chain);
    let ours = measure::pair(decide, || raw.iter().for_each(RawSignature::verify));
    let webpki = measure::pair(|| world.webpki(7, &anchors), decide);
    table::section(&format!("Cold decision: {kind} leaf and intermediate"));
    table::beside("countersign", ours.first, "ns");
    table::beside("its two signatures alone, keys parsed anew", ours.second, "ns");
    table::beside("rustls-webpki, path only", webpki.first, "ns");
    table::at_most("countersign : signatures", ours.ratio, goal, "×");
    table::beside("rustls-webpki : countersign", webpki.ratio, "×");
}

/// The intermediate is known; the leaf is not, each time another.
fn new_client(world: &World) {
    const CLIENTS: usize = 2_000;
    let verifier = world.verifier(HOT + CLIENTS, 2 * CLIENTS, 2 * CLIENTS);
    (0..HOT).for_each(|i| allow(&verifier, &world.chain(i)));
    // The signature beside each client is another client's: the second verification of one
    // signature is 6 % quicker than the first, because the branches are known by then.
    let clients: Vec<_> = (0..CLIENTS)
        .map(|i| (HOT + i, world.signatures(HOT + (i + CLIENTS / 2) % CLIENTS)))
        .collect();
    let ours = measure::each_once(
        &clients,
        |(i, _)| allow(&verifier, &world.chain(*i)),
        |(_, [leaf, _])| leaf.verify(),
    );
    table::section("New client under a known intermediate, P-256");
    table::beside("countersign", ours.first, "ns");
    table::beside("one signature alone, key parsed anew", ours.second, "ns");
    table::at_most("countersign : one signature", ours.ratio, 1.05, "×");
}

fn groups(criterion: &mut Criterion, hot: &Hot<'_>, p256: &World, rsa: &World) {
    let mut group = criterion.benchmark_group("decision");
    let mut turn = 0;
    group.bench_function("warm, 1,000 clients", |b| {
        b.iter(|| {
            turn += 1;
            hot.decide(turn);
        });
    });
    for (kind, world) in [("P-256", p256), ("RSA-2048", rsa)] {
        let verifier = world.verifier(HOT, 0, 0);
        let (chain, raw) = (world.chain(7), world.signatures(7));
        let anchor = CertificateDer::from(world.root.certificate.as_slice());
        let anchors = [webpki::anchor_from_trusted_cert(&anchor).expect("an anchor")];
        group.bench_function(format!("cold, {kind}"), |b| b.iter(|| allow(&verifier, &chain)));
        group.bench_function(format!("cold, {kind}, signatures alone"), |b| {
            b.iter(|| raw.iter().for_each(RawSignature::verify));
        });
        group.bench_function(format!("cold, {kind}, rustls-webpki"), |b| {
            b.iter(|| world.webpki(7, &anchors));
        });
    }
    group.finish();
}
