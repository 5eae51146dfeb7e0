//! Keys that are odd: too large, on no curve, or dear to decode.

use super::{CERTIFICATES, Hostile, WorstCase};
use crate::forge::{
    Authority, Key, KeyKind, Name, SignatureAlgorithm, authority_certificate, der,
    leaf_certificate, rsa_spki, sha256, spki,
};

pub(super) fn cases() -> Vec<WorstCase> {
    let compressed = |octets: usize, curve: &'static str| {
        move |number: usize| spki(&ec_algorithm(&der::oid(curve)), &point(2, octets, number))
    };
    vec![
        issuers("huge RSA modulus", |n| rsa_spki(&bytes(3_800, n), &[1, 0, 1])),
        issuers("huge RSA exponent", |n| rsa_spki(&bytes(1_024, n), &bytes(1_023, n))),
        issuers("huge RSA modulus and exponent", |n| rsa_spki(&bytes(1_900, n), &bytes(1_900, n))),
        issuers("even RSA modulus", |n| rsa_spki(&even(bytes(1_024, n)), &[1, 0, 1])),
        issuers("explicit curve without square roots", |_| explicit_curve()),
        issuers("compressed points on P-384", compressed(48, "1.3.132.0.34")),
        issuers("compressed points on P-521", compressed(66, "1.3.132.0.35")),
        issuers("points on no curve, P-521", |n| {
            spki(&ec_algorithm(&der::oid("1.3.132.0.35")), &point(4, 132, n))
        }),
        huge_leaf_key("leaf key of 60 kB, RSA", &rsa_spki(&bytes(60_000, 0), &[1, 0, 1])),
        huge_leaf_key(
            "leaf key of 60 kB, unknown algorithm",
            &spki(&der::sequence([der::oid("1.2.3.4")]), &bytes(60_000, 0)),
        ),
        huge_leaf_key(
            "leaf key with parameters of 60 kB",
            &spki(&ec_algorithm(&der::octet_string(&bytes(60_000, 0))), &point(4, 64, 0)),
        ),
        huge_leaf_key(
            "leaf key with an RSA exponent of 60 kB",
            &rsa_spki(&bytes(256, 0), &bytes(59_000, 1)),
        ),
    ]
}

/// Fifteen issuers of one name with keys of this making, below an anchor that knows none of them.
fn issuers(name: &str, make: impl Fn(usize) -> Vec<u8>) -> WorstCase {
    let anchor = Authority::seeded_root("anchor");
    let key = Key::seeded(KeyKind::P256, "leaf");
    let algorithm = match make(0) {
        spki if spki.windows(7).any(|w| w == [0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1]) => {
            SignatureAlgorithm::EcdsaSha512
        }
        _ => SignatureAlgorithm::RsaPkcs1Sha512,
    };
    let signature = match algorithm {
        SignatureAlgorithm::EcdsaSha512 => key.sign(SignatureAlgorithm::EcdsaSha256, b"else"),
        _ => bytes(256, 0),
    };
    let leaf = leaf_certificate(&Name::common("leaf"), &key)
        .issuer(Name::common("ca"))
        .sign_with_garbage(algorithm, &signature);
    let mut chain = vec![leaf];
    chain.extend((0..CERTIFICATES - 1).map(|number| {
        authority_certificate(&Name::common("ca"), &key)
            .spki(&make(number))
            .issuer(anchor.name.clone())
            .sign_with_garbage(SignatureAlgorithm::EcdsaSha256, &signature)
    }));
    WorstCase::new(name, chain, vec![anchor.certificate])
}

/// A leaf with this key, properly certified by the hostile CA.
fn huge_leaf_key(name: &str, spki: &[u8]) -> WorstCase {
    let hostile = Hostile::new();
    let leaf = hostile.leaf(|c| c.spki(spki));
    hostile.case(name, &leaf)
}

fn ec_algorithm(parameters: &[u8]) -> Vec<u8> {
    der::sequence([&der::oid("1.2.840.10045.2.1")[..], parameters])
}

/// Bytes that look random, the first with its top bit set and the last odd.
fn bytes(length: usize, number: usize) -> Vec<u8> {
    let mut out = Vec::with_capacity(length + 32);
    let mut block = sha256(&(number as u64).to_be_bytes());
    while out.len() < length {
        out.extend_from_slice(&block);
        block = sha256(&block);
    }
    out.truncate(length);
    out[0] |= 0x80;
    out[length - 1] |= 1;
    out
}

fn even(mut number: Vec<u8>) -> Vec<u8> {
    let last = number.len() - 1;
    number[last] &= 0xfe;
    number
}

/// An encoded point: `form` 2 is compressed, 4 uncompressed. Below the field's size, since the top
/// octet is small.
fn point(form: u8, octets: usize, number: usize) -> Vec<u8> {
    let mut out = vec![form];
    out.extend(bytes(octets, number + 1));
    out[1] = 0;
    out
}

/// Explicit parameters over a field whose "prime" is 697 = 17 × 41, with a compressed generator:
/// OpenSSL's square root never ended on such (CVE-2022-0778).
fn explicit_curve() -> Vec<u8> {
    let field = der::sequence([der::oid("1.2.840.10045.1.1"), der::integer(697)]);
    let curve = der::sequence([der::octet_string(&[0, 23]), der::octet_string(&[2, 0x8a])]);
    let generator = der::octet_string(&[2, 0, 9]);
    let (order, cofactor) = (der::integer(697), der::integer(1));
    let parameters = der::sequence([der::integer(1), field, curve, generator, order, cofactor]);
    spki(&ec_algorithm(&parameters), &[2, 0, 9])
}
