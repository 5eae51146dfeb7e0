//! Running programs.

use std::io::Write;
use std::process::{Command, Output, Stdio};

/// Runs a program that must succeed; what it wrote to standard output.
#[track_caller]
pub(crate) fn run(command: &mut Command) -> String {
    let output = outcome(command);
    assert!(output.status.success(), "{command:?}: {}", text(&output));
    String::from_utf8(output.stdout).unwrap()
}

/// Runs a program, however that ends.
#[track_caller]
pub(crate) fn outcome(command: &mut Command) -> Output {
    command.stdin(Stdio::null()).output().unwrap_or_else(|error| panic!("{command:?}: {error}"))
}

/// All that a program wrote.
pub(crate) fn text(output: &Output) -> String {
    let [stdout, stderr] = [&output.stdout, &output.stderr].map(|out| String::from_utf8_lossy(out));
    format!("{}: {stdout}{stderr}", output.status)
}

/// Whether all of these can be run. Where one cannot, this is said past the harness, which would
/// keep what a passing test prints to itself.
pub(crate) fn are_here(programs: &[&str]) -> bool {
    let missing = programs.iter().find(|program| {
        let mut version = Command::new(program);
        version.arg("--version").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        version.status().is_err()
    });
    if let Some(program) = missing {
        skip(&format!("{program} is not installed (`.ci/packages` installs it)"));
    }
    missing.is_none()
}

/// Says what is not tested, and why.
pub(crate) fn skip(why: &str) {
    let test = std::thread::current();
    let line = format!("skipped: {}: {why}\n", test.name().unwrap_or("a test"));
    let _ = std::io::stderr().write_all(line.as_bytes());
}
