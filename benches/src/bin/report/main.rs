//! Gathers what the benches of a run have said: one table for the terminal, and `RESULTS.md`.
//!
//! Its arguments are the record of the run, a profile in Markdown, and the file to write. Either of
//! the last two may be `-`: no profile, or nothing written.

mod machine;

use std::error::Error;
use std::path::Path;
use std::{env, fs};

use countersign_benches::figure::{self, Figure};

/// What is before the first figure.
const HEAD: &str = "\
# Results

Written by `make bench`; not by hand. Times are of one machine and one hour: trust the ratios, which
are of neighbouring rounds and good to some percent. Rounds during which somebody else used the same core of
the processor, as on machines that are rented, do not count where there were others (`benches/src/quiet.rs`). ± is half of how far the
middle half of the rounds lies apart. *ours* compares ours with what stands in the row: times a limit,
times a peer's rate, or its cost. What each bench measures and leaves out is at the top of its file.
";

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [records, profile, out] = &arguments[..] else {
        return Err("usage: bench-report RECORDS PROFILE.md|- RESULTS.md|-".into());
    };
    let figures = figure::read(Path::new(records)).map_err(|e| format!("{records}: {e}"))?;
    print!("{}", figure::terminal_table(&figures));
    let misses = figure::misses(&figures);
    println!("\n{}\n{misses}", summary(&figures));
    if out == "-" {
        return Ok(());
    }
    let profile = match profile.as_str() {
        "-" => String::new(),
        profile => fs::read_to_string(profile).map_err(|e| format!("{profile}: {e}"))?,
    };
    let facts = machine::facts();
    let (table, summary) = (figure::markdown_table(&figures), summary(&figures));
    let results = format!(
        "{HEAD}\n## The run\n\n{facts}\n## Figures\n\n{table}\n## Goals that were missed\n\n\
         {summary}\n\n{misses}\n{profile}"
    );
    fs::write(out, results).map_err(|e| format!("{out}: {e}"))?;
    println!("written: {out}");
    Ok(())
}

/// How many goals there were.
fn summary(figures: &[Figure]) -> String {
    let of_one = |figure: &Figure| {
        let beside = figure.beside.iter().map(|beside| beside.is_reached(figure.unit));
        beside.chain([figure.is_reached()]).flatten().collect::<Vec<_>>()
    };
    let goals: Vec<bool> = figures.iter().flat_map(of_one).collect();
    let reached = goals.iter().filter(|is_reached| **is_reached).count();
    format!("{reached} of {} goals were reached.", goals.len())
}
