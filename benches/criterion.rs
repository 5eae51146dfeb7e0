//! Everything that is hot, in Criterion: for one who changes something and wants to see what it did,
//! `cargo bench --package countersign-benches --bench criterion -- --save-baseline before`. The other
//! benches have the peers and the goals.
#![forbid(unsafe_code)]

use std::hint::black_box;
use std::time::{Duration, Instant};

use countersign::cert::Certificate;
use countersign::forwarded::Family;
use countersign::internal::{Matching, Staged};
use countersign_benches::contest::{
    Chain, Countersign, InProcess, Material, Peer as _, Situation, Task,
};
use countersign_benches::crls::{self, Crls};
use countersign_benches::hot::{self, Hot};
use countersign_benches::listed::{self, Arrivals, Kind};
use countersign_benches::measure::threads_secs;
use countersign_benches::relayed::Relayed;
use countersign_benches::world::{TIME, World};
use countersign_testkit::PolicyDir;
use countersign_testkit::forge::{Authority, KeyKind};
use criterion::{BenchmarkId, Criterion, Throughput};

fn main() {
    let mut criterion = Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(1))
        .configure_from_args();
    parts(&mut criterion);
    forwarded(&mut criterion);
    allowlists(&mut criterion);
    warm(&mut criterion);
    cold(&mut criterion);
    handshakes(&mut criterion);
    reload(&mut criterion);
    criterion.final_summary();
}

fn parts(criterion: &mut Criterion) {
    let world = World::new(KeyKind::P256, 1);
    let chain = world.chain(0);
    let staged = Staged::new(&chain, &world.root.certificate, TIME).expect("a chain that parses");
    assert!(staged.find() && staged.check_signatures());
    let root = Authority::seeded_root("root");
    let crls = Crls::new(&crls::signed(&root, 100_000));
    let mut group = criterion.benchmark_group("parts");
    group.throughput(Throughput::Bytes(chain[0].len() as u64));
    group.bench_function("parse a leaf", |b| {
        b.iter(|| drop(black_box(Certificate::parse(black_box(chain[0])))));
    });
    group.throughput(Throughput::Elements(1));
    group.bench_function("find a path, signatures known", |b| b.iter(|| staged.find()));
    group.bench_function("look up its signatures", |b| b.iter(|| staged.check_signatures()));
    let mut turn = 0;
    group.bench_function("look up a CRL of 100,000", |b| {
        b.iter(|| {
            turn = (turn + 7_919) % 200_000;
            crls.ours(turn)
        });
    });
    group.finish();
}

fn forwarded(criterion: &mut Criterion) {
    let relayed = Relayed::new();
    let mut group = criterion.benchmark_group("forwarded");
    group.bench_function("write Client-Cert", |b| b.iter(|| relayed.produce(1)));
    group.bench_function("write Client-Cert and its chain", |b| b.iter(|| relayed.produce(2)));
    group.bench_function("strip twenty headers", |b| b.iter(|| relayed.strip()));
    for (name, family) in [
        ("RFC 9440", Family::rfc9440()),
        ("XFCC", Family::xfcc(1).expect("one hop")),
        ("nginx", Family::nginx()),
    ] {
        let lines = relayed.lines(&family);
        group.throughput(Throughput::Bytes(lines.bytes() as u64));
        group.bench_function(BenchmarkId::new("read", name), |b| b.iter(|| lines.read()));
    }
    group.throughput(Throughput::Elements(1));
    group.bench_function("sign", |b| b.iter(relayed.signing()));
    group.bench_function("write and sign", |b| b.iter(|| relayed.sign()));
    group.bench_function("write, sign, read and check", |b| b.iter(|| relayed.check(false)));
    let lines = relayed.lines(&Family::rfc9440());
    group.bench_function("headers to a warm verdict", |b| b.iter(|| relayed.judge(&lines)));
    group.finish();
}

