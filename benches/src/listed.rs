//! Lists of clients, small and large, and what one would write instead.

use std::collections::HashMap;
use std::hint::black_box;
use std::io::Write as _;
use std::path::Path;

use countersign::Verifier;
use countersign::cert::Certificate;
use countersign::internal::Matching;
use countersign_testkit::PolicyDir;

use crate::loaded::Loaded;
use crate::world::{TIME, World, uri};

/// What entries are told by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The URI of client `i` of a [`World`].
    Uri,
    /// Digests of keys that nobody has.
    Spki,
}

impl Kind {
    fn line(self, i: usize) -> String {
        match self {
            Self::Uri => format!("uri:{} client-{i:08}\n", uri(i)),
            Self::Spki => {
                let [a, b, c, d] = [1, 2, 3, 4].map(|k| mix(4 * i as u64 + k));
                format!("spki_sha256:{a:016x}{b:016x}{c:016x}{d:016x} client-{i:08}\n")
            }
        }
    }
}

/// Loads a policy with so many entries, all of one kind, a client each.
///
/// # Panics
/// Where the machine has no room for it.
pub fn load(world: &World, kind: Kind, entries: usize) -> Loaded {
    Loaded::new(POLICY, &write(world, kind, entries))
}

const POLICY: &str =
    "version = 1\n[trust]\nanchors = [\"ca.pem\"]\n[lists]\nclients = [\"clients.txt\"]\n";

/// What [`load`] loads, in a folder of its own.
///
/// # Panics
/// Where the disk has no room for it.
pub fn write(world: &World, kind: Kind, entries: usize) -> PolicyDir {
    let folder = PolicyDir::new();
    folder.write_certificates("ca.pem", [&world.root.certificate]);
    write_list(&folder.path().join("clients.txt"), kind, entries);
    folder
}

/// Loads what [`write()`] wrote, once and unmeasured.
///
/// # Panics
/// Where it is refused.
pub fn load_from(folder: &PolicyDir) -> Verifier {
    Verifier::from_toml(POLICY, folder.path()).expect("a policy that is in order")
}

fn write_list(file: &Path, kind: Kind, entries: usize) {
    let mut out = std::io::BufWriter::new(std::fs::File::create(file).expect("a writable folder"));
    for i in 0..entries {
        out.write_all(kind.line(i).as_bytes()).expect("room for the list");
    }
    out.flush().expect("room for the list");
}

/// The table of the standard library, from a client's URI to who it is.
pub type Table = HashMap<Box<str>, u32>;

/// With so many entries.
pub fn table(entries: usize) -> Table {
    (0..entries).map(|i| (uri(i).into(), i as u32)).collect()
}

/// Clients that have just presented their certificates.
#[derive(Debug)]
pub struct Arrivals<'w> {
    leaves: Vec<(Certificate<'w>, String)>,
}

impl<'w> Arrivals<'w> {
    /// These clients.
    ///
    /// # Panics
    /// Never: the certificates are our own.
    pub fn new(world: &'w World, clients: impl IntoIterator<Item = usize>) -> Self {
        let leaf =
            |i: usize| (Certificate::parse(&world.leaves[i]).expect("a certificate"), uri(i));
        Self { leaves: clients.into_iter().map(leaf).collect() }
    }

    /// Asks our lists for each of them.
    ///
    /// # Panics
    /// Where one is not listed.
    pub fn ask(&self, lists: &Matching) {
        assert!(self.leaves.iter().all(|(leaf, _)| lists.is_listed(black_box(leaf), TIME)));
    }

    /// Asks the table for each of them.
    ///
    /// # Panics
    /// Where one is not in it.
    pub fn ask_table(&self, table: &Table) {
        assert!(self.leaves.iter().all(|(_, uri)| table.contains_key(black_box(uri.as_str()))));
    }
}

/// SplitMix64: numbers that look random.
pub fn mix(i: u64) -> u64 {
    let mut z = i.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
