//! The parts of a cold decision: parsing, and the path without its signatures.
#![forbid(unsafe_code)]

use std::hint::black_box;
use std::time::Duration;

use countersign::cert::Certificate;
use countersign::internal::Staged;
use countersign_benches::world::{TIME, World};
use countersign_benches::{measure, table};
use countersign_testkit::forge::KeyKind;
use criterion::Criterion;
use rustls_pki_types::CertificateDer;
use webpki::EndEntityCert;

fn main() {
    let world = World::new(KeyKind::P256, 1);
    let chain = world.chain(0);
    let leaf = CertificateDer::from(chain[0]);
    let ours = || drop(black_box(Certificate::parse(black_box(chain[0]))));
    let webpki = || drop(black_box(EndEntityCert::try_from(black_box(&leaf))));
    let staged = Staged::new(&chain, &world.root.certificate, TIME).expect("a chain that parses");
    assert!(staged.find() && staged.check_signatures());

    let mut criterion = Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(1))
        .configure_from_args();
    let mut group = criterion.benchmark_group("parts");
    group.bench_function("parse a leaf", |b| b.iter(ours));
    group.bench_function("parse a leaf, rustls-webpki", |b| b.iter(webpki));
    group.bench_function("find a path, signatures known", |b| b.iter(|| staged.find()));
    group.bench_function("look up its signatures", |b| b.iter(|| staged.check_signatures()));
    group.finish();
    criterion.final_summary();

    table::section("Parsing");
    let parsed = measure::pair(ours, webpki);
    table::at_most(&format!("a leaf of {} bytes", chain[0].len()), parsed.first, 300.0, "ns");
    table::beside("rustls-webpki", parsed.second, "ns");
    table::beside("countersign : rustls-webpki", parsed.ratio, "×");

    table::section("Path of three levels, anchor included");
    let path = measure::pair(
        || assert!(black_box(staged.find())),
        || assert!(black_box(staged.check_signatures())),
    );
    table::beside("with its signatures known", path.first, "ns");
    table::beside("looking up the signatures alone", path.second, "ns");
    table::at_most("path logic", path.first - path.second, 1_000.0, "ns");
}
