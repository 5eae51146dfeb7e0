//! The public test suites through countersign's own path validation, and through rustls-webpki on
//! the same files.
//!
//! Where our answer deliberately differs from what a suite expects, `exceptions.toml` says so
//! case by case; a difference that is not listed fails, and so does a listed one that is none.

mod exceptions;
mod names;
mod orders;
mod ours;
mod paths;
mod table;
mod theirs;
mod wycheproof;

use std::io;
use std::process::ExitCode;

use countersign_testkit::vectors::Folder;

use self::exceptions::Exceptions;
use self::paths::Suite;
use self::table::Row;

/// What came of all suites.
struct Report {
    rows: Vec<Row>,
    /// One sentence for each thing that must not be; empty where all is well.
    failures: Vec<String>,
}

/// `cargo xtask conformance`: prints the table; fails where something is not as documented.
pub(crate) fn run() -> ExitCode {
    let folder = match Folder::locate() {
        Ok(folder) => folder,
        Err(absent) => {
            println!("conformance: {absent}");
            return ExitCode::SUCCESS;
        }
    };
    match evaluate(&folder) {
        Ok(report) => {
            table::print(&report.rows);
            report.failures.iter().for_each(|failure| eprintln!("{failure}"));
            if report.failures.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        Err(e) => {
            eprintln!("conformance: {e}");
            ExitCode::FAILURE
        }
    }
}

fn evaluate(folder: &Folder) -> io::Result<Report> {
    let exceptions = Exceptions::load()?;
    let mut report = Report { rows: Vec::new(), failures: Vec::new() };
    let suites = [
        Suite::new("x509-limbo", folder.limbo()?),
        Suite::new("BetterTLS", folder.bettertls()?),
        Suite::new("PKITS 4.1-4.7", folder.pkits()?),
    ];
    for suite in &suites {
        let row = suite.evaluate(&exceptions, &mut report.failures);
        report.rows.push(row);
    }
    report.failures.extend(exceptions.of_unknown_cases(&suites));
    report.rows.push(wycheproof::evaluate(folder, &mut report.failures)?);
    Ok(report)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_answer_is_as_the_suites_expect_or_as_documented() {
        let folder = match Folder::locate() {
            Ok(folder) => folder,
            Err(absent) => return eprintln!("conformance: {absent}"),
        };
        let report = evaluate(&folder).expect("the vectors are readable");
        table::print(&report.rows);
        assert!(report.failures.is_empty(), "{}", report.failures.join("\n"));
        let row = |suite| report.rows.iter().find(|row| row.suite == suite).expect("a row");
        let limbo = row("x509-limbo");
        assert!(limbo.ours.false_rejects <= 4, "false rejects in limbo: {:?}", limbo.ours);
        for exact in ["BetterTLS", "Wycheproof"] {
            assert_eq!(row(exact).ours, table::Differences::default(), "{exact}");
        }
        assert_eq!(row("BetterTLS").cases, 9_572);
        assert_eq!(row("PKITS 4.1-4.7").ours.false_accepts, 0);
    }
}
