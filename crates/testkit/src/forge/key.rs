//! Key pairs of every kind that a certificate may carry.

use std::sync::{Arc, OnceLock};

use aws_lc_rs::encoding::{AsDer, PublicKeyX509Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    self, EcdsaKeyPair, EcdsaSigningAlgorithm, Ed25519KeyPair, KeyPair as _, PqdsaKeyPair,
    PqdsaSigningAlgorithm, RsaKeyPair,
};
use aws_lc_rs::{digest, error::Unspecified};

use super::algorithm::{Padding, SignatureAlgorithm};
use super::der;

/// The kind of a key pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KeyKind {
    /// ECDSA on P-256.
    P256,
    /// ECDSA on P-384.
    P384,
    /// ECDSA on P-521.
    P521,
    /// Ed25519.
    Ed25519,
    /// RSA with a modulus of 2048 bits.
    Rsa2048,
    /// RSA with a modulus of 3072 bits.
    Rsa3072,
    /// RSA with a modulus of 4096 bits.
    Rsa4096,
    /// RSA with a modulus of 8192 bits.
    Rsa8192,
    /// ML-DSA-44.
    MlDsa44,
    /// ML-DSA-65.
    MlDsa65,
    /// ML-DSA-87.
    MlDsa87,
}

impl KeyKind {
    /// Every kind.
    pub const ALL: [Self; 11] = [
        Self::P256,
        Self::P384,
        Self::P521,
        Self::Ed25519,
        Self::Rsa2048,
        Self::Rsa3072,
        Self::Rsa4096,
        Self::Rsa8192,
        Self::MlDsa44,
        Self::MlDsa65,
        Self::MlDsa87,
    ];

    /// Whether this is RSA of some size.
    pub fn is_rsa(self) -> bool {
        matches!(self, Self::Rsa2048 | Self::Rsa3072 | Self::Rsa4096 | Self::Rsa8192)
    }
}

enum Pair {
    Ecdsa(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
    Rsa(RsaKeyPair),
    MlDsa(PqdsaKeyPair),
}

/// A key pair. Cloning it is cheap.
#[derive(Clone)]
pub struct Key {
    kind: KeyKind,
    pair: Arc<Pair>,
    spki: Arc<[u8]>,
}

impl Key {
    /// A fresh random key pair. RSA takes its time, 8192 bits tens of seconds: where any RSA key
    /// will do, take [`Key::seeded`].
    pub fn generate(kind: KeyKind) -> Self {
        let pair = match kind {
            KeyKind::P256 | KeyKind::P384 | KeyKind::P521 => {
                EcdsaKeyPair::generate(ecdsa_algorithm(kind)).map(Pair::Ecdsa)
            }
            KeyKind::Ed25519 => Ed25519KeyPair::generate().map(Pair::Ed25519),
            KeyKind::MlDsa44 | KeyKind::MlDsa65 | KeyKind::MlDsa87 => {
                PqdsaKeyPair::generate(ml_dsa_algorithm(kind)).map(Pair::MlDsa)
            }
            KeyKind::Rsa2048 => RsaKeyPair::generate(KeySize::Rsa2048).map(Pair::Rsa),
            KeyKind::Rsa3072 => RsaKeyPair::generate(KeySize::Rsa3072).map(Pair::Rsa),
            KeyKind::Rsa4096 => RsaKeyPair::generate(KeySize::Rsa4096).map(Pair::Rsa),
            KeyKind::Rsa8192 => RsaKeyPair::generate(KeySize::Rsa8192).map(Pair::Rsa),
        };
        Self::new(kind, pair.expect("the provider generates keys"))
    }

    /// A fresh random P-256 key pair.
    pub fn p256() -> Self {
        Self::generate(KeyKind::P256)
    }

