//! What can be typed.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Parser, ValueEnum};
use countersign_load::{Address, Bounds, Errand, Identity, Kind, Misuse, Plan, Version};

const NOTES: &str = "\
Latency is from connecting until the server has answered and closed: under TLS 1.3 a client is \
through with its handshake before the server has looked at its certificate. For the same reason a \
server that refuses without an alert is found out with --get or --echo only.

Exit codes: 0 every connection went as it should; 1 some did not; 2 usage or files.";

/// Mutual-TLS handshakes per second of a server on this machine.
#[derive(Debug, Parser)]
#[command(name = "countersign-load", after_help = NOTES)]
pub(crate) struct Args {
    /// Where the server is: 127.0.0.1:PORT, [::1]:PORT or unix:PATH; nothing beyond this machine
    pub(crate) address: Address,
    /// The authorities that vouch for the server (PEM)
    #[arg(long, value_name = "FILE")]
    pub(crate) ca: PathBuf,
    /// The client's chain, leaf first (PEM); without it, the client has no certificate
    #[arg(long, value_name = "FILE", requires = "key")]
    chain: Option<PathBuf>,
    /// The client's key (PEM)
    #[arg(long, value_name = "FILE", requires = "chain")]
    key: Option<PathBuf>,
    /// Many clients in turn: every NAME.pem of this folder that has a NAME.key
    #[arg(long, value_name = "DIR", conflicts_with = "chain")]
    clients: Option<PathBuf>,
    /// Whom the server's certificate must name
    #[arg(long, value_name = "NAME", default_value = "localhost")]
    server_name: String,
    /// The version of TLS
    #[arg(long, value_enum, default_value_t = Tls::V13)]
    tls: Tls,
    /// Resumed handshakes instead of full ones; a full one counts as a failure
    #[arg(long)]
    resume: bool,
    /// Ask for this path once each handshake is done, in HTTP/1.1
    #[arg(long, value_name = "PATH")]
    get: Option<String>,
    /// Send this line once each handshake is done, and wait for one that ends with it
    #[arg(long, value_name = "LINE", conflicts_with = "get", value_parser = line)]
    echo: Option<String>,
    /// The status that the answer must have
    #[arg(long, value_name = "STATUS", default_value_t = 200, requires = "get")]
    expect: u16,
    /// Connections at a time
    #[arg(long, value_name = "N", default_value_t = 8)]
    at_once: usize,
    /// No connection begins after so many seconds
    #[arg(long, value_name = "N", default_value_t = 5.0, value_parser = seconds)]
    seconds: f64,
    /// Connections in all
    #[arg(long, value_name = "N", default_value_t = usize::MAX, hide_default_value = true)]
    connections: usize,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Tls {
    #[value(name = "1.2")]
    V12,
    #[value(name = "1.3")]
    V13,
}

impl Args {
    pub(crate) fn plan(&self) -> Plan {
        Plan {
            address: self.address.clone(),
            server_name: self.server_name.clone(),
            version: match self.tls {
                Tls::V12 => Version::Tls12,
                Tls::V13 => Version::Tls13,
            },
            kind: if self.resume { Kind::Resumed } else { Kind::Full },
            errand: match (&self.get, &self.echo) {
                (Some(path), _) => Errand::Get { path: path.clone(), status: self.expect },
                (None, Some(line)) => Errand::Echo(line.clone()),
                (None, None) => Errand::Leave,
            },
            at_once: self.at_once,
        }
    }

    pub(crate) fn bounds(&self) -> Bounds {
        Bounds { time: Duration::from_secs_f64(self.seconds), connections: self.connections }
    }

    pub(crate) fn identities(&self) -> Result<Vec<Identity>, Misuse> {
        match (&self.clients, &self.chain, &self.key) {
            (Some(folder), _, _) => Identity::from_folder(folder),
            (None, Some(chain), Some(key)) => Ok(vec![Identity::from_files(chain, key)?]),
            _ => Ok(vec![Identity::ANONYMOUS]),
        }
    }
}

fn seconds(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(seconds) if (0.0..=86_400.0).contains(&seconds) => Ok(seconds),
        _ => Err("a number of seconds, a day at most".into()),
    }
}

/// Of several, only the last would come back in the end.
fn line(text: &str) -> Result<String, String> {
    if text.is_empty() || text.contains(['\n', '\r']) {
        return Err("one line, with something in it".into());
    }
    Ok(text.into())
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory, Parser};
    use countersign_load::Errand;

    use super::Args;

    fn errand(more: &[&str]) -> Option<Errand> {
        let basics = ["countersign-load", "127.0.0.1:1", "--ca", "ca.pem"];
        let args = Args::try_parse_from(basics.iter().chain(more)).ok()?;
        Some(args.plan().errand)
    }

    #[test]
    fn a_client_has_one_errand() {
        let get = Errand::Get { path: "/x".into(), status: 204 };
        assert_eq!(errand(&[]), Some(Errand::Leave));
        assert_eq!(errand(&["--get", "/x", "--expect", "204"]), Some(get));
        assert_eq!(errand(&["--echo", "hello you"]), Some(Errand::Echo("hello you".into())));
        for none in [&["--echo", "x", "--get", "/"][..], &["--echo", "x\ny"], &["--echo", ""]] {
            assert_eq!(errand(none), None, "{none:?}");
        }
    }

    #[test]
    fn the_arguments_are_well_formed() {
        Args::command().debug_assert();
    }
}
