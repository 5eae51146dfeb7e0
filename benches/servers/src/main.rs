//! nginx that verifies clients by itself beside nginx with the module: full handshakes a second, and
//! what one costs the worker, with and without a large CRL. `make bench-servers` builds and runs it.
//!
//! Every nginx has one worker. All run at the same time; they have their turns one after the other.
#![forbid(unsafe_code)]

mod contestant;
mod modules;
mod nginx;
mod process;
mod proof;
mod report;
mod rounds;
mod site;

use std::process::ExitCode;

use countersign_benches::contest::{Failure, cores, pin};

use contestant::{CONTESTANTS, Crls};
use modules::Modules;
use nginx::Nginx;
use rounds::Lane;
use site::Site;

fn main() -> ExitCode {
    match run() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(failure) => {
            eprintln!("bench-servers: {failure}");
            ExitCode::from(2)
        }
    }
}

/// Whether every row counts.
fn run() -> Result<bool, Failure> {
    // The workers have one core, the clients the other.
    let cores = cores();
    let (first, last) = (cores.first().copied(), cores.last().copied());
    let are_apart = first != last && last.is_some_and(pin);
    let modules = Modules::build()?;
    let site = Site::new();
    let mut lanes = Vec::new();
    for contestant in &CONTESTANTS {
        lanes.push(Lane::new(contestant, Nginx::start(contestant, &modules, &site)?, &site)?);
    }
    let are_apart = are_apart && first.is_some_and(pin);
    report::headline(&site, are_apart);
    for lane in &mut lanes {
        lane.proof = proof::prove(lane, &site);
    }
    rounds::interleave(&mut lanes)?;
    for crls in [Crls::None, Crls::Large] {
        report::table(crls, &lanes);
    }
    report::footnote(&lanes);
    let all_count = lanes.iter().all(|lane| lane.proof.is_ok());
    lanes.into_iter().try_for_each(|lane| lane.nginx.end())?;
    Ok(all_count)
}
