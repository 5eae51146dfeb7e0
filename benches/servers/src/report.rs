//! How it is printed.

use std::process::Command;

use countersign_benches::contest::Failure;

use crate::contestant::Crls;
use crate::rounds::Lane;
use crate::site::{REVOKED, Site};

/// What was compared, under which circumstances.
pub(crate) fn headline(site: &Site, are_apart: bool) {
    let version = Command::new("/usr/sbin/nginx").arg("-V").output();
    let version = version.map(|output| String::from_utf8_lossy(&output.stderr).into_owned());
    let of = |prefix: &str| {
        let text = version.as_deref().unwrap_or_default();
        text.lines().find_map(|line| line.strip_prefix(prefix)).unwrap_or("?").to_owned()
    };
    println!(
        "nginx {}, {}: one worker, TLS 1.3, P-256, full handshake and one request",
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

/// One group, each beside the first.
pub(crate) fn table(crls: Crls, lanes: &[Lane]) {
    let mut group = lanes.iter().filter(|lane| lane.contestant.crls == crls);
    let Some(first) = group.clone().next() else { return };
    let title = match crls {
        Crls::None => "Without a CRL",
        Crls::Large => "With the large CRL",
    };
    println!(
        "\n  {title:<38}{:>8}{:>6}{:>9}{:>10}{:>6}{:>9}{:>10}{:>10}",
        "/s", "± %", "ratio", "CPU µs", "± %", "ratio", "RSS MB", "own MB"
    );
    group.try_for_each(|lane| row(lane, first)).unwrap_or_else(|failure| println!("  {failure}"));
}

fn row(lane: &Lane, first: &Lane) -> Result<(), Failure> {
    let name = lane.contestant.name;
    if let Err(why) = &lane.proof {
        println!("  {name:<38}void: {why}");
        return Ok(());
    }
    if first.proof.is_err() {
        println!("  {name:<38}is good, and has nothing to stand beside");
        return Ok(());
    }
    let memory = lane.nginx.worker.memory()?;
    println!(
        "  {name:<38}{:>8.0}{:>6.1}{:>7.2} ×{:>10.0}{:>6.1}{:>7.2} ×{:>10.1}{:>10.1}",
        1e9 / lane.time.median(),
        50.0 * lane.time.spread(),
        first.time.ratio(&lane.time),
        lane.cpu.median() / 1e3,
        50.0 * lane.cpu.spread(),
        lane.cpu.ratio(&first.cpu),
        memory.rss as f64 / 1e6,
        memory.private as f64 / 1e6,
    );
    Ok(())
}

/// How to read it.
pub(crate) fn footnote(lanes: &[Lane]) {
    let busy = lanes.iter().map(|lane| lane.own_cores).fold(0.0, f64::max);
    println!(
        "
  Each let the approved client in, and refused a stranger and a client without a certificate, with
  the CRL a revoked one too, and with the module one that no policy lists; or it has no figures.
  /s: connections in a second. CPU: the worker's time on a processor for one. Medians of interleaved
  rounds; ±: half of how far their middle half lies apart; ratios are to stock, of the same rounds.
  RSS: the worker's memory; own: what it does not share with the master.
  The clients were busy on {busy:.2} cores at most."
    );
}
