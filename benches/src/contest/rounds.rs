//! Rounds in which everyone has a turn.

use super::{Failure, Peer, Task};
use crate::quiet::Watch;
use crate::series::Series;

/// Someone, and what they needed round by round.
pub struct Lane<'p> {
    pub(super) peer: &'p mut dyn Peer,
    pub(super) series: Series,
}

impl<'p> Lane<'p> {
    /// Before the first round.
    pub fn new(peer: &'p mut dyn Peer) -> Self {
        Self { peer, series: Series::default() }
    }
}

/// So many rounds; in each, everyone does the task so many times. Everyone goes first as often as
/// anyone else, and before whom he goes in one round, he goes behind in the next: who comes after another
/// process finds caches and predictions gone.
///
/// # Errors
/// Where one fails, with the name of whose it was.
pub fn interleave(
    lanes: &mut [Lane<'_>],
    task: Task,
    rounds: usize,
    times: usize,
) -> Result<(), Failure> {
    let mut watch = Watch::default();
    for round in 0..rounds {
        for turn in 0..lanes.len() {
            let place = (round / 2 + turn) % lanes.len();
            let place = if round.is_multiple_of(2) { place } else { lanes.len() - 1 - place };
            let Lane { peer, series } = &mut lanes[place];
            let (figure, is_quiet) = watch.round(|| peer.run(task, times));
            let figure = figure.map_err(|error| format!("{}: {error}", peer.name()))?;
            series.push(figure, is_quiet);
        }
    }
    Ok(())
}
