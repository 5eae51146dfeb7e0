//! The bench run once more, under a tool that looks at it: it does one thing so often, and ends.

use std::env;
use std::io;
use std::process::Command;

/// A thing that can be asked for by its name.
pub struct Askable<'c> {
    /// Names it, among those of one bench.
    pub name: &'c str,
    /// Prepares and then does it so many times.
    pub run: fn(usize),
}

/// Says what such a run is for.
const ASKED: &str = "COUNTERSIGN_BENCH_RERUN";

/// Does what it was asked to, where this is such a run, and says so.
pub fn is_rerun(all: &[Askable<'_>]) -> bool {
    let Ok(asked) = env::var(ASKED) else { return false };
    let (times, name) = asked.split_once(' ').unwrap_or(("0", &asked));
    if let Some(askable) = all.iter().find(|askable| askable.name == name) {
        (askable.run)(times.parse().unwrap_or(0));
    }
    true
}

/// Has `tool`, as far as it was put together, run this bench for the thing of that name.
///
/// # Errors
/// Where it is not known which program this is.
pub fn under(tool: &mut Command, name: &str, times: usize) -> io::Result<()> {
    tool.arg(env::current_exe()?);
    tool.env(ASKED, format!("{times} {name}")).env_remove("COUNTERSIGN_BENCH_RECORDS");
    Ok(())
}
