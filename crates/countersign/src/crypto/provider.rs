//! The crypto provider: aws-lc-rs where its feature is on, else ring. Nothing else names either.

#[cfg(feature = "aws-lc-rs")]
use aws_lc as chosen;
#[cfg(all(feature = "ring", not(feature = "aws-lc-rs")))]
use by_ring as chosen;

pub(crate) use chosen::{MessageDigest, Sha256, sha256};
pub(super) use chosen::{PRICES, VerifyingKey, material, p256_key_pair, supports, verifies};

/// The chosen provider's crate, for what both spell alike.
#[cfg(feature = "aws-lc-rs")]
pub(super) use aws_lc_rs as library;
#[cfg(all(feature = "ring", not(feature = "aws-lc-rs")))]
pub(super) use ring as library;

/// rustls' own set of the chosen provider.
pub(super) fn rustls_provider() -> rustls::crypto::CryptoProvider {
    #[cfg(feature = "aws-lc-rs")]
    use rustls::crypto::aws_lc_rs as provider;
    #[cfg(all(feature = "ring", not(feature = "aws-lc-rs")))]
    use rustls::crypto::ring as provider;
    provider::default_provider()
}

#[cfg(not(any(feature = "aws-lc-rs", feature = "ring")))]
compile_error!("countersign needs a crypto provider: turn on the feature `aws-lc-rs` or `ring`");

#[cfg(feature = "aws-lc-rs")]
mod aws_lc {
    use aws_lc_rs::digest;
    use aws_lc_rs::signature::{self, ParsedPublicKey, VerificationAlgorithm};

    use super::super::algorithm::{Hash, MlDsa, SignatureAlgorithm};
    use super::super::kind::{Curve, KeyKind};
    use super::super::tariff::Prices;
    use crate::cert::Spki;

    /// Measured with aws-lc-rs 1.19 on two cores of a Xeon with AVX-512 IFMA and SHA extensions,
    /// a third added.
    pub(crate) const PRICES: Prices = Prices {
        rsa_fixed: 5_000,
        rsa_square: [92, 185],
        rsa_multiply: [158, 192],
        p256: 86_000,
        p384: 290_000,
        p521: 465_000,
        ed25519: 56_000,
        ml_dsa: [45_000, 73_000, 112_000],
        sha2_byte: 220,
        shake_byte: 400,
        sha256_byte: 100,
    };

    /// All kinds that the type can name.
    pub(crate) const fn supports(_: KeyKind) -> bool {
        true
    }

