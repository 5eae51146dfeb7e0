//! How a comparison is printed: a row for each peer, and whether its goal was reached.

use super::Series;

/// What ours is to reach against one peer.
#[derive(Clone, Copy, Debug)]
pub enum Goal {
    /// Ours takes at most so many times its time.
    Within(f64),
    /// Ours does at least so many times its rate.
    Faster(f64),
    /// Nothing; the peer stands beside the others.
    Beside,
}

/// Prints ours and each peer in turn, and returns whether every goal was reached.
pub fn compare(title: &str, ours: &Series, peers: &[(&Series, Goal)]) -> bool {
    println!("\n{title}");
    println!("  {:<44}{:>9}{:>9}    {:<20}goal", "", "µs", "± %", "ours");
    println!("  {:<44}{}", ours.name, figures(ours));
    let mut all_reached = true;
    for (peer, goal) in peers {
        all_reached &= row(ours, peer, *goal);
    }
    all_reached
}

fn row(ours: &Series, peer: &Series, goal: Goal) -> bool {
    let (time, rate) = (ours.ratio(peer), peer.ratio(ours));
    let (ours, goal, reached) = match goal {
        Goal::Within(most) => {
            (format!("{time:.2} × its time"), format!("≤ {most:.2}"), time <= most)
        }
        Goal::Faster(least) => {
            (format!("{rate:.2} × its rate"), format!("≥ {least:.2}"), rate >= least)
        }
        Goal::Beside => {
            println!("  {:<44}{}    {rate:.2} × its rate", peer.name, figures(peer));
            return true;
        }
    };
    let mark = if reached { "reached" } else { "MISSED" };
    println!("  {:<44}{}    {ours:<20}{goal} {mark}", peer.name, figures(peer));
    reached
}

/// Median, and half of how far the middle half of the rounds lies apart.
fn figures(series: &Series) -> String {
    format!("{:>9.1}{:>9.1}", series.median() / 1e3, 50.0 * series.spread())
}
