//! The parts of a cold decision: parsing, the path without its signatures, a look-up in a CRL.

use std::hint::black_box;

use countersign::cert::Certificate;
use countersign::internal::Staged;
use countersign_benches::contest::Failure;
use countersign_benches::crls::{self, Crls};
use countersign_benches::figure::{Against, Figure, Said, Unit};
use countersign_benches::world::{TIME, World};
use countersign_benches::{effort, measure};
use countersign_testkit::forge::{Authority, KeyKind};
use rustls_pki_types::CertificateDer;
use webpki::EndEntityCert;

const PARTS: &str = "Parts of a cold decision";

pub(crate) fn figures(said: &mut Said) -> Result<(), Failure> {
    let world = World::new(KeyKind::P256, 1);
    said.say(&parse(world.chain(0)[0]));
    said.say(&path(&world));
    for entries in [1_000, 1_000_000] {
        let entries = effort::entries(entries, entries / 10);
        said.say(&look_up(entries));
    }
    Ok(())
}

/// Where the goal of parsing is missed.
const OF_PARSING: &str = "2,900 instructions, as many as rustls-webpki needs, which reads fewer of the \
    extensions here: where this is missed, that one's time says how much of the core others used. Reading \
    extensions that no rule asks for when they are asked for would close it.";

fn parse(leaf: &[u8]) -> Figure {
    let der = CertificateDer::from(leaf);
    let [ours, webpki] = measure::in_turns([
        &mut || drop(black_box(Certificate::parse(black_box(leaf)))),
        &mut || drop(black_box(EndEntityCert::try_from(black_box(&der)))),
    ]);
    let what = format!("parse a leaf of {} bytes", leaf.len());
    Figure::new(PARTS, &what, Unit::Time, &ours).goal(300.0).if_missed(OF_PARSING).beside(
        Against::Peer,
        "rustls-webpki",
        &webpki,
        ours.ratio(&webpki),
    )
}

/// What is left of the search for a path without what it asks of the signature facts.
fn path(world: &World) -> Figure {
    let chain = world.chain(0);
    let staged = Staged::new(&chain, &world.root.certificate, TIME).expect("a chain that parses");
    assert!(staged.find() && staged.check_signatures());
    let mut find = || assert!(black_box(staged.find()));
    let mut check = || assert!(black_box(staged.check_signatures()));
    let [found, checked] = measure::in_turns([&mut find, &mut check]);
    let logic = found.beyond(&checked);
    Figure::new(PARTS, "path of three levels, without signatures", Unit::Time, logic).goal(1_000.0)
}

/// Half of the numbers are on it.
fn look_up(entries: usize) -> Figure {
    let root = Authority::seeded_root("root");
    let crls = Crls::new(&crls::signed(&root, entries));
    let turns = 2 * entries as u64;
    let (mut turn, mut peers_turn) = (0, 0);
    let [ours, webpki] = measure::in_turns([
        &mut || {
            turn = (turn + 7_919) % turns;
            assert_eq!(black_box(crls.ours(turn)), turn < turns / 2);
        },
        &mut || {
            peers_turn = (peers_turn + 7_919) % turns;
            assert_eq!(black_box(crls.webpki(peers_turn)), peers_turn < turns / 2);
        },
    ]);
    let what = format!("look up a CRL of {entries} entries");
    Figure::new(PARTS, &what, Unit::Time, &ours).beside(
        Against::Peer,
        "rustls-webpki, owned CRL",
        &webpki,
        ours.ratio(&webpki),
    )
}
