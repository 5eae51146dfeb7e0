//! `epoll_server`, running.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::installation::{example, watched_example};
use crate::lines::{PATIENCE, lines_of};
use crate::world::World;

/// It ends with the test, whatever becomes of the test.
pub(crate) struct Server {
    child: Child,
    pub(crate) address: SocketAddr,
    lines: Receiver<String>,
}

impl Server {
    /// A server as people build it.
    pub(crate) fn start(world: &World) -> Self {
        Self::start_with(example("epoll_server"), world, 20_000)
    }

    /// A server that fails where it errs in its use of memory.
    pub(crate) fn start_watched(world: &World) -> Self {
        Self::start_with(watched_example("epoll_server"), world, 20_000)
    }

    /// A server, watched too, that is less patient.
    pub(crate) fn start_impatient(world: &World, handshake_ms: u32) -> Self {
        Self::start_with(watched_example("epoll_server"), world, handshake_ms)
    }

    /// A server that may have few files open, each connection being one.
    pub(crate) fn start_cramped(world: &World, files: u32, handshake_ms: u32) -> Self {
        let program = example("epoll_server");
        let mut shell = Command::new("sh");
        shell
            .arg("-c")
            .arg(format!("ulimit -n {files}; exec \"$0\" \"$@\""))
            .arg(program.get_program());
        Self::start_with(shell, world, handshake_ms)
    }

    fn start_with(mut command: Command, world: &World, handshake_ms: u32) -> Self {
        command.args(["policy.toml", "server.pem", "server.key"].map(|name| world.file(name)));
        command.args(["0", &handshake_ms.to_string()]);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let lines = lines_of(child.stderr.take().unwrap());
        let mut line = String::new();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut server = Self { child, address: ([127, 0, 0, 1], 0).into(), lines };
        stdout.read_line(&mut line).unwrap();
        let address = line.strip_prefix("listening on ").map(str::trim_end);
        server.address = address.unwrap_or_else(|| panic!("{line}")).parse().unwrap();
        server
    }

    /// The next line on its standard error with this in it.
    #[track_caller]
    pub(crate) fn says(&self, what: &str) -> String {
        let (until, mut heard) = (Instant::now() + PATIENCE, Vec::new());
        while let Ok(line) =
            self.lines.recv_timeout(until.saturating_duration_since(Instant::now()))
        {
            if line.contains(what) {
                return line;
            }
            heard.push(line);
        }
        panic!("it never said {what:?}, but {heard:?}");
    }

    /// What it has said and nobody has listened to yet.
    pub(crate) fn said(&self) -> Vec<String> {
        self.lines.try_iter().collect()
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// Has it read its files again.
    #[track_caller]
    pub(crate) fn reload(&self) {
        self.signal(Signal::HUP);
        self.says("is in force");
    }

    /// Has it end, which it does in good order, and where it is watched, without a leak.
    #[track_caller]
    pub(crate) fn ends_well(mut self) {
        self.signal(Signal::TERM);
        let code = self.exit_code();
        assert_eq!(code, Some(0), "{:?}", self.said());
    }

    /// How it ended by itself.
    #[track_caller]
    pub(crate) fn exit_code(&mut self) -> Option<i32> {
        let until = Instant::now() + PATIENCE;
        while Instant::now() < until {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.code();
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        panic!("it does not end");
    }

    /// How long it has had a processor, in hundredths of a second.
    pub(crate) fn processor_ticks(&self) -> u64 {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id())).unwrap();
        let behind_its_name = stat.rsplit_once(") ").unwrap().1.split(' ');
        behind_its_name.skip(11).take(2).map(|ticks| ticks.parse::<u64>().unwrap()).sum()
    }

    /// Kilobytes of memory that it has in use.
    pub(crate) fn resident_kilobytes(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        line.trim().trim_end_matches(" kB").parse().unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It has ended already where all went well.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
