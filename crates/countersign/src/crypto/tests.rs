//! Every supported combination of key and algorithm, and what must not be one. The signer here
//! is independent of the code under test; it happens to come from the default provider.

use aws_lc_rs::encoding::{AsDer, PublicKeyX509Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    self, EcdsaKeyPair, EcdsaSigningAlgorithm, Ed25519KeyPair, KeyPair, PqdsaKeyPair,
    PqdsaSigningAlgorithm, RsaEncoding, RsaKeyPair,
};
use rustls::SignatureScheme;
use rustls_pki_types::alg_id;

use super::algorithm::{Hash, MlDsa};
use super::*;
use crate::cert::Spki;
use crate::der::{read_all, tag};

const MESSAGE: &[u8] = b"what was signed";

fn tlv(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    let mut out = vec![tag];
    match u8::try_from(content.len()) {
        Ok(len @ 0..0x80) => out.push(len),
        Ok(len) => out.extend([0x81, len]),
        Err(_) => out.extend([&[0x82][..], &(content.len() as u16).to_be_bytes()].concat()),
    }
    out.extend(content);
    out
}

/// A SubjectPublicKeyInfo of these parts.
fn spki(algorithm: &[u8], key: &[u8]) -> Vec<u8> {
    let algorithm = tlv(tag::SEQUENCE, &[algorithm]);
    tlv(tag::SEQUENCE, &[&algorithm, &tlv(tag::BIT_STRING, &[&[0], key])])
}

fn read(der: &[u8]) -> Spki<'_> {
    read_all(der, "test", |r| {
        r.nested(tag::SEQUENCE, "test", |r| {
            let algorithm = r.read(tag::SEQUENCE, "test")?;
            Ok(Spki { der, algorithm, key: r.octet_aligned_bits("test")? })
        })
    })
    .unwrap()
}

fn parse(algorithm: &[u8], key: &[u8]) -> Result<PublicKey, KeyError> {
    PublicKey::parse(&read(&spki(algorithm, key)))
}

/// A key, an algorithm it signs by, and its signature over `MESSAGE`.
struct Signed {
    spki: Vec<u8>,
    algorithm: SignatureAlgorithm,
    signature: Vec<u8>,
}

impl Signed {
    fn key(&self) -> PublicKey {
        PublicKey::parse(&read(&self.spki)).unwrap()
    }
}

fn der(key: &impl AsDer<PublicKeyX509Der<'static>>) -> Vec<u8> {
    key.as_der().unwrap().as_ref().to_vec()
}

fn ecdsa(signing: &'static EcdsaSigningAlgorithm, hash: Hash) -> Signed {
    let key = EcdsaKeyPair::generate(signing).unwrap();
    let signature = key.sign(&SystemRandom::new(), MESSAGE).unwrap().as_ref().to_vec();
    Signed { spki: der(key.public_key()), algorithm: SignatureAlgorithm::Ecdsa(hash), signature }
}

fn rsa(
    key: &RsaKeyPair,
    encoding: &'static dyn RsaEncoding,
    algorithm: SignatureAlgorithm,
) -> Signed {
    let mut signature = vec![0; key.public_modulus_len()];
    key.sign(encoding, &SystemRandom::new(), MESSAGE, &mut signature).unwrap();
    Signed { spki: spki(&alg_id::RSA_ENCRYPTION, key.public_key().as_ref()), algorithm, signature }
}

