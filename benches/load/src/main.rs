//! The load generator.
#![forbid(unsafe_code)]

mod args;

use std::process::ExitCode;
use std::thread::available_parallelism;
use std::time::Duration;

use clap::Parser;
use countersign_load::{Crowd, Errand, Misuse, Tally, authorities};

use args::Args;

/// With less left to it than this, the generator is what sets the rate.
const BUSY: f64 = 0.9;

fn main() -> ExitCode {
    let args = Args::parse();
    match run(&args) {
        Ok(tally) => {
            report(&args, &tally);
            ExitCode::from(u8::from(tally.failed() > 0 || tally.good() == 0))
        }
        Err(misuse) => {
            eprintln!("countersign-load: {misuse}");
            ExitCode::from(2)
        }
    }
}

fn run(args: &Args) -> Result<Tally, Misuse> {
    let crowd = Crowd::new(args.plan(), authorities(&args.ca)?, &args.identities()?)?;
    Ok(crowd.run(args.bounds()))
}

fn report(args: &Args, tally: &Tally) {
    let plan = args.plan();
    let then = match plan.errand {
        Errand::Leave => String::new(),
        Errand::Get { path, status } => format!(", GET {path}: {status}"),
        Errand::Echo(line) => format!(", echo of {line:?}"),
    };
    println!(
        "{}: {:?}, {:?}{then}, {} at once",
        plan.address, plan.version, plan.kind, plan.at_once
    );
    let latency = |share| tally.latency(share).map_or("none".into(), milliseconds);
    row("connections", &format!("{} in {:.2} s", tally.good(), tally.took.as_secs_f64()));
    row("rate", &format!("{:.0} /s", tally.rate()));
    row("latency, median", &latency(0.5));
    row("latency, 99 of 100 within", &latency(0.99));
    row("failures", &tally.failed().to_string());
    for (failure, times) in &tally.failures {
        println!("    {times} × {failure}");
    }
    let cores = available_parallelism().map_or(1, usize::from);
    let (own, busy) = (tally.own_cpu_each().as_secs_f64() * 1e6, tally.own_cores());
    row("the generator's own CPU", &format!("{own:.0} µs each, {busy:.2} of {cores} cores"));
    if busy >= BUSY * cores.min(plan.at_once) as f64 {
        println!("  the generator had no time left: the rate is its own, not the server's");
    }
}

fn row(what: &str, figure: &str) {
    println!("  {what:<28}{figure}");
}

fn milliseconds(time: Duration) -> String {
    format!("{:.2} ms", time.as_secs_f64() * 1e3)
}
