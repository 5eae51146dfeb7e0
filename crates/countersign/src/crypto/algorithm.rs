//! Signature algorithms, and the encodings that each may have.

use crate::der::{Reader, read_all, tag};
use crate::error::Malformed;

/// The hash function inside a signature algorithm. SHA-1 and MD5 do not exist here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hash {
    Sha256,
    Sha384,
    Sha512,
}

impl Hash {
    pub(super) const fn output_len(self) -> usize {
        match self {
            Self::Sha256 => 32,
            Self::Sha384 => 48,
            Self::Sha512 => 64,
        }
    }
}

/// A signature algorithm that we take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SignatureAlgorithm {
    /// RSASSA-PKCS1-v1_5.
    RsaPkcs1(Hash),
    /// RSASSA-PSS with this hash in MGF1 too, and a salt as long as its output.
    RsaPss(Hash),
    /// ECDSA, on whatever curve the key is.
    Ecdsa(Hash),
    /// Pure Ed25519 (RFC 8032).
    Ed25519,
    /// Pure ML-DSA (FIPS 204), with an empty context.
    MlDsa(MlDsa),
}

/// A parameter set of ML-DSA.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MlDsa {
    MlDsa44,
    MlDsa65,
    MlDsa87,
}

/// Content octets of the OBJECT IDENTIFIERs.
pub(super) mod oid {
    pub(in super::super) const RSA_ENCRYPTION: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01";
    pub(in super::super) const RSASSA_PSS: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0a";
    pub(in super::super) const MGF1: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x08";
    pub(in super::super) const RSA_SHA256: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b";
    pub(in super::super) const RSA_SHA384: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0c";
    pub(in super::super) const RSA_SHA512: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0d";
    pub(in super::super) const ECDSA_SHA256: &[u8] = b"\x2a\x86\x48\xce\x3d\x04\x03\x02";
    pub(in super::super) const ECDSA_SHA384: &[u8] = b"\x2a\x86\x48\xce\x3d\x04\x03\x03";
    pub(in super::super) const ECDSA_SHA512: &[u8] = b"\x2a\x86\x48\xce\x3d\x04\x03\x04";
    pub(in super::super) const SHA256: &[u8] = b"\x60\x86\x48\x01\x65\x03\x04\x02\x01";
    pub(in super::super) const SHA384: &[u8] = b"\x60\x86\x48\x01\x65\x03\x04\x02\x02";
    pub(in super::super) const SHA512: &[u8] = b"\x60\x86\x48\x01\x65\x03\x04\x02\x03";
    pub(in super::super) const EC_PUBLIC_KEY: &[u8] = b"\x2a\x86\x48\xce\x3d\x02\x01";
    pub(in super::super) const P256: &[u8] = b"\x2a\x86\x48\xce\x3d\x03\x01\x07";
    pub(in super::super) const P384: &[u8] = b"\x2b\x81\x04\x00\x22";
    pub(in super::super) const P521: &[u8] = b"\x2b\x81\x04\x00\x23";
    pub(in super::super) const ED25519: &[u8] = b"\x2b\x65\x70";
    pub(in super::super) const ML_DSA_44: &[u8] = b"\x60\x86\x48\x01\x65\x03\x04\x03\x11";
    pub(in super::super) const ML_DSA_65: &[u8] = b"\x60\x86\x48\x01\x65\x03\x04\x03\x12";
    pub(in super::super) const ML_DSA_87: &[u8] = b"\x60\x86\x48\x01\x65\x03\x04\x03\x13";
}

/// A NULL, as parameters.
pub(super) const NULL: &[u8] = &[tag::NULL, 0];

const WHAT: &str = "algorithm: not supported";
const UNSUPPORTED: Malformed = Malformed::new(WHAT);