/// Ten million take ten seconds to load: they are asked for by `-- "allowlist/10000000"` only.
fn allowlists(criterion: &mut Criterion) {
    const ARRIVING: usize = 1_000;
    let world = World::new(KeyKind::P256, ARRIVING);
    let asked_for = std::env::args().any(|argument| argument.contains("10000000"));
    let most = if asked_for { 10_000_000 } else { 1_000_000 };
    let mut group = criterion.benchmark_group("allowlist");
    group.throughput(Throughput::Elements(ARRIVING as u64));
    let sizes = [1_000, 10_000, 100_000, 1_000_000, 10_000_000];
    for entries in sizes.into_iter().filter(|entries| *entries <= most) {
        let loaded = listed::load(&world, Kind::Uri, entries);
        let (lists, arrivals) =
            (Matching::of(&loaded.verifier), Arrivals::new(&world, 0..ARRIVING));
        group.bench_function(BenchmarkId::from_parameter(entries), |b| {
            b.iter(|| arrivals.ask(&lists));
        });
    }
    group.finish();
}

fn warm(criterion: &mut Criterion) {
    let world = World::new(KeyKind::P256, hot::CLIENTS);
    let verifier = world.verifier(100_000, 2 * hot::CLIENTS, 2 * hot::CLIENTS);
    let hot = Hot::new(&world, &verifier);
    let mut group = criterion.benchmark_group("decision, warm");
    for threads in [1, 2] {
        group.throughput(Throughput::Elements(threads as u64));
        group.bench_function(format!("1,000 clients, {threads} threads"), |b| {
            b.iter_custom(|times| {
                let times = usize::try_from(times).unwrap_or(usize::MAX);
                Duration::from_secs_f64(threads_secs(threads, times, |turn| hot.decide(turn)))
            });
        });
    }
    group.finish();
}

fn cold(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("decision, cold");
    for kind in [KeyKind::P256, KeyKind::Rsa2048, KeyKind::Ed25519] {
        let world = World::new(kind, 1);
        let verifier = world.verifier(1, 0, 0);
        let chain = world.chain(0);
        group.bench_function(format!("{kind:?}"), |b| b.iter(|| hot::allow(&verifier, &chain)));
    }
    group.finish();
}

/// The server's time alone.
fn handshakes(criterion: &mut Criterion) {
    let material = Material::new(0);
    let mut ours = InProcess::new(Countersign, &material);
    let mut group = criterion.benchmark_group("handshake");
    let rsa = Situation { chain: Chain::Rsa2048, ..Situation::USUAL };
    for situation in [Situation::USUAL, rsa, Situation::RESUMED] {
        group.bench_function(situation.to_string(), |b| {
            b.iter_custom(|times| {
                let each =
                    ours.run(Task::Handshake(situation), usize::try_from(times).unwrap_or(1));
                Duration::from_secs_f64(each.expect("handshakes") * 1e-9 * times as f64)
            });
        });
    }
    group.finish();
}

fn reload(criterion: &mut Criterion) {
    let world = World::new(KeyKind::P256, hot::CLIENTS);
    let mut group = criterion.benchmark_group("policy");
    for entries in [1_000, 100_000] {
        group.bench_function(format!("load {entries} clients"), |b| {
            b.iter_custom(|times| {
                let nanoseconds = |_| listed::load(&world, Kind::Uri, entries).time;
                Duration::from_secs_f64((0..times).map(nanoseconds).sum::<f64>() * 1e-9)
            });
        });
    }
    let folder = PolicyDir::new();
    let verifier = world.verifier_in(&folder, hot::CLIENTS);
    let hot = Hot::new(&world, &verifier);
    group.bench_function("1,000 clients after a reload, signatures known", |b| {
        b.iter_custom(|times| {
            let after_reload = |_| {
                verifier.reload().expect("the same policy");
                let start = Instant::now();
                (0..hot::CLIENTS).for_each(|turn| hot.decide(turn));
                start.elapsed()
            };
            (0..times).map(after_reload).sum()
        });
    });
    group.finish();
}