    /// The key pair that belongs to this label, the same in every run. RSA has one fixed key per
    /// size, whatever the label.
    pub fn seeded(kind: KeyKind, label: &str) -> Self {
        let seed = digest::digest(&digest::SHA512, label.as_bytes());
        let pair = match kind {
            KeyKind::P256 | KeyKind::P384 | KeyKind::P521 => {
                let private = sec1_private_key(kind, seed.as_ref());
                EcdsaKeyPair::from_private_key_der(ecdsa_algorithm(kind), &private).map(Pair::Ecdsa)
            }
            KeyKind::Ed25519 => {
                Ed25519KeyPair::from_seed_unchecked(&seed.as_ref()[..32]).map(Pair::Ed25519)
            }
            KeyKind::MlDsa44 | KeyKind::MlDsa65 | KeyKind::MlDsa87 => {
                PqdsaKeyPair::from_seed(ml_dsa_algorithm(kind), &seed.as_ref()[..32])
                    .map(Pair::MlDsa)
            }
            KeyKind::Rsa2048 | KeyKind::Rsa3072 | KeyKind::Rsa4096 | KeyKind::Rsa8192 => {
                return fixed_rsa(kind);
            }
        };
        Self::new(kind, pair.expect("a seed of the right length makes a key"))
    }

    fn new(kind: KeyKind, pair: Pair) -> Self {
        let spki = pair.spki().expect("the provider encodes its own public keys");
        Self { kind, pair: Arc::new(pair), spki: spki.into() }
    }

    /// The kind of this key pair.
    pub fn kind(&self) -> KeyKind {
        self.kind
    }

    /// The DER SubjectPublicKeyInfo.
    pub fn spki(&self) -> &[u8] {
        &self.spki
    }

    /// SHA-256 of the SPKI: what an SPKI pin holds.
    pub fn spki_sha256(&self) -> [u8; 32] {
        sha256(&self.spki)
    }

    /// A key identifier: the leftmost 160 bits of SHA-256 over the public key (RFC 7093 section 2,
    /// method 1).
    pub fn key_id(&self) -> Vec<u8> {
        let bit_string = der::children(&self.spki)[1];
        sha256(&der::content(bit_string)[1..])[..20].to_vec()
    }

    /// The PKCS#8 private key, as rustls takes it.
    pub fn pkcs8_der(&self) -> Vec<u8> {
        match &*self.pair {
            Pair::Ecdsa(pair) => pair.to_pkcs8v1().map(|d| d.as_ref().to_vec()),
            Pair::Ed25519(pair) => pair.to_pkcs8v1().map(|d| d.as_ref().to_vec()),
            Pair::Rsa(pair) => pair.as_der().map(|d| d.as_ref().to_vec()),
            Pair::MlDsa(pair) => pair.to_pkcs8v1().map(|d| d.as_ref().to_vec()),
        }
        .expect("the provider encodes its own private keys")
    }

    /// The signature algorithm one would choose for this key.
    pub fn algorithm(&self) -> SignatureAlgorithm {
        match self.kind {
            KeyKind::P256 => SignatureAlgorithm::EcdsaSha256,
            KeyKind::P384 => SignatureAlgorithm::EcdsaSha384,
            KeyKind::P521 => SignatureAlgorithm::EcdsaSha512,
            KeyKind::Ed25519 => SignatureAlgorithm::Ed25519,
            KeyKind::Rsa2048 | KeyKind::Rsa3072 | KeyKind::Rsa4096 | KeyKind::Rsa8192 => {
                SignatureAlgorithm::RsaPkcs1Sha256
            }
            KeyKind::MlDsa44 => SignatureAlgorithm::MlDsa44,
            KeyKind::MlDsa65 => SignatureAlgorithm::MlDsa65,
            KeyKind::MlDsa87 => SignatureAlgorithm::MlDsa87,
        }
    }

    /// Signs `message`. Of `algorithm` only the hash and the padding count; whether its identifier
    /// suits the key is the caller's affair.
    ///
    /// # Panics
    /// When this kind of key has no such hash or padding (PSS with an ECDSA key, SHA-1 with RSA).
    pub fn sign(&self, algorithm: SignatureAlgorithm, message: &[u8]) -> Vec<u8> {
        match &*self.pair {
            Pair::Ecdsa(pair) => sign_ecdsa(pair, self.kind, algorithm, message),
            Pair::Ed25519(pair) => Ok(pair.sign(message).as_ref().to_vec()),
            Pair::Rsa(pair) => {
                let mut out = vec![0; pair.public_modulus_len()];
                let encoding = rsa_encoding(algorithm);
                pair.sign(encoding, &SystemRandom::new(), message, &mut out).map(|()| out)
            }
            Pair::MlDsa(pair) => {
                let mut out = vec![0; pair.algorithm().signature_len()];
                pair.sign(message, &mut out).map(|_| out)
            }
        }
        .expect("the provider signs with its own keys")
    }
}

impl core::fmt::Debug for Key {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Key({:?})", self.kind)
    }
}

