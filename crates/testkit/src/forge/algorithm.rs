//! Signature algorithms and their AlgorithmIdentifiers.

use super::der;

/// A signature algorithm: a hash, for RSA a padding, and the AlgorithmIdentifier that names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SignatureAlgorithm {
    /// sha256WithRSAEncryption
    RsaPkcs1Sha256,
    /// sha384WithRSAEncryption
    RsaPkcs1Sha384,
    /// sha512WithRSAEncryption
    RsaPkcs1Sha512,
    /// RSASSA-PSS with SHA-256 throughout and a salt of 32 octets.
    RsaPssSha256,
    /// RSASSA-PSS with SHA-384 throughout and a salt of 48 octets.
    RsaPssSha384,
    /// RSASSA-PSS with SHA-512 throughout and a salt of 64 octets.
    RsaPssSha512,
    /// ecdsa-with-SHA1
    EcdsaSha1,
    /// ecdsa-with-SHA256
    EcdsaSha256,
    /// ecdsa-with-SHA384
    EcdsaSha384,
    /// ecdsa-with-SHA512
    EcdsaSha512,
    /// id-Ed25519
    Ed25519,
    /// id-ml-dsa-44
    MlDsa44,
    /// id-ml-dsa-65
    MlDsa65,
    /// id-ml-dsa-87
    MlDsa87,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Padding {
    Pkcs1,
    Pss,
    None,
}

impl SignatureAlgorithm {
    /// The whole AlgorithmIdentifier (RFC 4055, RFC 5758, RFC 8410, RFC 9881).
    pub fn identifier(self) -> Vec<u8> {
        let rsa = |arc: &str| der::sequence([der::oid(arc), der::null()]);
        let plain = |arc: &str| der::sequence([der::oid(arc)]);
        match self {
            Self::RsaPkcs1Sha256 => rsa("1.2.840.113549.1.1.11"),
            Self::RsaPkcs1Sha384 => rsa("1.2.840.113549.1.1.12"),
            Self::RsaPkcs1Sha512 => rsa("1.2.840.113549.1.1.13"),
            Self::RsaPssSha256 => pss("2.16.840.1.101.3.4.2.1", 32),
            Self::RsaPssSha384 => pss("2.16.840.1.101.3.4.2.2", 48),
            Self::RsaPssSha512 => pss("2.16.840.1.101.3.4.2.3", 64),
            Self::EcdsaSha1 => plain("1.2.840.10045.4.1"),
            Self::EcdsaSha256 => plain("1.2.840.10045.4.3.2"),
            Self::EcdsaSha384 => plain("1.2.840.10045.4.3.3"),
            Self::EcdsaSha512 => plain("1.2.840.10045.4.3.4"),
            Self::Ed25519 => plain("1.3.101.112"),
            Self::MlDsa44 => plain("2.16.840.1.101.3.4.3.17"),
            Self::MlDsa65 => plain("2.16.840.1.101.3.4.3.18"),
            Self::MlDsa87 => plain("2.16.840.1.101.3.4.3.19"),
        }
    }

    pub(super) fn padding(self) -> Padding {
        match self {
            Self::RsaPkcs1Sha256 | Self::RsaPkcs1Sha384 | Self::RsaPkcs1Sha512 => Padding::Pkcs1,
            Self::RsaPssSha256 | Self::RsaPssSha384 | Self::RsaPssSha512 => Padding::Pss,
            _ => Padding::None,
        }
    }

    /// Bits of the hash that is named, 0 where the algorithm hashes by itself.
    pub(super) fn digest_bits(self) -> usize {
        match self {
            Self::EcdsaSha1 => 160,
            Self::RsaPkcs1Sha256 | Self::RsaPssSha256 | Self::EcdsaSha256 => 256,
            Self::RsaPkcs1Sha384 | Self::RsaPssSha384 | Self::EcdsaSha384 => 384,
            Self::RsaPkcs1Sha512 | Self::RsaPssSha512 | Self::EcdsaSha512 => 512,
            Self::Ed25519 | Self::MlDsa44 | Self::MlDsa65 | Self::MlDsa87 => 0,
        }
    }
}

/// An RSASSA-PSS AlgorithmIdentifier: one hash for the message and for MGF1 (RFC 4055 section 3.1).
pub fn pss(hash: &str, salt_octets: i64) -> Vec<u8> {
    pss_with(hash, hash, salt_octets)
}

/// An RSASSA-PSS AlgorithmIdentifier with a hash of its own for MGF1.
pub fn pss_with(hash: &str, mask_hash: &str, salt_octets: i64) -> Vec<u8> {
    let hash = der::sequence([der::oid(hash), der::null()]);
    let mask_hash = der::sequence([der::oid(mask_hash), der::null()]);
    let mask = der::sequence([der::oid("1.2.840.113549.1.1.8"), mask_hash]);
    let parameters = der::sequence([
        der::constructed(0, &hash),
        der::constructed(1, &mask),
        der::constructed(2, &der::integer(salt_octets)),
    ]);
    der::sequence([der::oid("1.2.840.113549.1.1.10"), parameters])
}
