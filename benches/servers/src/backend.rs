//! What stands behind the proxies: nginx without TLS, on a core of the clients'.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Child;

use countersign_benches::contest::Failure;
use rustix::process::{Pid, Signal, kill_process};

use crate::nginx;
use crate::server::{spawn, until_there_is};

/// It ends with this program.
pub(crate) struct Backend {
    child: Child,
    /// Where it is.
    pub(crate) port: u16,
}

impl Backend {
    /// In this folder.
    pub(crate) fn start(folder: &Path) -> Result<Self, Failure> {
        fs::create_dir(folder)?;
        let port = nginx::free_port()?;
        let mut child = spawn(&command(folder, port)?, folder)?;
        until_there_is(&mut child, folder, crate::process::Process::child_of)?;
        Ok(Self { child, port })
    }
}

fn command(folder: &Path, port: u16) -> Result<Vec<PathBuf>, Failure> {
    let server =
        format!("server {{ listen 127.0.0.1:{port}; location / {{ return 200 \"in\"; }} }}");
    nginx::command(folder, &format!("keepalive_requests 1000000; {server}"), "")
}

impl Drop for Backend {
    fn drop(&mut self) {
        let _ = kill_process(Pid::from_child(&self.child), Signal::TERM);
        let _ = self.child.wait();
    }
}
