//! What connections find around them, and what is counted.

use std::sync::Arc;
use std::time::Duration;

use super::oracle::Instant;
use super::site::Site;
use crate::clock::{Moment, UnixTime};
use crate::verifier::Verifier;

/// How often things happened, for tests of the harness itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Connections that were established.
    pub established: usize,
    /// Those of them that resumed a session.
    pub resumed: usize,
    /// Sessions that were offered and not resumed, where the client got in all the same.
    pub declined: usize,
    /// Connections that were refused.
    pub refused: usize,
    /// Bytes of plaintext that reached the server.
    pub received: usize,
}

impl core::ops::AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.established += other.established;
        self.resumed += other.resumed;
        self.declined += other.declined;
        self.refused += other.refused;
        self.received += other.received;
    }
}

/// The age that sessions may have.
pub(super) const SESSION_AGE: i64 = 1_000;
/// The time that a handshake may take.
pub(super) const HANDSHAKE_SECONDS: u64 = 10;
/// What connections find around them.
pub(super) struct Scene<'h> {
    pub(super) site: &'h Site,
    pub(super) verifiers: [Arc<Verifier>; 2],
    pub(super) in_force: [usize; 2],
    pub(super) unix: i64,
    pub(super) elapsed: u64,
}

impl Scene<'_> {
    pub(super) fn now(&self) -> Moment {
        Moment { unix: UnixTime::from_secs(self.unix), elapsed: Duration::from_secs(self.elapsed) }
    }

    pub(super) fn instant(&self) -> Instant {
        Instant { unix: self.unix, in_force: self.in_force }
    }
}
