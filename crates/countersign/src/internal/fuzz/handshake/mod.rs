//! Clients and servers in memory, and everything that may happen between them.
//!
//! An input is a list of [`operation`]s. They are done one after the other, on connections between
//! rustls' client and [`engine::Connection`](crate::engine::Connection)s of a few acceptors whose
//! entries, policies and sessions get in each other's way as much as they can. After every
//! operation [`invariants`] hold: no plaintext before a verdict, and no verdict that a fresh decision
//! would not give.

mod client;
mod execution;
mod invariants;
mod operation;
mod oracle;
mod pair;
mod perform;
mod scene;
mod site;
mod wire;

pub use execution::Handshakes;
pub use scene::Tally;

pub(super) use invariants::{Stage, no_plaintext_from_strangers};
pub(super) use wire::Wellformed;
