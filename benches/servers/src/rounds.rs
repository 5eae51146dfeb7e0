//! Rounds in which everyone has a turn.

use std::time::Duration;

use countersign_benches::contest::Failure;
use countersign_benches::measure::Series;
use countersign_load::{Address, Bounds, Crowd, Errand, Kind, Plan, Version, authorities};

use crate::contestant::Contestant;
use crate::nginx::Nginx;
use crate::site::Site;

/// Many and short, so that whatever disturbs some of them leaves the median alone, and neighbours
/// are disturbed alike.
const ROUNDS: usize = 33;
const TURN: Duration = Duration::from_millis(250);
const WARM_UP: Duration = Duration::from_millis(500);

/// Keeps the worker busy without a queue to speak of.
const AT_ONCE: usize = 4;

/// A configuration, its server, and what was measured of it.
pub(crate) struct Lane {
    pub(crate) contestant: &'static Contestant,
    pub(crate) nginx: Nginx,
    crowd: Crowd,
    pub(crate) proof: Result<(), String>,
    /// Nanoseconds of the worker's processor time for a connection, by rounds.
    pub(crate) cpu: Series,
    /// Nanoseconds of time for a connection.
    pub(crate) time: Series,
    /// The most cores that the clients were busy on in a turn.
    pub(crate) own_cores: f64,
}

impl Lane {
    pub(crate) fn new(
        contestant: &'static Contestant,
        nginx: Nginx,
        site: &Site,
    ) -> Result<Self, Failure> {
        let crowd = Crowd::new(plan(&nginx, AT_ONCE), roots(site)?, &site.regulars)?;
        let series = Series::default;
        let (cpu, time) = (series(), series());
        Ok(Self { contestant, nginx, crowd, proof: Ok(()), cpu, time, own_cores: 0.0 })
    }

    fn turn(&mut self) -> Result<(), Failure> {
        let before = self.nginx.worker.cpu()?;
        let tally = self.crowd.run(Bounds { time: TURN, connections: usize::MAX });
        let cpu = self.nginx.worker.cpu()?.saturating_sub(before);
        if let Some((failure, times)) = tally.failures.first_key_value() {
            return Err(format!("{}: {times} × {failure}", self.contestant.name).into());
        }
        let connections = tally.good() as f64;
        self.cpu.rounds.push(cpu.as_secs_f64() * 1e9 / connections);
        self.time.rounds.push(tally.took.as_secs_f64() * 1e9 / connections);
        self.own_cores = self.own_cores.max(tally.own_cores());
        Ok(())
    }
}

/// Those that stood the proof, in turns, after all their clients have come once. Everyone goes first
/// as often as anyone else.
pub(crate) fn interleave(lanes: &mut [Lane]) -> Result<(), Failure> {
    let mut lanes: Vec<_> = lanes.iter_mut().filter(|lane| lane.proof.is_ok()).collect();
    for lane in &lanes {
        lane.crowd.run(Bounds { time: WARM_UP, connections: usize::MAX });
    }
    for round in 0..ROUNDS {
        for turn in 0..lanes.len() {
            let i = (round + turn) % lanes.len();
            lanes[i].turn()?;
        }
    }
    Ok(())
}

/// A full handshake and one request: only a request shows who is in, whatever the mode.
pub(crate) fn plan(nginx: &Nginx, at_once: usize) -> Plan {
    Plan {
        address: Address::Unix(nginx.socket()),
        server_name: "localhost".into(),
        version: Version::Tls13,
        kind: Kind::Full,
        errand: Errand::Get { path: "/".into(), status: 200 },
        at_once,
    }
}

pub(crate) fn roots(site: &Site) -> Result<rustls::RootCertStore, String> {
    authorities(&site.path().join("root.pem")).map_err(|misuse| misuse.to_string())
}
