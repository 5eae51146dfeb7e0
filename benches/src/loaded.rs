//! What loading a policy costs.

use countersign::Verifier;
use countersign_testkit::PolicyDir;

use crate::{allocations, measure};

/// A policy that was loaded as at a start or a reload. Seconds need no statistics; it is loaded
/// twice all the same, because what counts its bytes takes time.
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
        let load =
            || Verifier::from_toml(policy, folder.path()).expect("a policy that is in order");
        let mut timed = None;
        let time = measure::once_ns(|| timed = Some(load()));
        drop(timed);
        let (verifier, holds) = allocations::counted(load);
        Self { verifier, time, bytes: holds.held as f64, peak_bytes: holds.peak as f64 }
    }
}
