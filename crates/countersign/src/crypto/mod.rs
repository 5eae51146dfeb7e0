//! Signatures and digests. One file below names a provider; everything that decides whether an
//! algorithm, a key or the two together are acceptable is decided before a provider sees them.

mod algorithm;
mod hkdf;
mod key;
mod kind;
mod message;
mod price;
mod provider;
mod seal;
#[cfg(feature = "aws-lc-rs")]
mod signing;
mod suites;
mod tariff;
#[cfg(test)]
mod tests;
mod tls;
mod transcript;

pub(crate) use algorithm::SignatureAlgorithm;
pub(crate) use key::{BorrowedKey, PublicKey};
pub(crate) use message::{MessageAlgorithm, MessageSigner, MessageVerifier};
pub(crate) use price::sha256_ns;
pub(crate) use provider::{MessageDigest, Sha256, sha256};
pub(crate) use seal::{SealingKey, Secret, random};
pub(crate) use suites::tls_provider;
pub(crate) use tls::{TlsVersion, supported_tls_schemes};

/// Why a SubjectPublicKeyInfo is no key that we take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum KeyError {
    /// Too small, or an RSA exponent of 1.
    Weak,
    /// A kind, size or encoding of key that is not supported.
    Unsupported,
    /// Not what its algorithm says it is.
    Malformed,
}

/// Why a signature does not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum VerifyError {
    /// This kind of key does not make this kind of signature, or the provider cannot check it.
    Mismatch,
    /// The provider found the key invalid: a point off its curve, an even modulus.
    BadKey,
    /// The signature is not this key's over these bytes.
    BadSignature,
}

impl core::fmt::Display for KeyError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Self::Weak => "it is too weak",
            Self::Unsupported => "its kind or size is not supported",
            Self::Malformed => "it is malformed",
        })
    }
}
