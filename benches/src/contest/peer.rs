//! Whoever takes part in a comparison.

use std::collections::HashMap;
use std::hint::black_box;

use super::flight::Meter as _;
use super::{
    Chain, ChainVerifier, Clients, Failure, Library, Material, Server, Situation, Stopwatch, Task,
    Unwatched, handshake,
};

/// Handshakes before the first that counts: caches fill, keys are parsed, tickets are handed out,
/// and branches are learned.
pub const WARM_UP: usize = 128;

/// Something that does a task when it is its turn.
pub trait Peer {
    /// Who that is.
    fn name(&self) -> &str;

    /// Nanoseconds for doing it once, in the middle of so many times, the first quarter left out.
    ///
    /// # Errors
    /// Where it fails, is not what was asked for, or is nothing that this one does.
    fn run(&mut self, task: Task, times: usize) -> Result<f64, Failure>;
}

/// A library in this process.
pub struct InProcess<'m> {
    library: Box<dyn Library>,
    name: String,
    material: &'m Material,
    servers: HashMap<Situation, Ready>,
    verifiers: HashMap<Chain, Box<dyn ChainVerifier>>,
}

/// A server and the clients that know it.
struct Ready {
    server: Box<dyn Server>,
    clients: Clients,
}

impl<'m> InProcess<'m> {
    /// What it needs is set up when it is first asked for.
    pub fn new(library: impl Library + 'static, material: &'m Material) -> Self {
        Self {
            name: library.name(),
            library: Box::new(library),
            material,
            servers: HashMap::new(),
            verifiers: HashMap::new(),
        }
    }

    fn shake(&mut self, situation: Situation, times: usize) -> Result<f64, Failure> {
        if !self.servers.contains_key(&situation) {
            let ready = Ready::new(&*self.library, self.material, situation)?;
            self.servers.insert(situation, ready);
        }
        self.servers[&situation].run(situation, times)
    }

    fn verify(&mut self, chain: Chain, times: usize) -> Result<f64, Failure> {
        let family = self.material.family(chain);
        if !self.verifiers.contains_key(&chain) {
            self.verifiers.insert(chain, self.library.verifier(family, chain)?);
        }
        let verifier = &*self.verifiers[&chain];
        let mut watch = Stopwatch::default();
        for client in family.regulars().iter().cycle().take(times) {
            let leaf = black_box(&client.leaf);
            if !watch.watch(|| verifier.is_good(leaf, &family.intermediate)) {
                return Err("a good chain was refused".into());
            }
            watch.lap();
        }
        Ok(watch.median())
    }
}

impl Ready {
    fn new(
        library: &dyn Library,
        material: &Material,
        situation: Situation,
    ) -> Result<Self, Failure> {
        let server = library.server(material, situation)?;
        let clients = Clients::new(material, situation);
        for _ in 0..WARM_UP {
            handshake(&*server, &clients, &mut Unwatched)?;
        }
        Ok(Self { server, clients })
    }

    fn run(&self, situation: Situation, handshakes: usize) -> Result<f64, Failure> {
        let mut watch = Stopwatch::default();
        for _ in 0..handshakes {
            let mut flight = handshake(&*self.server, &self.clients, &mut watch)?;
            flight.check(situation, &self.clients)?;
            watch.watch(|| flight.drop_server());
            watch.lap();
        }
        Ok(watch.median())
    }
}

impl Peer for InProcess<'_> {
    fn name(&self) -> &str {
        &self.name
    }

    fn run(&mut self, task: Task, times: usize) -> Result<f64, Failure> {
        match task {
            Task::Handshake(situation) => self.shake(situation, times),
            Task::Verify(chain) => self.verify(chain, times),
            Task::Heap(what) => super::heap::heap(&*self.library, self.material, what),
        }
    }
}
