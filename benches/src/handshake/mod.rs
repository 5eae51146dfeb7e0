//! Mutual-TLS handshakes as a server pays for them: every library the same client, the same
//! bytes, in turns, and nothing but the server's own steps on the clock.
//!
//! [`Library`] is what a TLS library must do to take part; everything else here is the same for
//! all of them.

mod client;
mod flight;
mod heap;
mod material;
mod ours;
mod peer;
mod pin;
mod proof;
mod raw;
mod rounds;
mod rustls_peers;
mod scenario;
mod threads;

pub mod report;

pub use client::Clients;
pub use flight::{Flight, Stopwatch, Unwatched, handshake};
pub use heap::{Heap, heap_of};
pub use material::{Client, Material};
pub use ours::Countersign;
pub use peer::{InProcess, Peer, WARM_UP};
pub use pin::{cores, pin};
pub use proof::prove;
pub use raw::{RawOperations, RawParts};
pub use rounds::{Series, interleave};
pub use rustls_peers::{Check, Rustls};
pub use scenario::Scenario;
pub use threads::speedup;

use std::error::Error;

/// Whether a server lets its clients resume.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tickets {
    /// Every handshake is a full one.
    Off,
    /// One ticket for each handshake.
    On,
}

/// How far a handshake has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// The client has more to send.
    Handshaking,
    /// The client is authenticated; application data may flow.
    Established,
}

/// Why a handshake failed, for the person at the bench.
pub type Failure = Box<dyn Error + Send + Sync>;

/// A TLS library.
pub trait Library {
    /// Its name and what is particular about it.
    fn name(&self) -> String;

    /// Its server, as one would set it up for production: one context for all connections, client
    /// certificates required and verified to the root of `material`.
    fn server(&self, material: &Material, tickets: Tickets) -> Box<dyn Server>;
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
