//! The handshake engine: both ends in memory, the clock simulated.

mod bounds;
mod outcomes;
mod pair;
mod protection;
mod puppet;
mod resumption;
mod streams;
mod wire;
