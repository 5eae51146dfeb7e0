//! How it is told.

use std::process::Command;

use countersign_benches::contest::Failure;
use countersign_benches::figure::{Against, Figure, Said, Unit};
use countersign_load::{Kind, Version};

use crate::nginx::PROGRAM;
use crate::process::Memory;
use crate::rounds::{Contest, Lane};
use crate::site::{REVOKED, Site};
use crate::situation::Over;

/// Busy on so much of their one core, the clients are what sets the rate.
const BUSY: f64 = 0.9;

/// What was compared, under which circumstances.
pub(crate) fn headline(site: &Site, are_apart: bool) {
    let version = Command::new(PROGRAM).arg("-V").output();
    let version = version.map(|output| String::from_utf8_lossy(&output.stderr).into_owned());
    let of = |prefix: &str| {
        let text = version.as_deref().unwrap_or_default();
        text.lines().find_map(|line| line.strip_prefix(prefix)).unwrap_or("?").to_owned()
    };
    println!(
        "nginx {} with one worker, {}; P-256; one request for each connection",
        of("nginx version: nginx/"),
        of("built with ")
    );
    println!(
        "{} clients that come back; the large CRL has {REVOKED} entries, {:.1} MB",
        site.regulars.len(),
        site.crl_bytes as f64 / 1e6
    );
    if !are_apart {
        println!("servers and clients could not be kept on cores of their own: read no rate");
    }
}

/// Everyone of ours beside nginx as it is.
pub(crate) fn figures(contest: &Contest, said: &mut Said) -> Result<(), Failure> {
    let ours = contest.lanes.iter().filter(|lane| lane.contestant.is_ours());
    for lane in ours {
        match &lane.void {
            Some(why) => println!("  {} is void: {why}", lane.contestant.name()),
            None => lane_of_ours(contest, lane, said)?,
        }
    }
    Ok(())
}

fn lane_of_ours(contest: &Contest, lane: &Lane, said: &mut Said) -> Result<(), Failure> {
    let (group, name) = (contest.situation.title(), lane.contestant.name());
    let figure =
        |what: &str, unit, series| Figure::new(&group, &format!("{name}: {what}"), unit, series);
    let mut cpu = figure("CPU for a connection", Unit::Time, &lane.cpu);
    let mut rate = figure("connections", Unit::Rate, &lane.rate);
    for peer in peers(contest) {
        let who = peer.contestant.name();
        if let Some(why) = &peer.void {
            cpu = cpu.without(who, why);
            rate = rate.without(who, why);
            continue;
        }
        cpu = cpu.beside(Against::Peer, who, &peer.cpu, lane.cpu.ratio(&peer.cpu));
        rate = rate.beside(Against::Peer, who, &peer.rate, lane.rate.ratio(&peer.rate));
    }
    said.say(&cpu);
    said.say(&rate);
    // Of sessions and of versions, memory does not know.
    if (contest.situation.kind, contest.situation.version) == (Kind::Full, Version::Tls13) {
        memory(contest, lane, said)?;
    }
    Ok(())
}

fn memory(contest: &Contest, lane: &Lane, said: &mut Said) -> Result<(), Failure> {
    said.say(&of_memory(contest, lane, "RSS", |memory| memory.rss)?);
    // Only a worker has somebody to share with.
    if contest.situation.over == Over::Unix {
        said.say(&of_memory(contest, lane, "memory not shared", |memory| memory.private)?);
    }
    Ok(())
}

fn of_memory(
    contest: &Contest,
    lane: &Lane,
    what: &str,
    bytes: fn(Memory) -> u64,
) -> Result<Figure, Failure> {
    let bytes_of = |lane: &Lane| lane.server.process.memory().map(|memory| bytes(memory) as f64);
    let own = bytes_of(lane)?;
    let what = format!("{}: {what}", lane.contestant.name());
    let mut figure = Figure::new(&contest.situation.title(), &what, Unit::Bytes, own);
    for peer in peers(contest).filter(|peer| peer.void.is_none()) {
        let its = bytes_of(peer)?;
        figure = figure.beside(Against::Peer, peer.contestant.name(), its, own / its);
    }
    Ok(figure)
}

fn peers(contest: &Contest) -> impl Iterator<Item = &Lane> {
    contest.lanes.iter().filter(|lane| !lane.contestant.is_ours())
}

/// How to read it.
pub(crate) fn footnote(contests: &[Contest]) {
    println!(
        "
  Each let an approved client in, and refused a stranger and a client without a certificate, with
  the CRL a revoked one too, and with a policy one that it does not list; or it has no figures.
  CPU: time of the process that serves on a processor, of nginx its worker's. Medians of interleaved
  rounds; ±: half of how far their middle half lies apart; comparisons are of the same rounds.
  The two in C send a line back, the others answer a GET. All examples log each client, nginx none."
    );
    for contest in contests {
        let counted = contest.lanes.iter().filter(|lane| lane.void.is_none());
        for lane in counted.filter(|lane| lane.own_cores.median() >= BUSY) {
            println!(
                "  The clients had no time left for {} ({}): that rate is theirs.",
                lane.contestant.name(),
                contest.situation.title()
            );
        }
    }
}
