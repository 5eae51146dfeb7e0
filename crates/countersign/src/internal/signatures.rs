//! One signature without the certificate around it, for public suites of signatures.

use crate::cert::Spki;
use crate::crypto::{PublicKey, SignatureAlgorithm};
use crate::der::Reader;
use crate::sigcache::{SignatureFacts, Signed};

/// Checks signatures as those of certificates are checked: directly, and through a cache of
/// signature facts of its own.
pub struct SignatureProbe(SignatureFacts);

/// What the cache had to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CachedAnswer {
    /// Whether the signature is good.
    pub valid: bool,
    /// Whether that was known before.
    pub known: bool,
}

impl Default for SignatureProbe {
    /// With room for every signature of the suites.
    fn default() -> Self {
        Self(SignatureFacts::new(65_536))
    }
}

impl SignatureProbe {
    /// Whether the key in `spki` (DER) made `signature` over `message`; `algorithm` is the content
    /// octets of the AlgorithmIdentifier.
    pub fn verify(&self, spki: &[u8], algorithm: &[u8], message: &[u8], signature: &[u8]) -> bool {
        parse(spki, algorithm)
            .is_some_and(|(key, algorithm)| key.verify(algorithm, message, signature).is_ok())
    }

    /// As `verify`, through the cache.
    pub fn verify_cached(
        &self,
        spki: &[u8],
        algorithm: &[u8],
        message: &[u8],
        signature: &[u8],
    ) -> CachedAnswer {
        let signed = Signed { algorithm, signature, tbs: message };
        let known = parse(spki, algorithm)
            .and_then(|(key, algorithm)| self.0.check_signed(spki, &key, algorithm, signed).ok());
        CachedAnswer { valid: known.is_some(), known: known == Some(true) }
    }
}

fn parse(spki: &[u8], algorithm: &[u8]) -> Option<(PublicKey, SignatureAlgorithm)> {
    let spki = Spki::read(&mut Reader::new(spki)).ok()?;
    Some((PublicKey::parse(&spki).ok()?, SignatureAlgorithm::from_der(algorithm)?))
}
