//! Instructions of the hot paths: what a change costs, on any machine, however busy. Peers beside them
//! where they do the same.

use std::hint::black_box;
use std::{env, fs};

use countersign::cert::Certificate;
use countersign::internal::{Matching, Staged};
use countersign_benches::contest::{
    Chain, Clients, Countersign, Failure, Library, Material, Rustls, Situation, Unwatched,
    handshake,
};
use countersign_benches::crls::{self, Crls};
use countersign_benches::figure::{Against, Figure, Said, Unit};
use countersign_benches::hot::{self, Hot};
use countersign_benches::instructions::count;
use countersign_benches::listed::{self, Arrivals, Kind, table};
use countersign_benches::profile::{Profile, sample};
use countersign_benches::rerun::{self, Askable};
use countersign_benches::world::{TIME, World};
use countersign_testkit::forge::{Authority, KeyKind};
use rustls::pki_types::CertificateDer;
use webpki::EndEntityCert;

const ALL: &[Askable<'_>] = &[
    Askable { name: "parse", run: parse },
    Askable { name: "parse, webpki", run: parse_by_webpki },
    Askable { name: "path", run: path },
    Askable { name: "crl", run: |times| look_up(times, Crls::ours) },
    Askable { name: "crl, webpki", run: |times| look_up(times, Crls::webpki) },
    Askable { name: "match", run: matching },
    Askable { name: "match, table", run: matching_by_table },
    Askable { name: "load", run: load },
    Askable { name: "new", run: new_clients },
    Askable { name: "warm", run: warm },
    Askable { name: "full", run: |times| shake(&Countersign, Situation::USUAL, times) },
    Askable { name: "full, rustls", run: |times| shake(&Rustls::USUAL, Situation::USUAL, times) },
    Askable { name: "full, new", run: |times| shake(&Countersign, Situation::NEW, times) },
    Askable { name: "resumed", run: |times| shake(&Countersign, Situation::RESUMED, times) },
    Askable {
        name: "resumed, rustls",
        run: |times| shake(&Rustls::USUAL, Situation::RESUMED, times),
    },
];

/// What is counted of ours.
struct Counted {
    what: &'static str,
    name: &'static str,
    times: usize,
    /// Who stands beside it, and the name of what that does.
    peer: Option<(&'static str, &'static str)>,
    /// Instructions when this was last written down: a change that takes more is seen. Of what hashes
    /// by a seed of its own, each run takes another number.
    before: Option<f64>,
}

const FIGURES: &[Counted] = &[
    Counted {
        what: "parse a leaf",
        name: "parse",
        times: 1_000,
        peer: Some(("rustls-webpki", "parse, webpki")),
        before: Some(2_936.0),
    },
    Counted {
        what: "find a path of three, signatures known",
        name: "path",
        times: 1_000,
        peer: None,
        before: Some(23_890.0),
    },
    Counted {
        what: "look up a CRL of 100,000",
        name: "crl",
        times: 1_000,
        peer: Some(("rustls-webpki", "crl, webpki")),
        before: None,
    },
    Counted {
        what: "match 64 of 10,000 clients",
        name: "match",
        times: 10,
        peer: Some(("HashMap<Box<str>, _> by URI", "match, table")),
        before: None,
    },
    Counted {
        what: "load a list of 10,000 clients, a policy and an anchor with it",
        name: "load",
        times: 4,
        peer: None,
        before: None,
    },
    Counted {
        what: "new client under a known intermediate, its signature included",
        name: "new",
        times: 100,
        peer: None,
        before: None,
    },
    Counted { what: "warm decision", name: "warm", times: 1_000, peer: None, before: None },
    Counted {
        what: "full handshake of a client that comes back",
        name: "full",
        times: 20,
        peer: Some(("rustls, WebPkiClientVerifier", "full, rustls")),
        before: Some(1_758_300.0),
    },
    Counted {
        what: "full handshake of a new client",
        name: "full, new",
        times: 20,
        peer: None,
        before: None,
    },
    Counted {
        what: "resumed handshake",
        name: "resumed",
        times: 20,
        peer: Some(("rustls", "resumed, rustls")),
        before: Some(1_106_000.0),
    },
];

/// As much more as compilers and certificates may differ.
const LEEWAY: f64 = 1.02;

/// The server's part of a handshake.
const SERVER: &str = "*Flight*server_turn*";

/// Whether this is a run under callgrind or perf; if so, it is over.
pub(crate) fn is_rerun() -> bool {
    rerun::is_rerun(ALL)
}

