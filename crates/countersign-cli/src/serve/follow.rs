//! The policy follows its files, and connections follow the policy.

use std::sync::Arc;
use std::time::Duration;

use countersign::engine::TicketKeys;
use countersign::{Error, Reload, Verifier};
use countersign_tokio::Acceptor;
use tokio::task::spawn_blocking;
use tokio::time::{MissedTickBehavior, interval};

use super::counters::Counters;
use super::report::{Event, Report};
use super::signals::Hangup;

/// Reads again what has changed, and ends the connections of those who would not be let in any more.
#[derive(Clone, Debug)]
pub(super) struct Follower {
    pub(super) verifier: Arc<Verifier>,
    pub(super) acceptor: Acceptor,
    pub(super) tickets: Arc<TicketKeys>,
    pub(super) counters: Arc<Counters>,
    pub(super) report: Arc<Report>,
}

impl Follower {
    /// For as long as the process serves.
    pub(super) async fn follow(self, every: Duration, mut hangup: Hangup) {
        let mut ticks = interval(every);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let was_asked = tokio::select! {
                _ = ticks.tick() => false,
                () = hangup.next() => true,
            };
            let follower = self.clone();
            // Files and many chains take their time: not on a thread that serves. A panic in there
            // would be a defect, and the policy in force stays.
            let _ = spawn_blocking(move || follower.catch_up(was_asked)).await;
        }
    }

    /// Also where no file has changed: certificates and CRLs expire.
    fn catch_up(&self, was_asked: bool) {
        if was_asked {
            // The policy first: whoever asks may be shutting somebody out.
            let policy = self.verifier.reload();
            if let Err(error) = self.tickets.reload() {
                self.report.tell(&Event::TicketsReloadFailed { message: error.to_string() });
            }
            self.tell(policy);
        } else {
            match self.verifier.reload_if_changed() {
                Reload::Done(generation) => self.tell(Ok(generation)),
                Reload::Failed(error) | Reload::Missing(Some(error)) => self.tell(Err(error)),
                _ => {}
            }
        }
        for ended in self.acceptor.review() {
            self.counters.ended.add();
            let verdict = ended.verdict();
            let (reason, detail) = (verdict.reason().token(), verdict.detail().to_owned());
            let client = ended.client().map(str::to_owned);
            self.report.tell(&Event::Ended { client, reason, detail });
        }
    }

    fn tell(&self, outcome: Result<u64, Error>) {
        match outcome {
            Ok(generation) => self.report.tell(&Event::Reloaded { generation }),
            Err(error) => self.report.tell(&Event::ReloadFailed { message: error.to_string() }),
        }
    }
}
