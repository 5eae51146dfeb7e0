//! One verification, cold (key parsed) and warm (parsed before), for every kind of key: the
//! figures behind the cost table of `crypto`.
#![forbid(unsafe_code)]

use std::hint::black_box;

use aws_lc_rs::digest;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    self, EcdsaKeyPair, EcdsaSigningAlgorithm, Ed25519KeyPair, KeyPair, ParsedPublicKey,
    PqdsaKeyPair, PqdsaSigningAlgorithm, VerificationAlgorithm,
};
use countersign_benches::measure::least_ns;

const MESSAGE: &[u8] = &[0x5a; 1024];

fn main() {
    println!("{:<24}{:>12}{:>12}", "key", "parse+verify", "verify");
    for bits in [2048_usize, 2112, 3072, 4096, 4160, 5120, 6144, 6208, 7168, 8128, 8192] {
        for exponent in [&[1, 0, 1][..], &[0x7f, 0xff, 0xff], &[1, 0xff, 0xff, 0xff, 0xff]] {
            rsa(bits, exponent);
        }
    }
    ecdsa(
        "P-256",
        &signature::ECDSA_P256_SHA256_ASN1_SIGNING,
        &signature::ECDSA_P256_SHA256_ASN1,
        Some(&ring::signature::ECDSA_P256_SHA256_ASN1),
    );
    ecdsa(
        "P-384",
        &signature::ECDSA_P384_SHA384_ASN1_SIGNING,
        &signature::ECDSA_P384_SHA384_ASN1,
        Some(&ring::signature::ECDSA_P384_SHA384_ASN1),
    );
    ecdsa(
        "P-521",
        &signature::ECDSA_P521_SHA512_ASN1_SIGNING,
        &signature::ECDSA_P521_SHA512_ASN1,
        None,
    );
    let key = Ed25519KeyPair::generate().expect("key generation");
    let (public, signature) = (key.public_key().as_ref(), key.sign(MESSAGE));
    row("Ed25519", &signature::ED25519, public, signature.as_ref());
    ring_row(&ring::signature::ED25519, public, signature.as_ref());
    ml_dsa("ML-DSA-44", &signature::ML_DSA_44_SIGNING, &signature::ML_DSA_44);
    ml_dsa("ML-DSA-65", &signature::ML_DSA_65_SIGNING, &signature::ML_DSA_65);
    ml_dsa("ML-DSA-87", &signature::ML_DSA_87_SIGNING, &signature::ML_DSA_87);
    per_byte();
}

/// What a longer message adds, for each byte: to a verification by way of its hash, and to a digest.
fn per_byte() {
    const LONG: &[u8] = &[0x5a; 65_536];
    println!("{:<24}{:>12}", "digesting", "ns per byte");
    for (name, hash) in [("SHA-256", &digest::SHA256), ("SHA-512", &digest::SHA512)] {
        let ns = least_ns(|| {
            black_box(digest::digest(hash, black_box(LONG)));
        });
        println!("{name:<24}{:>12.2}", ns / LONG.len() as f64);
    }
    let key = PqdsaKeyPair::generate(&signature::ML_DSA_44_SIGNING).expect("key generation");
    let key = ParsedPublicKey::new(&signature::ML_DSA_44, key.public_key()).expect("key");
    let signature = [0x35; 2_420];
    let [long, short] = [LONG, MESSAGE].map(|message| {
        least_ns(|| {
            let _ = black_box(key.verify_sig(black_box(message), &signature));
        })
    });
    let bytes = (LONG.len() - MESSAGE.len()) as f64;
    println!("{:<24}{:>12.2}", "SHAKE256 in ML-DSA", (long - short) / bytes);
}

/// RSA work does not depend on the numbers, so that any odd modulus and any signature below it
/// will do.
fn rsa(bits: usize, exponent: &[u8]) {
    let mut modulus = vec![0xc5; bits / 8];
    modulus[0] = 0xf1;
    let signature = vec![0x35; bits / 8];
    let body = [integer(&modulus), integer(exponent)].concat();
    let key = tlv(0x30, &body);
    let e: String = exponent.iter().map(|byte| format!("{byte:02x}")).collect();
    row(&format!("RSA-{bits} e {e}"), &signature::RSA_PKCS1_2048_8192_SHA256, &key, &signature);
    ring_row(&ring::signature::RSA_PKCS1_2048_8192_SHA256, &key, &signature);
}

fn ecdsa(
    name: &str,
    signing: &'static EcdsaSigningAlgorithm,
    verification: &'static dyn VerificationAlgorithm,
    peer: Option<&'static dyn ring::signature::VerificationAlgorithm>,
) {
    let key = EcdsaKeyPair::generate(signing).expect("key generation");
    let signature = key.sign(&SystemRandom::new(), MESSAGE).expect("signing");
    row(name, verification, key.public_key().as_ref(), signature.as_ref());
    if let Some(peer) = peer {
        ring_row(peer, key.public_key().as_ref(), signature.as_ref());
    }
}

fn ml_dsa(
    name: &str,
    signing: &'static PqdsaSigningAlgorithm,
    verification: &'static dyn VerificationAlgorithm,
) {
    let key = PqdsaKeyPair::generate(signing).expect("key generation");
    let mut signature = vec![0; signing.signature_len()];
    key.sign(MESSAGE, &mut signature).expect("signing");
    row(name, verification, key.public_key().as_ref(), &signature);
}

fn row(name: &str, algorithm: &'static dyn VerificationAlgorithm, key: &[u8], signature: &[u8]) {
    let cold = least_ns(|| {
        let key = ParsedPublicKey::new(algorithm, key).expect("key");
        let _ = black_box(key.verify_sig(MESSAGE, signature));
    });
    let key = ParsedPublicKey::new(algorithm, key).expect("key");
    let warm = least_ns(|| {
        let _ = black_box(key.verify_sig(MESSAGE, signature));
    });
    println!("{name:<24}{cold:>12.0}{warm:>12.0}");
}

/// The other provider, which parses the key every time.
fn ring_row(
    algorithm: &'static dyn ring::signature::VerificationAlgorithm,
    key: &[u8],
    signature: &[u8],
) {
    let key = ring::signature::UnparsedPublicKey::new(algorithm, key);
    let cold = least_ns(|| {
        let _ = black_box(key.verify(MESSAGE, signature));
    });
    println!("{:<24}{cold:>12.0}", "  the same by ring");
}

fn integer(magnitude: &[u8]) -> Vec<u8> {
    let mut content = Vec::new();
    if magnitude[0] >= 0x80 {
        content.push(0);
    }
    content.extend_from_slice(magnitude);
    tlv(0x02, &content)
}

fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut out = vec![tag];
    match content.len() {
        len @ 0..0x80 => out.push(len as u8),
        len @ 0x80..0x100 => out.extend([0x81, len as u8]),
        len => out.extend([0x82, (len >> 8) as u8, len as u8]),
    }
    out.extend_from_slice(content);
    out
}
