//! Where the instructions go: callgrind's output, by kind of work and by function.

use std::collections::HashMap;
use std::fmt::Write as _;

/// Functions that have a row of their own.
const ROWS: usize = 25;

/// Kinds of work, each with how its functions are called: Rust's by their crate, C's by what their
/// names have in them. The first that fits counts.
const KINDS: &[(&str, &[&str])] = &[
    ("rustls: codec, states, key schedule", &["rustls::", "rustls_pki_types::"]),
    ("countersign: verdict, engine", &["countersign::"]),
    ("aws-lc-rs: what wraps AWS-LC", &["aws_lc_rs::"]),
    ("the bench itself", &["countersign_benches::"]),
    ("Rust's library, other crates", &["::"]),
    (
        "hashing: transcript, key schedule",
        &["sha256", "SHA256", "sha512", "HMAC", "hmac", "digest"],
    ),
    ("record keys and records", &["aes", "AES", "gcm", "GCM", "ghash", "poly1305", "aead", "AEAD"]),
    ("memory", &["malloc", "free", "calloc", "realloc", "memcpy", "memmove", "memset", "memcmp"]),
    ("AWS-LC: P-256, X25519, random numbers", &[""]),
];

/// The instructions of each function by itself, without those that it calls.
pub fn by_function(callgrind: &str) -> HashMap<&str, u64> {
    let mut all = HashMap::new();
    let (mut function, mut is_of_a_call) = ("", false);
    for line in callgrind.lines() {
        if let Some(name) = line.strip_prefix("fn=") {
            function = name;
        } else if line.starts_with("calls=") {
            is_of_a_call = true;
        } else if line.starts_with(|c: char| c.is_ascii_digit()) {
            let cost = line.split(' ').nth(1).and_then(|cost| cost.parse::<u64>().ok());
            if !std::mem::take(&mut is_of_a_call) {
                *all.entry(function).or_default() += cost.unwrap_or(0);
            }
        }
    }
    all
}

/// Two tables in Markdown, of so many times the same.
pub fn markdown(title: &str, functions: &HashMap<&str, u64>, times: f64) -> String {
    let total = functions.values().sum::<u64>() as f64;
    let mut kinds = vec![0; KINDS.len()];
    for (function, cost) in functions {
        kinds[kind_of(function)] += cost;
    }
    let mut out = format!(
        "## {title}\n\n{:.0} instructions, counted by callgrind, whose processor has no AVX-512: in \
         time, the share of cryptography is greater or smaller.\n\n",
        total / times
    );
    let mut table = |head: &str, mut rows: Vec<(String, u64)>| {
        rows.sort_by_key(|(name, cost)| (std::cmp::Reverse(*cost), name.clone()));
        writeln!(out, "| {head} | instructions | % |\n| --- | ---: | ---: |")
            .expect("it takes all");
        for (name, cost) in rows.iter().take(ROWS).filter(|(_, cost)| *cost > 0) {
            let (each, share) = (*cost as f64 / times, *cost as f64 / total * 100.0);
            writeln!(out, "| {} | {each:.0} | {share:.1} |", name.replace('|', "\\|"))
                .expect("it takes all");
        }
        out.push('\n');
    };
    table("kind of work", KINDS.iter().map(|(kind, _)| (*kind).into()).zip(kinds).collect());
    let rows = functions.iter().map(|(name, cost)| (format!("`{}`", short(name)), *cost));
    table("function", rows.collect());
    out
}

fn kind_of(function: &str) -> usize {
    let is_of = |(_, names): &(&str, &[&str])| {
        names.iter().any(|name| match *name {
            "::" | "" => function.contains(name),
            of_rust if of_rust.ends_with("::") => {
                function.trim_start_matches(['<', '&']).starts_with(of_rust)
            }
            of_c => !function.contains("::") && function.contains(of_c),
        })
    };
    KINDS.iter().position(is_of).unwrap_or(KINDS.len() - 1)
}

/// Without the hash at its end, and not longer than a row.
fn short(function: &str) -> String {
    let name = function
        .rsplit_once("::h")
        .map_or(function, |(name, hash)| if hash.len() == 16 { name } else { function });
    name.chars().take(96).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_function_has_its_own_instructions_only() {
        let callgrind = "\
positions: line
events: Ir
fn=rustls::a::h0123456789abcdef
3 10
4 5
cfn=memcpy
calls=2 7
4 1000
fn=memcpy
7 20
fn=rustls::a::h0123456789abcdef
9 1
totals: 36
";
        let functions = by_function(callgrind);
        assert_eq!(functions["rustls::a::h0123456789abcdef"], 16);
        assert_eq!(functions["memcpy"], 20);
        let text = markdown("T", &functions, 2.0);
        assert!(text.contains("| memory | 10 | 55.6 |"), "{text}");
        assert!(text.contains("| `rustls::a` | 8 | 44.4 |"), "{text}");
    }

    #[test]
    fn kinds_are_told_by_names() {
        for (function, kind) in [
            ("<rustls::x as core::y>::z", "rustls"),
            ("core::fmt::write", "Rust's library"),
            ("aws_lc_0_47_0_sha256_block_data_order_hw", "hashing"),
            ("ecp_nistz256_mul_mont", "AWS-LC"),
            ("__memcpy_avx_unaligned_erms", "memory"),
        ] {
            assert!(KINDS[kind_of(function)].0.starts_with(kind), "{function}");
        }
    }
}
