//! What the kernel says of a process that serves.

use std::fs;
use std::time::Duration;

use countersign_benches::contest::Failure;
use nix::time::{clock_getcpuclockid, clock_gettime};
use nix::unistd::Pid;

/// A server, or the worker of one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Process(u32);

impl Process {
    pub(crate) fn new(id: u32) -> Self {
        Self(id)
    }

    /// The first child of this one, once it is there.
    pub(crate) fn child_of(parent: u32) -> Option<Self> {
        let children = fs::read_to_string(format!("/proc/{parent}/task/{parent}/children")).ok()?;
        children.split_whitespace().next()?.parse().ok().map(Self)
    }

    /// How long it has run on a processor, for itself and in the kernel, in all of its threads,
    /// also those that have ended: one of the servers has a thread for each connection, so that the
    /// `schedstat` of those that are there says nothing. Exact to the nanosecond; a clock tick, as
    /// in `stat`, would be many handshakes.
    pub(crate) fn cpu(self) -> Result<Duration, Failure> {
        let clock = clock_getcpuclockid(Pid::from_raw(self.0.try_into()?))?;
        Ok(clock_gettime(clock)?.into())
    }

    /// Bytes of it that are in memory: those that it has for itself alone, and all.
    pub(crate) fn memory(self) -> Result<Memory, Failure> {
        let text = fs::read_to_string(format!("/proc/{}/smaps_rollup", self.0))?;
        let kilobytes = |what: &str| -> u64 {
            let lines = text.lines().filter_map(|line| line.strip_prefix(what));
            lines.filter_map(|line| line.split_whitespace().nth(1)?.parse::<u64>().ok()).sum()
        };
        Ok(Memory { private: 1_024 * kilobytes("Private_"), rss: 1_024 * kilobytes("Rss") })
    }
}

/// See [`Process::memory`].
#[derive(Clone, Copy, Debug)]
pub(crate) struct Memory {
    pub(crate) private: u64,
    pub(crate) rss: u64,
}