impl SignatureAlgorithm {
    /// The algorithm that these content octets of an AlgorithmIdentifier stand for; `None` for
    /// every other, however similar.
    ///
    /// RFC 4055 section 5 wants NULL parameters with the PKCS#1 algorithms and has absent ones
    /// accepted too; ECDSA, Ed25519 and ML-DSA have none (RFC 5758, 8410, 9881).
    pub(crate) fn from_der(algorithm: &[u8]) -> Option<Self> {
        let mut reader = Reader::new(algorithm);
        let oid = reader.oid(WHAT).ok()?;
        let parameters = reader.remaining();
        let (algorithm, may_be_null) = match oid {
            oid::RSASSA_PSS => return pss_parameters(parameters).map(Self::RsaPss),
            oid::ECDSA_SHA256 => (Self::Ecdsa(Hash::Sha256), false),
            oid::RSA_SHA256 => (Self::RsaPkcs1(Hash::Sha256), true),
            oid::ECDSA_SHA384 => (Self::Ecdsa(Hash::Sha384), false),
            oid::RSA_SHA384 => (Self::RsaPkcs1(Hash::Sha384), true),
            oid::ECDSA_SHA512 => (Self::Ecdsa(Hash::Sha512), false),
            oid::RSA_SHA512 => (Self::RsaPkcs1(Hash::Sha512), true),
            oid::ED25519 => (Self::Ed25519, false),
            oid::ML_DSA_44 => (Self::MlDsa(MlDsa::MlDsa44), false),
            oid::ML_DSA_65 => (Self::MlDsa(MlDsa::MlDsa65), false),
            oid::ML_DSA_87 => (Self::MlDsa(MlDsa::MlDsa87), false),
            _ => return None,
        };
        let fits = parameters.is_empty() || may_be_null && parameters == NULL;
        fits.then_some(algorithm)
    }

    /// The hash that the message goes through before the signature, where there is one.
    #[cfg(feature = "aws-lc-rs")]
    pub(super) const fn prehash(self) -> Option<Hash> {
        match self {
            Self::RsaPkcs1(hash) | Self::RsaPss(hash) | Self::Ecdsa(hash) => Some(hash),
            Self::Ed25519 | Self::MlDsa(_) => None,
        }
    }
}

/// The hash of RSASSA-PSS-params (RFC 4055 section 3.1) with one hash throughout, a salt of its
/// length, and trailer 1, which is the default and in DER therefore not there.
pub(super) fn pss_parameters(der: &[u8]) -> Option<Hash> {
    let read = |r: &mut Reader<'_>| {
        r.nested(tag::SEQUENCE, WHAT, |r| {
            let hash = r.nested(tag::context_constructed(0), WHAT, hash_algorithm)?;
            let mask = r.nested(tag::context_constructed(1), WHAT, mask_generation)?;
            let salt = r.nested(tag::context_constructed(2), WHAT, |r| r.small_uint(WHAT))?;
            let uniform = hash == mask && salt as usize == hash.output_len();
            if uniform { Ok(hash) } else { Err(UNSUPPORTED) }
        })
    };
    read_all(der, WHAT, read).ok()
}

fn mask_generation(r: &mut Reader<'_>) -> Result<Hash, Malformed> {
    r.nested(tag::SEQUENCE, WHAT, |r| {
        if r.oid(WHAT)? == oid::MGF1 { hash_algorithm(r) } else { Err(UNSUPPORTED) }
    })
}

/// NULL and absent parameters are equivalent here, and both to be accepted (RFC 4055 section 2.1).
fn hash_algorithm(r: &mut Reader<'_>) -> Result<Hash, Malformed> {
    r.nested(tag::SEQUENCE, WHAT, |r| {
        let hash = match r.oid(WHAT)? {
            oid::SHA256 => Hash::Sha256,
            oid::SHA384 => Hash::Sha384,
            oid::SHA512 => Hash::Sha512,
            _ => return Err(UNSUPPORTED),
        };
        match r.read_optional(tag::NULL, WHAT)? {
            None | Some([]) => Ok(hash),
            Some(_) => Err(UNSUPPORTED),
        }
    })
}

#[cfg(test)]
mod tests {
    use rustls_pki_types::alg_id;

    use super::*;

    use Hash::{Sha256, Sha384, Sha512};
    use SignatureAlgorithm::{Ecdsa, Ed25519, RsaPkcs1, RsaPss};

    /// Encodings from an independent source: the constants of `rustls-pki-types`.
    fn published() -> Vec<(Vec<u8>, SignatureAlgorithm)> {
        let all = [
            (alg_id::RSA_PKCS1_SHA256, RsaPkcs1(Sha256)),
            (alg_id::RSA_PKCS1_SHA384, RsaPkcs1(Sha384)),
            (alg_id::RSA_PKCS1_SHA512, RsaPkcs1(Sha512)),
            (alg_id::RSA_PSS_SHA256, RsaPss(Sha256)),
            (alg_id::RSA_PSS_SHA384, RsaPss(Sha384)),
            (alg_id::RSA_PSS_SHA512, RsaPss(Sha512)),
            (alg_id::ECDSA_SHA256, Ecdsa(Sha256)),
            (alg_id::ECDSA_SHA384, Ecdsa(Sha384)),
            (alg_id::ECDSA_SHA512, Ecdsa(Sha512)),
            (alg_id::ED25519, Ed25519),
            (alg_id::ML_DSA_44, SignatureAlgorithm::MlDsa(MlDsa::MlDsa44)),
            (alg_id::ML_DSA_65, SignatureAlgorithm::MlDsa(MlDsa::MlDsa65)),
            (alg_id::ML_DSA_87, SignatureAlgorithm::MlDsa(MlDsa::MlDsa87)),
        ];
        all.into_iter().map(|(id, algorithm)| (id.to_vec(), algorithm)).collect()
    }

