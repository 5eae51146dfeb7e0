//! `countersign demo`: the whole thing on one machine, nothing pretended.
//!
//! Clients make keys and send requests, an authority signs them, a policy approves some, and a
//! server that speaks TLS on loopback judges everyone: when they come, when they come back with a
//! session, when they take it to another server name, and when they were revoked since. What the
//! table shows is what the server decided and what the client saw of it.

mod cases;
mod client;
mod pki;
mod row;
mod server;
mod sessions;
mod world;

#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use countersign::engine::{Acceptor, Entry, Resumption, TicketKeys};
use countersign::{Journal, Verifier};
use rustls::SupportedProtocolVersion;
use rustls::crypto::CryptoProvider;
use rustls::sign::CertifiedKey;
use serde::Serialize;

use crate::Answer;
use crate::args::Demo;
use crate::failure::Failure;
use cases::{CASES, Case, Comes, MAIN, Presents, REPORTS};
use client::Client;
use row::Row;
use server::Server;
use world::World;

/// What the demo's own parts return: they fail only where the machine does.
type Outcome<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

const VERSIONS: [(&str, &SupportedProtocolVersion); 2] =
    [("TLS 1.3", &rustls::version::TLS13), ("TLS 1.2", &rustls::version::TLS12)];

/// What a program reads with `--json`.
#[derive(Serialize)]
struct Report {
    as_expected: usize,
    rows: Vec<Row>,
}

/// Runs every case under both versions of TLS. A no means that a row differs.
pub(crate) fn run(args: &Demo) -> Result<Answer, Failure> {
    Ok(play(args)?)
}

fn play(args: &Demo) -> Outcome<Answer> {
    let place = Place::new(args.keep.as_deref())?;
    let mut out = Out { json: args.json };
    out.say("Making a root CA, an issuing CA, their CRLs, and clients' keys and requests …")?;
    let world = World::make()?;
    world.write_to(place.folder())?;
    out.say("Wrote policy.toml for localhost, which approves billing, nightly-jobs and till-7,")?;
    out.say("and reports.toml for reports.localhost, which approves nightly-jobs alone.")?;

    let mut rows = Vec::new();
    for (tls, version) in VERSIONS {
        rows.extend(play_version(&world, place.folder(), tls, version, &mut out)?);
    }
    let as_expected = rows.iter().filter(|row| row.as_expected).count();
    let answer = if as_expected == rows.len() { Answer::Yes } else { Answer::No };
    out.say(&format!("\n{as_expected} of {} rows are as expected.\n", rows.len()))?;
    out.say(&next_steps(args.keep.as_deref()))?;
    out.finish(&Report { as_expected, rows })?;
    Ok(answer)
}

/// Every case against a server of its own, which knows nobody at first.
fn play_version(
    world: &World,
    folder: &Path,
    tls: &'static str,
    version: &'static SupportedProtocolVersion,
    out: &mut Out,
) -> Outcome<Vec<Row>> {
    world.publish_crl(folder, false)?;
    let (journal, notes) = row::journal();
    let main = verifier(&folder.join("policy.toml"), &journal)?;
    let reports = verifier(&folder.join("reports.toml"), &journal)?;
    let server = Server::start(acceptor(world, &main, &reports)?, |line| line)?;
    out.say(&format!("\n{tls}, server on {}\n{}", server.address(), Row::heading()))?;

    let mut clients = HashMap::new();
    let mut rows = Vec::new();
    for case in CASES {
        if case.comes == Comes::New {
            let identity = identity_of(world, case)?;
            clients.insert(case.presents, Client::new(world.root(), version, identity)?);
        }
        if case.comes == Comes::BackRevoked {
            world.publish_crl(folder, true)?;
            main.reload()?;
            out.say("    … leaver is revoked, the CRL published, the policy reloaded …")?;
        }
        let client = clients.get(&case.presents).ok_or("nobody comes back who never came")?;
        let seen = client.connect(server.address(), case.at)?;
        let handshake = server.next_handshake()?;
        let row = Row::of(tls, case, &handshake, notes.try_iter().last(), &seen);
        out.say(&row.to_string())?;
        rows.push(row);
    }
    Ok(rows)
}

