//! The body of the fuzz target over its seeds, over variations of those, and over the inputs that once
//! failed.

use std::fs;
use std::path::Path;

use countersign_ffi::internal::{Supplies, c_calls};
use countersign_testkit::CScene;
use countersign_testkit::fuzz::{seeds, variations};

#[test]
fn calls_in_any_order_with_hostile_arguments_let_nobody_in() {
    let scene = CScene::new();
    let supplies = Supplies::read(scene.path(), scene.time());
    for seed in seeds("c_calls") {
        c_calls(&supplies, &seed.octets);
        variations(&seed.octets, 60).for_each(|octets| c_calls(&supplies, &octets));
    }
    let regressions = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/regressions/c_calls");
    let Ok(inputs) = fs::read_dir(regressions) else { return };
    for input in inputs {
        c_calls(&supplies, &fs::read(input.expect("a folder").path()).expect("a file"));
    }
}
