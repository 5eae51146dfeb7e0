//! Bodies of the fuzz targets: each takes an input and panics where something that must hold
//! does not. They live here so that tests run the same code over the corpus.

mod chain;
mod differences;
mod forwarded;
mod handshake;
mod hello;
mod policy;
mod structures;

pub use chain::{Chain, chain};
pub use forwarded::forwarded;
pub use handshake::{Handshakes, Tally};
pub use hello::hello;
pub use policy::{list, policy};
pub use structures::{certificate, crl};
