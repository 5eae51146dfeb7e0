//! Loading what is large: lists of ten million clients, a CRL of a million entries.
//!
//! Each is loaded once, as at a start or a reload: seconds need no statistics. `LINES` and
//! `ENTRIES` in the environment make them smaller.
#![forbid(unsafe_code)]

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;
use std::time::Instant;

use countersign::Verifier;
use countersign_benches::{allocations, table};
use countersign_testkit::PolicyDir;
use countersign_testkit::forge::Authority;
use webpki::OwnedCertRevocationList;

#[global_allocator]
static ALLOCATOR: allocations::Counting = allocations::Counting;

fn main() {
    let folder = PolicyDir::new();
    let root = Authority::seeded_root("root");
    folder.write_certificates("ca.pem", [&root.certificate]);
    lists(&folder, setting("LINES", 10_000_000));
    crl(&folder, &root, setting("ENTRIES", 1_000_000));
}

fn setting(name: &str, default: usize) -> usize {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// What loading cost.
struct Loaded {
    verifier: Verifier,
    secs: f64,
    bytes: f64,
    peak_bytes: f64,
}

fn load(policy: &str, folder: &PolicyDir) -> Loaded {
    let before = allocations::bytes();
    allocations::peak();
    let start = Instant::now();
    let verifier = Verifier::from_toml(policy, folder.path()).expect("a policy that is in order");
    Loaded {
        secs: start.elapsed().as_secs_f64(),
        bytes: (allocations::bytes() - before) as f64,
        peak_bytes: (allocations::peak() - before) as f64,
        verifier,
    }
}

fn lists(folder: &PolicyDir, lines: usize) {
    const POLICY: &str = "version = 1\n[trust]\nanchors = [\"ca.pem\"]\n";
    let empty = load(&format!("{POLICY}[lists]\nclients = [\"/dev/null\"]\n"), folder);
    for kind in ["spki_sha256", "uri"] {
        let file = format!("{kind}.txt");
        write_list(&folder.path().join(&file), kind, lines);
        let loaded = load(&format!("{POLICY}[lists]\nclients = [\"{file}\"]\n"), folder);
        folder.remove(&file);
        table::section(&format!("List of {lines} lines, {kind}, a client each"));
        table::at_most("loading", loaded.secs, 10.0, "s");
        let per_entry = |bytes: f64| (bytes - empty.bytes) / lines as f64;
        table::at_most("held", per_entry(loaded.bytes), 96.0, "B/entry");
        table::beside("held at most while loading", per_entry(loaded.peak_bytes), "B/entry");
        drop(loaded.verifier);
    }
}

fn write_list(file: &Path, kind: &str, lines: usize) {
    let mut out = std::io::BufWriter::new(std::fs::File::create(file).expect("a writable folder"));
    let mut line = String::new();
    for i in 0..lines as u64 {
        line.clear();
        let written = if kind == "uri" {
            writeln!(line, "uri:spiffe://acme.example/service/{i:08} client-{i:08}")
        } else {
            // Digests: numbers that look random.
            let [a, b, c, d] = [1, 2, 3, 4].map(|k| mix(4 * i + k));
            writeln!(line, "{kind}:{a:016x}{b:016x}{c:016x}{d:016x} client-{i:08}")
        };
        written.expect("a String takes all");
        out.write_all(line.as_bytes()).expect("room for the list");
    }
    out.flush().expect("room for the list");
}

/// SplitMix64.
fn mix(i: u64) -> u64 {
    let mut z = i.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

fn crl(folder: &PolicyDir, root: &Authority, entries: usize) {
    const POLICY: &str = "version = 1\nadmit = \"issued\"\n[trust]\nanchors = [\"ca.pem\"]\n";
    // Sixteen octets each, as serial numbers of a modern CA are; not in order.
    let serials = (0..entries as u64).map(|i| {
        let [high, low] = [mix(2 * i) >> 1 | 1 << 62, mix(2 * i + 1)];
        [high.to_be_bytes(), low.to_be_bytes()].concat()
    });
    let crl = root.crl().revoke_all(serials).sign(&root.key);
    let der_bytes = crl.len() as f64;
    folder.write("ca.crl", &crl);
    let without = load(POLICY, folder);
    let loaded = load(&format!("{POLICY}crls = [\"ca.crl\"]\n"), folder);

    let before = allocations::bytes();
    let start = Instant::now();
    let webpki = OwnedCertRevocationList::from_der(&crl).expect("a CRL");
    let (webpki_secs, webpki_bytes) =
        (start.elapsed().as_secs_f64(), (allocations::bytes() - before) as f64);
    drop(webpki);

    table::section(&format!("CRL of {entries} entries, {:.1} MB of DER", der_bytes / 1e6));
    table::at_most("loading, signature checked and index made", loaded.secs, 1.0, "s");
    table::beside("rustls-webpki, parsed and index made", webpki_secs, "s");
    table::at_most("held : DER", (loaded.bytes - without.bytes) / der_bytes, 1.5, "×");
    table::beside("held at most while loading : DER", loaded.peak_bytes / der_bytes, "×");
    table::beside("rustls-webpki, held : DER", webpki_bytes / der_bytes, "×");
    drop(loaded.verifier);
}
