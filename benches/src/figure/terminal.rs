//! A figure in rows for a terminal: ours, then each that stands beside it.

use std::fmt::Write as _;

use super::number::{Outcome, comparison, spread, with_unit};
use super::{Against, Beside, Figure, Unit};

/// The heads of the columns, once for a table.
pub(super) fn heads() -> String {
    row("", "", "± %", "ours", None)
}

/// The figures of a run.
pub fn table(figures: &[Figure]) -> String {
    let mut table = heads();
    let mut group = "";
    for figure in figures {
        table += &rows(figure, group != figure.group);
        group = &figure.group;
    }
    table
}

/// The headline, where it is not that of the figure before, and the rows.
pub(super) fn rows(figure: &Figure, is_first_of_group: bool) -> String {
    let mut rows = String::new();
    if is_first_of_group {
        writeln!(rows, "\n{}", figure.group).expect("a String takes all");
    }
    let ours = with_unit(figure.ours.middle, figure.unit);
    let outcome = Outcome::of_ours(figure);
    rows += &row(&figure.what, &ours, &spread(figure.ours), "", outcome.as_ref());
    for beside in &figure.beside {
        rows += &beside_row(beside, figure.unit);
    }
    rows
}

fn beside_row(beside: &Beside, unit: Unit) -> String {
    let kind = if beside.against == Against::Limit { "limit: " } else { "" };
    let who = format!("  {kind}{}", beside.who);
    let outcome = Outcome::of(beside, unit);
    match &beside.seen {
        Ok((its, _)) => {
            let (its, spread) = (with_unit(its.middle, unit), spread(*its));
            row(&who, &its, &spread, &comparison(beside, unit), outcome.as_ref())
        }
        Err(why) => format!("  {who:<64}  {why}\n"),
    }
}

fn row(what: &str, number: &str, spread: &str, ours: &str, outcome: Option<&Outcome>) -> String {
    let goal = outcome.map_or(String::new(), |o| format!("{:<12} {}", o.bound, o.mark()));
    let row = format!("  {what:<64}{number:>12}{spread:>7}   {ours:<17}{goal}");
    format!("{}\n", row.trim_end())
}
