//! Instructions, counted by callgrind: the figure that no other work on the machine changes.
//!
//! The bench runs itself under valgrind, once to do a thing and once to do it more often; the
//! difference is without what preparing it took. callgrind's processor knows no AVX-512: cryptography
//! takes other paths than it does outside, everything else the same.

use std::env;
use std::fs;
use std::process::{Command, Output, Stdio};

/// A thing that can be counted by its name.
pub struct Countable<'c> {
    /// Names it, among those of one bench.
    pub name: &'c str,
    /// Prepares and then does it so many times.
    pub run: fn(usize),
}

/// Says that this run is one of callgrind's.
const ASKED: &str = "COUNTERSIGN_BENCH_COUNT";

/// Does what it was asked to, where this is the run under callgrind, and says so.
pub fn counted_run(all: &[Countable<'_>]) -> bool {
    let Ok(asked) = env::var(ASKED) else { return false };
    let (times, name) = asked.split_once(' ').unwrap_or(("0", &asked));
    if let Some(countable) = all.iter().find(|countable| countable.name == name) {
        (countable.run)(times.parse().unwrap_or(0));
    }
    true
}

/// Instructions for doing it once. `within` limits them to what happens in a function of that name.
///
/// # Errors
/// Where there is no valgrind, or it does not say.
pub fn count(name: &str, times: usize, within: Option<&str>) -> Result<f64, String> {
    let [few, many] = [times, 3 * times].map(|times| total(&collect(name, times, within)?));
    Ok((many? - few?) / (2 * times) as f64)
}

fn total(callgrind: &str) -> Result<f64, String> {
    let line = callgrind.lines().find_map(|line| line.strip_prefix("totals: "));
    line.and_then(|total| total.trim().parse().ok()).ok_or("callgrind counted nothing".into())
}

fn collect(name: &str, times: usize, within: Option<&str>) -> Result<String, String> {
    let file = env::temp_dir().join(format!("countersign-callgrind-{}", std::process::id()));
    let mut valgrind = Command::new("valgrind");
    valgrind.args(["--tool=callgrind", "--quiet"]);
    valgrind.arg(format!("--callgrind-out-file={}", file.display()));
    valgrind.args(within.map(|function| format!("--toggle-collect={function}")));
    valgrind.arg(env::current_exe().map_err(|error| error.to_string())?);
    valgrind.env(ASKED, format!("{times} {name}")).env_remove("COUNTERSIGN_BENCH_RECORDS");
    let status = valgrind.stdin(Stdio::null()).stdout(Stdio::null()).status();
    let status = status.map_err(|error| format!("valgrind: {error}; .ci/packages installs it"))?;
    let text = fs::read_to_string(&file);
    drop(fs::remove_file(&file));
    match text {
        Ok(text) if status.success() => Ok(text),
        _ => Err(format!("valgrind ended with {status}")),
    }
}

/// The stacks of doing it so often, as perf samples them, for [`Profile::of`](crate::profile::Profile::of).
///
/// # Errors
/// Where there is no perf, or it may not sample.
pub fn sample(name: &str, times: usize) -> Result<String, String> {
    let file = env::temp_dir().join(format!("countersign-perf-{}", std::process::id()));
    let said = |output: Output| match output.status.success() {
        true => Ok(String::from_utf8_lossy(&output.stdout).into_owned()),
        false => Err(String::from_utf8_lossy(&output.stderr).into_owned()),
    };
    let perf = |command: &mut Command| {
        let output = command.stdin(Stdio::null()).output();
        output
            .map_err(|error| format!("perf: {error}; Debian's package is linux-perf"))
            .and_then(said)
    };
    let mut record = Command::new("perf");
    record.args(["record", "--quiet", "-e", "cpu-clock", "-F", "2500"]);
    record.args(["--call-graph", "dwarf,16384", "-o"]).arg(&file);
    record.arg(env::current_exe().map_err(|error| error.to_string())?);
    record.env(ASKED, format!("{times} {name}")).env_remove("COUNTERSIGN_BENCH_RECORDS");
    let mut script = Command::new("perf");
    script.args(["script", "-F", "ip,sym", "-i"]).arg(&file);
    let stacks = perf(&mut record).and_then(|_| perf(&mut script));
    drop(fs::remove_file(&file));
    stacks
}
