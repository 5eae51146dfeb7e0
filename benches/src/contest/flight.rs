//! One handshake, and who is to be measured in it.

use std::sync::LazyLock;
use std::time::{Duration, Instant};

use rustls::crypto::SupportedKxGroup;
use rustls::{CipherSuite, ClientConnection, HandshakeKind, NamedGroup, ProtocolVersion};

use super::{
    Clients, Failure, Group, Progress, Server, ServerSide, Situation, Suites, Version, Visitor,
};
use crate::series::median;

/// More turns than any handshake needs.
const TURNS: usize = 8;

/// As much as any flight needs, so that buffers never grow while the server is measured.
const FLIGHT_BYTES: usize = 16_384;

/// Looks at what the server does, and at nothing else.
pub trait Meter {
    /// Does the work, and looks.
    fn watch<T>(&mut self, work: impl FnOnce() -> T) -> T;
}

/// The time that the server takes, handshake by handshake.
///
/// The time is the wall's: to ask the kernel for the thread's own costs a system call on each side
/// of each step, and what that does to the processor's caches and tables is paid by the step. Whatever
/// interrupts a handshake makes it longer, so that the one in the middle of many is not touched by it.
#[derive(Clone, Debug, Default)]
pub struct Stopwatch {
    running: Duration,
    laps: Vec<f64>,
}

/// What an empty piece of work seems to take.
static ASKING: LazyLock<Duration> = LazyLock::new(|| {
    let mut times: Vec<Duration> = (0..1_001).map(|_| Instant::now().elapsed()).collect();
    times.sort();
    times[times.len() / 2]
});

impl Stopwatch {
    /// What was watched since the last lap is one handshake.
    pub fn lap(&mut self) {
        self.laps.push(core::mem::take(&mut self.running).as_secs_f64() * 1e9);
    }

    /// Nanoseconds of the handshake in the middle, the first quarter of them left out: by then, the code
    /// is in the processor's caches again, and its branches are known, as on a server that does nothing
    /// else.
    ///
    /// # Panics
    /// Where there was none.
    pub fn median(mut self) -> f64 {
        median(self.laps.split_off(self.laps.len() / 4))
    }
}

impl Meter for Stopwatch {
    fn watch<T>(&mut self, work: impl FnOnce() -> T) -> T {
        let asking = *ASKING;
        let start = Instant::now();
        let result = work();
        self.running += start.elapsed().saturating_sub(asking);
        result
    }
}

/// Looks away: for handshakes that only prepare others.
#[derive(Clone, Copy, Debug)]
pub struct Unwatched;

impl Meter for Unwatched {
    fn watch<T>(&mut self, work: impl FnOnce() -> T) -> T {
        work()
    }
}

/// A handshake on its way.
pub struct Flight {
    client: ClientConnection,
    server: Option<Box<dyn ServerSide>>,
    established: bool,
    to_server: Vec<u8>,
    to_client: Vec<u8>,
}

impl Flight {
    /// The client, with its first flight ready.
    ///
    /// # Errors
    /// Where the client has nothing to say.
    pub fn new(clients: &Clients) -> Result<Self, Failure> {
        let mut flight = Self {
            client: clients.connect(),
            server: None,
            established: false,
            to_server: Vec::with_capacity(FLIGHT_BYTES),
            to_client: Vec::with_capacity(FLIGHT_BYTES),
        };
        flight.client_turn()?;
        Ok(flight)
    }

    /// The server's turn, with its first breath in the first; what it says stays in its buffer. A
    /// function of its own, by whose name callgrind knows what to count.
    ///
    /// # Errors
    /// Where the server gives up.
    #[inline(never)]
    pub fn server_turn(&mut self, server: &dyn Server) -> Result<(), Failure> {
        let side = self.server.get_or_insert_with(|| server.accept());
        let progress = side.step(&mut self.to_server, &mut self.to_client)?;
        self.to_server.clear();
        self.established = progress == Progress::Established;
        Ok(())
    }

    /// The client's turn.
    ///
    /// # Errors
    /// Where the client gives up.
    pub fn client_turn(&mut self) -> Result<(), Failure> {
        let mut received = self.to_client.as_slice();
        while !received.is_empty() {
            self.client.read_tls(&mut received)?;
            self.client.process_new_packets()?;
        }
        self.to_client.clear();
        while self.client.wants_write() {
            self.client.write_tls(&mut self.to_server)?;
        }
        Ok(())
    }

