//! Whoever takes part in a comparison.

use std::collections::HashMap;

use super::flight::Meter as _;
use super::{
    Clients, Failure, Library, Material, Scenario, Server, Stopwatch, Unwatched, handshake,
};

/// Handshakes before the first that counts: caches fill, keys are parsed, tickets are handed out,
/// and branches are learned.
pub const WARM_UP: usize = 128;

/// Something that does handshakes when it is its turn.
pub trait Peer {
    /// Who that is.
    fn name(&self) -> &str;

    /// Nanoseconds of the server's time for one handshake, in the middle of so many.
    ///
    /// # Errors
    /// Where a handshake fails, or is not the one that was asked for.
    fn run(&mut self, scenario: Scenario, handshakes: usize) -> Result<f64, Failure>;
}

/// A library in this process.
pub struct InProcess<'m> {
    library: Box<dyn Library>,
    name: String,
    material: &'m Material,
    ready: HashMap<&'static str, Ready>,
}

/// A server and the clients that know it.
struct Ready {
    server: Box<dyn Server>,
    clients: Clients,
}

impl<'m> InProcess<'m> {
    /// Its servers are set up when they are first asked for.
    pub fn new(library: impl Library + 'static, material: &'m Material) -> Self {
        let name = library.name();
        Self { library: Box::new(library), name, material, ready: HashMap::new() }
    }

    /// The library itself.
    pub fn library(&self) -> &dyn Library {
        &*self.library
    }
}

impl Ready {
    fn new(
        library: &dyn Library,
        material: &Material,
        scenario: Scenario,
    ) -> Result<Self, Failure> {
        let server = library.server(material, scenario.tickets());
        let clients = Clients::new(material, scenario);
        for _ in 0..WARM_UP {
            handshake(&*server, &clients, &mut Unwatched)?;
        }
        Ok(Self { server, clients })
    }

    fn run(&self, scenario: Scenario, handshakes: usize) -> Result<f64, Failure> {
        let mut watch = Stopwatch::default();
        for _ in 0..handshakes {
            let mut flight = handshake(&*self.server, &self.clients, &mut watch)?;
            flight.check(scenario, &self.clients)?;
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

    fn run(&mut self, scenario: Scenario, handshakes: usize) -> Result<f64, Failure> {
        if !self.ready.contains_key(scenario.word()) {
            let ready = Ready::new(&*self.library, self.material, scenario)?;
            self.ready.insert(scenario.word(), ready);
        }
        self.ready[scenario.word()].run(scenario, handshakes)
    }
}
