//! Rounds in which everyone has a turn.

use super::{Failure, Peer, Scenario};
use crate::measure::median;

/// What one peer needed, round by round.
#[derive(Clone, Debug)]
pub struct Series {
    /// Whose it is.
    pub name: String,
    /// Nanoseconds for one handshake, one figure a round.
    pub ns: Vec<f64>,
}

impl Series {
    /// The round in the middle.
    pub fn median(&self) -> f64 {
        median(self.ns.clone())
    }

    /// How far the middle half of the rounds lies apart, as a share of the median.
    pub fn spread(&self) -> f64 {
        let mut ns = self.ns.clone();
        ns.sort_by(f64::total_cmp);
        (ns[ns.len() * 3 / 4] - ns[ns.len() / 4]) / self.median()
    }

    /// This to another, in the middle of all rounds: whatever the machine does in a round, it
    /// does to both.
    pub fn ratio(&self, other: &Self) -> f64 {
        median(self.ns.iter().zip(&other.ns).map(|(a, b)| a / b).collect())
    }
}

/// So many rounds; in each, every peer does so many handshakes. Everyone goes first as often as
/// anyone else.
///
/// # Errors
/// Where a handshake fails, with the name of whose it was.
pub fn interleave(
    peers: &mut [Box<dyn Peer + '_>],
    scenario: Scenario,
    rounds: usize,
    handshakes: usize,
) -> Result<Vec<Series>, Failure> {
    let empty = |name: &str| Series { name: name.into(), ns: Vec::with_capacity(rounds) };
    let mut all: Vec<Series> = peers.iter().map(|peer| empty(peer.name())).collect();
    for round in 0..rounds {
        for turn in 0..peers.len() {
            let i = (round + turn) % peers.len();
            let ns = peers[i].run(scenario, handshakes);
            let ns = ns.map_err(|error| format!("{}: {error}", all[i].name))?;
            all[i].ns.push(ns);
        }
    }
    Ok(all)
}
