//! Instructions, counted by callgrind: the figure that no other work on the machine changes.
//!
//! The bench runs itself under valgrind, once to do a thing and once to do it more often; the
//! difference is without what preparing it took. Its processor has no AVX-512 and no SHA: cryptography
//! takes other paths than it does outside, everything else the same.

use std::env;
use std::fs;
use std::process::{Command, Stdio};

use crate::rerun;

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
    rerun::under(&mut valgrind, name, times).map_err(|error| error.to_string())?;
    let status = valgrind.stdin(Stdio::null()).stdout(Stdio::null()).status();
    let status = status.map_err(|error| format!("valgrind: {error}; .ci/packages installs it"))?;
    let text = fs::read_to_string(&file);
    drop(fs::remove_file(&file));
    match text {
        Ok(text) if status.success() => Ok(text),
        _ => Err(format!("valgrind ended with {status}")),
    }
}
