//! Libraries beside each other, as a server pays for them: the same clients, the same bytes, in
//! turns, and nothing but the server's own steps on the clock.
//!
//! [`Library`] is what a TLS library must do to take part; everything else here is the same for
//! all of them. Those written in C are processes of their own ([`Child`]), because their symbols
//! clash.

mod child;
mod clients;
mod compare;
mod field;
mod flight;
mod heap;
mod material;
mod ours;
mod peer;
mod pipe;
mod proof;
mod raw;
mod rounds;
mod rustls_peers;
mod serve;
mod situation;
mod threads;

pub use child::Child;
pub use clients::Clients;
pub use compare::{Rival, Target, compare, doings};
pub use field::{Discipline, field, in_process};
pub use flight::{Flight, Stopwatch, Unwatched, handshake};
pub use material::{Client, Family, Material};
pub use ours::Countersign;
pub use peer::{InProcess, Peer, WARM_UP};
pub use pipe::Pipe;
pub use proof::prove;
pub use raw::RawOperations;
pub use rounds::{Lane, interleave};
pub use rustls_peers::{Check, Rustls};
pub use serve::serve;
pub use situation::{Chain, Group, Heaped, Situation, Suites, Task, Version, Visitor};
pub use threads::speedup;

use std::error::Error;

/// How far a handshake has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// The client has more to send.
    Handshaking,
    /// The client is authenticated; application data may flow.
    Established,
}

/// Why something failed, for the person at the bench.
pub type Failure = Box<dyn Error + Send + Sync>;

/// A TLS library.
pub trait Library {
    /// Its name and what is particular about it.
    fn name(&self) -> String;

    /// Its server, as one would set it up for production: one context for all connections, client
    /// certificates required and verified to the root of the situation's family.
    ///
    /// # Errors
    /// Where it has no such server, and why.
    fn server(&self, material: &Material, situation: Situation)
    -> Result<Box<dyn Server>, Failure>;

    /// How it verifies chains of this family by themselves.
    ///
    /// # Errors
    /// Where it does not, and why.
    fn verifier(&self, family: &Family, chain: Chain) -> Result<Box<dyn ChainVerifier>, Failure>;
}

/// A server's context, shared by all of its connections.
pub trait Server: Send + Sync {
    /// A new connection, before the first byte.
    fn accept(&self) -> Box<dyn ServerSide>;
}

/// The server's end of one connection.
pub trait ServerSide: Send {
    /// Takes what has arrived from the client, whole flights at a time, and appends to `output`
    /// what is to be sent. `input` is the caller's receive buffer: it may be scribbled on, and it
    /// is gone after the call.
    ///
    /// # Errors
    /// Where the handshake has failed.
    fn step(&mut self, input: &mut [u8], output: &mut Vec<u8>) -> Result<Progress, Failure>;

    /// The certificate of the client, DER, once its chain and its signature were found good in
    /// this handshake. Not measured.
    fn client(&self) -> Option<Vec<u8>>;
}

/// What tells whether a chain leads to the root.
pub trait ChainVerifier {
    /// Whether this leaf, by this intermediate, both in DER, is a client's.
    fn is_good(&self, leaf: &[u8], intermediate: &[u8]) -> bool;
}
