//! `openssl s_client`, as a client that can be talked through.

use std::io::Write;
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError};

use crate::lines::{PATIENCE, lines_of};
use crate::server::Server;
use crate::world::World;

/// Both versions, as it calls them.
pub(crate) const VERSIONS: [&str; 2] = ["-tls1_2", "-tls1_3"];

/// A client; it ends with the test.
pub(crate) struct Client {
    child: Child,
    input: Option<ChildStdin>,
    lines: Receiver<String>,
    errors: Receiver<String>,
}

/// What became of one.
#[derive(Debug)]
pub(crate) struct End {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Client {
    /// Connects with this client's certificate, or with none.
    pub(crate) fn connect(
        world: &World,
        server: &Server,
        version: &str,
        who: Option<&str>,
    ) -> Self {
        Self::connect_with(world, server, version, who, &[])
    }

    /// Connects and keeps its session in a file, or comes with the one that is there.
    pub(crate) fn connect_with(
        world: &World,
        server: &Server,
        version: &str,
        who: Option<&str>,
        session: &[(&str, &Path)],
    ) -> Self {
        let mut command = Command::new("openssl");
        command.args([
            "s_client",
            "-nocommands",
            "-verify_return_error",
            "-servername",
            "localhost",
        ]);
        command.args(["-connect", &server.address.to_string(), version, "-CAfile"]);
        command.arg(world.file("root.pem"));
        if let Some(who) = who {
            let chain = world.file(&format!("{who}.pem"));
            command.arg("-cert").arg(&chain).arg("-cert_chain").arg(&chain);
            command.arg("-key").arg(world.file(&format!("{who}.key")));
        }
        for (option, file) in session {
            command.arg(option).arg(file);
        }
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let input = child.stdin.take();
        let lines = lines_of(child.stdout.take().unwrap());
        let errors = lines_of(child.stderr.take().unwrap());
        Self { child, input, lines, errors }
    }

    /// Sends a line and waits until it comes back. What it printed meanwhile.
    #[track_caller]
    pub(crate) fn echo(&mut self, line: &str) -> Vec<String> {
        let mut heard = Vec::new();
        writeln!(self.input.as_mut().unwrap(), "{line}").unwrap();
        while let Ok(printed) = self.lines.recv_timeout(PATIENCE) {
            // It may be in the middle of telling about a ticket.
            if printed.ends_with(line) {
                return heard;
            }
            heard.push(printed);
        }
        panic!("no echo, but {heard:?} {:?}", self.errors.try_iter().collect::<Vec<_>>());
    }

    /// Says that there is no more to send, which makes it close.
    #[track_caller]
    pub(crate) fn close(mut self) -> End {
        self.input = None;
        self.end()
    }

    /// Waits until it has ended, by the server's doing: its own input stays open.
    #[track_caller]
    pub(crate) fn end(mut self) -> End {
        let all = |lines: &Receiver<String>| {
            let mut text = String::new();
            loop {
                match lines.recv_timeout(PATIENCE) {
                    Ok(line) => text += &format!("{line}\n"),
                    Err(RecvTimeoutError::Disconnected) => break,
                    Err(_) => panic!("openssl does not end: {text}"),
                }
            }
            text
        };
        let (stdout, stderr) = (all(&self.lines), all(&self.errors));
        End { code: self.child.wait().unwrap().code(), stdout, stderr }
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
