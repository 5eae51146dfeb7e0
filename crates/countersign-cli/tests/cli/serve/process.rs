//! The command while it runs.

use std::ffi::OsStr;
use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::command::{binary, made};

/// Nothing here takes this long.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);

/// A server that ends with its test.
pub(crate) struct Serving {
    child: Child,
    events: Receiver<Value>,
    pub(crate) address: SocketAddr,
    pub(crate) metrics: Option<SocketAddr>,
}

impl Serving {
    /// With the demo's policy and certificate, for `localhost`, on a free port.
    pub(crate) fn start(to: &str, more: &[&str]) -> Self {
        Self::with_policy(made("policy.toml").as_os_str(), to, more)
    }

    pub(crate) fn with_policy(policy: &OsStr, to: &str, more: &[&str]) -> Self {
        Self::run(binary(), policy, to, more)
    }

    /// With so few files that not every connection gets one.
    pub(crate) fn with_files(files: u32, to: &str) -> Self {
        let mut shell = Command::new("sh");
        shell.args(["-c", &format!("ulimit -n {files}; exec \"$@\""), "sh"]);
        shell.arg(binary().get_program());
        Self::run(shell, made("policy.toml").as_os_str(), to, &[])
    }

    fn run(mut command: Command, policy: &OsStr, to: &str, more: &[&str]) -> Self {
        command.args(["serve", "--json", "--listen", "127.0.0.1:0", "--to", to, "--policy"]);
        command.arg(policy).arg("--cert").arg(made("server.pem"));
        command.arg("--key").arg(made("server.key")).args(more);
        let mut child = command.stdout(Stdio::piped()).spawn().expect("the binary runs");
        let stdout = BufReader::new(child.stdout.take().expect("it is piped"));
        let (sender, events) = channel();
        std::thread::spawn(move || {
            for line in stdout.lines().map_while(Result::ok) {
                let event = serde_json::from_str(&line).expect("every line is JSON");
                if sender.send(event).is_err() {
                    return;
                }
            }
        });
        let mut serving = Self { child, events, address: ([0; 4], 0).into(), metrics: None };
        let listening = serving.event("listening");
        let address = |name: &str| listening[name].as_str().map(|text| text.parse().unwrap());
        serving.address = address("address").expect("it listens");
        serving.metrics = address("metrics");
        serving
    }

    /// The next event of this name; others are passed over.
    #[track_caller]
    pub(crate) fn event(&mut self, name: &str) -> Value {
        let until = Instant::now() + PATIENCE;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            let event = self.events.recv_timeout(left).unwrap_or_else(|_| panic!("no {name}"));
            if event["event"] == name {
                return event;
            }
        }
    }

    /// The events that were told so far and not looked at.
    pub(crate) fn so_far(&self) -> Vec<Value> {
        self.events.try_iter().collect()
    }

    /// The events that are left, all of them, once it has ended.
    pub(crate) fn rest(&mut self) -> Vec<Value> {
        assert_eq!(self.wait(), 0);
        self.events.iter().collect()
    }

    pub(crate) fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        let sent = Command::new("kill").args(["-s", name, &pid]).status();
        assert!(sent.expect("kill runs").success());
    }

    /// Its exit code.
    pub(crate) fn wait(&mut self) -> i32 {
        let until = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.child.try_wait().expect("it is ours") {
                return status.code().expect("it exits");
            }
            assert!(Instant::now() < until, "it does not end");
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
