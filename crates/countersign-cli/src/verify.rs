//! `countersign verify`: the verdict on a chain, without a handshake.

use std::fs::File;
use std::io::{Read, Write};
use std::path::Path;

use countersign::{Reason, UnixTime, Verdict, Verifier, pem};
use serde::Serialize;

use crate::Answer;
use crate::args::Verify;
use crate::failure::Failure;

/// No chain file is longer: the most a chain may hold is 64 KiB of DER, and the rest is room for
/// the text that tools write around the blocks.
const CHAIN_FILE_BYTES: u64 = 16 << 20;

/// Judges the chain and prints the verdict.
pub(crate) fn run(args: &Verify) -> Result<Answer, Failure> {
    let verifier = Verifier::from_file(&args.policy)?;
    let chain = read_chain(&args.chain)?;
    let chain: Vec<&[u8]> = chain.iter().map(Vec::as_slice).collect();
    let verdict = verifier.verify(&chain, args.time.unwrap_or_else(UnixTime::now));

    let report = Report::of(&verdict);
    let mut stdout = std::io::stdout().lock();
    if args.json {
        let json = serde_json::to_string(&report).map_err(std::io::Error::from)?;
        writeln!(stdout, "{json}")?;
    } else {
        writeln!(stdout, "{}", report.for_people())?;
    }
    stdout.flush()?;
    Ok(if verdict.is_allowed() { Answer::Yes } else { Answer::No })
}

/// The DER of every certificate in the file; the leaf is the first.
fn read_chain(path: &Path) -> Result<Vec<Vec<u8>>, Failure> {
    let unreadable = |error: std::io::Error| {
        let message = match error.kind() {
            std::io::ErrorKind::NotFound => "file not found".to_owned(),
            std::io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
            _ => format!("cannot be read: {error}"),
        };
        Failure::new(message).in_file(path)
    };
    let mut text = Vec::new();
    let file = File::open(path).map_err(unreadable)?;
    file.take(CHAIN_FILE_BYTES + 1).read_to_end(&mut text).map_err(unreadable)?;
    if text.len() as u64 > CHAIN_FILE_BYTES {
        return Err(Failure::new("longer than 16 MiB: no chain is").in_file(path));
    }
    pem::certificates(&text).map_err(|error| Failure::from(error).in_file(path))
}

/// A verdict as programs read it; the order of the fields is the order of printing.
#[derive(Serialize)]
struct Report {
    decision: &'static str,
    reason: &'static str,
    client: Option<String>,
    rule: Option<String>,
    chain_index: Option<usize>,
    generation: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    audit_reason: Option<&'static str>,
    detail: String,
}

impl Report {
    fn of(verdict: &Verdict) -> Self {
        Self {
            decision: verdict.decision().token(),
            reason: verdict.reason().token(),
            client: verdict.client().map(str::to_owned),
            rule: verdict.rule(),
            chain_index: verdict.chain_index(),
            generation: verdict.generation(),
            audit_reason: verdict.audit_reason().map(Reason::token),
            detail: verdict.detail(),
        }
    }

    /// One line: the decision, the reason, and what is known beyond.
    fn for_people(&self) -> String {
        let mut line = format!("{} ({})", self.decision, self.reason);
        if let Some(client) = &self.client {
            line += &format!(": client {client}");
        }
        if let Some(rule) = &self.rule {
            line += &format!(", by {rule}");
        }
        if self.reason != Reason::Allowed.token() {
            line += &format!(": {}", self.detail);
        }
        line
    }
}
