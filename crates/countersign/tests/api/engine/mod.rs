//! The handshake engine: both ends in memory, the clock simulated.

mod bounds;
mod classes;
mod contract;
mod drawer;
mod ends;
mod fleet;
mod hostile;
mod leases;
mod outcomes;
mod pair;
mod price;
mod protection;
mod puppet;
mod refusals;
mod renewing;
mod resumption;
mod stolen;
mod streams;
mod tickets;
mod wire;
mod worth;
