//! What loading a policy costs.

use std::time::Instant;

use countersign::Verifier;
use countersign_testkit::PolicyDir;

use crate::allocations;

/// A policy that was loaded once, as at a start or a reload: seconds need no statistics.
#[derive(Debug)]
pub struct Loaded {
    /// It is in force here.
    pub verifier: Verifier,
    /// Nanoseconds.
    pub time: f64,
    /// Bytes that it holds, where the bench counts allocations.
    pub bytes: f64,
    /// Bytes that it held at once, at most, while it was loaded.
    pub peak_bytes: f64,
}

impl Loaded {
    /// Loads this policy; its files are in this folder.
    ///
    /// # Panics
    /// Where it is refused.
    pub fn new(policy: &str, folder: &PolicyDir) -> Self {
        let before = allocations::bytes();
        allocations::peak();
        let start = Instant::now();
        let verifier =
            Verifier::from_toml(policy, folder.path()).expect("a policy that is in order");
        Self {
            time: start.elapsed().as_secs_f64() * 1e9,
            bytes: (allocations::bytes() - before) as f64,
            peak_bytes: (allocations::peak() - before) as f64,
            verifier,
        }
    }
}
