//! The example server, run as a process.

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::LazyLock;
use std::sync::mpsc::Receiver;

use crate::lines::{PATIENCE, lines_of};
use crate::program::compiled;
use crate::site::Site;

/// Where the server keeps sessions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    Tickets,
    Cache,
}

pub(crate) struct Server {
    process: Child,
    lines: Receiver<String>,
    address: String,
}

impl Server {
    /// `None` where there is no OpenSSL to build it with.
    pub(crate) fn start(site: &Site, way: Way) -> Option<Self> {
        static PROGRAM: LazyLock<Option<PathBuf>> =
            LazyLock::new(|| compiled("bindings/c/openssl_server.c"));
        let mut command = Command::new(PROGRAM.as_ref()?);
        command.current_dir(site.path()).args(["0", "policy.toml", "server.pem", "server.key"]);
        if way == Way::Cache {
            command.arg("cache");
        }
        let mut process = command.stdout(Stdio::piped()).spawn().expect("it runs");
        let lines = lines_of(process.stdout.take().expect("it is piped"));
        let mut server = Self { process, lines, address: String::new() };
        let line = server.next();
        server.address = line.strip_prefix("listening on ").expect("an address").to_owned();
        Some(server)
    }

    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    /// What it says next.
    #[track_caller]
    pub(crate) fn next(&self) -> String {
        self.lines.recv_timeout(PATIENCE).expect("the server says something")
    }

    /// Has it read its policy again.
    pub(crate) fn reload(&self) {
        self.signal("-HUP");
        let line = self.next();
        assert!(line.starts_with("reloaded: "), "{line}");
    }

    /// Ends it as an operator does; it has to go in peace.
    pub(crate) fn end(mut self) {
        self.signal("-TERM");
        let status = self.process.wait().expect("it ends");
        assert_eq!((self.next().as_str(), status.code()), ("bye", Some(0)));
    }

    fn signal(&self, name: &str) {
        let kill = Command::new("kill").args([name, &self.process.id().to_string()]).status();
        assert!(kill.is_ok_and(|status| status.success()));
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It has ended already where all went well.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
