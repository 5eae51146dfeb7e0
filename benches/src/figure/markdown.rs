//! The figures of a run as Markdown.

use std::fmt::Write as _;

use super::number::{Outcome, comparison, spread, with_unit};
use super::{Against, Figure, Goal};

/// One table: a row for ours, and one for each that stands beside it.
pub fn table(figures: &[Figure]) -> String {
    let mut out = String::from(
        "| figure | | ± % | ours | to reach | |\n| --- | ---: | ---: | --- | --- | --- |\n",
    );
    let mut group = "";
    for figure in figures {
        if group != figure.group {
            group = &figure.group;
            line(&mut out, [&format!("**{}**", cell(group)), "", "", "", "", ""]);
        }
        let outcome = Outcome::of_ours(figure);
        let number = with_unit(figure.ours.middle, figure.unit);
        numbers(&mut out, &cell(&figure.what), &number, &spread(figure.ours), "", outcome);
        for beside in &figure.beside {
            let kind = if beside.against == Against::Limit { "limit: " } else { "" };
            let who = format!("&emsp;{kind}{}", cell(&beside.who));
            match &beside.seen {
                Ok((its, _)) => {
                    let (number, outcome) =
                        (with_unit(its.middle, figure.unit), Outcome::of(beside, figure.unit));
                    let ours = comparison(beside, figure.unit);
                    numbers(&mut out, &who, &number, &spread(*its), &ours, outcome);
                }
                Err(why) => line(&mut out, [&who, "", "", &cell(why), "", ""]),
            }
        }
    }
    out
}

fn numbers(
    out: &mut String,
    what: &str,
    number: &str,
    spread: &str,
    ours: &str,
    outcome: Option<Outcome>,
) {
    let (bound, mark) = outcome.map_or((String::new(), ""), |o| {
        let mark = o.mark();
        (o.bound, mark)
    });
    let mark = if mark == "MISSED" { "**missed**" } else { mark };
    line(out, [what, number, spread, ours, &bound, mark]);
}

fn line(out: &mut String, cells: [&str; 6]) {
    writeln!(out, "| {} |", cells.join(" | ")).expect("a String takes all");
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

/// A list of the goals that were missed: by how much, and what would close the gap.
pub fn misses(figures: &[Figure]) -> String {
    let mut out = String::new();
    for figure in figures {
        if figure.is_reached() == Some(false)
            && let Some(goal) = &figure.goal
        {
            let off = figure.ours.middle / goal.bound;
            miss(&mut out, figure, "", off, goal);
        }
        for beside in &figure.beside {
            if beside.is_reached(figure.unit) == Some(false)
                && let (Some(seen), Some(goal)) = (beside.comparison(figure.unit), &beside.goal)
            {
                miss(&mut out, figure, &beside.who, seen / goal.bound, goal);
            }
        }
    }
    if out.is_empty() { "None.\n".into() } else { out }
}

fn miss(out: &mut String, figure: &Figure, beside: &str, off: f64, goal: &Goal) {
    let whom = if beside.is_empty() { String::new() } else { format!(", beside {beside}") };
    let percent = (off - 1.0).abs() * 100.0;
    let gap = if goal.gap.is_empty() { String::new() } else { format!(" {}", goal.gap) };
    writeln!(out, "- **{}: {}**{whom}: missed by {percent:.1} %.{gap}", figure.group, figure.what)
        .expect("a String takes all");
}

#[cfg(test)]
mod tests {
    use super::super::Unit;
    use super::*;

    fn figures() -> [Figure; 2] {
        let first = Figure::new("Group", "one", Unit::Time, 1_250.0)
            .beside(Against::Limit, "raw", 1_000.0, 1.25)
            .to_reach(1.2)
            .if_missed("Better HKDF.");
        let second = Figure::new("Group", "two", Unit::Time, 90.0)
            .goal(100.0)
            .beside(Against::Peer, "peer", 180.0, 0.5)
            .without("other", "it has no such thing");
        [first, second]
    }

    #[test]
    fn everything_has_a_row() {
        let expected = "\
| figure | | ± % | ours | to reach | |
| --- | ---: | ---: | --- | --- | --- |
| **Group** |  |  |  |  |  |
| one | 1.25 µs |  |  |  |  |
| &emsp;limit: raw | 1 µs |  | 1.250 × it | ≤ 1.20 × | **missed** |
| two | 90 ns |  |  | ≤ 100 ns | reached |
| &emsp;peer | 180 ns |  | 2.00 × its rate |  |  |
| &emsp;other |  |  | it has no such thing |  |  |
";
        assert_eq!(table(&figures()), expected);
    }

    #[test]
    fn a_miss_is_told_with_what_would_close_it() {
        let expected = "- **Group: one**, beside raw: missed by 4.2 %. Better HKDF.\n";
        assert_eq!(misses(&figures()), expected);
        assert_eq!(misses(&figures()[1..]), "None.\n");
    }
}