    /// The form of a key that the provider parses without trying another first.
    pub(crate) fn material<'a>(kind: KeyKind, spki: &Spki<'a>) -> &'a [u8] {
        match kind {
            KeyKind::Rsa { .. } | KeyKind::Ed25519 => spki.key,
            KeyKind::Ec(_) | KeyKind::MlDsa(_) => spki.der,
        }
    }

    /// Whether the provider checks this algorithm with this kind of key.
    pub(crate) fn verifies(kind: KeyKind, algorithm: SignatureAlgorithm) -> bool {
        checker(kind, algorithm).is_some()
    }

    fn checker(
        kind: KeyKind,
        algorithm: SignatureAlgorithm,
    ) -> Option<&'static dyn VerificationAlgorithm> {
        Some(match (algorithm, kind) {
            (SignatureAlgorithm::RsaPkcs1(hash), _) => match hash {
                Hash::Sha256 => &signature::RSA_PKCS1_2048_8192_SHA256,
                Hash::Sha384 => &signature::RSA_PKCS1_2048_8192_SHA384,
                Hash::Sha512 => &signature::RSA_PKCS1_2048_8192_SHA512,
            },
            (SignatureAlgorithm::RsaPss(hash), _) => match hash {
                Hash::Sha256 => &signature::RSA_PSS_2048_8192_SHA256,
                Hash::Sha384 => &signature::RSA_PSS_2048_8192_SHA384,
                Hash::Sha512 => &signature::RSA_PSS_2048_8192_SHA512,
            },
            (SignatureAlgorithm::Ecdsa(hash), KeyKind::Ec(curve)) => match (curve, hash) {
                (Curve::P256, Hash::Sha256) => &signature::ECDSA_P256_SHA256_ASN1,
                (Curve::P256, Hash::Sha384) => &signature::ECDSA_P256_SHA384_ASN1,
                (Curve::P256, Hash::Sha512) => &signature::ECDSA_P256_SHA512_ASN1,
                (Curve::P384, Hash::Sha256) => &signature::ECDSA_P384_SHA256_ASN1,
                (Curve::P384, Hash::Sha384) => &signature::ECDSA_P384_SHA384_ASN1,
                (Curve::P384, Hash::Sha512) => &signature::ECDSA_P384_SHA512_ASN1,
                (Curve::P521, Hash::Sha256) => &signature::ECDSA_P521_SHA256_ASN1,
                (Curve::P521, Hash::Sha384) => &signature::ECDSA_P521_SHA384_ASN1,
                (Curve::P521, Hash::Sha512) => &signature::ECDSA_P521_SHA512_ASN1,
            },
            (SignatureAlgorithm::Ed25519, _) => &signature::ED25519,
            (SignatureAlgorithm::MlDsa(set), _) => match set {
                MlDsa::MlDsa44 => &signature::ML_DSA_44,
                MlDsa::MlDsa65 => &signature::ML_DSA_65,
                MlDsa::MlDsa87 => &signature::ML_DSA_87,
            },
            _ => return None,
        })
    }

    /// A key parsed for one algorithm.
    pub(crate) struct VerifyingKey(ParsedPublicKey);

    impl VerifyingKey {
        pub(crate) fn new(
            kind: KeyKind,
            algorithm: SignatureAlgorithm,
            material: &[u8],
        ) -> Option<Self> {
            ParsedPublicKey::new(checker(kind, algorithm)?, material).ok().map(Self)
        }

        pub(crate) fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
            self.0.verify_sig(message, signature).is_ok()
        }

        /// The provider compares the digest's algorithm with the key's.
        pub(crate) fn verify_digest(&self, digest: &MessageDigest, signature: &[u8]) -> bool {
            self.0.verify_digest_sig(&digest.0, signature).is_ok()
        }
    }

    /// The digest of a message, ready for a signature over it to be verified.
    #[derive(Clone, Copy, Debug)]
    pub(crate) struct MessageDigest(digest::Digest);

    impl MessageDigest {
        /// The digest that `algorithm` signs; `None` where it signs the message itself or the
        /// provider cannot start from a digest, and the message must be kept.
        pub(crate) fn of(algorithm: SignatureAlgorithm, message: &[u8]) -> Option<Self> {
            let hash = match algorithm.prehash()? {
                Hash::Sha256 => &digest::SHA256,
                Hash::Sha384 => &digest::SHA384,
                Hash::Sha512 => &digest::SHA512,
            };
            Some(Self(digest::digest(hash, message)))
        }
    }

    /// A P-256 key pair from PKCS#8, for signatures that are the two numbers alone.
    pub(crate) fn p256_key_pair(pkcs8: &[u8]) -> Option<signature::EcdsaKeyPair> {
        let algorithm = &signature::ECDSA_P256_SHA256_FIXED_SIGNING;
        signature::EcdsaKeyPair::from_pkcs8(algorithm, pkcs8).ok()
    }

    /// SHA-256 of bytes that come in parts.
    pub(crate) struct Sha256(digest::Context);

    impl Sha256 {
        pub(crate) fn new() -> Self {
            Self(digest::Context::new(&digest::SHA256))
        }

        pub(crate) fn update(&mut self, bytes: &[u8]) {
            self.0.update(bytes);
        }

        pub(crate) fn finish(self) -> [u8; 32] {
            super::octets(self.0.finish().as_ref())
        }
    }

    /// SHA-256 of bytes at hand; allocates nothing.
    pub(crate) fn sha256(bytes: &[u8]) -> [u8; 32] {
        super::octets(digest::digest(&digest::SHA256, bytes).as_ref())
    }
}

#[cfg(all(feature = "ring", not(feature = "aws-lc-rs")))]
mod by_ring {
    use core::convert::Infallible;

    use ring::digest;
    use ring::signature::{self, VerificationAlgorithm};

    use super::super::algorithm::{Hash, SignatureAlgorithm};
    use super::super::kind::{Curve, KeyKind};
    use super::super::tariff::Prices;
    use crate::cert::Spki;

    /// Measured with ring 0.17 on two cores of a Xeon, a third added; a seventh to P-384, so that
    /// the two signatures of a leaf and its CA, which fit into 2 ms, fit into the budget.
    pub(crate) const PRICES: Prices = Prices {
        rsa_fixed: 5_000,
        rsa_square: [140, 250],
        rsa_multiply: [140, 250],
        p256: 92_000,
        p384: 770_000,
        p521: u64::MAX / 4,
        ed25519: 61_000,
        ml_dsa: [u64::MAX / 4; 3],
        sha2_byte: 220,
        shake_byte: 400,
        sha256_byte: 100,
    };

