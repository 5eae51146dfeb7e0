//! What our own test harness reaches through the feature `internal`. No promise of any kind: it
//! may change or go in every release.

mod signatures;
mod validation;

pub use signatures::{CachedAnswer, SignatureProbe};
pub use validation::{Purpose, Revocation, Validation};
