//! The operations without which there is no full handshake: the limit that a server can reach
//! when it knows its client's chain.

use std::hint::black_box;

use aws_lc_rs::agreement::agree_ephemeral;
use aws_lc_rs::agreement::{EphemeralPrivateKey, PrivateKey, UnparsedPublicKey, X25519};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1, ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _,
    ParsedPublicKey,
};

use super::flight::Meter as _;
use super::{Failure, Peer, Scenario, Stopwatch};

/// What CertificateVerify signs in TLS 1.3 with SHA-256: 64 spaces, a label and a hash.
const SIGNED: &[u8] = &[0x20; 130];

/// aws-lc-rs, with every key parsed before.
pub struct RawParts {
    random: SystemRandom,
    share: Vec<u8>,
    signing: EcdsaKeyPair,
    key: ParsedPublicKey,
    signature: Vec<u8>,
}

impl Default for RawParts {
    fn default() -> Self {
        let random = SystemRandom::new();
        let signing = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).expect("a key");
        let client = PrivateKey::generate(&X25519).expect("a key");
        let share = client.compute_public_key().expect("a public key");
        let key = ParsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, signing.public_key().as_ref());
        let signature = signing.sign(&random, SIGNED).expect("a signature");
        Self {
            share: share.as_ref().to_vec(),
            key: key.expect("a public key"),
            signature: signature.as_ref().to_vec(),
            random,
            signing,
        }
    }
}

impl RawParts {
    /// X25519: a new key pair, its public half, and the secret shared with the client.
    ///
    /// # Panics
    /// Where the provider fails.
    pub fn agree(&self) {
        let ours = EphemeralPrivateKey::generate(&X25519, &self.random).expect("a key");
        black_box(ours.compute_public_key().expect("a public key"));
        let client = UnparsedPublicKey::new(&X25519, &self.share);
        let secret = agree_ephemeral(ours, client, "no agreement", |secret| {
            black_box(secret);
            Ok(())
        });
        secret.expect("a shared secret");
    }

    /// One P-256 signature.
    ///
    /// # Panics
    /// Where the provider fails.
    pub fn sign(&self) {
        black_box(self.signing.sign(&self.random, black_box(SIGNED)).expect("a signature"));
    }

    /// Makes another signature to verify.
    ///
    /// # Panics
    /// Where the provider fails.
    pub fn renew(&mut self) {
        let signature = self.signing.sign(&self.random, SIGNED).expect("a signature");
        self.signature = signature.as_ref().to_vec();
    }

    /// One P-256 verification.
    ///
    /// # Panics
    /// Where the provider fails.
    pub fn verify(&self) {
        assert!(self.key.verify_sig(black_box(SIGNED), &self.signature).is_ok());
    }
}

/// All of them, once for each full handshake. Each verification is of another signature, as in a
/// handshake: the second one of the same is up to 6 % quicker, because the branches are known.
#[derive(Default)]
pub struct RawOperations(RawParts);

impl Peer for RawOperations {
    fn name(&self) -> &str {
        "raw operations of aws-lc-rs"
    }

    fn run(&mut self, _: Scenario, handshakes: usize) -> Result<f64, Failure> {
        let mut watch = Stopwatch::default();
        for _ in 0..handshakes {
            self.0.renew();
            watch.watch(|| {
                self.0.agree();
                self.0.sign();
                self.0.verify();
            });
            watch.lap();
        }
        Ok(watch.median())
    }
}