    fn find(bytes: &[u8], part: &[u8]) -> usize {
        bytes.windows(part.len()).position(|window| window == part).unwrap()
    }

    #[test]
    fn every_published_encoding_is_understood() {
        for (encoding, algorithm) in published() {
            assert_eq!(SignatureAlgorithm::from_der(&encoding), Some(algorithm));
        }
    }

    #[test]
    fn any_other_byte_makes_another_algorithm_or_none() {
        for (encoding, algorithm) in published() {
            for at in 0..encoding.len() {
                for flip in 1..=255 {
                    let mut other = encoding.clone();
                    other[at] ^= flip;
                    assert_ne!(SignatureAlgorithm::from_der(&other), Some(algorithm));
                }
            }
            for cut in 0..encoding.len() {
                assert_ne!(SignatureAlgorithm::from_der(&encoding[..cut]), Some(RsaPss(Sha256)));
            }
        }
    }

    #[test]
    fn parameters_are_null_or_absent_for_pkcs1_and_absent_elsewhere() {
        for (encoding, algorithm) in published() {
            match algorithm {
                RsaPss(_) => continue,
                RsaPkcs1(_) => {
                    let absent = &encoding[..encoding.len() - 2];
                    assert_eq!(SignatureAlgorithm::from_der(absent), Some(algorithm));
                }
                _ => {
                    let null = [&encoding, NULL].concat();
                    assert_eq!(SignatureAlgorithm::from_der(&null), None);
                }
            }
            for parameters in
                [&[0x05, 0x01, 0x00][..], &[0x30, 0x00], &[0x04, 0x00], b"\x05\x00\x05\x00"]
            {
                let bare = &encoding[..2 + usize::from(encoding[1])];
                let other = [bare, parameters].concat();
                assert_eq!(SignatureAlgorithm::from_der(&other), None, "{other:02x?}");
            }
        }
    }

    #[test]
    fn pss_takes_one_hash_throughout_and_a_salt_of_its_length() {
        for (encoding, algorithm) in published() {
            let RsaPss(hash) = algorithm else { continue };
            let salt = encoding.len() - 1;
            for other in [0, 20, 31, 33, 48, 64] {
                if other as usize != hash.output_len() {
                    let mut wrong = encoding.clone();
                    wrong[salt] = other;
                    assert_eq!(SignatureAlgorithm::from_der(&wrong), None);
                }
            }
            let first_hash = find(&encoding, &oid::SHA256[..8]) + 8;
            let mut mixed = encoding.clone();
            mixed[first_hash] = if mixed[first_hash] == 1 { 2 } else { 1 };
            assert_eq!(SignatureAlgorithm::from_der(&mixed), None);
        }
    }

    #[test]
    fn pss_hash_parameters_may_be_absent() {
        let absent = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0a\x30\x30\xa0\x0d\x30\x0b\
            \x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\xa1\x1a\x30\x18\
            \x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x08\x30\x0b\
            \x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\xa2\x03\x02\x01\x20";
        assert_eq!(SignatureAlgorithm::from_der(absent), Some(RsaPss(Sha256)));
    }

    #[test]
    fn pss_without_parameters_or_with_defaults_is_sha_1_and_refused() {
        let bare = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0a";
        for parameters in [&[][..], NULL, &[0x30, 0x00]] {
            assert_eq!(SignatureAlgorithm::from_der(&[&bare[..], parameters].concat()), None);
        }
    }

    #[test]
    fn an_explicit_default_trailer_is_not_der() {
        let (mut encoding, _) = published().swap_remove(3);
        encoding.extend_from_slice(&[0xa3, 0x03, 0x02, 0x01, 0x01]);
        encoding[12] += 5;
        assert_eq!(SignatureAlgorithm::from_der(&encoding), None);
    }

    #[test]
    fn broken_hashes_do_not_exist() {
        for last in [2, 3, 4, 5, 14] {
            let rsa = [b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01", &[last][..], NULL].concat();
            assert_eq!(SignatureAlgorithm::from_der(&rsa), None);
        }
        assert_eq!(SignatureAlgorithm::from_der(b"\x06\x07\x2a\x86\x48\xce\x3d\x04\x01"), None);
    }
}
