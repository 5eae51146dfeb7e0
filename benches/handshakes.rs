//! Mutual-TLS handshakes, the server's time only: ours, rustls with several verifiers, and the
//! operations without which there is no handshake. `make bench-peers` has the other libraries.
#![forbid(unsafe_code)]

use countersign_benches::handshake::report::{Goal, compare};
use countersign_benches::handshake::{
    Check, Clients, Countersign, Failure, Heap, InProcess, Library, Material, Peer, RawOperations,
    RawParts, Rustls, Scenario, Series, WARM_UP, cores, heap_of, interleave, pin, speedup,
};
use countersign_benches::{allocations, measure, table};

#[global_allocator]
static ALLOCATOR: allocations::Counting = allocations::Counting;

/// Many rounds, so that whatever disturbs some of them leaves the median alone; a turn is long
/// enough for the peer's code to be in the processor's caches for most of it.
const ROUNDS: usize = 61;
const HANDSHAKES: usize = 40;

/// New clients for every peer: all rounds and the warm-up.
const UNSEEN: usize = ROUNDS * HANDSHAKES + WARM_UP;

fn main() -> Result<(), Failure> {
    let cores = cores();
    let core = cores.last().copied().unwrap_or_default();
    if !pin(core) {
        println!("not pinned to a core: expect wider spreads");
    }
    let material = Material::new(UNSEEN);
    full(&material)?;
    new_client(&material)?;
    resumed(&material)?;
    heap(&material)?;
    threads(&material, &cores)
}

const NO_CHECK: Rustls = Rustls { check: Check::Nothing, on_ring: false };
const ADAPTER: Rustls = Rustls { check: Check::Countersign, on_ring: false };
const RING: Rustls = Rustls { check: Check::WebPki, on_ring: true };

/// Measures ours before all others.
fn beside<'m>(
    material: &'m Material,
    scenario: Scenario,
    others: Vec<Box<dyn Peer + 'm>>,
) -> Result<Vec<Series>, Failure> {
    let ours: Box<dyn Peer> = Box::new(InProcess::new(Countersign, material));
    let mut peers: Vec<_> = std::iter::once(ours).chain(others).collect();
    interleave(&mut peers, scenario, ROUNDS, HANDSHAKES)
}

fn peer(library: impl Library + 'static, material: &Material) -> Box<dyn Peer + '_> {
    Box::new(InProcess::new(library, material))
}

fn full(material: &Material) -> Result<(), Failure> {
    let mut others: Vec<Box<dyn Peer>> = vec![Box::new(RawOperations::default())];
    others.extend([Rustls::USUAL, RING, NO_CHECK, ADAPTER].map(|rustls| peer(rustls, material)));
    let all = beside(material, Scenario::Full, others)?;
    let goals = [Goal::Within(1.2), Goal::Faster(2.0), Goal::Beside, Goal::Beside, Goal::Beside];
    let title = "Full handshake of a client that comes back, server's time";
    compare(title, &all[0], &all[1..].iter().zip(goals).collect::<Vec<_>>());
    let raw = RawParts::default();
    table::beside("  of the raw operations: X25519", measure::least_ns(|| raw.agree()), "ns");
    table::beside("  P-256 signature", measure::least_ns(|| raw.sign()), "ns");
    table::beside("  P-256 verification", measure::least_ns(|| raw.verify()), "ns");
    Ok(())
}

fn new_client(material: &Material) -> Result<(), Failure> {
    let others = [Rustls::USUAL, NO_CHECK].map(|rustls| peer(rustls, material));
    let all = beside(material, Scenario::NewClient, others.into())?;
    let goals = [Goal::Faster(1.3), Goal::Beside];
    let title = "Full handshake of a new client under a known intermediate";
    compare(title, &all[0], &all[1..].iter().zip(goals).collect::<Vec<_>>());
    Ok(())
}

fn resumed(material: &Material) -> Result<(), Failure> {
    let all = beside(material, Scenario::Resumed, vec![peer(Rustls::USUAL, material)])?;
    let title = "Resumed handshake, with a new ticket";
    compare(title, &all[0], &[(&all[1], Goal::Within(1.1))]);
    Ok(())
}

fn heap(material: &Material) -> Result<(), Failure> {
    let of = |library: &dyn Library| heap_of(library, material, Scenario::Full);
    let (ours, floor, usual) = (of(&Countersign)?, of(&NO_CHECK)?, of(&Rustls::USUAL)?);
    table::section("Heap of one connection, Rust's allocations, full handshake");
    let most = floor.calls as f64 + 10.0;
    table::at_most("allocations in a handshake", ours.calls as f64, most, "calls");
    table::at_most("idle, established", ours.idle as f64, 5_000.0, "bytes");
    table::at_most("peak in the handshake", ours.peak as f64, 12_000.0, "bytes");
    for (name, heap) in
        [(Countersign.name(), ours), (NO_CHECK.name(), floor), (Rustls::USUAL.name(), usual)]
    {
        let Heap { calls, allocated, idle, peak } = heap;
        println!("  {name:<44}{calls:>4} calls of {allocated} bytes, {idle} idle, {peak} peak");
    }
    Ok(())
}

fn threads(material: &Material, cores: &[usize]) -> Result<(), Failure> {
    table::section("2 threads : 1 thread, handshakes in the same time");
    let [first, second, ..] = *cores else {
        println!("  one core only: not measured");
        return Ok(());
    };
    let of = |library: &dyn Library, scenario: Scenario| {
        let server = library.server(material, scenario.tickets());
        speedup(&*server, &Clients::new(material, scenario), &[first, second])
    };
    table::at_least("countersign", of(&Countersign, Scenario::Full)?, 1.9, "×");
    table::beside(&Rustls::USUAL.name(), of(&Rustls::USUAL, Scenario::Full)?, "×");
    Ok(())
}
