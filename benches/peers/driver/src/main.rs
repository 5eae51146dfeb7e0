//! Handshakes of countersign, rustls and the other libraries, turn by turn on one core: one table,
//! and whether each goal was reached.
//!
//! Its arguments are the folder of the peers' programs and `new`, if clients are to be new ones
//! instead of those that come back. A program that is not there is named, and the others run
//! without it.

use std::path::{Path, PathBuf};

use countersign_benches::handshake::report::{Goal, compare};
use countersign_benches::handshake::{
    Countersign, Failure, InProcess, Library, Material, Peer, RawOperations, Rustls, Scenario,
    WARM_UP, cores, interleave, pin, prove,
};
use peer_protocol::Child;

/// Many rounds, so that whatever disturbs some of them leaves the median alone; a turn is long
/// enough for the peer's code to be in the processor's caches for most of it.
const ROUNDS: usize = 61;
const HANDSHAKES: usize = 40;

/// New clients for every peer: all rounds and the warm-up.
const UNSEEN: usize = ROUNDS * HANDSHAKES + WARM_UP;

/// A program, and how many times as many full handshakes as it ours is to do.
const PROGRAMS: [(&str, f64); 4] = [
    ("peer-s2n", 2.3),
    ("peer-boringssl", 2.5),
    ("openssl-vendored", 4.0),
    ("openssl-system", 6.0),
];

fn main() -> Result<(), Failure> {
    let mut arguments = std::env::args().skip(1);
    let usage = "usage: peer-driver FOLDER [new]";
    let folder = PathBuf::from(arguments.next().ok_or(usage)?);
    let scenario = match arguments.next().as_deref() {
        None => Scenario::Full,
        Some("new") => Scenario::NewClient,
        Some(_) => return Err(usage.into()),
    };
    let core = cores().last().copied().unwrap_or_default();
    if !pin(core) {
        println!("not pinned to a core: expect wider spreads");
    }
    run(&folder, scenario)
}

fn run(folder: &Path, scenario: Scenario) -> Result<(), Failure> {
    let material = Material::new(UNSEEN);
    let mut peers = vec![in_process(Countersign, &material)?];
    let mut goals = Vec::new();
    if scenario == Scenario::Full {
        peers.push(Box::new(RawOperations::default()));
        goals.push(Goal::Within(1.2));
    }
    peers.push(in_process(Rustls::USUAL, &material)?);
    goals.push(goal(scenario, 2.0));
    for (program, times) in PROGRAMS {
        let path = folder.join(program);
        if path.exists() {
            peers.push(Box::new(Child::start(&path, &material)?));
            goals.push(goal(scenario, times));
        } else {
            println!("without {}: it was not built", path.display());
        }
    }
    let all = interleave(&mut peers, scenario, ROUNDS, HANDSHAKES)?;
    let [ours, others @ ..] = &all[..] else { return Ok(()) };
    compare(title(scenario), ours, &others.iter().zip(goals).collect::<Vec<_>>());
    Ok(())
}

fn in_process(
    library: impl Library + 'static,
    material: &Material,
) -> Result<Box<dyn Peer + '_>, Failure> {
    prove(&library, material)?;
    Ok(Box::new(InProcess::new(library, material)))
}

fn goal(scenario: Scenario, times: f64) -> Goal {
    match scenario {
        Scenario::Full => Goal::Faster(times),
        _ => Goal::Beside,
    }
}

fn title(scenario: Scenario) -> &'static str {
    match scenario {
        Scenario::Full => "Full handshake of a client that comes back, server's time",
        _ => "Full handshake of a new client under a known intermediate, server's time",
    }
}