impl Pair {
    fn spki(&self) -> Result<Vec<u8>, Unspecified> {
        let der: PublicKeyX509Der<'_> = match self {
            Self::Ecdsa(pair) => pair.public_key().as_der(),
            Self::Ed25519(pair) => pair.public_key().as_der(),
            Self::Rsa(pair) => pair.public_key().as_der(),
            Self::MlDsa(pair) => pair.public_key().as_der(),
        }?;
        Ok(der.as_ref().to_vec())
    }
}

/// SHA-256 of some bytes.
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut out = [0; 32];
    out.copy_from_slice(digest::digest(&digest::SHA256, bytes).as_ref());
    out
}

/// A SubjectPublicKeyInfo of rsaEncryption over any modulus and exponent, big-endian: no private
/// key needed, so no size or exponent is out of reach.
pub fn rsa_spki(modulus: &[u8], exponent: &[u8]) -> Vec<u8> {
    let key = der::sequence([der::unsigned_integer(modulus), der::unsigned_integer(exponent)]);
    spki(&der::sequence([der::oid("1.2.840.113549.1.1.1"), der::null()]), &key)
}

/// A SubjectPublicKeyInfo of any AlgorithmIdentifier (whole TLV) and key bits.
pub fn spki(algorithm: &[u8], key: &[u8]) -> Vec<u8> {
    der::sequence([algorithm, &der::bit_string(key)])
}

/// Loading an RSA key checks its primes, which takes long enough to do it once per process.
fn fixed_rsa(kind: KeyKind) -> Key {
    static KEYS: [OnceLock<Key>; 4] = [const { OnceLock::new() }; 4];
    let (place, pkcs8): (usize, &[u8]) = match kind {
        KeyKind::Rsa2048 => (0, include_bytes!("../../keys/rsa-2048.pk8")),
        KeyKind::Rsa3072 => (1, include_bytes!("../../keys/rsa-3072.pk8")),
        KeyKind::Rsa4096 => (2, include_bytes!("../../keys/rsa-4096.pk8")),
        _ => (3, include_bytes!("../../keys/rsa-8192.pk8")),
    };
    let load = || {
        let pair = RsaKeyPair::from_pkcs8(pkcs8).expect("the stored keys are PKCS#8");
        Key::new(kind, Pair::Rsa(pair))
    };
    KEYS[place].get_or_init(load).clone()
}

fn ecdsa_algorithm(kind: KeyKind) -> &'static EcdsaSigningAlgorithm {
    match kind {
        KeyKind::P256 => &signature::ECDSA_P256_SHA256_ASN1_SIGNING,
        KeyKind::P384 => &signature::ECDSA_P384_SHA384_ASN1_SIGNING,
        _ => &signature::ECDSA_P521_SHA512_ASN1_SIGNING,
    }
}

fn ml_dsa_algorithm(kind: KeyKind) -> &'static PqdsaSigningAlgorithm {
    match kind {
        KeyKind::MlDsa44 => &signature::ML_DSA_44_SIGNING,
        KeyKind::MlDsa65 => &signature::ML_DSA_65_SIGNING,
        _ => &signature::ML_DSA_87_SIGNING,
    }
}

fn rsa_encoding(algorithm: SignatureAlgorithm) -> &'static signature::RsaSignatureEncoding {
    match (algorithm.padding(), algorithm.digest_bits()) {
        (Padding::Pss, 256) => &signature::RSA_PSS_SHA256,
        (Padding::Pss, 384) => &signature::RSA_PSS_SHA384,
        (Padding::Pss, 512) => &signature::RSA_PSS_SHA512,
        (_, 256) => &signature::RSA_PKCS1_SHA256,
        (_, 384) => &signature::RSA_PKCS1_SHA384,
        (_, 512) => &signature::RSA_PKCS1_SHA512,
        (_, bits) => panic!("no RSA signature with a hash of {bits} bits"),
    }
}

