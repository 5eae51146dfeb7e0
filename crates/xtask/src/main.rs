//! Developer chores, run as `cargo xtask <task>`.
#![forbid(unsafe_code)]

mod conformance;
mod header;
mod structure;

use std::process::ExitCode;

const TASKS: &str = "\
usage: cargo xtask <task>

tasks:
  conformance  the public test suites through the core, and rustls-webpki beside it
  header       write include/countersign.h; with --check, only say whether it is as it should be
  structure    hold the layers of the core: no upward use, no import cycle";

fn main() -> ExitCode {
    let mut args = std::env::args().skip(1);
    match (args.next().as_deref(), args.next().as_deref()) {
        (Some("conformance"), None) => conformance::run(),
        (Some("header"), None) => header::write(),
        (Some("header"), Some("--check")) => header::check(),
        (Some("structure"), None) => structure::run(),
        (Some("--help" | "-h" | "help"), None) => {
            println!("{TASKS}");
            ExitCode::SUCCESS
        }
        _ => {
            eprintln!("{TASKS}");
            ExitCode::from(2)
        }
    }
}
