//! What is counted beside the decisions.

use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};

/// Counters of one process. The decisions are the verifier's to count.
#[derive(Debug, Default)]
pub(super) struct Counters {
    pub(super) accepted: Counter,
    pub(super) refused: Counter,
    pub(super) over_limit: Counter,
    pub(super) crowded: Counter,
    pub(super) ended: Counter,
    pub(super) closed: Counter,
    pub(super) requests: Counter,
    pub(super) upstream_failures: Counter,
    pub(super) accept_failures: Counter,
}

/// Goes up.
#[derive(Debug, Default)]
pub(super) struct Counter(AtomicU64);

impl Counter {
    pub(super) fn add(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    fn value(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl Counters {
    /// In the Prometheus text format, every series every time. A connection is open from its
    /// handshake's end on.
    pub(super) fn to_prometheus(&self, generation: u64) -> String {
        let mut text = String::with_capacity(2_048);
        // Read first: what closes meanwhile would make the difference negative.
        let closed = self.closed.value();
        let open = self.accepted.value().saturating_sub(closed);
        let gauges = [
            ("connections_open", "Connections whose client is in.", open),
            ("policy_generation", "The policy in force, from 1.", generation),
        ];
        for (name, help, value) in gauges {
            series(&mut text, &format!("countersign_serve_{name}"), help, "gauge", value);
        }
        let counters = [
            ("connections_accepted", "Connections whose client was let in.", &self.accepted),
            ("connections_refused", "Connections that were refused or broke.", &self.refused),
            ("connections_over_limit", "Beyond what one client may have.", &self.over_limit),
            ("connections_crowded", "Beyond the handshakes of one address.", &self.crowded),
            ("connections_ended", "Connections ended by a later verdict.", &self.ended),
            ("requests", "HTTP requests.", &self.requests),
            ("upstream_failures", "Answers that the server behind owed.", &self.upstream_failures),
            ("accept_failures", "Sockets that could not be accepted.", &self.accept_failures),
        ];
        for (name, help, counter) in counters {
            let name = format!("countersign_serve_{name}_total");
            series(&mut text, &name, help, "counter", counter.value());
        }
        text
    }
}

fn series(text: &mut String, name: &str, help: &str, kind: &str, value: u64) {
    let written = write!(text, "# HELP {name} {help}\n# TYPE {name} {kind}\n{name} {value}\n");
    written.expect("invariant: writing to a String cannot fail");
}