/// RFC 5915 ECPrivateKey with the seed as private scalar; the top bits stay clear, so that it is
/// below every curve's order.
fn sec1_private_key(kind: KeyKind, seed: &[u8]) -> Vec<u8> {
    let (octets, curve) = match kind {
        KeyKind::P256 => (32, "1.2.840.10045.3.1.7"),
        KeyKind::P384 => (48, "1.3.132.0.34"),
        _ => (66, "1.3.132.0.35"),
    };
    let mut scalar = vec![0; octets];
    let used = seed.len().min(octets - 1);
    scalar[octets - used..].copy_from_slice(&seed[..used]);
    der::sequence([
        der::integer(1),
        der::octet_string(&scalar),
        der::constructed(0, &der::oid(curve)),
    ])
}

/// ECDSA uses the leftmost bits of a digest that is longer than the order, and the digest as a
/// number where it is shorter (FIPS 186-5 section 6.4.1). The provider signs each curve with one
/// hash only; any other is cut or zero-extended to that length, which leaves the number the same.
fn sign_ecdsa(
    pair: &EcdsaKeyPair,
    kind: KeyKind,
    algorithm: SignatureAlgorithm,
    message: &[u8],
) -> Result<Vec<u8>, Unspecified> {
    let own: &'static digest::Algorithm = match kind {
        KeyKind::P256 => &digest::SHA256,
        KeyKind::P384 => &digest::SHA384,
        _ => &digest::SHA512,
    };
    let wanted = match algorithm.digest_bits() {
        160 => &digest::SHA1_FOR_LEGACY_USE_ONLY,
        256 => &digest::SHA256,
        384 => &digest::SHA384,
        512 => &digest::SHA512,
        bits => panic!("no ECDSA signature with a hash of {bits} bits"),
    };
    let hashed = digest::digest(wanted, message);
    let mut fitted = vec![0; own.output_len().saturating_sub(wanted.output_len())];
    fitted.extend_from_slice(&hashed.as_ref()[..wanted.output_len().min(own.output_len())]);
    let digest = digest::Digest::import_less_safe(&fitted, own)?;
    pair.sign_digest(&digest).map(|s| s.as_ref().to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seeded_keys_are_the_same_every_time_and_differ_by_label() {
        for kind in KeyKind::ALL {
            let (a, again) = (Key::seeded(kind, "a"), Key::seeded(kind, "a"));
            assert_eq!(a.spki(), again.spki(), "{kind:?}");
            if !kind.is_rsa() {
                assert_ne!(a.spki(), Key::seeded(kind, "b").spki(), "{kind:?}");
            }
            assert!(!a.pkcs8_der().is_empty());
        }
    }

    #[test]
    fn every_hash_signs_with_every_curve() {
        for (kind, algorithm, verifier) in [
            (KeyKind::P256, SignatureAlgorithm::EcdsaSha256, &signature::ECDSA_P256_SHA256_ASN1),
            (KeyKind::P256, SignatureAlgorithm::EcdsaSha384, &signature::ECDSA_P256_SHA384_ASN1),
            (KeyKind::P256, SignatureAlgorithm::EcdsaSha512, &signature::ECDSA_P256_SHA512_ASN1),
            (KeyKind::P384, SignatureAlgorithm::EcdsaSha256, &signature::ECDSA_P384_SHA256_ASN1),
            (KeyKind::P384, SignatureAlgorithm::EcdsaSha384, &signature::ECDSA_P384_SHA384_ASN1),
            (KeyKind::P384, SignatureAlgorithm::EcdsaSha512, &signature::ECDSA_P384_SHA512_ASN1),
            (KeyKind::P521, SignatureAlgorithm::EcdsaSha256, &signature::ECDSA_P521_SHA256_ASN1),
            (KeyKind::P521, SignatureAlgorithm::EcdsaSha384, &signature::ECDSA_P521_SHA384_ASN1),
            (KeyKind::P521, SignatureAlgorithm::EcdsaSha512, &signature::ECDSA_P521_SHA512_ASN1),
            (KeyKind::P256, SignatureAlgorithm::EcdsaSha1, &signature::ECDSA_P256_SHA1_ASN1),
        ] {
            let key = Key::seeded(kind, "curve");
            let made = key.sign(algorithm, b"message");
            let public = signature::UnparsedPublicKey::new(verifier, key.spki());
            assert!(public.verify(b"message", &made).is_ok(), "{kind:?} {algorithm:?}");
            assert!(public.verify(b"massage", &made).is_err());
        }
    }
}
