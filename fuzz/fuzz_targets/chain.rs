#![no_main]

use countersign::UnixTime;
use countersign::internal::fuzz::{Chain, chain};
use countersign_testkit::fuzz::Scene;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|octets: &[u8]| {
    let scene = Scene::decode(octets);
    fn slices(ders: &[Vec<u8>]) -> Vec<&[u8]> {
        ders.iter().map(Vec::as_slice).collect()
    }
    chain(&Chain {
        presented: &slices(&scene.chain),
        anchors: &slices(&scene.anchors),
        crls: &slices(&scene.crls),
        now: UnixTime::from_secs(scene.now),
    });
});
