//! The bodies of the fuzz targets over their seeds, over variations of those, and over the inputs
//! that once failed.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use countersign::UnixTime;
use countersign::internal::fuzz;
use countersign_testkit::fuzz::{Scene, der_of, handshake_site, seeds, variations};

/// Runs `body` over everything that `target` has, and so many variations of each seed.
fn replay(target: &str, count: usize, mut body: impl FnMut(&[u8])) {
    for seed in seeds(target) {
        body(&seed.octets);
        variations(&seed.octets, count).for_each(|octets| body(&octets));
    }
    let regressions = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/regressions");
    let Ok(inputs) = fs::read_dir(regressions.join(target)) else { return };
    for input in inputs {
        body(&fs::read(input.expect("a folder").path()).expect("a file"));
    }
}

#[test]
fn certificates_that_parse_are_consistent() {
    replay("certificate", 500, |octets| fuzz::certificate(&der_of(octets)));
}

#[test]
fn crls_that_parse_are_consistent() {
    replay("crl", 500, |octets| fuzz::crl(&der_of(octets)));
}

#[test]
fn policies_and_lists_say_what_is_wrong_and_where() {
    replay("policy", 500, fuzz::policy);
    replay("list", 500, fuzz::list);
}

#[test]
fn forwarded_headers_are_read_in_one_way_and_written_in_one_way() {
    replay("forwarded", 500, fuzz::forwarded);
}

#[test]
fn verdicts_on_chains_differ_from_those_of_webpki_only_where_the_table_says() {
    let mut differences = BTreeMap::new();
    let mut total = 0;
    replay("chain", 8, |octets| {
        total += 1;
        if let Some(why) = judge(octets) {
            *differences.entry(why).or_insert(0) += 1;
        }
    });
    println!("{total} scenes");
    differences.iter().for_each(|(why, count)| println!("{count:5} {why}"));
}

#[test]
fn whatever_happens_on_the_way_nobody_gets_in_on_another_verdict_than_a_fresh_one() {
    let folder = handshake_site();
    let handshakes = fuzz::Handshakes::new(folder.path());
    let mut tally = fuzz::Tally::default();
    replay("handshake", 4, |octets| tally += handshakes.run(octets));
    println!("{tally:?}");
    assert!(tally.established > 500 && tally.resumed > 30 && tally.declined > 30, "{tally:?}");
    assert!(tally.refused > 300 && tally.received > 10_000, "{tally:?}");
}

#[test]
fn bytes_of_nobody_in_particular_wait_or_are_refused_however_they_are_cut() {
    let folder = handshake_site();
    let handshakes = fuzz::Handshakes::new(folder.path());
    replay("hello", 100, |octets| fuzz::hello(&handshakes, octets));
}

fn judge(octets: &[u8]) -> Option<&'static str> {
    let scene = Scene::decode(octets);
    fn slices(ders: &[Vec<u8>]) -> Vec<&[u8]> {
        ders.iter().map(Vec::as_slice).collect()
    }
    fuzz::chain(&fuzz::Chain {
        presented: &slices(&scene.chain),
        anchors: &slices(&scene.anchors),
        crls: &slices(&scene.crls),
        now: UnixTime::from_secs(scene.now),
    })
}
