//! What the benches share: material, timing, and a count of what is allocated.

pub mod allocations;
pub mod handshake;
pub mod measure;
pub mod table;
pub mod world;
