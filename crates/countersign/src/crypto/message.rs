//! Keys for HTTP message signatures (RFC 9421 section 3.3): HMAC, Ed25519 and ECDSA on P-256.

use super::algorithm::{Hash, SignatureAlgorithm};
use super::key::PublicKey;
use super::kind::{Curve, KeyKind};
use super::provider::library::{hmac, rand::SystemRandom, signature};
use super::provider::p256_key_pair;
use super::seal::NoRandom;
use super::{KeyError, VerifyError};
use crate::cert::Spki;
use crate::der::{read_all, tag};
use crate::limits;

/// Longest signature of the three, in bytes.
const LONGEST: usize = 64;

/// The signature of a message.
pub(crate) type MessageSignature = arrayvec::ArrayVec<u8, LONGEST>;

/// An algorithm of RFC 9421's registry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MessageAlgorithm {
    HmacSha256,
    Ed25519,
    EcdsaP256Sha256,
}

impl MessageAlgorithm {
    /// Its name in the registry.
    pub(crate) const fn token(self) -> &'static str {
        match self {
            Self::HmacSha256 => "hmac-sha256",
            Self::Ed25519 => "ed25519",
            Self::EcdsaP256Sha256 => "ecdsa-p256-sha256",
        }
    }
}

/// What signs: a secret, or a private key. There is no way to look at it.
pub(crate) enum MessageSigner {
    /// A kilobyte of hash states, in which the others are pointers.
    Hmac(Box<hmac::Key>),
    Ed25519(signature::Ed25519KeyPair),
    P256(signature::EcdsaKeyPair),
}

impl MessageSigner {
    /// With a shared secret; `None` where it is too short.
    pub(crate) fn hmac(secret: &[u8]) -> Option<Self> {
        hmac_key(secret).map(Box::new).map(Self::Hmac)
    }

    /// With the private key in a PKCS#8 structure; `None` where it is neither an Ed25519 nor a P-256
    /// key. OpenSSL leaves the public key out of an Ed25519 key's, which `from_pkcs8` does not take.
    pub(crate) fn pkcs8(der: &[u8]) -> Option<Self> {
        if let Ok(pair) = signature::Ed25519KeyPair::from_pkcs8_maybe_unchecked(der) {
            return Some(Self::Ed25519(pair));
        }
        p256_key_pair(der).map(Self::P256)
    }

    pub(crate) fn algorithm(&self) -> MessageAlgorithm {
        match self {
            Self::Hmac(_) => MessageAlgorithm::HmacSha256,
            Self::Ed25519(_) => MessageAlgorithm::Ed25519,
            Self::P256(_) => MessageAlgorithm::EcdsaP256Sha256,
        }
    }

    pub(crate) fn sign(&self, message: &[u8]) -> Result<MessageSignature, NoRandom> {
        let mut bytes = MessageSignature::new();
        let fits = match self {
            Self::Hmac(key) => bytes.try_extend_from_slice(hmac::sign(key, message).as_ref()),
            Self::Ed25519(pair) => bytes.try_extend_from_slice(pair.sign(message).as_ref()),
            Self::P256(pair) => {
                let signed = pair.sign(&SystemRandom::new(), message).map_err(|_| NoRandom)?;
                bytes.try_extend_from_slice(signed.as_ref())
            }
        };
        fits.expect("invariant: 32 octets of HMAC-SHA-256, 64 of the other two");
        Ok(bytes)
    }
}

/// What checks: a secret, or a public key.
pub(crate) enum MessageVerifier {
    Hmac(Box<hmac::Key>),
    Ed25519(PublicKey),
    P256(PublicKey),
}

impl MessageVerifier {
    /// With a shared secret; `None` where it is too short.
    pub(crate) fn hmac(secret: &[u8]) -> Option<Self> {
        hmac_key(secret).map(Box::new).map(Self::Hmac)
    }

