//! Keys that are odd: too large, on no curve, or dear to decode.

use super::{CERTIFICATES, Hostile, WorstCase};
use crate::forge::{
    Authority, CertificateBuilder, Key, KeyKind, Name, SignatureAlgorithm, authority_certificate,
    der, leaf_certificate, rsa_spki, sha256, spki,
};

pub(super) fn cases() -> Vec<WorstCase> {
    let mut cases: Vec<_> =
        odd_issuers().into_iter().flat_map(|odd| [odd.unknown(), odd.known()]).collect();
    cases.extend([
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
    ]);
    cases
}

/// Issuers with odd keys: what they are, the algorithm that the leaf names, and the n-th key.
struct OddIssuers {
    name: &'static str,
    algorithm: SignatureAlgorithm,
    key: fn(usize) -> Vec<u8>,
}

fn odd_issuers() -> Vec<OddIssuers> {
    let odd = |name, algorithm, key| OddIssuers { name, algorithm, key };
    let (rsa, ecdsa) = (SignatureAlgorithm::RsaPkcs1Sha512, SignatureAlgorithm::EcdsaSha512);
    vec![
        odd("huge RSA modulus", rsa, |n| rsa_spki(&bytes(3_700, n), &[1, 0, 1])),
        odd("huge RSA exponent", rsa, |n| rsa_spki(&bytes(1_024, n), &bytes(1_023, n))),
        odd("RSA exponent of 64 bits", rsa, |n| rsa_spki(&bytes(1_024, n), &bytes(8, n))),
        odd("huge RSA modulus and exponent", rsa, |n| rsa_spki(&bytes(1_850, n), &bytes(1_850, n))),
        odd("even RSA modulus", rsa, |n| rsa_spki(&even(bytes(1_024, n)), &[1, 0, 1])),
        odd("explicit curve without square roots", ecdsa, |_| explicit_curve()),
        odd("compressed points on P-384", ecdsa, |n| {
            spki(&ec_algorithm(&der::oid(P384)), &point(2, 48, n))
        }),
        odd("compressed points on P-521", ecdsa, |n| {
            spki(&ec_algorithm(&der::oid(P521)), &point(2, 66, n))
        }),
        odd("points on no curve, P-521", ecdsa, |n| {
            spki(&ec_algorithm(&der::oid(P521)), &point(4, 132, n))
        }),
    ]
}

const P384: &str = "1.3.132.0.34";
const P521: &str = "1.3.132.0.35";

impl OddIssuers {
    /// Fifteen of them, below an anchor that knows none.
    fn unknown(&self) -> WorstCase {
        let anchor = Authority::seeded_root("anchor");
        let lie = Key::seeded(KeyKind::P256, "liar").sign(SignatureAlgorithm::EcdsaSha256, b"else");
        let mut chain = vec![self.leaf()];
        chain.extend((0..CERTIFICATES - 1).map(|number| {
            let issuer = self.issuer(number, &anchor);
            issuer.sign_with_garbage(SignatureAlgorithm::EcdsaSha256, &lie)
        }));
        WorstCase::new(self.name, chain, vec![anchor.certificate])
    }

    /// Fourteen of them, all certified by the hostile CA.
    fn known(&self) -> WorstCase {
        let hostile = Hostile::new();
        let mut chain = vec![self.leaf()];
        chain.extend(
            (0..CERTIFICATES - 2)
                .map(|number| self.issuer(number, &hostile.ca).sign(&hostile.ca.key)),
        );
        chain.push(hostile.ca.certificate);
        let name = format!("{} below the hostile CA", self.name);
        WorstCase::new(name, chain, vec![hostile.root.certificate])
    }

    fn issuer(&self, number: usize, above: &Authority) -> CertificateBuilder {
        let key = Key::seeded(KeyKind::P256, "leaf");
        authority_certificate(&Name::common("ca"), &key)
            .spki(&(self.key)(number))
            .issuer(above.name.clone())
    }

    fn leaf(&self) -> Vec<u8> {
        let key = Key::seeded(KeyKind::P256, "leaf");
        let signature = match self.algorithm {
            SignatureAlgorithm::EcdsaSha512 => key.sign(SignatureAlgorithm::EcdsaSha256, b"else"),
            // As long as a modulus of 8192 bits, so that no length check ends it.
            _ => bytes(1_024, 0),
        };
        leaf_certificate(&Name::common("leaf"), &key)
            .issuer(Name::common("ca"))
            .sign_with_garbage(self.algorithm, &signature)
    }
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
