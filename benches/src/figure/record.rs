//! Figures on their way from a bench to the table of the whole run.
//!
//! Each is printed when it is known. Where `COUNTERSIGN_BENCH_RECORDS` names a file, it is also
//! appended to it, a line of JSON.

use std::env;
use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use super::{Figure, terminal};

/// Names the file that figures are appended to.
const RECORDS: &str = "COUNTERSIGN_BENCH_RECORDS";

/// What a bench has said so far.
#[derive(Debug)]
pub struct Said {
    records: Option<PathBuf>,
    group: String,
}

impl Default for Said {
    /// Nothing yet.
    fn default() -> Self {
        let records = env::var_os(RECORDS).filter(|name| !name.is_empty()).map(PathBuf::from);
        Self { records, group: String::new() }
    }
}

impl Said {
    /// Prints a figure, and records it where a run is recorded.
    ///
    /// # Panics
    /// Where the record cannot be written: a run without its record would be for nothing.
    pub fn say(&mut self, figure: &Figure) {
        if self.group.is_empty() {
            print!("{}", terminal::heads());
        }
        print!("{}", terminal::rows(figure, self.group != figure.group));
        self.group.clone_from(&figure.group);
        if let Some(records) = &self.records {
            let written = append(records, figure);
            written.unwrap_or_else(|error| panic!("{}: {error}", records.display()));
        }
    }
}

fn append(records: &Path, figure: &Figure) -> io::Result<()> {
    let mut line = serde_json::to_vec(figure)?;
    line.push(b'\n');
    OpenOptions::new().create(true).append(true).open(records)?.write_all(&line)
}

/// The figures of a run, in the order in which they were said.
///
/// # Errors
/// Where the file cannot be read or has something else in it.
pub fn read(records: &Path) -> io::Result<Vec<Figure>> {
    let text = fs::read_to_string(records)?;
    text.lines().map(|line| serde_json::from_str(line).map_err(io::Error::from)).collect()
}

#[cfg(test)]
mod tests {
    use super::super::{Against, Unit};
    use super::*;

    #[test]
    fn what_was_said_is_read_again() {
        let folder = countersign_testkit::PolicyDir::new();
        let records = folder.path().join("records");
        let figure = Figure::new("a group", "what", Unit::Time, 1.5)
            .goal(2.0)
            .beside(Against::Limit, "the limit", 1.0, 1.5)
            .to_reach(1.2)
            .if_missed("time")
            .without("a peer", "it is not built");
        append(&records, &figure).expect("a writable folder");
        append(&records, &figure).expect("a writable folder");
        assert_eq!(read(&records).expect("figures"), [figure.clone(), figure]);
    }
}
