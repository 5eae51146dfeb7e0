//! What our own test harness reaches through the feature `internal`. No promise of any kind: it
//! may change or go in every release.

pub mod fuzz;
mod matching;
mod signatures;
mod staged;
mod validation;

pub use matching::Matching;
pub use signatures::{CachedAnswer, SignatureProbe};
pub use staged::Staged;
pub use validation::{Purpose, Revocation, Validation};