    /// Whether both ends are done.
    pub fn is_established(&self) -> bool {
        self.established && !self.client.is_handshaking()
    }

    /// The suite that was agreed on, once there is one.
    pub fn suite(&self) -> Option<CipherSuite> {
        self.client.negotiated_cipher_suite().map(|suite| suite.suite())
    }

    /// Whether this was the handshake that everyone is measured by, and the server has
    /// authenticated the one of these clients that came last.
    ///
    /// # Errors
    /// What is different.
    pub fn check(&self, situation: Situation, clients: &Clients) -> Result<(), Failure> {
        let client = &self.client;
        let version = client.protocol_version();
        let suite = self.suite();
        let group = client.negotiated_key_exchange_group().map(SupportedKxGroup::name);
        let resumed = situation.visitor == Visitor::Resuming;
        let (expected_version, aes_128) = match situation.version {
            Version::Tls12 => {
                (ProtocolVersion::TLSv1_2, CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256)
            }
            Version::Tls13 => (ProtocolVersion::TLSv1_3, CipherSuite::TLS13_AES_128_GCM_SHA256),
        };
        let expected_suite = match situation.suites {
            Suites::Aes128 => Some(aes_128),
            Suites::All => suite,
        };
        let expected_group = match situation.group {
            // Resumed, TLS 1.2 exchanges no keys.
            _ if resumed && situation.version == Version::Tls12 => None,
            Group::X25519 => Some(NamedGroup::X25519),
            Group::X25519MlKem768 => Some(NamedGroup::X25519MLKEM768),
        };
        if (version, suite, group) != (Some(expected_version), expected_suite, expected_group) {
            return Err(format!("{version:?}, {suite:?} and {group:?} were agreed on").into());
        }
        let kind = client.handshake_kind();
        if kind != Some(if resumed { HandshakeKind::Resumed } else { HandshakeKind::Full }) {
            return Err(format!("{kind:?} is not {situation}").into());
        }
        let authenticated = self.server.as_ref().and_then(|server| server.client());
        if !resumed && (authenticated.is_none() || authenticated.as_deref() != clients.presented())
        {
            return Err("the server has not authenticated this client".into());
        }
        Ok(())
    }

    /// Drops the server's end, and keeps the client for whoever drops the rest.
    pub fn drop_server(&mut self) {
        self.server = None;
    }
}

/// A whole handshake, with the meter at everything that the server does up to its last byte, its
/// connection still open.
///
/// # Errors
/// Where one of the two gives up, or neither does and it does not end.
pub fn handshake(
    server: &dyn Server,
    clients: &Clients,
    meter: &mut impl Meter,
) -> Result<Flight, Failure> {
    let mut flight = Flight::new(clients)?;
    for _ in 0..TURNS {
        meter.watch(|| flight.server_turn(server))?;
        flight.client_turn()?;
        if flight.is_established() {
            return Ok(flight);
        }
    }
    Err("the handshake does not end".into())
}

#[cfg(test)]
mod tests {
    use super::super::{Chain, Countersign, Library, Material, Rustls};
    use super::*;

    fn suite(library: &dyn Library, situation: Situation) -> CipherSuite {
        let material = Material::of(&[Chain::P256], 0);
        let server = library.server(&material, situation).expect("a server");
        let clients = Clients::new(&material, situation);
        let flight = handshake(&*server, &clients, &mut Unwatched).expect("a handshake");
        flight.check(situation, &clients).expect("what was asked for");
        flight.suite().expect("a suite")
    }

    #[test]
    fn who_may_choose_takes_aes_128_here_and_the_clients_first_in_rustls() {
        let any = Situation { suites: Suites::All, ..Situation::USUAL };
        assert_eq!(suite(&Countersign, any), CipherSuite::TLS13_AES_128_GCM_SHA256);
        assert_eq!(suite(&Rustls::USUAL, any), CipherSuite::TLS13_AES_256_GCM_SHA384);
        assert_eq!(suite(&Rustls::USUAL, Situation::USUAL), CipherSuite::TLS13_AES_128_GCM_SHA256);
    }
}
