//! Running a program to its end, or to the end of our patience.

use std::io::{Read, Write};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

/// Far more than any of them takes.
const PATIENCE: Duration = Duration::from_secs(60);

/// What a program left behind.
#[derive(Debug)]
pub(super) struct Heard {
    pub(super) code: Option<i32>,
    pub(super) stdout: String,
    pub(super) stderr: String,
}

/// Ends the program with the test, whatever becomes of the test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // It has ended already where all went well.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Whether `program` can be run. Where it cannot, this is said past the harness, which would keep
/// what a passing test prints to itself.
pub(super) fn is_here(program: &str) -> bool {
    let mut version = Command::new(program);
    version.arg("--version").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let found = version.status().is_ok();
    if !found {
        let test = std::thread::current();
        let test = test.name().unwrap_or("a test");
        let why = "is not installed (`.ci/packages` installs it)";
        let line = format!("skipped: {test}: {program} {why}\n");
        let _ = std::io::stderr().write_all(line.as_bytes());
    }
    found
}

/// Runs `program` with `line` on its input, which stays open: the server is to be the one who ends
/// the conversation.
pub(super) fn run(program: &mut Command, line: &str) -> Heard {
    program.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = Running(program.spawn().unwrap());
    let mut input = child.0.stdin.take().unwrap();
    let stdout = all_of(child.0.stdout.take().unwrap());
    let stderr = all_of(child.0.stderr.take().unwrap());
    // Who was refused may be gone already.
    let _ = input.write_all(line.as_bytes());
    let text = |from: Receiver<String>| {
        from.recv_timeout(PATIENCE).unwrap_or_else(|_| panic!("{program:?} does not end"))
    };
    let (stdout, stderr) = (text(stdout), text(stderr));
    // Its output has ended, and so has it.
    Heard { code: child.0.wait().unwrap().code(), stdout, stderr }
}

fn all_of(mut from: impl Read + Send + 'static) -> Receiver<String> {
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        let _ = from.read_to_end(&mut bytes);
        let _ = sender.send(String::from_utf8_lossy(&bytes).into_owned());
    });
    receiver
}
