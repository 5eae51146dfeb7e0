#![no_main]

use std::sync::LazyLock;

use countersign::internal::fuzz::Handshakes;
use countersign_testkit::PolicyDir;
use countersign_testkit::fuzz::handshake_site;
use libfuzzer_sys::fuzz_target;

static SITE: LazyLock<(PolicyDir, Handshakes)> = LazyLock::new(|| {
    let folder = handshake_site();
    let handshakes = Handshakes::new(folder.path());
    (folder, handshakes)
});

fuzz_target!(|octets: &[u8]| {
    SITE.1.run(octets);
});
