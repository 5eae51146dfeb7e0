//! The handshake engine: both ends in memory, the clock simulated.

mod ends;
mod hostile;
mod outcomes;
mod pair;
mod resumption;
