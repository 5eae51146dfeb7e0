//! A figure: ours, what stands beside it, and what was to be reached.
//!
//! Benches make figures and [`say`](Said::say) them; `bench-report` gathers what all benches of a run
//! have said into one table. What a figure is, is in this file; the others are how it is written.

mod markdown;
mod number;
mod record;
mod terminal;

pub use markdown::{misses, table as markdown_table};
pub use record::{Said, read};
pub use terminal::table as terminal_table;

use serde::{Deserialize, Serialize};

use crate::series::Series;

/// What a number counts. All but rates and multiples are costs: less of them is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Unit {
    /// Nanoseconds.
    Time,
    /// Bytes.
    Bytes,
    /// Bytes for each entry.
    BytesEach,
    /// Calls to allocate.
    Allocations,
    /// Instructions of the processor.
    Instructions,
    /// A ratio of two costs.
    Ratio,
    /// How many times as much is done.
    Multiple,
    /// Things done in a second.
    Rate,
    /// A part of one.
    Share,
}

impl Unit {
    /// Whether more is better.
    pub fn is_gain(self) -> bool {
        matches!(self, Self::Multiple | Self::Rate | Self::Share)
    }
}

/// One number out of many rounds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sample {
    /// The one in the middle.
    pub middle: f64,
    /// How far the middle half of them lies apart, as a share of the middle; where there are many.
    pub spread: Option<f64>,
}

impl From<&Series> for Sample {
    fn from(series: &Series) -> Self {
        Self { middle: series.median(), spread: Some(series.spread()) }
    }
}

/// Measured once, or the best of several runs.
impl From<f64> for Sample {
    fn from(middle: f64) -> Self {
        Self { middle, spread: None }
    }
}

/// What is to be reached, and what a miss would need.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Goal {
    /// The number: at most, or at least where more is better.
    pub bound: f64,
    /// Where it is missed: where the rest goes, and what would close the gap.
    pub gap: String,
}

/// How ours compares with something else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Against {
    /// The least that the work can cost: ours is told as a multiple of it.
    Limit,
    /// What one would use instead: it is told how many times as good ours is.
    Peer,
}

/// Something else, measured in the same rounds on the same bytes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Beside {
    /// Who it is.
    pub who: String,
    /// What it is to us.
    pub against: Against,
    /// Its number and ours divided by it, round by round; or why there is none.
    pub seen: Result<(Sample, f64), String>,
    /// What is to be reached.
    pub goal: Option<Goal>,
}

impl Beside {
    /// The comparison as it is told and as its goal is set, where there was one: ours as a multiple
    /// of a limit; of a peer, how many times as good as it ours is.
    pub fn comparison(&self, unit: Unit) -> Option<f64> {
        let (_, ours_to_it) = self.seen.as_ref().ok()?;
        let is_told_upside_down = self.against == Against::Peer && !unit.is_gain();
        Some(if is_told_upside_down { 1.0 / ours_to_it } else { *ours_to_it })
    }

    /// Whether a greater comparison is the better one.
    pub fn is_gain(&self, unit: Unit) -> bool {
        self.against == Against::Peer || unit.is_gain()
    }

    /// Whether the goal was reached, where there is one and it was measured.
    pub fn is_reached(&self, unit: Unit) -> Option<bool> {
        let goal = self.goal.as_ref()?;
        Some(reaches(self.comparison(unit)?, goal.bound, self.is_gain(unit)))
    }
}

/// Ours, and all that stands beside it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Figure {
    /// The headline that it stands under.
    pub group: String,
    /// What was measured.
    pub what: String,
    /// What its numbers count.
    pub unit: Unit,
    /// Ours.
    pub ours: Sample,
    /// What ours is to reach by itself.
    pub goal: Option<Goal>,
    /// Limits and peers.
    pub beside: Vec<Beside>,
}

impl Figure {
    /// Ours alone, without a goal.
    pub fn new(group: &str, what: &str, unit: Unit, ours: impl Into<Sample>) -> Self {
        let (group, what) = (group.into(), what.into());
        Self { group, what, unit, ours: ours.into(), goal: None, beside: Vec::new() }
    }

    /// What ours is to reach: at most so much, or at least where more is better.
    pub fn goal(mut self, bound: f64) -> Self {
        self.goal = Some(Goal { bound, gap: String::new() });
        self
    }

    /// Something beside it, with ours divided by its number.
    pub fn beside(
        mut self,
        against: Against,
        who: &str,
        its: impl Into<Sample>,
        ours_to_it: f64,
    ) -> Self {
        let seen = Ok((its.into(), ours_to_it));
        self.beside.push(Beside { who: who.into(), against, seen, goal: None });
        self
    }

    /// A peer that has no number, and why.
    pub fn without(mut self, who: &str, why: &str) -> Self {
        let (who, seen) = (who.into(), Err(why.into()));
        self.beside.push(Beside { who, against: Against::Peer, seen, goal: None });
        self
    }

    /// What ours is to reach against what came last: within so many times a limit, or at least so
    /// many times as good as a peer.
    pub fn to_reach(mut self, bound: f64) -> Self {
        if let Some(last) = self.beside.last_mut() {
            last.goal = Some(Goal { bound, gap: String::new() });
        }
        self
    }

    /// For the goal that came last: where the rest goes, and what would close the gap.
    pub fn if_missed(mut self, gap: &str) -> Self {
        let last = self.beside.last_mut().and_then(|last| last.goal.as_mut());
        if let Some(goal) = last.or(self.goal.as_mut()) {
            goal.gap = gap.into();
        }
        self
    }

    /// Whether its own goal was reached, where there is one.
    pub fn is_reached(&self) -> Option<bool> {
        let goal = self.goal.as_ref()?;
        Some(reaches(self.ours.middle, goal.bound, self.unit.is_gain()))
    }
}

fn reaches(number: f64, bound: f64, is_gain: bool) -> bool {
    if is_gain { number >= bound } else { number <= bound }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cost_is_compared_with_a_limit_and_a_peer_in_their_own_ways() {
        let figure = Figure::new("g", "w", Unit::Time, 120.0)
            .goal(100.0)
            .beside(Against::Limit, "limit", 100.0, 1.2)
            .to_reach(1.25)
            .beside(Against::Peer, "peer", 240.0, 0.5)
            .to_reach(2.5);
        assert_eq!(figure.is_reached(), Some(false));
        let [limit, peer] = &figure.beside[..] else { panic!("two") };
        assert_eq!(
            (limit.comparison(Unit::Time), limit.is_reached(Unit::Time)),
            (Some(1.2), Some(true))
        );
        assert_eq!(
            (peer.comparison(Unit::Time), peer.is_reached(Unit::Time)),
            (Some(2.0), Some(false))
        );
    }

    #[test]
    fn a_rate_is_better_where_it_is_more() {
        let figure = Figure::new("g", "w", Unit::Rate, 300.0)
            .beside(Against::Peer, "peer", 100.0, 3.0)
            .to_reach(2.5);
        assert_eq!(figure.beside[0].is_reached(Unit::Rate), Some(true));
        assert_eq!(figure.without("absent", "why").beside[1].is_reached(Unit::Rate), None);
    }
}
