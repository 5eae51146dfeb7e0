//! The binding: what ties a resumable session to the trust it was made under.

use crate::clock::UnixTime;
use crate::outcome::Judged;
use crate::snapshot::Snapshot;

/// The bytes that tie a ticket to trust digest, issuer, generation and expiry.
///
/// 64 bytes, which is what nginx's ticket application data and the like leave room for. It is
/// not secret and proves nothing by itself: keep it where the peer cannot change it, that is,
/// inside an encrypted ticket or in the server's session cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Binding([u8; Binding::LENGTH]);

/// Layout: version, 16 bytes of trust digest, issuer's SPKI digest, 7 bytes of generation, expiry.
const VERSION: u8 = 1;
const TRUST: core::ops::Range<usize> = 1..17;
const ISSUER: core::ops::Range<usize> = 17..49;
const GENERATION: core::ops::Range<usize> = 49..56;
const EXPIRY: core::ops::Range<usize> = 56..64;

/// In place of an issuer's digest; no key has it.
const PINNED: [u8; 32] = [0; 32];

impl Binding {
    /// Length in bytes.
    pub const LENGTH: usize = 64;

    pub(crate) fn new(snapshot: &Snapshot, judged: &Judged) -> Self {
        let mut bytes = [0; Self::LENGTH];
        bytes[0] = VERSION;
        bytes[TRUST].copy_from_slice(&snapshot.trust_digest()[..TRUST.len()]);
        bytes[ISSUER].copy_from_slice(&judged.issuer_spki_sha256.unwrap_or(PINNED));
        bytes[GENERATION].copy_from_slice(&snapshot.generation().to_be_bytes()[1..]);
        bytes[EXPIRY].copy_from_slice(&judged.window.not_after.as_secs().to_be_bytes());
        Self(bytes)
    }

    /// From bytes that [`Binding::as_bytes`] gave; `None` for anything else.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let bytes = <[u8; Self::LENGTH]>::try_from(bytes).ok()?;
        (bytes[0] == VERSION).then_some(Self(bytes))
    }

    /// The bytes to keep.
    pub fn as_bytes(&self) -> &[u8; Self::LENGTH] {
        &self.0
    }

    /// The last second in which the session may resume: no later than the certificates and the
    /// CRLs it was allowed by.
    pub fn expiry(&self) -> UnixTime {
        let mut octets = [0; 8];
        octets.copy_from_slice(&self.0[EXPIRY]);
        UnixTime::from_secs(i64::from_be_bytes(octets))
    }

    /// The generation of the policy that allowed the session.
    pub fn generation(&self) -> u64 {
        let mut octets = [0; 8];
        octets[1..].copy_from_slice(&self.0[GENERATION]);
        u64::from_be_bytes(octets)
    }

    /// Whether the trust is that of `snapshot`.
    pub(crate) fn is_of(&self, snapshot: &Snapshot) -> bool {
        self.0[TRUST] == snapshot.trust_digest()[..TRUST.len()]
    }

    /// SHA-256 of the key that vouched for the leaf; `None` where a pin did.
    pub(crate) fn issuer_spki_sha256(&self) -> Option<[u8; 32]> {
        let mut digest = [0; 32];
        digest.copy_from_slice(&self.0[ISSUER]);
        (digest != PINNED).then_some(digest)
    }
}
