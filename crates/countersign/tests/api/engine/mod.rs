//! The handshake engine: both ends in memory, the clock simulated.

mod outcomes;
mod pair;
mod resumption;
