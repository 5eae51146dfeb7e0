//! `openssl s_client` with a request, for what curl does not do: sessions, and servers that are no
//! HTTP.

use std::io::{Read, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError};

use crate::lines::{PATIENCE, lines_of};
use crate::nginx::Nginx;

/// Both versions, as it calls them.
pub(crate) const VERSIONS: [&str; 2] = ["-tls1_2", "-tls1_3"];

/// A client that is connected, or was refused.
pub(crate) struct Client {
    process: Child,
    lines: Receiver<String>,
    is_resumed: bool,
}

/// What became of one.
#[derive(Debug)]
pub(crate) struct Heard {
    /// What the server answered; `None` where it did not.
    pub(crate) answer: Option<String>,
    pub(crate) is_resumed: bool,
    /// What it wrote to its standard error.
    pub(crate) complaint: String,
}

impl Heard {
    pub(crate) fn says_alert(&self, alert: &str) -> bool {
        self.answer.is_none() && self.complaint.contains(&format!("alert {alert}"))
    }
}

impl Client {
    /// To this socket, for this server name.
    pub(crate) fn connect(
        nginx: &Nginx<'_>,
        socket: &str,
        version: &str,
        name: &str,
        who: Option<&str>,
        more: &[&str],
    ) -> Self {
        let mut command = Command::new("openssl");
        command.args(["s_client", "-nocommands", "-verify_return_error", "-CAfile", "root.pem"]);
        command.arg("-unix").arg(nginx.socket(socket)).args(["-servername", name, version]);
        command.args(more).current_dir(nginx.site.path());
        if let Some(who) = who {
            let (chain, key) = (format!("{who}.pem"), format!("{who}.key"));
            command.args(["-cert", &chain, "-cert_chain", &chain, "-key", &key]);
        }
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut process = command.spawn().unwrap();
        let lines = lines_of(process.stdout.take().unwrap());
        Self { process, lines, is_resumed: false }
    }

    /// Waits for a line with this in it: from there to its end. `None` where the connection ends
    /// instead.
    pub(crate) fn hear(&mut self, sign: &str) -> Option<String> {
        loop {
            match self.lines.recv_timeout(PATIENCE) {
                // What it prints of a ticket may be cut short by an answer.
                Ok(said) if said.contains(sign) => {
                    return said.find(sign).map(|at| said[at..].to_owned());
                }
                Ok(said) => self.is_resumed |= said.starts_with("Reused, "),
                Err(RecvTimeoutError::Disconnected) => return None,
                Err(e) => panic!("s_client: {e}"),
            }
        }
    }

    /// Asks for a path by HTTP/1.1 and keeps the connection: the status.
    pub(crate) fn get(&mut self, host: &str, path: &str) -> Option<String> {
        let request = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n");
        // Who was refused may be gone already.
        let _ = self.process.stdin.as_mut().unwrap().write_all(request.as_bytes());
        let line = self.hear("HTTP/1.1 ")?;
        line.split(' ').nth(1).map(str::to_owned)
    }

    /// Closes the connection, and waits until it is closed.
    pub(crate) fn leave(mut self, answer: Option<String>) -> Heard {
        drop(self.process.stdin.take());
        let mut complaint = String::new();
        self.process.stderr.take().unwrap().read_to_string(&mut complaint).unwrap();
        self.process.wait().unwrap();
        Heard { answer, is_resumed: self.is_resumed, complaint }
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// One request by HTTP/1.1, its session kept in a file or taken from one: the status, and what the
/// headers say of the verdict.
pub(crate) fn visit(
    nginx: &Nginx<'_>,
    version: &str,
    url: (&str, &str),
    who: Option<&str>,
    sessions: &[(&str, &Path)],
) -> Heard {
    let sessions: Vec<_> =
        sessions.iter().flat_map(|(how, file)| [*how, file.to_str().unwrap()]).collect();
    let mut client = Client::connect(nginx, "https", version, url.0, who, &sessions);
    let answer = client.get(url.0, url.1);
    client.leave(answer)
}
