//! A task, done by everyone in turns, as a figure.

use super::{Failure, Heaped, Lane, Peer, Task, interleave};
use crate::effort;
use crate::figure::{Against, Figure, Unit};

/// Many rounds, so that whatever disturbs some of them leaves the median alone.
const ROUNDS: usize = 61;

/// Someone to be compared with.
pub struct Rival<'m> {
    /// Who does the task.
    pub peer: Box<dyn Peer + 'm>,
    /// What it is to us.
    pub against: Against,
}

/// What ours is to reach beside the one whose name begins so.
pub struct Target {
    /// How the name begins.
    pub name: &'static str,
    /// Within so many times a limit, or so many times as good as a peer.
    pub bound: f64,
    /// What a miss would need.
    pub gap: &'static str,
}

impl<'m> Rival<'m> {
    /// The least that the work can cost.
    pub fn limit(peer: impl Peer + 'm) -> Self {
        Self { peer: Box::new(peer), against: Against::Limit }
    }

    /// What one would use instead.
    pub fn peer(peer: impl Peer + 'm) -> Self {
        Self { peer: Box::new(peer), against: Against::Peer }
    }

    /// A peer that is not here, and why.
    pub fn absent(name: &str, why: &str) -> Self {
        Self::peer(Absent { name: name.into(), why: why.into() })
    }
}

struct Absent {
    name: String,
    why: String,
}

impl Peer for Absent {
    fn name(&self) -> &str {
        &self.name
    }

    fn run(&mut self, _: Task, _: usize) -> Result<f64, Failure> {
        Err(self.why.as_str().into())
    }
}

/// So many of a task's doings for each of the peers in all rounds.
pub fn doings(times: usize) -> usize {
    effort::rounds(ROUNDS) * times
}

/// Ours beside all others. Who fails once has no figure, and the reason stands in its place.
///
/// # Errors
/// Where ours fails.
pub fn compare(
    group: &str,
    task: Task,
    times: usize,
    ours: &mut dyn Peer,
    rivals: &mut [Rival<'_>],
    targets: &[Target],
) -> Result<Figure, Failure> {
    // Whoever cannot do it says so now, and takes no part in the rounds.
    let mut lanes = vec![Lane::new(ours)];
    let mut entries = Vec::new();
    for Rival { peer, against } in rivals {
        let name = peer.name().to_owned();
        let able = peer.run(task, 1).map(|_| lanes.push(Lane::new(&mut **peer)));
        entries.push((name, *against, able));
    }
    let (rounds, times) = match task {
        Task::Heap(_) => (3, 1),
        _ => (effort::rounds(ROUNDS), times),
    };
    interleave(&mut lanes, task, rounds, times)?;
    let mut series = lanes.into_iter().map(|lane| lane.series);
    let ours = series.next().unwrap_or_default();
    let mut figure = Figure::new(group, &task.to_string(), unit(task), &ours);
    for (name, against, able) in entries {
        figure = match able {
            Ok(()) => {
                let its = series.next().unwrap_or_default();
                figure.beside(against, &name, &its, ours.ratio(&its))
            }
            Err(_) if against == Against::Limit => figure,
            Err(why) => figure.without(&name, &why.to_string()),
        };
        if let Some(target) = targets.iter().find(|target| name.starts_with(target.name)) {
            figure = figure.to_reach(target.bound).if_missed(target.gap);
        }
    }
    Ok(figure)
}

fn unit(task: Task) -> Unit {
    match task {
        Task::Handshake(_) | Task::Verify(_) => Unit::Time,
        Task::Heap(Heaped::Calls) => Unit::Allocations,
        Task::Heap(_) => Unit::Bytes,
    }
}
