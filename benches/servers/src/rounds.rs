//! Rounds in which everyone has a turn.

use std::time::Duration;

use countersign_benches::contest::Failure;
use countersign_benches::effort;
use countersign_benches::series::Series;
use countersign_load::{Bounds, Crowd, Kind, Plan, authorities};

use crate::contestant::Contestant;
use crate::proof;
use crate::server::{Programs, Server};
use crate::site::Site;
use crate::situation::Situation;

/// Many and short, so that whatever disturbs some of them leaves the median alone, and neighbours
/// are disturbed alike.
const ROUNDS: usize = 25;
const TURN: Bounds = Bounds { time: Duration::from_millis(250), connections: usize::MAX };

/// Keeps the server busy, also where other work on the machine holds up some of the clients: a server
/// that sleeps and wakes for each message is measured for that.
const AT_ONCE: usize = 16;

/// A situation, and those who are compared in it.
pub(crate) struct Contest {
    pub(crate) situation: &'static Situation,
    pub(crate) lanes: Vec<Lane>,
}

/// A contestant, its server, and what was measured of it.
pub(crate) struct Lane {
    pub(crate) contestant: Contestant,
    pub(crate) server: Server,
    crowd: Crowd,
    /// Why its figures do not count, where they do not.
    pub(crate) void: Option<String>,
    /// Nanoseconds of the server's processor time for a connection.
    pub(crate) cpu: Series,
    /// Connections in a second.
    pub(crate) rate: Series,
    /// On how many cores the clients themselves were busy.
    pub(crate) own_cores: Series,
}

impl Contest {
    /// With servers that run.
    pub(crate) fn new(
        situation: &'static Situation,
        programs: &Programs,
        site: &Site,
    ) -> Result<Self, Failure> {
        let lane = |contestant: &Contestant| {
            let server = Server::start(*contestant, situation, programs, site)?;
            Lane::new(*contestant, situation, server, site)
        };
        let lanes = situation.contestants.iter().map(lane).collect::<Result<_, _>>()?;
        Ok(Self { situation, lanes })
    }

    /// Has everyone show that it does what it is measured for, and all its clients come.
    pub(crate) fn prove(&mut self, site: &Site) {
        for lane in &mut self.lanes {
            lane.void = proof::prove(lane, self.situation, site).err();
            if lane.void.is_none() {
                lane.crowd.run(TURN);
            }
        }
    }

    /// One round. Everyone goes first as often as anyone else.
    fn round(&mut self, round: usize) -> Result<(), Failure> {
        for turn in 0..self.lanes.len() {
            let i = (round + turn) % self.lanes.len();
            let lane = &mut self.lanes[i];
            if lane.void.is_none() {
                lane.turn()?;
            }
        }
        Ok(())
    }
}

impl Lane {
    fn new(
        contestant: Contestant,
        situation: &Situation,
        server: Server,
        site: &Site,
    ) -> Result<Self, Failure> {
        let plan = plan(contestant, situation, &server, situation.kind, AT_ONCE);
        let crowd = Crowd::new(plan, roots(site)?, &site.regulars)?;
        let [cpu, rate, own_cores] = [const { Series::EMPTY }; 3];
        Ok(Self { contestant, server, crowd, void: None, cpu, rate, own_cores })
    }

    fn turn(&mut self) -> Result<(), Failure> {
        let before = self.server.process.cpu()?;
        let tally = self.crowd.run(TURN);
        let cpu = self.server.process.cpu()?.saturating_sub(before);
        if let Some((failure, times)) = tally.failures.first_key_value() {
            self.void = Some(format!("{times} × {failure}"));
        } else if tally.good() == 0 {
            self.void = Some("nobody got through".into());
        }
        self.cpu.push(cpu.as_secs_f64() * 1e9 / tally.good() as f64, true);
        self.rate.push(tally.rate(), true);
        self.own_cores.push(tally.own_cores(), true);
        Ok(())
    }
}

/// Those that stood the proof, in turns: in each round the contests one after the other, so that
/// those who are compared are neighbours.
pub(crate) fn interleave(contests: &mut [Contest]) -> Result<(), Failure> {
    for round in 0..effort::rounds(ROUNDS) {
        contests.iter_mut().try_for_each(|contest| contest.round(round))?;
    }
    Ok(())
}

pub(crate) fn plan(
    contestant: Contestant,
    situation: &Situation,
    server: &Server,
    kind: Kind,
    at_once: usize,
) -> Plan {
    Plan {
        address: server.address.clone(),
        server_name: "localhost".into(),
        version: situation.version,
        kind,
        errand: contestant.errand(),
        at_once,
    }
}

pub(crate) fn roots(site: &Site) -> Result<rustls::RootCertStore, String> {
    authorities(&site.path().join("root.pem")).map_err(|misuse| misuse.to_string())
}
