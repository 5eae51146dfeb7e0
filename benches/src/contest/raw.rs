//! The operations without which a task cannot be done: the limit.

use std::hint::black_box;

use aws_lc_rs::agreement::{
    EphemeralPrivateKey, PrivateKey, UnparsedPublicKey as PublicShare, X25519, agree_ephemeral,
};
use aws_lc_rs::kem::{DecapsulationKey, EncapsulationKey, ML_KEM_768};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair};
use countersign_testkit::forge::Key;

use super::flight::Meter as _;
use super::{Chain, Failure, Group, Material, Peer, Situation, Stopwatch, Task, Version, Visitor};
use crate::signature::Signature;

/// What CertificateVerify signs in TLS 1.3 with SHA-256: 64 spaces, a label and a hash.
const SIGNED: &[u8] = &[0x20; 130];

/// aws-lc-rs, with the server's keys parsed before.
struct RawParts {
    random: SystemRandom,
    x25519_share: Vec<u8>,
    ml_kem_share: Vec<u8>,
    signing: EcdsaKeyPair,
}

impl Default for RawParts {
    fn default() -> Self {
        let client = PrivateKey::generate(&X25519).expect("a key");
        let share = client.compute_public_key().expect("a public key");
        let ml_kem = DecapsulationKey::generate(&ML_KEM_768).expect("a key");
        let ml_kem = ml_kem.encapsulation_key().expect("a public key");
        Self {
            x25519_share: share.as_ref().to_vec(),
            ml_kem_share: ml_kem.key_bytes().expect("a public key").as_ref().to_vec(),
            signing: EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).expect("a key"),
            random: SystemRandom::new(),
        }
    }
}

impl RawParts {
    /// X25519: a new key pair, its public half, and the secret shared with the client.
    fn agree(&self) {
        let ours = EphemeralPrivateKey::generate(&X25519, &self.random).expect("a key");
        black_box(ours.compute_public_key().expect("a public key"));
        let client = PublicShare::new(&X25519, &self.x25519_share);
        let secret = agree_ephemeral(ours, client, "no agreement", |secret| {
            black_box(secret);
            Ok(())
        });
        secret.expect("a shared secret");
    }

    /// ML-KEM-768: the client's key read, and a secret in it.
    fn encapsulate(&self) {
        let key = EncapsulationKey::new(&ML_KEM_768, &self.ml_kem_share).expect("a key");
        black_box(key.encapsulate().expect("a secret"));
    }

    /// One P-256 signature, the server's.
    fn sign(&self) {
        black_box(self.signing.sign(&self.random, black_box(SIGNED)).expect("a signature"));
    }
}

/// All of a task's operations, once each. Each verification is of another signature, as in a
/// handshake: the second one of the same is up to 6 % quicker, because the branches are known.
pub struct RawOperations<'m> {
    parts: RawParts,
    keys: [Key; Chain::ALL.len()],
    material: &'m Material,
}

impl<'m> RawOperations<'m> {
    /// With the chains of this material.
    pub fn new(material: &'m Material) -> Self {
        let keys = Chain::ALL.map(|chain| Key::generate(chain.key_kind()));
        Self { parts: RawParts::default(), keys, material }
    }

    fn handshake(&self, situation: Situation, watch: &mut Stopwatch) {
        let is_full = situation.visitor != Visitor::Resuming;
        let key = &self.keys[situation.chain as usize];
        let of_handshake = is_full.then(|| Signature::by(key, SIGNED));
        let is_new = situation.visitor == Visitor::New;
        let of_leaf = is_new.then(|| Signature::by(key, &[0x5a; 400]));
        watch.watch(|| {
            self.parts.agree();
            if situation.group == Group::X25519MlKem768 {
                self.parts.encapsulate();
            }
            if let Some(of_handshake) = &of_handshake {
                self.parts.sign();
                // A new client's key was never parsed.
                if is_new { of_handshake.verify_anew() } else { of_handshake.verify() }
            }
            of_leaf.iter().for_each(Signature::verify);
        });
    }
}

impl Peer for RawOperations<'_> {
    fn name(&self) -> &str {
        "its raw operations, aws-lc-rs"
    }

    fn run(&mut self, task: Task, times: usize) -> Result<f64, Failure> {
        let mut watch = Stopwatch::default();
        match task {
            Task::Handshake(Situation {
                visitor: Visitor::Resuming,
                version: Version::Tls12,
                ..
            }) => return Err("there are none".into()),
            Task::Handshake(situation) => (0..times).for_each(|_| {
                self.handshake(situation, &mut watch);
                watch.lap();
            }),
            Task::Verify(chain) => {
                let family = self.material.family(chain);
                let kind = chain.key_kind();
                for client in family.regulars().iter().cycle().take(times) {
                    let leaf = Signature::of(&client.leaf, &family.intermediate, kind);
                    let intermediate = Signature::of(&family.intermediate, &family.root, kind);
                    watch.watch(|| {
                        leaf.verify_anew();
                        intermediate.verify_anew();
                    });
                    watch.lap();
                }
            }
            Task::Heap(_) => return Err("it has no connections".into()),
        }
        Ok(watch.median())
    }
}
