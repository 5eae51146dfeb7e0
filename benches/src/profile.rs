//! Where the time goes: samples of the processor's clock by perf, by kind of work and by function.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::fmt::Write as _;
use std::process::{Command, Output, Stdio};
use std::{env, fs};

use crate::rerun;

/// Functions that have a row of their own.
const ROWS: usize = 25;

/// Kinds of work, each told by what a function on the stack has in its name; the first that fits
/// counts.
const BY_STACK: &[(&str, &[&str])] = &[
    (
        "raw: verifying the client's signature",
        &["ECDSA_verify", "EVP_PKEY_verify", "EVP_DigestVerify"],
    ),
    ("raw: the server's signature", &["EVP_DigestSign", "EVP_PKEY_sign", "ECDSA_sign"]),
    ("raw: key exchange", &["start_and_complete", "kx::KxGroup"]),
];

/// Kinds of work told by the function itself.
const BY_FUNCTION: &[(&str, &[&str])] = &[
    ("hashing: transcript and key schedule", &["sha256", "sha2::", "hkdf", "hmac", "digest::"]),
    ("record keys and records", &["aes", "gcm", "GCM", "ghash", "AEAD", "aead"]),
    (
        "memory: malloc, free, copying",
        &["malloc", "free", "realloc", "calloc", "tcache", "mem", "alloc::", "unlink_chunk"],
    ),
    ("countersign: engine and verdict", &["countersign"]),
    ("rustls: codec and states", &["rustls"]),
];

const OTHER: &str = "other";

/// The stacks of doing it so often, as perf samples them, for [`Profile::of`].
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
    rerun::under(&mut record, name, times).map_err(|error| error.to_string())?;
    let mut script = Command::new("perf");
    script.args(["script", "-F", "ip,sym", "-i"]).arg(&file);
    let stacks = perf(&mut record).and_then(|_| perf(&mut script));
    drop(fs::remove_file(&file));
    stacks
}

/// Samples of one function, and of one kind.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Profile {
    functions: HashMap<String, usize>,
    kinds: HashMap<&'static str, usize>,
    samples: usize,
}

impl Profile {
    /// From what `perf script -F ip,sym` writes: a stack for each sample, the innermost function first,
    /// and an empty line. Stacks without a function whose name has one of `within` in it do not count;
    /// those of hand-written assembly may end too early to have the outermost.
    pub fn of(script: &str, within: &[&str]) -> Self {
        let mut profile = Self::default();
        for stack in script.split("\n\n") {
            let stack: Vec<&str> = stack.lines().filter_map(function).collect();
            let Some(innermost) = stack.first() else { continue };
            if stack.iter().any(|function| has(within, function)) {
                profile.samples += 1;
                *profile.functions.entry(short(innermost)).or_default() += 1;
                *profile.kinds.entry(kind(&stack)).or_default() += 1;
            }
        }
        profile
    }

    /// Two tables in Markdown.
    pub fn markdown(&self, title: &str) -> String {
        let mut out = format!(
            "## {title}\n\n{} samples by `perf record -e cpu-clock`. The operations that no server can \
             do without are in rows that begin with *raw*.\n\n",
            self.samples
        );
        let kinds = self.kinds.iter().map(|(kind, samples)| ((*kind).to_owned(), *samples));
        self.table(&mut out, "kind of work", kinds.collect());
        let functions = self.functions.iter();
        let functions = functions.map(|(name, samples)| (format!("`{name}`"), *samples));
        self.table(&mut out, "function, without those that it calls", functions.collect());
        out
    }

    fn table(&self, out: &mut String, head: &str, mut rows: Vec<(String, usize)>) {
        rows.sort_by_key(|(name, samples)| (Reverse(*samples), name.clone()));
        writeln!(out, "| {head} | % of the time |\n| --- | ---: |").expect("a String takes all");
        for (name, samples) in rows.iter().take(ROWS) {
            let share = *samples as f64 / self.samples as f64 * 100.0;
            writeln!(out, "| {} | {share:.1} |", name.replace('|', "\\|"))
                .expect("a String takes all");
        }
        out.push('\n');
    }
}

/// A line is an address and the name.
fn function(line: &str) -> Option<&str> {
    let (_, name) = line.trim().split_once(' ')?;
    Some(name.trim_end_matches(" (inlined)"))
}

fn kind(stack: &[&str]) -> &'static str {
    let by_stack =
        BY_STACK.iter().find(|(_, names)| stack.iter().any(|function| has(names, function)));
    let by_function = || BY_FUNCTION.iter().find(|(_, names)| has(names, stack[0]));
    by_stack.or_else(by_function).map_or(OTHER, |(kind, _)| kind)
}

fn has(names: &[&str], function: &str) -> bool {
    names.iter().any(|name| function.contains(name))
}

/// Not longer than a row.
fn short(function: &str) -> String {
    function.chars().take(96).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCRIPT: &str = "\
    5581 mul_montx
    5582 EVP_DigestVerifyFinal
    5583 Flight::server_turn

    5584 __memcpy_avx (inlined)
    5585 rustls::a::b
    5583 Flight::server_turn

    5586 client_turn

    5587 rustls::c
    5583 Flight::server_turn

    5588 nistz256_point_doublex
    5589 aws_lc_0_47_0_ECDSA_verify
    5583 Flight::server_turn
";

    #[test]
    fn samples_within_a_function_are_told_by_kind_and_by_name() {
        let profile = Profile::of(SCRIPT, &["server_turn"]);
        assert_eq!(profile.samples, 4);
        assert_eq!(profile.kinds["raw: verifying the client's signature"], 2);
        assert_eq!(profile.kinds["memory: malloc, free, copying"], 1);
        assert_eq!(profile.kinds["rustls: codec and states"], 1);
        assert_eq!(profile.functions["__memcpy_avx"], 1);
        assert!(profile.markdown("T").contains("| `rustls::c` | 25.0 |"));
    }
}
