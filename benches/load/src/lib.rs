//! Mutual-TLS handshakes on real sockets, many at a time: how many a server does in a second, how
//! long each takes, and what the generator itself needs.
#![forbid(unsafe_code)]

mod address;
mod crowd;
mod failure;
mod identity;
mod plan;
mod tally;
mod visit;

pub use address::Address;
pub use crowd::Crowd;
pub use failure::{Failure, Misuse};
pub use identity::{Identity, authorities};
pub use plan::{Bounds, Errand, Kind, Plan, Version};
pub use tally::Tally;
