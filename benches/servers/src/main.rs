//! Servers under load: nginx that verifies clients by itself beside nginx with the module, and beside
//! the examples in C and on tokio. `make bench-servers` builds and runs it.
//!
//! All run at the same time, on one core; they have their turns one after the other.
#![forbid(unsafe_code)]

mod backend;
mod contestant;
mod examples;
mod library;
mod modules;
mod nginx;
mod process;
mod proof;
mod report;
mod rounds;
mod server;
mod site;
mod situation;

use std::process::ExitCode;

use countersign_benches::contest::Failure;
use countersign_benches::effort;
use countersign_benches::figure::Said;
use countersign_benches::pin::{cores, pin};

use backend::Backend;
use examples::Examples;
use library::Library;
use rounds::Contest;
use server::Programs;
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
    let library = Library::found()?;
    let (module, examples) = (modules::build(&library)?, Examples::build(&library)?);
    let site = Site::new();
    // The servers have one core, the clients and what is behind proxies the other.
    let cores = cores();
    let (first, last) = (cores.first().copied(), cores.last().copied());
    first.map(pin);
    let backend = Backend::start(&site.path().join("behind"))?;
    let programs = Programs { module, examples, backend };
    let are_apart = first != last && last.is_some_and(pin);
    let situations = if effort::is_quick() { situation::CORE } else { situation::ALL };
    let mut contests = Vec::new();
    for situation in situations {
        contests.push(Contest::new(situation, &programs, &site)?);
    }
    let are_apart = are_apart && first.is_some_and(pin);
    report::headline(&site, are_apart);
    for contest in &mut contests {
        contest.prove(&site);
    }
    rounds::interleave(&mut contests)?;
    let mut said = Said::default();
    contests.iter().try_for_each(|contest| report::figures(contest, &mut said))?;
    report::footnote(&contests);
    let mut lanes = contests.into_iter().flat_map(|contest| contest.lanes);
    let mut do_all_count = true;
    lanes.try_for_each(|lane| {
        do_all_count &= lane.void.is_none();
        lane.server.end()
    })?;
    Ok(do_all_count)
}