pub(crate) fn figures(said: &mut Said) -> Result<(), Failure> {
    for Counted { what, name, times, peer, before } in FIGURES {
        let within = what.contains("handshake").then_some(SERVER);
        let counted = |name: &str| count(name, *times, within);
        let ours = match counted(name) {
            Ok(ours) => ours,
            Err(why) => {
                println!("  {what}: not counted: {why}");
                continue;
            }
        };
        let mut figure = Figure::new("Instructions", what, Unit::Instructions, ours);
        if let Some(before) = before {
            figure = figure.goal(before * LEEWAY).if_missed(
                "More than when it was last written down, in `benches/figures/instructions.rs`.",
            );
        }
        if let Some((who, name)) = peer {
            figure = match counted(name) {
                Ok(its) => figure.beside(Against::Peer, who, its, ours / its),
                Err(why) => figure.without(who, &why),
            };
        }
        said.say(&figure);
    }
    if let Some(file) = env::var_os("COUNTERSIGN_BENCH_PROFILE") {
        fs::write(file, profile())?;
    }
    Ok(())
}

/// Of the server's part of a full handshake, or why there is none.
fn profile() -> String {
    let title = "Where a full handshake's time goes: the client known, the server's part";
    match sample("full", 12_000) {
        Ok(script) => Profile::of(&script, &["server_turn", "rustls::server::"]).markdown(title),
        Err(why) => format!("## {title}\n\nNot sampled: {why}\n"),
    }
}

/// Signed by Ed25519: a signature by P-256 is some octets longer or shorter each time, and the count is
/// to be the same.
fn parse(times: usize) {
    let world = World::new(KeyKind::Ed25519, 1);
    for _ in 0..times {
        drop(black_box(Certificate::parse(black_box(world.chain(0)[0]))));
    }
}

fn parse_by_webpki(times: usize) {
    let world = World::new(KeyKind::Ed25519, 1);
    let leaf = CertificateDer::from(world.chain(0)[0]);
    for _ in 0..times {
        drop(black_box(EndEntityCert::try_from(black_box(&leaf))));
    }
}

fn path(times: usize) {
    let world = World::new(KeyKind::P256, 1);
    let chain = world.chain(0);
    let staged = Staged::new(&chain, &world.root.certificate, TIME).expect("a chain that parses");
    for _ in 0..times {
        assert!(black_box(staged.find()));
    }
}

fn look_up(times: usize, crl: fn(&Crls, u64) -> bool) {
    let root = Authority::seeded_root("root");
    let crls = Crls::new(&crls::signed(&root, 100_000));
    for turn in 0..times as u64 {
        assert!(black_box(crl(&crls, black_box(turn * 97 % 100_000))));
    }
}

/// A round of these many.
const ARRIVALS: usize = 64;

fn matching(times: usize) {
    let world = World::new(KeyKind::P256, ARRIVALS);
    let loaded = listed::load(&world, Kind::Uri, 10_000);
    let (lists, arrivals) = (Matching::of(&loaded.verifier), Arrivals::new(&world, 0..ARRIVALS));
    (0..times).for_each(|_| arrivals.ask(&lists));
}

fn matching_by_table(times: usize) {
    let world = World::new(KeyKind::P256, ARRIVALS);
    let (table, arrivals) = (table(10_000), Arrivals::new(&world, 0..ARRIVALS));
    (0..times).for_each(|_| arrivals.ask_table(&table));
}

fn load(times: usize) {
    let world = World::new(KeyKind::P256, 1);
    let folder = listed::write(&world, Kind::Uri, 10_000);
    (0..times).for_each(|_| drop(black_box(listed::load_from(&folder))));
}

fn new_clients(times: usize) {
    let world = World::new(KeyKind::P256, 1 + times);
    let verifier = world.verifier(1 + times, 2 * times, 2 * times);
    (0..=times).for_each(|i| hot::allow(&verifier, &world.chain(i)));
}

fn warm(times: usize) {
    let world = World::new(KeyKind::P256, hot::CLIENTS);
    // Room enough that nobody is put out, whatever the seed of the hash.
    let verifier = world.verifier(hot::CLIENTS, 16 * hot::CLIENTS, 16 * hot::CLIENTS);
    let hot = Hot::new(&world, &verifier);
    // Until all that is remembered is where it stays.
    (0..16 * hot::CLIENTS).for_each(|turn| hot.decide(turn));
    (0..times).for_each(|turn| hot.decide(turn));
}

/// Handshakes before those that count: every regular has come once by then.
const EARLIER: usize = 64;

fn shake(library: &dyn Library, situation: Situation, times: usize) {
    let shake = || -> Result<(), Failure> {
        let unseen = if situation == Situation::NEW { EARLIER + times } else { 0 };
        let material = Material::of(&[Chain::P256], unseen);
        let server = library.server(&material, situation)?;
        let clients = Clients::new(&material, situation);
        for _ in 0..EARLIER + times {
            handshake(&*server, &clients, &mut Unwatched)?;
        }
        Ok(())
    };
    shake().expect("handshakes that succeed");
}
