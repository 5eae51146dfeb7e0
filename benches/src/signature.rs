//! One signature and all that is needed to verify it, by the provider and nothing else.

use std::hint::black_box;

use aws_lc_rs::signature::{self, ParsedPublicKey, UnparsedPublicKey, VerificationAlgorithm};
use countersign::cert::Certificate;
use countersign_testkit::forge::{Key, KeyKind, Name, authority_certificate};

/// A signature, its message and its key.
#[derive(Debug)]
pub struct Signature {
    algorithm: &'static dyn VerificationAlgorithm,
    /// As in a SubjectPublicKeyInfo.
    key: Vec<u8>,
    parsed: ParsedPublicKey,
    message: Vec<u8>,
    signature: Vec<u8>,
}

impl Signature {
    /// Over this message, new.
    ///
    /// # Panics
    /// Where the provider does not take its own keys.
    pub fn by(key: &Key, message: &[u8]) -> Self {
        // Any certificate has its key as the provider wants it.
        let certificate = authority_certificate(&Name::common("signer"), key).sign(key);
        let certificate = Certificate::parse(&certificate).expect("a certificate");
        let signature = key.sign(key.algorithm(), message);
        Self::new(key.kind(), certificate.spki().key, message, signature)
    }

    /// That of a certificate, DER, by the authority whose certificate is the other one; both with
    /// this kind of key.
    ///
    /// # Panics
    /// Where one of them is no certificate.
    pub fn of(certificate: &[u8], issuer: &[u8], kind: KeyKind) -> Self {
        let signed = Certificate::parse(certificate).expect("a certificate");
        let issuer = Certificate::parse(issuer).expect("a certificate");
        Self::new(kind, issuer.spki().key, signed.tbs(), signed.signature().to_vec())
    }

    fn new(kind: KeyKind, key: &[u8], message: &[u8], signature: Vec<u8>) -> Self {
        let algorithm: &'static dyn VerificationAlgorithm = match kind {
            KeyKind::P256 => &signature::ECDSA_P256_SHA256_ASN1,
            KeyKind::Rsa2048 => &signature::RSA_PKCS1_2048_8192_SHA256,
            KeyKind::Ed25519 => &signature::ED25519,
            other => panic!("no bench uses {other:?}"),
        };
        let parsed = ParsedPublicKey::new(algorithm, key).expect("a public key");
        Self { algorithm, key: key.to_vec(), parsed, message: message.to_vec(), signature }
    }

    /// Verifies with a key that was parsed before.
    ///
    /// # Panics
    /// Where the signature is not good.
    pub fn verify(&self) {
        assert!(self.parsed.verify_sig(black_box(&self.message), &self.signature).is_ok());
    }

    /// Parses the key and verifies.
    ///
    /// # Panics
    /// Where the signature is not good.
    pub fn verify_anew(&self) {
        let key = UnparsedPublicKey::new(self.algorithm, black_box(&self.key));
        assert!(key.verify(&self.message, &self.signature).is_ok());
    }
}
