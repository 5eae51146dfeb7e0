//! Lists of a thousand to ten million clients: what loading, holding and asking them costs, beside the
//! table of the standard library with the same entries.

use countersign::internal::Matching;
use countersign_benches::contest::Failure;
use countersign_benches::figure::{Against, Figure, Said, Unit};
use countersign_benches::hot::shuffled;
use countersign_benches::listed::{self, Arrivals, Kind, Table, table};
use countersign_benches::measure;
use countersign_benches::series::Series;
use countersign_benches::world::World;
use countersign_benches::{allocations, effort};
use countersign_testkit::forge::KeyKind;

/// Clients that come, at most: more than the processor's caches hold entries of.
const ARRIVING: usize = 65_536;

/// Those that have just arrived, so that their certificates are in the cache.
const AT_ONCE: usize = 32;

const TABLE: &str = "HashMap<Box<str>, _> by URI";

pub(crate) fn figures(said: &mut Said) -> Result<(), Failure> {
    let most = effort::entries(10_000_000, 100_000);
    let world = World::new(KeyKind::P256, ARRIVING.min(effort::entries(ARRIVING, 8_192)));
    let empty = listed::load(&world, Kind::Uri, 1).bytes;
    let sizes = [1_000, 10_000, 100_000, 1_000_000, 10_000_000];
    for entries in sizes.into_iter().filter(|entries| *entries <= most) {
        let loaded = listed::load(&world, Kind::Uri, entries);
        let lists = Matching::of(&loaded.verifier);
        let mut filled = None;
        let made = measure::once_ns(|| filled = Some(table(entries)));
        drop(filled);
        let (table, holds) = allocations::counted(|| table(entries));
        let table_bytes = holds.held as f64;
        said.say(&ask(&world, entries, &lists, &table));
        if entries == most {
            let what = format!("load {entries} lines, by URI");
            let figure = Figure::new(LOADING, &what, Unit::Time, loaded.time)
                .goal(10e9)
                .if_missed(OF_LOADING);
            let filled = "the table filled, without reading or checking a line";
            said.say(&figure.beside(Against::Peer, filled, made, loaded.time / made));
            let [ours, its] =
                [loaded.bytes - empty, table_bytes].map(|bytes| bytes / entries as f64);
            let held = Figure::new(LOADING, "hold them", Unit::BytesEach, ours).goal(96.0);
            said.say(&held.beside(Against::Peer, TABLE, its, ours / its));
            let peak = (loaded.peak_bytes - empty) / entries as f64;
            said.say(&Figure::new(LOADING, "held at once while loading", Unit::BytesEach, peak));
        }
    }
    let loaded = listed::load(&world, Kind::Spki, most);
    let what = format!("load {most} lines, by SHA-256 of the key");
    said.say(
        &Figure::new(LOADING, &what, Unit::Time, loaded.time).goal(10e9).if_missed(OF_LOADING),
    );
    let each = (loaded.bytes - empty) / most as f64;
    said.say(&Figure::new(LOADING, "hold them", Unit::BytesEach, each).goal(96.0));
    Ok(())
}

const LOADING: &str = "Policy: loading and holding lists";

/// Where the goal of loading is missed.
const OF_LOADING: &str = "One thread reads and checks, another enters; each place in a table of a gigabyte is \
    a miss of all caches. A table for each of several threads would close it.";

/// Nanoseconds for each client, of clients in an order without a pattern.
fn ask(world: &World, entries: usize, lists: &Matching, table: &Table) -> Figure {
    let order = shuffled(world.leaves.len().min(entries));
    let [mut ours, mut its] = [const { Series::EMPTY }; 2];
    for (turn, clients) in order.chunks_exact(AT_ONCE).enumerate() {
        let arrivals = Arrivals::new(world, clients.iter().copied());
        let mut ask_ours = || ours.push(each(|| arrivals.ask(lists)), true);
        let mut ask_table = || its.push(each(|| arrivals.ask_table(table)), true);
        if turn % 2 == 0 {
            ask_ours();
            ask_table();
        } else {
            ask_table();
            ask_ours();
        }
    }
    let what = format!("one of {entries}");
    Figure::new("Allowlist: is this client on it, by any of its names?", &what, Unit::Time, &ours)
        .beside(Against::Peer, TABLE, &its, ours.ratio(&its))
}

fn each(work: impl FnOnce()) -> f64 {
    measure::once_ns(work) / AT_ONCE as f64
}