    /// With the public key in a SubjectPublicKeyInfo.
    pub(crate) fn spki(der: &[u8]) -> Result<Self, KeyError> {
        let spki = read_all(der, "public key: not well formed", Spki::read);
        let key = PublicKey::parse(&spki.map_err(|_| KeyError::Malformed)?)?;
        match key.kind() {
            KeyKind::Ed25519 => Ok(Self::Ed25519(key)),
            KeyKind::Ec(Curve::P256) => Ok(Self::P256(key)),
            _ => Err(KeyError::Unsupported),
        }
    }

    pub(crate) fn algorithm(&self) -> MessageAlgorithm {
        match self {
            Self::Hmac(_) => MessageAlgorithm::HmacSha256,
            Self::Ed25519(_) => MessageAlgorithm::Ed25519,
            Self::P256(_) => MessageAlgorithm::EcdsaP256Sha256,
        }
    }

    /// Whether `signature` is over `message`. The provider compares MACs in constant time.
    pub(crate) fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), VerifyError> {
        match self {
            Self::Hmac(key) => {
                hmac::verify(key, message, signature).map_err(|_| VerifyError::BadSignature)
            }
            Self::Ed25519(key) => key.verify(SignatureAlgorithm::Ed25519, message, signature),
            Self::P256(key) => {
                let der = ecdsa_der(signature).ok_or(VerifyError::BadSignature)?;
                key.verify(SignatureAlgorithm::Ecdsa(Hash::Sha256), message, &der)
            }
        }
    }
}

fn hmac_key(secret: &[u8]) -> Option<hmac::Key> {
    let is_long_enough = secret.len() >= limits::HMAC_SECRET_BYTES;
    is_long_enough.then(|| hmac::Key::new(hmac::HMAC_SHA256, secret))
}

/// RFC 9421 section 3.3.4 writes r and s one behind the other; keys here take the SEQUENCE of RFC
/// 3279.
fn ecdsa_der(fixed: &[u8]) -> Option<Vec<u8>> {
    let (r, s) = fixed.split_at_checked(LONGEST / 2)?;
    if s.len() != r.len() {
        return None;
    }
    let mut der = vec![tag::SEQUENCE, 0];
    push_integer(&mut der, r);
    push_integer(&mut der, s);
    der[1] = u8::try_from(der.len() - 2).ok()?;
    Some(der)
}

/// An INTEGER of up to 32 octets, not negative.
fn push_integer(der: &mut Vec<u8>, number: &[u8]) {
    let zeros = number.iter().take_while(|octet| **octet == 0).count();
    let magnitude = &number[zeros.min(number.len() - 1)..];
    let sign = magnitude[0] >> 7;
    der.extend_from_slice(&[tag::INTEGER, magnitude.len() as u8 + sign]);
    der.extend_from_slice(&[0][..usize::from(sign)]);
    der.extend_from_slice(magnitude);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_der_has_them() {
        let mut fixed = [0; 64];
        (fixed[31], fixed[32], fixed[63]) = (5, 0x80, 1);
        let mut expected = vec![0x30, 38, 2, 1, 5, 2, 33, 0, 0x80];
        expected.extend_from_slice(&[0; 30]);
        expected.push(1);
        assert_eq!(ecdsa_der(&fixed), Some(expected));
        assert_eq!(ecdsa_der(&fixed[..63]), None);
        assert_eq!(ecdsa_der(&[0; 65]), None);
        assert_eq!(ecdsa_der(&[0; 64]), Some(vec![0x30, 6, 2, 1, 0, 2, 1, 0]));
    }

    #[test]
    fn a_short_secret_is_none() {
        assert!(
            MessageSigner::hmac(&[7; 31]).is_none() && MessageVerifier::hmac(&[7; 31]).is_none()
        );
        assert!(
            MessageSigner::hmac(&[7; 32]).is_some() && MessageVerifier::hmac(&[7; 32]).is_some()
        );
    }
}
