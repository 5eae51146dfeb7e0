//! The handshake engine: both ends in memory, the clock simulated.

mod outcomes;
mod pair;
mod protection;
mod resumption;
mod streams;
mod wire;
