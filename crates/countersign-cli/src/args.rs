//! What can be typed.

use std::path::PathBuf;

use clap::{Parser, Subcommand};
use countersign::UnixTime;

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

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_arguments_are_well_formed() {
        super::Args::command().debug_assert();
    }
}
