//! What operators are told: a line for each event, as text on stderr or as JSON on stdout.

use std::io::{self, Write};
use std::net::SocketAddr;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use serde::Serialize;

/// Lines that wait for a slow reader. What is more is dropped: nobody's reading may stop the
/// server.
const WAITING_LINES: usize = 1_024;

/// How long the last lines may take when the process ends.
const PARTING: Duration = Duration::from_secs(1);

/// What has happened. In JSON, `event` is its name.
#[derive(Debug, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub(super) enum Event {
    Listening { address: SocketAddr, metrics: Option<SocketAddr>, to: String },
    Refused(Refusal),
    OverLimit { peer: SocketAddr, client: Option<String>, leaf_sha256: Option<String> },
    Crowded { peer: SocketAddr },
    Ended { client: Option<String>, reason: &'static str, detail: String },
    Reloaded { generation: u64 },
    ReloadFailed { message: String },
    TicketsReloadFailed { message: String },
    UpstreamFailed { peer: SocketAddr, client: Option<String>, message: String },
    AcceptFailed { message: String },
    Ending { grace_seconds: u64 },
    Stopped { cut: usize },
}

/// A connection that was not let in.
#[derive(Debug, Serialize)]
pub(super) struct Refusal {
    pub(super) peer: SocketAddr,
    /// The verdict's, where there is one.
    pub(super) reason: Option<&'static str>,
    /// The record that matched, of an approval that is over or denied.
    pub(super) client: Option<String>,
    pub(super) rule: Option<String>,
    /// Of the certificate that was presented.
    pub(super) leaf_sha256: Option<String>,
    pub(super) detail: String,
}

#[derive(Serialize)]
struct Line<'a> {
    #[serde(flatten)]
    event: &'a Event,
    /// Lines that were left out before this one.
    #[serde(skip_serializing_if = "is_zero")]
    left_out: u64,
}

fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// Takes events from everywhere; a thread of its own writes them.
#[derive(Debug)]
pub(super) struct Report {
    json: bool,
    /// Events that peers cause: any number of them.
    peers: Mutex<Allowance>,
    /// `None` once it is finished.
    writer: Mutex<Option<Writer>>,
}

/// The thread that writes, the lines that it is to write, and whether it has.
#[derive(Debug)]
struct Writer {
    lines: SyncSender<String>,
    thread: JoinHandle<()>,
    is_done: Receiver<()>,
}

impl Report {
    pub(super) fn new(json: bool) -> io::Result<Self> {
        let (lines, waiting) = sync_channel(WAITING_LINES);
        let (done, is_done) = sync_channel(1);
        let thread = std::thread::Builder::new().name("report".to_owned()).spawn(move || {
            write_lines(&waiting, json);
            let _ = done.send(());
        })?;
        let writer = Mutex::new(Some(Writer { lines, thread, is_done }));
        Ok(Self { json, peers: Mutex::new(Allowance::full()), writer })
    }

    /// Tells of what an operator or the system did.
    pub(super) fn tell(&self, event: &Event) {
        self.write(event, 0);
    }

    /// Tells of what a peer caused, unless there was too much of that just now.
    pub(super) fn tell_of_peer(&self, event: &Event) {
        let allowed = {
            let mut peers = self.peers.lock().unwrap_or_else(PoisonError::into_inner);
            peers.take(Instant::now())
        };
        if let Some(left_out) = allowed
            && !self.write(event, left_out)
        {
            let mut peers = self.peers.lock().unwrap_or_else(PoisonError::into_inner);
            peers.left_out += left_out + 1;
        }
    }

    /// Whether there was room for it.
    fn write(&self, event: &Event, left_out: u64) -> bool {
        let line = Line { event, left_out };
        let text = if self.json {
            serde_json::to_string(&line).unwrap_or_else(|error| error.to_string())
        } else {
            line.for_people()
        };
        let writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        // Full: whoever reads is too slow, and the server goes on.
        writer.as_ref().is_some_and(|writer| writer.lines.try_send(text).is_ok())
    }

    /// Writes what is left.
    pub(super) fn finish(&self) {
        let writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(Writer { lines, thread, is_done }) = writer {
            drop(lines);
            if is_done.recv_timeout(PARTING).is_ok() {
                let _ = thread.join();
            }
        }
    }
}

fn write_lines(lines: &Receiver<String>, json: bool) {
    for line in lines {
        // Nobody reads any more: the server is for its clients.
        let _ = if json {
            let mut stdout = io::stdout().lock();
            writeln!(stdout, "{line}").and_then(|()| stdout.flush())
        } else {
            writeln!(io::stderr(), "{line}")
        };
    }
}

impl Line<'_> {
    fn for_people(&self) -> String {
        let mut text = self.event.for_people();
        if self.left_out > 0 {
            text += &format!(" ({} lines before this one were left out)", self.left_out);
        }
        text
    }
}

