//! The handshake engine: both ends in memory, the clock simulated.

mod contract;
mod hostile;
mod outcomes;
mod pair;
mod price;
mod resumption;
mod wire;
mod worth;
