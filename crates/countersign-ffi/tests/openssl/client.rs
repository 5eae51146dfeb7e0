//! `openssl s_client`: one line, and what came of it.

use std::io::{Read, Write};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::Receiver;

use crate::lines::{PATIENCE, lines_of};
use crate::server::Server;
use crate::site::Site;

pub(crate) const VERSIONS: [&str; 2] = ["-tls1_2", "-tls1_3"];

/// What a client found.
#[derive(Debug)]
pub(crate) struct Heard {
    /// The line that came back.
    pub(crate) echo: Option<String>,
    pub(crate) is_resumed: bool,
    /// What it wrote to its standard error.
    pub(crate) complaint: String,
}

impl Heard {
    pub(crate) fn says_alert(&self, alert: &str) -> bool {
        self.echo.is_none() && self.complaint.contains(&format!("alert {alert}"))
    }
}

/// A client that is there, with its session if it got in.
pub(crate) struct Client {
    process: Child,
    lines: Receiver<String>,
    is_resumed: bool,
}

impl Client {
    /// `who` comes with more arguments; `None` has no certificate.
    pub(crate) fn start(
        site: &Site,
        server: &Server,
        version: &str,
        who: Option<&str>,
        more: &[&str],
    ) -> Self {
        let mut command = Command::new("openssl");
        command
            .current_dir(site.path())
            .args(["s_client", "-nocommands", "-verify_return_error", "-CAfile", "root.pem"])
            .args(["-connect", server.address(), version])
            .args(more)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        if let Some(who) = who {
            command.args(["-cert", &format!("{who}.pem"), "-key", &format!("{who}.key")]);
        }
        let mut process = command.spawn().expect("openssl runs");
        let lines = lines_of(process.stdout.take().expect("it is piped"));
        Self { process, lines, is_resumed: false }
    }

    /// Sends a line and waits for it to come back as the client's; `None` where the connection ends
    /// instead.
    pub(crate) fn say(&mut self, line: &str) -> Option<String> {
        let echo = format!("billing: {line}");
        let input = self.process.stdin.as_mut().expect("it is piped");
        // Who was refused may be gone already.
        let _ = input.write_all(format!("{line}\n").as_bytes());
        loop {
            match self.lines.recv_timeout(PATIENCE) {
                // What s_client prints of a ticket may be cut short by it.
                Ok(said) if said.ends_with(&echo) => return Some(echo),
                Ok(said) => self.is_resumed |= said.starts_with("Reused, "),
                Err(std::sync::mpsc::RecvTimeoutError::Disconnected) => return None,
                Err(e) => panic!("s_client: {e}"),
            }
        }
    }

    /// Closes the connection.
    pub(crate) fn leave(mut self, echo: Option<String>) -> Heard {
        drop(self.process.stdin.take());
        let mut complaint = String::new();
        let mut stderr = self.process.stderr.take().expect("it is piped");
        stderr.read_to_string(&mut complaint).expect("UTF-8");
        self.process.wait().expect("it ends");
        Heard { echo, is_resumed: self.is_resumed, complaint }
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A whole visit.
pub(crate) fn visit(
    site: &Site,
    server: &Server,
    version: &str,
    who: Option<&str>,
    more: &[&str],
) -> Heard {
    let mut client = Client::start(site, server, version, who, more);
    let echo = client.say("friend");
    client.leave(echo)
}
