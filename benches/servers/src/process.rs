//! What the kernel says of a process that serves.

use std::fs;
use std::time::Duration;

use countersign_benches::contest::Failure;

/// A worker of nginx.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Worker(u32);

impl Worker {
    /// The one of this master, once it is there.
    pub(crate) fn of(master: u32) -> Option<Self> {
        let children = fs::read_to_string(format!("/proc/{master}/task/{master}/children")).ok()?;
        children.split_whitespace().next()?.parse().ok().map(Self)
    }

    /// How long it has run on a processor, for itself and in the kernel. Exact to the nanosecond
    /// while it waits; a clock tick, as in `stat`, would be four handshakes.
    pub(crate) fn cpu(self) -> Result<Duration, Failure> {
        let text = fs::read_to_string(format!("/proc/{}/schedstat", self.0))?;
        let ran = text.split(' ').next().and_then(|ns| ns.parse().ok());
        Ok(Duration::from_nanos(ran.ok_or("schedstat is not as expected")?))
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

/// See [`Worker::memory`].
#[derive(Clone, Copy, Debug)]
pub(crate) struct Memory {
    pub(crate) private: u64,
    pub(crate) rss: u64,
}
