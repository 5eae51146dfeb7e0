//! Where and of what a run was.

use std::fmt::Write as _;
use std::fs;
use std::process::Command;

/// As in `benches/run`.
const COMMANDS: &str = "`make bench`, which is, once all is built, `cargo bench --package countersign-benches \
    --bench figures` with `COUNTERSIGN_BENCH_PEERS=benches/peers/target/release`, `cargo bench --package \
    countersign-ffi --bench c_call`, and `target/release/bench-servers`";

/// A list: machine, versions, date, commands.
pub(crate) fn facts() -> String {
    let mut list = String::new();
    let mut fact = |what: &str, said: String| {
        writeln!(list, "- {what}: {said}").expect("a String takes all");
    };
    fact("date", said_by("date", &["-u", "+%Y-%m-%d %H:%M UTC"]));
    fact("countersign", said_by("git", &["describe", "--always", "--dirty"]));
    let processor = field("/proc/cpuinfo", "model name");
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    fact("machine", format!("{processor}, {cores} cores, {}", field("/proc/meminfo", "MemTotal")));
    fact("system", said_by("uname", &["-srm"]));
    fact("rustc", said_by("rustc", &["--version"]));
    let locked = locked(&["rustls", "rustls-webpki", "aws-lc-rs", "ring", "criterion"]);
    fact("libraries", format!("{locked}; those written in C have their versions in the table"));
    fact("commands", COMMANDS.into());
    list
}

fn said_by(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output();
    let said = output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    said.ok().filter(|said| !said.is_empty()).unwrap_or_else(|| "unknown".into())
}

/// What the file says behind this word and a colon.
fn field(file: &str, name: &str) -> String {
    let text = fs::read_to_string(file).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    line.and_then(|rest| rest.split_once(':')).map_or("unknown", |(_, said)| said.trim()).to_owned()
}

/// The versions of these packages in the workspace's lock file.
fn locked(packages: &[&str]) -> String {
    let lock = concat!(env!("CARGO_MANIFEST_DIR"), "/../Cargo.lock");
    let text = fs::read_to_string(lock).unwrap_or_default();
    let version = |package: &&str| {
        let entry = format!("name = \"{package}\"\nversion = \"");
        let rest = text.split_once(&entry).map_or("", |(_, rest)| rest);
        format!("{package} {}", rest.split('"').next().unwrap_or_default())
    };
    packages.iter().map(version).collect::<Vec<_>>().join(", ")
}
