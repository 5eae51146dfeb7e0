//! What a public key is, as far as its bytes show.

use super::KeyError;
use super::algorithm::{Hash, MlDsa, NULL, oid, pss_parameters};
use crate::cert::Spki;
use crate::der::{Reader, read_all, tag};
use crate::error::Malformed;
use crate::limits;

/// A kind of public key, with what its price and its use depend on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum KeyKind {
    Rsa { modulus_bits: usize, exponent: u64, padding: Padding },
    Ec(Curve),
    Ed25519,
    MlDsa(MlDsa),
}

/// What an RSA key's AlgorithmIdentifier restricts it to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Padding {
    /// rsaEncryption: PKCS#1 v1.5 and PSS.
    Any,
    /// id-RSASSA-PSS: PSS only, with one hash only where the key says so.
    Pss(Option<Hash>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Curve {
    P256,
    P384,
    P521,
}

impl Curve {
    const fn field_len(self) -> usize {
        match self {
            Self::P256 => 32,
            Self::P384 => 48,
            Self::P521 => 66,
        }
    }
}

/// Checks everything about a key that its bytes show. Parameters must be exactly what the
/// algorithm's RFC says (RFC 3279, 4055, 5480, 8410, 9881): explicit curves, absent NULLs and
/// the like are kinds of key that are not supported.
pub(super) fn kind_of(spki: &Spki<'_>) -> Result<KeyKind, KeyError> {
    let what = "public key: not well formed";
    let mut reader = Reader::new(spki.algorithm);
    let algorithm = reader.oid(what).map_err(|_| KeyError::Malformed)?;
    let parameters = reader.remaining();
    match (algorithm, parameters) {
        (oid::RSA_ENCRYPTION, NULL) => rsa(spki.key, Padding::Any),
        (oid::RSASSA_PSS, []) => rsa(spki.key, Padding::Pss(None)),
        (oid::RSASSA_PSS, parameters) => {
            let hash = pss_parameters(parameters).ok_or(KeyError::Unsupported)?;
            rsa(spki.key, Padding::Pss(Some(hash)))
        }
        (oid::EC_PUBLIC_KEY, curve) => ec(spki.key, named_curve(curve)?),
        (oid::ED25519, []) => sized(spki.key, 32, KeyKind::Ed25519),
        (oid::ML_DSA_44, []) => sized(spki.key, 1312, KeyKind::MlDsa(MlDsa::MlDsa44)),
        (oid::ML_DSA_65, []) => sized(spki.key, 1952, KeyKind::MlDsa(MlDsa::MlDsa65)),
        (oid::ML_DSA_87, []) => sized(spki.key, 2592, KeyKind::MlDsa(MlDsa::MlDsa87)),
        _ => Err(KeyError::Unsupported),
    }
}

fn sized(key: &[u8], len: usize, kind: KeyKind) -> Result<KeyKind, KeyError> {
    if key.len() == len { Ok(kind) } else { Err(KeyError::Malformed) }
}

fn named_curve(parameters: &[u8]) -> Result<Curve, KeyError> {
    let what = "public key: no named curve";
    match read_all(parameters, what, |r| r.oid(what)) {
        Ok(oid::P256) => Ok(Curve::P256),
        Ok(oid::P384) => Ok(Curve::P384),
        Ok(oid::P521) => Ok(Curve::P521),
        _ => Err(KeyError::Unsupported),
    }
}

/// RFC 5480 section 2.2: uncompressed points must be, compressed ones may be supported.
fn ec(point: &[u8], curve: Curve) -> Result<KeyKind, KeyError> {
    match point {
        [4, xy @ ..] if xy.len() == 2 * curve.field_len() => Ok(KeyKind::Ec(curve)),
        [2 | 3, x @ ..] if x.len() == curve.field_len() => Err(KeyError::Unsupported),
        _ => Err(KeyError::Malformed),
    }
}

/// RSAPublicKey (RFC 8017 appendix A.1.1). Any bit length within the limits will do, whole bytes
/// or not. The exponent is odd, at least 3 and below 2³³, the bound that aws-lc and ring share.
fn rsa(key: &[u8], padding: Padding) -> Result<KeyKind, KeyError> {
    let (modulus, exponent) = rsa_numbers(key).map_err(|_| KeyError::Malformed)?;
    let modulus_bits = bits(modulus);
    if modulus_bits < *limits::RSA_MODULUS_BITS.start() {
        return Err(KeyError::Weak);
    }
    if modulus_bits > *limits::RSA_MODULUS_BITS.end() || bits(exponent) > 33 {
        return Err(KeyError::Unsupported);
    }
    let exponent = exponent.iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte));
    match (modulus.last(), exponent) {
        (_, 1) => Err(KeyError::Weak),
        (Some(low), _) if low & 1 == 1 && exponent & 1 == 1 => {
            Ok(KeyKind::Rsa { modulus_bits, exponent, padding })
        }
        _ => Err(KeyError::Malformed),
    }
}

/// Modulus and exponent without leading zeros; both positive.
fn rsa_numbers(key: &[u8]) -> Result<(&[u8], &[u8]), Malformed> {
    let what = "RSA public key: not well formed";
    read_all(key, what, |r| {
        r.nested(tag::SEQUENCE, what, |r| {
            Ok((positive(r.integer(what)?, what)?, positive(r.integer(what)?, what)?))
        })
    })
}

fn positive<'a>(content: &'a [u8], what: &'static str) -> Result<&'a [u8], Malformed> {
    match content {
        [0, magnitude @ ..] if !magnitude.is_empty() => Ok(magnitude),
        [1..=0x7f, ..] => Ok(content),
        _ => Err(Malformed::new(what)),
    }
}

/// Bit length of a big-endian number without leading zero bytes.
fn bits(magnitude: &[u8]) -> usize {
    let zeros = magnitude.first().map_or(0, |first| first.leading_zeros() as usize);
    magnitude.len() * 8 - zeros
}
