//! Many clients at a time.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Once};
use std::thread;
use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};
use rustls::client::Resumption;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};

use crate::visit::visit;
use crate::{Bounds, Failure, Identity, Kind, Misuse, Plan, Tally};

/// So many clients as the plan has at a time, each a thread that makes one connection after the
/// other. They keep what they have, sessions above all, from run to run.
#[derive(Debug)]
pub struct Crowd {
    plan: Plan,
    name: ServerName<'static>,
    /// For each thread, those who it is in turn.
    threads: Vec<Vec<Arc<ClientConfig>>>,
    /// Whether everyone has been there once.
    first_visits: Once,
}

impl Crowd {
    /// These clients. Where they are more than threads, each is met by one thread only; where they
    /// are fewer, several threads are the same client, with sessions of their own.
    ///
    /// # Errors
    /// Where there are no clients, or their keys or the server's name are of no use.
    pub fn new(plan: Plan, roots: RootCertStore, identities: &[Identity]) -> Result<Self, Misuse> {
        if identities.is_empty() || plan.at_once == 0 {
            return Err(Misuse::new("there must be a client, and one connection at a time"));
        }
        let name = ServerName::try_from(plan.server_name.clone())
            .map_err(|_| Misuse::new(format!("{:?} is no server's name", plan.server_name)))?;
        let roots = Arc::new(roots);
        let of_thread = |thread: usize| {
            let first = thread % identities.len();
            let own = identities[first..].iter().step_by(plan.at_once);
            own.map(|identity| config(&plan, &roots, identity)).collect()
        };
        let threads = (0..plan.at_once).map(of_thread).collect::<Result<_, _>>()?;
        Ok(Self { plan, name, threads, first_visits: Once::new() })
    }

    /// One connection of the first client, as the plan says. How long it took.
    ///
    /// # Errors
    /// Where the server refuses, or does something that the plan does not have.
    pub fn once(&self) -> Result<Duration, Failure> {
        visit(&self.plan, &self.name, &self.threads[0][0], None)
    }

    /// One connection after the other, so many at a time, within these bounds. Where sessions are
    /// to be resumed, everyone gets one before the clock of the first run starts.
    pub fn run(&self, bounds: Bounds) -> Tally {
        if self.plan.kind == Kind::Resumed {
            self.first_visits.call_once(|| self.everyone_once());
        }
        let (turn, start) = (AtomicUsize::new(0), Instant::now());
        let mut tally = thread::scope(|scope| {
            let threads: Vec<_> = self
                .threads
                .iter()
                .map(|own| scope.spawn(|| self.one_after_the_other(own, &turn, start, bounds)))
                .collect();
            let done = threads.into_iter().map(|thread| thread.join().expect("no client panics"));
            done.fold(Tally::default(), Tally::and)
        });
        tally.took = start.elapsed();
        tally
    }

    /// So that everyone has a session. What fails here fails again where it is counted.
    fn everyone_once(&self) {
        thread::scope(|scope| {
            for own in &self.threads {
                scope.spawn(move || {
                    for config in own {
                        drop(visit(&self.plan, &self.name, config, None));
                    }
                });
            }
        });
    }

    fn one_after_the_other(
        &self,
        own: &[Arc<ClientConfig>],
        turn: &AtomicUsize,
        start: Instant,
        bounds: Bounds,
    ) -> Tally {
        let mut tally = Tally::default();
        let before = thread_time();
        for config in own.iter().cycle() {
            if start.elapsed() >= bounds.time
                || turn.fetch_add(1, Ordering::Relaxed) >= bounds.connections
            {
                break;
            }
            tally.count(visit(&self.plan, &self.name, config, Some(self.plan.kind)));
        }
        tally.own_cpu = thread_time().saturating_sub(before);
        tally
    }
}

/// Processor time of this thread.
fn thread_time() -> Duration {
    let now = clock_gettime(ClockId::ThreadCPUTime);
    Duration::try_from(now).unwrap_or_default()
}

fn config(
    plan: &Plan,
    roots: &Arc<RootCertStore>,
    identity: &Identity,
) -> Result<Arc<ClientConfig>, Misuse> {
    let unusable = |error: rustls::Error| Misuse::new(error.to_string());
    let builder = ClientConfig::builder_with_provider(aws_lc_rs::default_provider().into())
        .with_protocol_versions(&[plan.version.rustls()])
        .map_err(unusable)?
        .with_root_certificates(Arc::clone(roots));
    let mut config = match &identity.0 {
        Some((chain, key)) => {
            builder.with_client_auth_cert(chain.clone(), key.clone_key()).map_err(unusable)?
        }
        None => builder.with_no_client_auth(),
    };
    config.resumption = match plan.kind {
        Kind::Full => Resumption::disabled(),
        Kind::Resumed => Resumption::in_memory_sessions(8),
    };
    Ok(Arc::new(config))
}
