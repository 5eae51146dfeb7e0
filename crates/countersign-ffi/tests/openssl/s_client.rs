//! `openssl s_client`: a client that can be talked through, and what it heard.

use std::io::{Read, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError};

use crate::lines::{PATIENCE, lines_of};

/// Both versions, as it calls them.
pub(crate) const VERSIONS: [&str; 2] = ["-tls1_2", "-tls1_3"];

/// Has it keep its session, and come with the one that it has kept.
pub(crate) const KEEP: [&str; 2] = ["-sess_out", "session.pem"];
pub(crate) const COME: [&str; 2] = ["-sess_in", "session.pem"];

/// A client that is connected, or was refused. It ends with the test.
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
    /// With these arguments, in a folder that has its files. It trusts `root.pem` there.
    pub(crate) fn spawn(folder: &Path, arguments: &[&str]) -> Self {
        let mut command = Command::new("openssl");
        command.args(["s_client", "-nocommands", "-verify_return_error", "-CAfile", "root.pem"]);
        command.args(arguments).current_dir(folder);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut process = command.spawn().unwrap();
        let lines = lines_of(process.stdout.take().unwrap());
        Self { process, lines, is_resumed: false }
    }

    pub(crate) fn send(&mut self, text: &str) {
        // Who was refused may be gone already.
        let _ = self.process.stdin.as_mut().unwrap().write_all(text.as_bytes());
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
