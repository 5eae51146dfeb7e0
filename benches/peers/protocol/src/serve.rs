//! The peer's end.

use std::io::{self, BufRead, Read, Write};

use countersign_benches::handshake::{
    Failure, InProcess, Library, Material, Peer as _, Scenario, Tickets, cores, pin, prove,
};

/// Takes turns until the driver goes away.
///
/// # Errors
/// Where the driver sends something else than the protocol has, or is gone.
pub fn serve(library: impl Library + 'static) -> Result<(), Failure> {
    // The core that the driver is on as well: only one of them works at any time.
    if let Some(core) = cores().last() {
        pin(*core);
    }
    let mut driver = io::stdin().lock();
    let material = read_material(&mut driver)?;
    let mut out = io::stdout().lock();
    if let Err(error) = prove(&library, &material) {
        writeln!(out, "error {}: {error}", library.name())?;
        return Ok(());
    }
    let mut peer = InProcess::new(library, &material);
    writeln!(out, "{}", peer.name())?;
    for line in driver.lines() {
        match turn(&mut peer, &line?) {
            Ok(ns) => writeln!(out, "{ns}")?,
            Err(error) => writeln!(out, "error {error}")?,
        }
    }
    Ok(())
}

fn read_material(driver: &mut impl Read) -> Result<Material, Failure> {
    let mut length = [0; 4];
    driver.read_exact(&mut length)?;
    let mut bytes = vec![0; u32::from_be_bytes(length) as usize];
    driver.read_exact(&mut bytes)?;
    Material::from_bytes(&bytes).ok_or_else(|| "no material".into())
}

fn turn(peer: &mut InProcess<'_>, line: &str) -> Result<f64, Failure> {
    let (word, handshakes) = line.split_once(' ').ok_or("no number of handshakes")?;
    let scenario = Scenario::from_word(word).ok_or("no such scenario")?;
    if scenario.tickets() == Tickets::On {
        return Err("peers have no tickets: s2n-tls gives none to clients with certificates".into());
    }
    peer.run(scenario, handshakes.parse()?)
}