fn rsa_all(key: &RsaKeyPair) -> Vec<Signed> {
    use SignatureAlgorithm::{RsaPkcs1, RsaPss};
    let all: [(&'static dyn RsaEncoding, _); 6] = [
        (&signature::RSA_PKCS1_SHA256, RsaPkcs1(Hash::Sha256)),
        (&signature::RSA_PKCS1_SHA384, RsaPkcs1(Hash::Sha384)),
        (&signature::RSA_PKCS1_SHA512, RsaPkcs1(Hash::Sha512)),
        (&signature::RSA_PSS_SHA256, RsaPss(Hash::Sha256)),
        (&signature::RSA_PSS_SHA384, RsaPss(Hash::Sha384)),
        (&signature::RSA_PSS_SHA512, RsaPss(Hash::Sha512)),
    ];
    all.into_iter().map(|(encoding, algorithm)| rsa(key, encoding, algorithm)).collect()
}

fn ml_dsa(signing: &'static PqdsaSigningAlgorithm, set: MlDsa) -> Signed {
    let key = PqdsaKeyPair::generate(signing).unwrap();
    let mut signature = vec![0; signing.signature_len()];
    key.sign(MESSAGE, &mut signature).unwrap();
    let spki = der(key.public_key());
    Signed { spki, algorithm: SignatureAlgorithm::MlDsa(set), signature }
}

/// One signature for every combination but the RSA sizes.
fn everything() -> Vec<Signed> {
    let mut all = rsa_all(&RsaKeyPair::generate(KeySize::Rsa2048).unwrap());
    all.push(ecdsa(&signature::ECDSA_P256_SHA256_ASN1_SIGNING, Hash::Sha256));
    all.push(ecdsa(&signature::ECDSA_P384_SHA384_ASN1_SIGNING, Hash::Sha384));
    let ed25519 = Ed25519KeyPair::generate().unwrap();
    all.push(Signed {
        spki: der(ed25519.public_key()),
        algorithm: SignatureAlgorithm::Ed25519,
        signature: ed25519.sign(MESSAGE).as_ref().to_vec(),
    });
    if cfg!(feature = "aws-lc-rs") {
        all.push(ecdsa(&signature::ECDSA_P521_SHA512_ASN1_SIGNING, Hash::Sha512));
        all.push(ml_dsa(&signature::ML_DSA_44_SIGNING, MlDsa::MlDsa44));
        all.push(ml_dsa(&signature::ML_DSA_65_SIGNING, MlDsa::MlDsa65));
        all.push(ml_dsa(&signature::ML_DSA_87_SIGNING, MlDsa::MlDsa87));
    }
    all
}

#[test]
fn every_supported_combination_verifies_and_no_other_does() {
    let all = everything();
    for signed in &all {
        let key = signed.key();
        for other in &all {
            let verified = key.verify(other.algorithm, MESSAGE, &signed.signature);
            assert_eq!(verified.is_ok(), other.algorithm == signed.algorithm, "{key:?}");
        }
        // Again, with every algorithm's key parsed by now.
        assert_eq!(key.verify(signed.algorithm, MESSAGE, &signed.signature), Ok(()));
    }
}

#[test]
fn a_changed_signature_message_or_key_is_a_bad_signature() {
    for signed in everything() {
        let key = signed.key();
        let mut signature = signed.signature.clone();
        *signature.last_mut().unwrap() ^= 1;
        for (message, signature) in [
            (MESSAGE, &signature[..]),
            (b"another message", &signed.signature),
            (MESSAGE, &[]),
            (MESSAGE, &signed.signature[1..]),
        ] {
            let bad = key.verify(signed.algorithm, message, signature);
            assert_eq!(bad, Err(VerifyError::BadSignature), "{key:?}");
        }
    }
}

#[test]
fn a_signature_verifies_from_the_digest_as_from_the_message() {
    for signed in everything() {
        let Some(digest) = MessageDigest::of(signed.algorithm, MESSAGE) else {
            continue;
        };
        let other = MessageDigest::of(signed.algorithm, b"another").unwrap();
        let key = signed.key();
        assert_eq!(key.verify_digest(signed.algorithm, &digest, &signed.signature), Ok(()));
        let bad = key.verify_digest(signed.algorithm, &other, &signed.signature);
        assert_eq!(bad, Err(VerifyError::BadSignature));
    }
}

#[test]
fn algorithms_without_a_digest_keep_the_message() {
    assert!(MessageDigest::of(SignatureAlgorithm::Ed25519, MESSAGE).is_none());
    assert!(MessageDigest::of(SignatureAlgorithm::MlDsa(MlDsa::MlDsa44), MESSAGE).is_none());
}

#[test]
fn a_pss_key_makes_pss_signatures_of_its_own_hash_only() {
    let pair = RsaKeyPair::generate(KeySize::Rsa2048).unwrap();
    let bare = tlv(tag::OID, &[algorithm::oid::RSASSA_PSS]);
    for (parameters, hashes) in [
        (&bare[..], &[Hash::Sha256, Hash::Sha384, Hash::Sha512][..]),
        (&alg_id::RSA_PSS_SHA256, &[Hash::Sha256]),
        (&alg_id::RSA_PSS_SHA512, &[Hash::Sha512]),
    ] {
        let key = parse(parameters, pair.public_key().as_ref()).unwrap();
        for signed in rsa_all(&pair) {
            let may =
                matches!(signed.algorithm, SignatureAlgorithm::RsaPss(h) if hashes.contains(&h));
            let expected = if may { Ok(()) } else { Err(VerifyError::Mismatch) };
            assert_eq!(key.verify(signed.algorithm, MESSAGE, &signed.signature), expected);
        }
    }
}

/// RSAPublicKey with numbers given by their magnitudes.
fn rsa_key(modulus: &[u8], exponent: &[u8]) -> Vec<u8> {
    let integer = |magnitude: &[u8]| {
        let sign: &[u8] = if magnitude[0] >= 0x80 { &[0] } else { &[] };
        tlv(tag::INTEGER, &[sign, magnitude])
    };
    tlv(tag::SEQUENCE, &[&integer(modulus), &integer(exponent)])
}

/// An odd number of so many bits.
fn odd(bits: usize) -> Vec<u8> {
    let mut number = vec![0xff; bits.div_ceil(8)];
    number[0] = 0xff >> (number.len() * 8 - bits);
    number
}

#[test]
fn rsa_keys_are_2048_to_8192_bits_with_a_sane_exponent() {
    let e: &[u8] = &[1, 0, 1];
    for (bits, exponent, expected) in [
        (2048, e, None),
        (2049, e, None),
        (3071, &[3], None),
        (8192, &[1, 0xff, 0xff, 0xff, 0xff], None),
        (1024, e, Some(KeyError::Weak)),
        (2047, e, Some(KeyError::Weak)),
        (8193, e, Some(KeyError::Unsupported)),
        (2048, &[1], Some(KeyError::Weak)),
        (2048, &[2], Some(KeyError::Malformed)),
        (2048, &[1, 0, 0], Some(KeyError::Malformed)),
        (2048, &[2, 0, 0, 0, 1], Some(KeyError::Unsupported)),
        (2048, &[1, 0, 0, 0, 0, 0, 0, 0, 1], Some(KeyError::Unsupported)),
    ] {
        let got = parse(&alg_id::RSA_ENCRYPTION, &rsa_key(&odd(bits), exponent)).err();
        assert_eq!(got, expected, "{bits} bits, exponent {exponent:02x?}");
    }
    let mut even = odd(2048);
    even[255] = 0xfe;
    let even = parse(&alg_id::RSA_ENCRYPTION, &rsa_key(&even, e));
    assert_eq!(even.err(), Some(KeyError::Malformed));
}

#[test]
fn rsa_numbers_are_minimal_positive_integers_and_nothing_follows_them() {
    let good = rsa_key(&odd(2048), &[3]);
    let modulus = tlv(tag::INTEGER, &[&[0], &odd(2048)]);
    for bad in [
        [&good[..], &[5, 0]].concat(),
        good[..good.len() - 1].to_vec(),
        tlv(tag::SEQUENCE, &[&modulus]),
        tlv(tag::SEQUENCE, &[&modulus, &[2, 1, 3], &[2, 1, 3]]),
        tlv(tag::SEQUENCE, &[&modulus, &[2, 1, 0x83]]),
        tlv(tag::SEQUENCE, &[&modulus, &[2, 2, 0, 3]]),
        tlv(tag::SEQUENCE, &[&modulus, &[2, 1, 0]]),
        tlv(tag::SEQUENCE, &[&tlv(tag::INTEGER, &[&odd(2048)]), &[2, 1, 3]]),
        vec![],
    ] {
        let got = parse(&alg_id::RSA_ENCRYPTION, &bad).err();
        assert_eq!(got, Some(KeyError::Malformed), "{bad:02x?}");
    }
}

#[test]
fn key_algorithms_have_exactly_the_parameters_of_their_rfc() {
    let rsa = rsa_key(&odd(2048), &[3]);
    let bare_rsa = &alg_id::RSA_ENCRYPTION[..11];
    let explicit = tlv(tag::SEQUENCE, &[&[2, 1, 1]]);
    let ec = tlv(tag::OID, &[algorithm::oid::EC_PUBLIC_KEY]);
    let point = [4; 65];
    for (algorithm, key) in [
        (bare_rsa.to_vec(), &rsa[..]),
        ([bare_rsa, &[0x30, 0]].concat(), &rsa),
        ([&alg_id::RSA_PSS_SHA256[..11], &[5, 0]].concat(), &rsa),
        (ec.clone(), &point),
        ([&ec[..], &[5, 0]].concat(), &point),
        ([ec, explicit].concat(), &point),
        (alg_id::ECDSA_P256K1.to_vec(), &point),
        (alg_id::ED448.to_vec(), &[7; 57]),
        ([&alg_id::ED25519[..], &[5, 0]].concat(), &[7; 32]),
        ([&alg_id::ML_DSA_44[..], &[5, 0]].concat(), &[7; 1312]),
        // DSA: Go CVE-2024-24783 fell over such keys.
        (b"\x06\x07\x2a\x86\x48\xce\x38\x04\x01".to_vec(), &[2, 1, 5]),
    ] {
        assert_eq!(parse(&algorithm, key).err(), Some(KeyError::Unsupported), "{algorithm:02x?}");
    }
}

#[test]
fn points_are_uncompressed_and_as_long_as_their_curve_says() {
    let compressed = [&[2][..], &[1; 32]].concat();
    let got = parse(&alg_id::ECDSA_P256, &compressed).err();
    assert_eq!(got, Some(KeyError::Unsupported));
    for bad in [&[][..], &[0], &[4; 64], &[4; 66], &[4; 97], &[6; 65], &[2; 34]] {
        assert_eq!(parse(&alg_id::ECDSA_P256, bad).err(), Some(KeyError::Malformed));
    }
    assert_eq!(parse(&alg_id::ED25519, &[7; 31]).err(), Some(KeyError::Malformed));
}

#[test]
fn a_point_off_its_curve_verifies_nothing() {
    let key = parse(&alg_id::ECDSA_P256, &[4; 65]).unwrap();
    let verified = key.verify(SignatureAlgorithm::Ecdsa(Hash::Sha256), MESSAGE, &[0x30, 0]);
    assert!(verified.is_err());
}

/// Every scheme on offer against every key: which pairs TLS 1.2 and 1.3 take.
fn tls(signed: &Signed, version: TlsVersion) -> Vec<SignatureScheme> {
    let key = signed.key();
    let good = |scheme: &SignatureScheme| {
        key.verify_tls(version, *scheme, MESSAGE, &signed.signature).is_ok()
    };
    supported_tls_schemes().iter().copied().filter(good).collect()
}

#[test]
fn certificate_verify_takes_one_scheme_for_every_signature() {
    use SignatureAlgorithm::{Ecdsa, Ed25519, RsaPkcs1, RsaPss};
    for signed in everything() {
        let (in_12, in_13) = match signed.algorithm {
            RsaPkcs1(Hash::Sha256) => (Some(SignatureScheme::RSA_PKCS1_SHA256), None),
            RsaPkcs1(Hash::Sha384) => (Some(SignatureScheme::RSA_PKCS1_SHA384), None),
            RsaPkcs1(Hash::Sha512) => (Some(SignatureScheme::RSA_PKCS1_SHA512), None),
            RsaPss(Hash::Sha256) => both(SignatureScheme::RSA_PSS_SHA256),
            RsaPss(Hash::Sha384) => both(SignatureScheme::RSA_PSS_SHA384),
            RsaPss(Hash::Sha512) => both(SignatureScheme::RSA_PSS_SHA512),
            Ecdsa(Hash::Sha256) => both(SignatureScheme::ECDSA_NISTP256_SHA256),
            Ecdsa(Hash::Sha384) => both(SignatureScheme::ECDSA_NISTP384_SHA384),
            Ecdsa(Hash::Sha512) => both(SignatureScheme::ECDSA_NISTP521_SHA512),
            Ed25519 => both(SignatureScheme::ED25519),
            SignatureAlgorithm::MlDsa(MlDsa::MlDsa44) => (None, Some(SignatureScheme::ML_DSA_44)),
            SignatureAlgorithm::MlDsa(MlDsa::MlDsa65) => (None, Some(SignatureScheme::ML_DSA_65)),
            SignatureAlgorithm::MlDsa(MlDsa::MlDsa87) => (None, Some(SignatureScheme::ML_DSA_87)),
        };
        assert_eq!(tls(&signed, TlsVersion::Tls12), Vec::from_iter(in_12));
        assert_eq!(tls(&signed, TlsVersion::Tls13), Vec::from_iter(in_13));
    }
}

fn both(scheme: SignatureScheme) -> (Option<SignatureScheme>, Option<SignatureScheme>) {
    (Some(scheme), Some(scheme))
}

/// ECDSA over P-256 with SHA-384: the signer knows only SHA-256, so it is handed the leftmost
/// 256 bits of the digest, which are all that counts (FIPS 186-5 section 6.4.1).
fn p256_with_sha384() -> Signed {
    use aws_lc_rs::digest::{self, Digest};
    let key = EcdsaKeyPair::generate(&signature::ECDSA_P256_SHA256_ASN1_SIGNING).unwrap();
    let digest = digest::digest(&digest::SHA384, MESSAGE);
    let digest = Digest::import_less_safe(&digest.as_ref()[..32], &digest::SHA256).unwrap();
    Signed {
        spki: der(key.public_key()),
        algorithm: SignatureAlgorithm::Ecdsa(Hash::Sha384),
        signature: key.sign_digest(&digest).unwrap().as_ref().to_vec(),
    }
}

#[test]
fn tls_13_binds_the_curve_to_the_hash_and_tls_12_does_not() {
    let signed = p256_with_sha384();
    assert_eq!(signed.key().verify(signed.algorithm, MESSAGE, &signed.signature), Ok(()));
    assert_eq!(tls(&signed, TlsVersion::Tls12), [SignatureScheme::ECDSA_NISTP384_SHA384]);
    assert!(tls(&signed, TlsVersion::Tls13).is_empty());
}

#[test]
fn tls_tells_pss_keys_from_rsa_keys() {
    let pair = RsaKeyPair::generate(KeySize::Rsa2048).unwrap();
    let bare = tlv(tag::OID, &[algorithm::oid::RSASSA_PSS]);
    for mut signed in rsa_all(&pair) {
        signed.spki = spki(&bare, pair.public_key().as_ref());
        let expected = match signed.algorithm {
            SignatureAlgorithm::RsaPss(Hash::Sha256) => vec![SignatureScheme::Unknown(0x0809)],
            SignatureAlgorithm::RsaPss(Hash::Sha384) => vec![SignatureScheme::Unknown(0x080a)],
            SignatureAlgorithm::RsaPss(Hash::Sha512) => vec![SignatureScheme::Unknown(0x080b)],
            _ => vec![],
        };
        assert_eq!(tls(&signed, TlsVersion::Tls12), expected);
        assert_eq!(tls(&signed, TlsVersion::Tls13), expected);
    }
}

#[test]
fn schemes_with_sha_1_are_not_offered_and_not_taken() {
    let key = everything().swap_remove(0).key();
    for scheme in [SignatureScheme::RSA_PKCS1_SHA1, SignatureScheme::ECDSA_SHA1_Legacy] {
        assert!(!supported_tls_schemes().contains(&scheme));
        let taken = key.verify_tls(TlsVersion::Tls12, scheme, MESSAGE, &[0; 256]);
        assert_eq!(taken, Err(VerifyError::Mismatch));
    }
}

#[test]
fn digests_in_parts_and_at_once_agree_with_the_standard() {
    // FIPS 180-4 example: "abc".
    let expected = b"\xba\x78\x16\xbf\x8f\x01\xcf\xea\x41\x41\x40\xde\x5d\xae\x22\x23\
        \xb0\x03\x61\xa3\x96\x17\x7a\x9c\xb4\x10\xff\x61\xf2\x00\x15\xad";
    let mut parts = Sha256::new();
    parts.update(b"a");
    parts.update(b"bc");
    assert_eq!((&parts.finish(), &sha256(b"abc")), (expected, expected));
}