impl Event {
    fn for_people(&self) -> String {
        let known = |client: &Option<String>| {
            client.as_deref().map_or_else(|| "a client without a record".to_owned(), escaped)
        };
        match self {
            Self::Listening { address, metrics, to } => {
                let metrics = metrics.map(|at| format!(", metrics on http://{at}/metrics"));
                format!("listening on {address}, to {to}{}", metrics.unwrap_or_default())
            }
            Self::Refused(refusal) => refusal.for_people(),
            Self::OverLimit { peer, client, leaf_sha256 } => {
                let which = leaf_sha256.iter().map(|digest| format!(" cert_sha256={digest}"));
                let which: String = which.collect();
                format!("over the limit: {peer}{which}: {} has no connections left", known(client))
            }
            Self::Crowded { peer } => {
                format!("crowded: {peer}: too many handshakes are under way from this address")
            }
            Self::Ended { client, reason, detail } => {
                format!("ended: {}: {reason}: {}", known(client), escaped(detail))
            }
            Self::Reloaded { generation } => format!("policy {generation} is in force"),
            Self::ReloadFailed { message } => {
                format!("the policy stays as it is: {}", escaped(message))
            }
            Self::TicketsReloadFailed { message } => {
                format!("the ticket secrets stay as they are: {}", escaped(message))
            }
            Self::UpstreamFailed { peer, client, message } => {
                format!("upstream failed: {peer}: {}: {}", known(client), escaped(message))
            }
            Self::AcceptFailed { message } => format!("cannot accept: {}", escaped(message)),
            Self::Ending { grace_seconds } => {
                format!("ending: what is under way has {grace_seconds} seconds")
            }
            Self::Stopped { cut: 0 } => "stopped".to_owned(),
            Self::Stopped { cut } => format!("stopped; {cut} connections were cut off"),
        }
    }
}

impl Refusal {
    fn for_people(&self) -> String {
        let mut text = format!("refused: {}", self.peer);
        let parts = [
            ("reason", self.reason),
            ("client", self.client.as_deref()),
            ("rule", self.rule.as_deref()),
            ("cert_sha256", self.leaf_sha256.as_deref()),
        ];
        for (name, value) in parts {
            if let Some(value) = value {
                text += &format!(" {name}={}", escaped(value));
            }
        }
        text + ": " + &escaped(&self.detail)
    }
}

/// On one line, whatever a peer or a file put into it.
fn escaped(text: &str) -> String {
    let is_plain = |c: char| !c.is_control() && !matches!(c, '\u{2028}' | '\u{2029}');
    text.chars().fold(String::with_capacity(text.len()), |mut line, c| {
        if is_plain(c) {
            line.push(c);
        } else {
            line.extend(c.escape_default());
        }
        line
    })
}

/// How many lines peers may still cause: 50 at once, then 10 a second.
#[derive(Debug)]
struct Allowance {
    left: f64,
    since: Option<Instant>,
    left_out: u64,
}

impl Allowance {
    const MOST: f64 = 50.0;
    const EACH_SECOND: f64 = 10.0;

    fn full() -> Self {
        Self { left: Self::MOST, since: None, left_out: 0 }
    }

    /// How many were left out since the last one, if there is room for one.
    fn take(&mut self, now: Instant) -> Option<u64> {
        let elapsed = self.since.map_or(Duration::ZERO, |since| now.duration_since(since));
        self.since = Some(now);
        self.left = (self.left + elapsed.as_secs_f64() * Self::EACH_SECOND).min(Self::MOST);
        if self.left < 1.0 {
            self.left_out += 1;
            return None;
        }
        self.left -= 1.0;
        Some(std::mem::take(&mut self.left_out))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn peers_cause_a_bounded_number_of_lines_and_the_rest_is_counted() {
        let (mut allowance, start) = (Allowance::full(), Instant::now());
        let told = (0..1_000).filter(|_| allowance.take(start).is_some()).count();
        assert_eq!(told, 50);
        assert_eq!(allowance.take(start + Duration::from_secs(1)), Some(950));
        assert_eq!(allowance.take(start + Duration::from_secs(1)), Some(0));
    }

    #[test]
    fn an_event_is_one_line() {
        let refusal = Refusal {
            peer: ([127, 0, 0, 1], 1).into(),
            reason: Some("not_listed"),
            client: None,
            rule: None,
            leaf_sha256: Some("00ff".to_owned()),
            detail: "a\nb\u{2028}c\x1b[2J".to_owned(),
        };
        let event = Event::Refused(refusal);
        let text = Line { event: &event, left_out: 3 }.for_people();
        let expected = "refused: 127.0.0.1:1 reason=not_listed cert_sha256=00ff: \
                        a\\nb\\u{2028}c\\u{1b}[2J (3 lines before this one were left out)";
        assert_eq!(text, expected);
        let json = serde_json::to_string(&Line { event: &event, left_out: 0 }).unwrap();
        assert!(json.starts_with("{\"event\":\"refused\",\"peer\":\"127.0.0.1:1\""), "{json}");
        assert!(!json.contains('\n') && !json.contains("left_out"), "{json}");
    }
}
