//! One input at work: the servers, their clocks, their policies, and the connections.

use std::path::Path;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use super::client::Wallet;
use super::operation::{Operation, Tampering, Visit, operations};
use super::oracle::{Door, FRONTS, NAMES};
use super::pair::Pair;
use super::scene::{HANDSHAKE_SECONDS, SESSION_AGE, Scene, Tally};
use super::site::{FIRST_POLICIES, POLICIES, Site};
use crate::engine::{Acceptor, ClientAuth, Credential, Entry, Resumption, TicketKeys};
use crate::verifier::Verifier;

/// The time at which everything is current: 2026-11-23T12:00:00Z.
const START: i64 = 1_795_435_200;
const MOST_CONNECTIONS: usize = 6;

/// The fuzz targets `handshake` and `hello`, and the site that all their inputs share.
pub struct Handshakes {
    site: Site,
    /// For bytes of nobody in particular.
    strangers: [Acceptor; 2],
}

impl Handshakes {
    /// From a folder that holds `server.pem`, `policy-0.toml` to `policy-3.toml` and what they
    /// name, `guest-1.pem` and so on, each with a `.key` beside it.
    ///
    /// # Panics
    /// When something in the folder is not as it should be.
    pub fn new(folder: impl AsRef<Path>) -> Self {
        let site = Site::new(folder);
        let verifiers = [0, 1].map(|file| site.verifier(file));
        let strangers =
            [0, 1].map(|front| acceptor(front, Resumption::cache(16), &site, &verifiers));
        Self { site, strangers }
    }

    /// Does what the input says.
    ///
    /// # Panics
    /// Where something that must hold does not.
    pub fn run(&self, octets: &[u8]) -> Tally {
        let Self { site, .. } = self;
        // What an input that failed has left there is written over.
        let mut in_files = site.in_files.lock().unwrap_or_else(PoisonError::into_inner);
        for (file, policy) in FIRST_POLICIES.into_iter().enumerate() {
            if in_files[file] != policy {
                site.write(file, policy);
            }
        }
        for client in &site.clients {
            *client.wallet.lock() = Wallet::default();
        }
        *in_files = [POLICIES; 2];
        let (tally, left) = Execution::new(site).run(octets);
        *in_files = left;
        tally
    }

    /// A server for bytes of nobody in particular.
    pub(in super::super) fn stranger_at(&self, front: usize) -> &Acceptor {
        &self.strangers[front & 1]
    }
}

impl core::fmt::Debug for Handshakes {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Handshakes").finish_non_exhaustive()
    }
}

struct Execution<'h> {
    scene: Scene<'h>,
    ways: [Resumption; 3],
    acceptors: [[Option<Acceptor>; 3]; 2],
    pairs: Vec<Pair>,
    current: usize,
}

impl<'h> Execution<'h> {
    fn new(site: &'h Site) -> Self {
        let keys = TicketKeys::per_process().expect("random bytes");
        let keys = keys.with_windows(Duration::from_secs(100), 8);
        Self {
            scene: Scene {
                site,
                verifiers: [0, 1].map(|file| site.verifier(file)),
                in_force: FIRST_POLICIES,
                unix: START,
                elapsed: 0,
            },
            ways: [Resumption::tickets(Arc::new(keys)), Resumption::cache(16), Resumption::off()],
            acceptors: Default::default(),
            pairs: Vec::new(),
            current: 0,
        }
    }

    /// What came of it, and which policies the files hold now.
    fn run(mut self, octets: &[u8]) -> (Tally, [usize; 2]) {
        for operation in operations(octets) {
            self.perform(operation);
        }
        let mut tally = Tally::default();
        self.pairs.iter().for_each(|pair| tally += pair.tally);
        (tally, self.scene.in_force)
    }

    fn perform(&mut self, operation: Operation<'_>) {
        match operation {
            Operation::Connect(visit) => return self.connect(visit),
            Operation::Turn(number) if !self.pairs.is_empty() => {
                self.current = number % self.pairs.len();
            }
            Operation::Jump(seconds) => {
                self.scene.unix = (self.scene.unix + i64::from(seconds)).clamp(0, 1 << 40);
            }
            Operation::Advance(seconds) => {
                self.scene.unix += i64::from(seconds);
                self.scene.elapsed += u64::from(seconds);
            }
            Operation::Reload(what) => self.reload(what >> 2 & 1, what & 3),
            _ => {}
        }
        if self.pairs.is_empty() {
            return;
        }
        let other = match operation {
            Operation::Tamper(Tampering::Replace { connection }) => {
                self.pairs[connection % self.pairs.len()].said.clone()
            }
            _ => Vec::new(),
        };
        self.pairs[self.current].perform(operation, &other, &self.scene);
    }

    fn connect(&mut self, visit: Visit) {
        if self.pairs.len() == MOST_CONNECTIONS {
            return;
        }
        let name = NAMES[visit.name % NAMES.len()];
        let now = self.scene.now();
        let server = self.acceptor(visit.front, visit.way % 3).accept(now);
        let pair = Pair::new(server, visit, name, &self.scene);
        self.current = self.pairs.len();
        self.pairs.push(pair);
    }

    fn acceptor(&mut self, front: usize, way: usize) -> &Acceptor {
        let Self { acceptors, scene, ways, .. } = self;
        let Scene { site, verifiers, .. } = scene;
        acceptors[front][way]
            .get_or_insert_with(|| acceptor(front, ways[way].clone(), site, verifiers))
    }

    fn reload(&mut self, file: usize, policy: usize) {
        let Scene { site, verifiers, in_force, .. } = &mut self.scene;
        site.write(file, policy);
        verifiers[file].reload().expect("a policy that was read before");
        in_force[file] = policy;
    }
}

/// One of the two servers, with this way of resumption.
fn acceptor(
    front: usize,
    way: Resumption,
    site: &Site,
    verifiers: &[Arc<Verifier>; 2],
) -> Acceptor {
    let mut builder = Acceptor::builder()
        .resumption(way)
        .session_age(Duration::from_secs(SESSION_AGE.unsigned_abs()))
        .handshake_time(Duration::from_secs(HANDSHAKE_SECONDS));
    if front == 1 {
        // P-256 alone: a client that begins with X25519 is told to try again.
        builder = builder.key_exchanges([23]);
    }
    for door in FRONTS[front] {
        let entry = entry(door, site.credential.clone(), &verifiers[door.judge]);
        builder = match door.names {
            [] => builder.default_entry(entry),
            names => builder.entry(names.iter().fold(entry, |e, name| e.named(*name))),
        };
    }
    builder.build().expect("entries that do not get in each other's way")
}

fn entry(door: &Door, credential: Credential, verifier: &Arc<Verifier>) -> Entry {
    let verifier = Arc::clone(verifier);
    match door.demand {
        ClientAuth::Off => Entry::without_client_auth(credential),
        ClientAuth::Optional => Entry::optional(credential, verifier),
        ClientAuth::Required => Entry::required(credential, verifier),
    }
}
