#![no_main]

use std::sync::LazyLock;

use countersign_ffi::internal::{Supplies, c_calls};
use countersign_testkit::CScene;
use libfuzzer_sys::fuzz_target;

static SCENE: LazyLock<(CScene, Supplies)> = LazyLock::new(|| {
    let scene = CScene::new();
    let supplies = Supplies::read(scene.path(), scene.time());
    (scene, supplies)
});

fuzz_target!(|octets: &[u8]| {
    c_calls(&SCENE.1, octets);
});
