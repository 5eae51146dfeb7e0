//! What can be typed.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Parser, Subcommand};
use countersign::UnixTime;

use crate::serve::{Forward, Target};

const EXIT_CODES: &str =
    "Exit codes: 0 yes; 1 a sound no; 2 could not tell (usage, policy or files).";

/// Decides which mutual-TLS clients get in, and says why.
#[derive(Debug, Parser)]
#[command(name = "countersign", version, after_help = EXIT_CODES)]
#[command(arg_required_else_help = true, subcommand_required = true)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What the command does.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Judge a chain of certificates by a policy: allow or deny, and why
    #[command(after_help = EXIT_CODES)]
    Verify(Verify),
    /// Show it at work: a CA, good and bad clients, a real mTLS server on loopback
    #[command(
        after_help = "Exit codes: 0 every row is as expected; 1 a row differs; 2 could not tell."
    )]
    Demo(Demo),
    /// Let approved clients through to an HTTP or TCP server: a proxy that ends mutual TLS
    #[command(
        after_help = "Exit codes: 0 ended by SIGTERM or SIGINT; 2 could not start (usage, policy, files or addresses)."
    )]
    Serve(Box<Serve>),
}

/// `countersign verify`
#[derive(Debug, clap::Args)]
pub(crate) struct Verify {
    /// The policy file (TOML)
    #[arg(long, value_name = "FILE")]
    pub(crate) policy: PathBuf,
    /// The chain that a client presents (PEM, leaf first)
    #[arg(long, value_name = "FILE")]
    pub(crate) chain: PathBuf,
    /// Judge as of this time instead of now (RFC 3339, like 2026-11-23T12:00:00Z)
    #[arg(long, value_name = "TIME", value_parser = crate::rfc3339::parse, allow_hyphen_values = true)]
    pub(crate) time: Option<UnixTime>,
    /// Print one JSON object instead of text
    #[arg(long)]
    pub(crate) json: bool,
}

/// `countersign demo`
#[derive(Debug, clap::Args)]
pub(crate) struct Demo {
    /// Keep the CA, the certificates, the keys and the policies in this folder, new or empty
    #[arg(long, value_name = "DIR")]
    pub(crate) keep: Option<PathBuf>,
    /// Print one JSON object instead of a table
    #[arg(long)]
    pub(crate) json: bool,
}

/// `countersign serve`
#[derive(Debug, clap::Args)]
pub(crate) struct Serve {
    /// Where clients connect; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub(crate) listen: SocketAddr,
    /// The policy file (TOML)
    #[arg(long, value_name = "FILE")]
    pub(crate) policy: PathBuf,
    /// What the server presents (PEM, leaf first)
    #[arg(long, value_name = "FILE")]
    pub(crate) cert: PathBuf,
    /// Its private key (PEM)
    #[arg(long, value_name = "FILE")]
    pub(crate) key: PathBuf,
    /// The server behind: http://HOST:PORT or tcp://HOST:PORT
    #[arg(long, value_name = "URL")]
    pub(crate) to: Target,
    /// Serve this name (or *.name) and no other; may be repeated. Without it, every name
    #[arg(long, value_name = "NAME")]
    pub(crate) server_name: Vec<String>,
    /// The headers that carry the client's certificate [default: rfc9440]
    #[arg(long, value_name = "FAMILY")]
    pub(crate) forward: Option<Forward>,
    /// Sign those headers (RFC 9421): a file of 64 hex digits, or an Ed25519 or P-256 key in PEM
    #[arg(long, value_name = "FILE", requires = "sign_id")]
    pub(crate) sign_key: Option<PathBuf>,
    /// What receivers know that key by
    #[arg(long, value_name = "ID", requires = "sign_key")]
    pub(crate) sign_id: Option<String>,
    /// Answer /metrics and /healthz here, over plain HTTP
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub(crate) metrics: Option<SocketAddr>,
    /// Let --metrics be an address that others reach
    #[arg(long, requires = "metrics")]
    pub(crate) metrics_public: bool,
    /// Look for changes of the policy and its files this often
    #[arg(long, value_name = "SECONDS", default_value_t = 2, value_parser = seconds())]
    pub(crate) reload_every: u64,
    /// Session tickets under this fleet's secret instead of one of this process
    #[arg(long, value_name = "FILE")]
    pub(crate) ticket_secret: Option<PathBuf>,
    /// Connections at a time; more wait
    #[arg(long, value_name = "N", default_value_t = 1_024)]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub(crate) max_connections: u32,
    /// Connections of one client at a time; more are closed [default: as many as there are]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub(crate) max_connections_per_client: Option<u32>,
    /// Handshakes under way from one address, or one /64 of IPv6; more are closed [default: half of
    /// --max-connections]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub(crate) max_handshakes_per_address: Option<u32>,
    /// Close a connection on which nothing moves for this long
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = seconds())]
    pub(crate) idle_timeout: u64,
    /// How long the server behind may take to connect or to begin its answer
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = seconds())]
    pub(crate) upstream_timeout: u64,
    /// How long what is under way may take when the process is told to end
    #[arg(long, value_name = "SECONDS", default_value_t = 10)]
    #[arg(value_parser = clap::value_parser!(u64).range(0..=86_400))]
    pub(crate) grace: u64,
    /// Print events as JSON lines on stdout instead of text on stderr
    #[arg(long)]
    pub(crate) json: bool,
}

fn seconds() -> clap::builder::RangedU64ValueParser {
    clap::value_parser!(u64).range(1..=86_400)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_arguments_are_well_formed() {
        super::Args::command().debug_assert();
    }
}