    /// ring has neither P-521 nor ML-DSA.
    pub(crate) const fn supports(kind: KeyKind) -> bool {
        !matches!(kind, KeyKind::Ec(Curve::P521) | KeyKind::MlDsa(_))
    }

    /// ring takes the BIT STRING's bytes of every kind of key.
    pub(crate) fn material<'a>(_: KeyKind, spki: &Spki<'a>) -> &'a [u8] {
        spki.key
    }

    /// Whether the provider checks this algorithm with this kind of key.
    pub(crate) fn verifies(kind: KeyKind, algorithm: SignatureAlgorithm) -> bool {
        checker(kind, algorithm).is_some()
    }

    fn checker(
        kind: KeyKind,
        algorithm: SignatureAlgorithm,
    ) -> Option<&'static dyn VerificationAlgorithm> {
        Some(match (algorithm, kind) {
            (SignatureAlgorithm::RsaPkcs1(hash), _) => match hash {
                Hash::Sha256 => &signature::RSA_PKCS1_2048_8192_SHA256,
                Hash::Sha384 => &signature::RSA_PKCS1_2048_8192_SHA384,
                Hash::Sha512 => &signature::RSA_PKCS1_2048_8192_SHA512,
            },
            (SignatureAlgorithm::RsaPss(hash), _) => match hash {
                Hash::Sha256 => &signature::RSA_PSS_2048_8192_SHA256,
                Hash::Sha384 => &signature::RSA_PSS_2048_8192_SHA384,
                Hash::Sha512 => &signature::RSA_PSS_2048_8192_SHA512,
            },
            (SignatureAlgorithm::Ecdsa(hash), KeyKind::Ec(curve)) => match (curve, hash) {
                (Curve::P256, Hash::Sha256) => &signature::ECDSA_P256_SHA256_ASN1,
                (Curve::P256, Hash::Sha384) => &signature::ECDSA_P256_SHA384_ASN1,
                (Curve::P384, Hash::Sha256) => &signature::ECDSA_P384_SHA256_ASN1,
                (Curve::P384, Hash::Sha384) => &signature::ECDSA_P384_SHA384_ASN1,
                _ => return None,
            },
            (SignatureAlgorithm::Ed25519, _) => &signature::ED25519,
            _ => return None,
        })
    }

    /// A key bound to one algorithm; ring parses it anew every time.
    pub(crate) struct VerifyingKey(signature::UnparsedPublicKey<Box<[u8]>>);

    impl VerifyingKey {
        pub(crate) fn new(
            kind: KeyKind,
            algorithm: SignatureAlgorithm,
            material: &[u8],
        ) -> Option<Self> {
            let checker = checker(kind, algorithm)?;
            Some(Self(signature::UnparsedPublicKey::new(checker, material.into())))
        }

        pub(crate) fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
            self.0.verify(message, signature).is_ok()
        }

        pub(crate) fn verify_digest(&self, digest: &MessageDigest, _: &[u8]) -> bool {
            match digest.0 {}
        }
    }

    /// ring cannot start from a digest: there is none.
    #[derive(Clone, Copy, Debug)]
    pub(crate) struct MessageDigest(Infallible);

    impl MessageDigest {
        /// Always `None`: the message must be kept.
        pub(crate) fn of(_: SignatureAlgorithm, _: &[u8]) -> Option<Self> {
            None
        }
    }

    /// A P-256 key pair from PKCS#8, for signatures that are the two numbers alone.
    pub(crate) fn p256_key_pair(pkcs8: &[u8]) -> Option<signature::EcdsaKeyPair> {
        let algorithm = &signature::ECDSA_P256_SHA256_FIXED_SIGNING;
        let random = ring::rand::SystemRandom::new();
        signature::EcdsaKeyPair::from_pkcs8(algorithm, pkcs8, &random).ok()
    }

    /// SHA-256 of bytes that come in parts.
    pub(crate) struct Sha256(digest::Context);

    impl Sha256 {
        pub(crate) fn new() -> Self {
            Self(digest::Context::new(&digest::SHA256))
        }

        pub(crate) fn update(&mut self, bytes: &[u8]) {
            self.0.update(bytes);
        }

        pub(crate) fn finish(self) -> [u8; 32] {
            super::octets(self.0.finish().as_ref())
        }
    }

    /// SHA-256 of bytes at hand; allocates nothing.
    pub(crate) fn sha256(bytes: &[u8]) -> [u8; 32] {
        super::octets(digest::digest(&digest::SHA256, bytes).as_ref())
    }
}

fn octets(digest: &[u8]) -> [u8; 32] {
    digest.try_into().expect("invariant: SHA-256 gives 32 octets")
}
