//! Mutual-TLS handshakes, the server's time only: ours, rustls, the operations without which there is
//! no handshake, and the libraries written in C where they are built.
//!
//! The client offers AES-128-GCM alone, so that all do the same work. Where a row says *any suite*, it
//! offers what rustls' clients do, AES-256-GCM with SHA-384 first, as OpenSSL's do, and each server
//! takes what it takes as it comes: ours and s2n-tls AES-128-GCM with SHA-256, which costs a handshake
//! less, rustls, BoringSSL and OpenSSL the client's first.

use countersign_benches::contest::{
    Chain, Check, Clients, Countersign, Discipline, Failure, Group, Heaped, InProcess, Library,
    Material, Peer as _, Rival, Rustls, Situation, Suites, Target, Task, Version, Visitor, WARM_UP,
    compare, doings, field, in_process, speedup,
};
use countersign_benches::effort;
use countersign_benches::figure::{Against, Figure, Said, Unit};
use countersign_benches::pin::{cores, on_one_core};

use crate::decisions::OF_TWO;

/// In a turn.
const HANDSHAKES: usize = 40;

const TIME: &str = "Handshake, the server's time";
const HEAP: &str = "Heap of one connection, full handshake: all that asks malloc";

pub(crate) fn figures(said: &mut Said) -> Result<(), Failure> {
    let cores = cores();
    // New clients: for all rounds, the warm-up, and the first look.
    let material = Material::new(doings(HANDSHAKES) + WARM_UP + 1);
    on_one_core(|| beside_others(&material, said))?;
    threads(&material, &cores, said)
}

fn beside_others(material: &Material, said: &mut Said) -> Result<(), Failure> {
    let mut ours = InProcess::new(Countersign, material);
    let mut field = field(material, Discipline::Tls)?;
    for situation in situations() {
        let task = Task::Handshake(situation);
        let targets = targets(situation);
        said.say(&compare(TIME, task, HANDSHAKES, &mut ours, &mut field, targets)?);
    }
    said.say(&within_rustls(material, &mut ours)?);
    heap(material, &mut ours, &mut field, said)
}

/// Each server as it comes, with the suite of its own choice.
const ANY_SUITE: Situation = Situation { suites: Suites::All, ..Situation::USUAL };

/// The same for a client never seen before.
const NEW_ANY_SUITE: Situation = Situation { suites: Suites::All, ..Situation::NEW };

/// The usual one, and each of its variations.
fn situations() -> Vec<Situation> {
    use Situation as S;
    let mut situations = vec![S::USUAL, ANY_SUITE, S::NEW, NEW_ANY_SUITE, S::RESUMED];
    if !effort::is_quick() {
        situations.extend([
            S { tickets: true, ..S::USUAL },
            S { chain: Chain::Rsa2048, ..S::USUAL },
            S { chain: Chain::Ed25519, ..S::USUAL },
            S { group: Group::X25519MlKem768, ..S::USUAL },
            S { version: Version::Tls12, ..S::USUAL },
            S { version: Version::Tls12, tickets: true, visitor: Visitor::Resuming, ..S::USUAL },
        ]);
    }
    situations
}

/// What a handshake has besides its raw operations.
const REST: &str = "What is beyond the raw operations is rustls' own: its codec, key schedule, \
    record keys and allocations; rustls without any check of the chain takes as long (see the row \
    below). It would take another state machine under the engine.";

const USUAL: &[Target] = &[
    Target { name: "its raw operations", bound: 1.2, gap: REST },
    Target { name: "rustls, WebPki", bound: 2.0, gap: REST },
    Target { name: "s2n-tls", bound: 2.3, gap: REST },
    Target { name: "BoringSSL", bound: 2.5, gap: REST },
    Target { name: "OpenSSL 3.0", bound: 6.0, gap: REST },
    Target { name: "OpenSSL 3", bound: 4.0, gap: REST },
];

const NEW: &[Target] = &[Target {
    name: "rustls, WebPki",
    bound: 1.3,
    gap: "Three of its four P-256 operations are the same for both; a quicker rest of the handshake \
        would close it, as above.",
}];

/// 1.1 times its time.
const RESUMED: &[Target] = &[Target { name: "rustls, WebPki", bound: 1.0 / 1.1, gap: REST }];

fn targets(situation: Situation) -> &'static [Target] {
    match situation {
        Situation::USUAL | ANY_SUITE => USUAL,
        Situation::NEW | NEW_ANY_SUITE => NEW,
        Situation::RESUMED => RESUMED,
        _ => &[],
    }
}

const NO_CHECK: Rustls = Rustls { check: Check::Nothing, on_ring: false };
const ADAPTER: Rustls = Rustls { check: Check::Countersign, on_ring: false };

/// How much of it is rustls itself, and what its own loop gains by our verifier.
fn within_rustls(material: &Material, ours: &mut InProcess<'_>) -> Result<Figure, Failure> {
    // Takes anyone: that is what is to be seen, and no proof is asked of it.
    let floor = Rival::peer(InProcess::new(NO_CHECK, material));
    let mut rivals = [floor, in_process(ADAPTER, material)?];
    let group = "The same beside rustls with other verifiers";
    compare(group, Task::Handshake(Situation::USUAL), HANDSHAKES, ours, &mut rivals, &[])
}

/// Where a goal of the heap is missed.
const OF_HEAP: &str = "1.3 kB of what an idle connection holds is what aws-lc allocates and what malloc rounds up. \
    The verdict's record in fewer pieces would close it.";

fn heap<'m>(
    material: &'m Material,
    ours: &mut InProcess<'_>,
    field: &mut Vec<Rival<'m>>,
    said: &mut Said,
) -> Result<(), Failure> {
    let mut floor = InProcess::new(NO_CHECK, material);
    let fewest = floor.run(Task::Heap(Heaped::Calls), 1)?;
    // Takes anyone, as above.
    field.push(Rival::peer(floor));
    let goals = [
        (Heaped::Calls, Some(fewest + 10.0)),
        (Heaped::Allocated, None),
        (Heaped::Idle, Some(5_000.0)),
        (Heaped::Peak, Some(12_000.0)),
    ];
    for (what, goal) in goals {
        let figure = compare(HEAP, Task::Heap(what), 1, ours, field, &[])?;
        said.say(&goal.map_or(figure.clone(), |goal| figure.goal(goal).if_missed(OF_HEAP)));
    }
    Ok(())
}

fn threads(material: &Material, cores: &[usize], said: &mut Said) -> Result<(), Failure> {
    let [first, second, ..] = *cores else {
        println!("  one core only: two threads are not measured");
        return Ok(());
    };
    let of = |library: &dyn Library| {
        let server = library.server(material, Situation::USUAL)?;
        speedup(&*server, &Clients::new(material, Situation::USUAL), &[first, second])
    };
    let [ours, rustls] = [of(&Countersign)?, of(&Rustls::USUAL)?];
    let figure =
        Figure::new("Handshakes in the same time", "2 threads to 1", Unit::Multiple, &ours)
            .goal(1.9)
            .if_missed(OF_TWO)
            .beside(Against::Peer, &Rustls::USUAL.name(), &rustls, ours.ratio(&rustls));
    said.say(&figure);
    Ok(())
}