fn verifier(policy: &Path, journal: &Arc<dyn Journal>) -> Outcome<Arc<Verifier>> {
    let verifier = Verifier::builder_from_file(policy).journal(Arc::clone(journal)).build()?;
    Ok(Arc::new(verifier))
}

/// Two names with a policy each, and sessions that resume.
fn acceptor(world: &World, main: &Arc<Verifier>, reports: &Arc<Verifier>) -> Outcome<Acceptor> {
    let entry = |verifier, name: &str| -> Outcome<Entry> {
        Ok(Entry::required(world.credential()?, Arc::clone(verifier)).named(name))
    };
    Ok(Acceptor::builder()
        .entry(entry(main, MAIN)?)
        .entry(entry(reports, REPORTS)?)
        .resumption(Resumption::tickets(Arc::new(TicketKeys::per_process()?)))
        .build()?)
}

fn identity_of(world: &World, case: &Case) -> Outcome<Option<CertifiedKey>> {
    Ok(match case.presents {
        Presents::Nothing => None,
        Presents::Own(name) => Some(world.client_identity(name)?),
        Presents::Stolen(name) => Some(world.stolen_identity(name)?),
    })
}

/// The commands as they can be typed here, whether or not it is installed.
fn next_steps(kept: Option<&Path>) -> String {
    let me = std::env::args().next().unwrap_or_else(|| "countersign".to_owned());
    let Some(folder) = kept else {
        return format!("Next:\n  {me} demo --keep DIR   keeps what it made\n{WRITE_YOUR_OWN}");
    };
    let file = |name| folder.join(name).display().to_string();
    let (policy, approved, revoked) =
        (file("policy.toml"), file("approved.pem"), file("revoked.pem"));
    let (chain, key) = (file("server.pem"), file("server.key"));
    format!(
        "Next:\n  {me} verify --policy {policy} --chain {approved}\n  \
           {me} verify --policy {policy} --chain {revoked} --json\n  \
           {chain}, {key}: for a server of your own\n{WRITE_YOUR_OWN}"
    )
}

const WRITE_YOUR_OWN: &str =
    "  README.md   a policy of your own, and the snippet for a rustls server";

fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::aws_lc_rs::default_provider())
}

fn temporary() -> Outcome<tempfile::TempDir> {
    tempfile::tempdir().map_err(|e| format!("no temporary folder: {e}").into())
}

/// Where the files go.
enum Place {
    /// Removed when the demo ends.
    Passing(tempfile::TempDir),
    Kept(PathBuf),
}

impl Place {
    fn new(keep: Option<&Path>) -> Outcome<Self> {
        let Some(folder) = keep else { return Ok(Self::Passing(temporary()?)) };
        let at = |error| format!("{}: {error}", folder.display());
        fs::create_dir_all(folder).map_err(at)?;
        if fs::read_dir(folder).map_err(at)?.next().is_some() {
            return Err(
                format!("{}: not empty: name a new or empty folder", folder.display()).into()
            );
        }
        Ok(Self::Kept(folder.to_owned()))
    }

    fn folder(&self) -> &Path {
        match self {
            Self::Passing(folder) => folder.path(),
            Self::Kept(folder) => folder,
        }
    }
}

/// Text as it happens, or one JSON object at the end.
struct Out {
    json: bool,
}

impl Out {
    fn say(&mut self, line: &str) -> Outcome<()> {
        if self.json { Ok(()) } else { print(line) }
    }

    fn finish(&mut self, report: &Report) -> Outcome<()> {
        if self.json { print(&serde_json::to_string(report)?) } else { Ok(()) }
    }
}

fn print(line: &str) -> Outcome<()> {
    writeln!(std::io::stdout(), "{line}")
        .map_err(|e| format!("cannot write the answer: {e}").into())
}
