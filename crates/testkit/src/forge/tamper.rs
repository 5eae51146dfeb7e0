//! Changes to finished certificates that keep a signature valid, or break it.

use super::der;
use super::key::KeyKind;

/// The certificate or CRL with one bit of its signature flipped.
pub fn break_signature(signed: &[u8]) -> Vec<u8> {
    let mut out = signed.to_vec();
    if let Some(last) = out.last_mut() {
        *last ^= 1;
    }
    out
}

/// The certificate or CRL with these bytes as its signature.
pub fn replace_signature(signed: &[u8], signature: &[u8]) -> Vec<u8> {
    let parts = der::children(signed);
    der::sequence([parts[0], parts[1], &der::bit_string(signature)])
}

/// Every place where `from` stands in `der`, replaced by `to` of the same length: lengths hold,
/// signatures do not.
///
/// # Panics
/// When the lengths differ or `from` does not occur.
pub fn replace_bytes(der: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    assert_eq!(from.len(), to.len(), "replacing must keep every length");
    let mut out = der.to_vec();
    let places: Vec<usize> = (0..out.len().saturating_sub(from.len() - 1))
        .filter(|i| der[*i..].starts_with(from))
        .collect();
    assert!(!places.is_empty(), "what is to be replaced must occur");
    for place in places {
        out[place..place + to.len()].copy_from_slice(to);
    }
    out
}

/// The same certificate or CRL with the outermost length in a longer form than needed: BER of the
/// same content, with other bytes and another hash.
pub fn pad_outer_length(signed: &[u8]) -> Vec<u8> {
    der::tlv_with_padded_length(signed[0], 4, der::content(signed))
}

/// The same certificate or CRL with an indefinite outermost length.
pub fn indefinite_outer_length(signed: &[u8]) -> Vec<u8> {
    der::tlv_with_indefinite_length(signed[0], der::content(signed))
}

/// Every encoding of `der` in which exactly one element, at any depth, has its length in one octet
/// more than needed: BER of the same content. Octet strings that hold one element are entered too.
pub fn pad_each_length(der: &[u8]) -> Vec<Vec<u8>> {
    let (tag, content, _) = der::split(der);
    let significant = 4 - (content.len() as u32).leading_zeros() as usize / 8;
    let octets = if content.len() < 0x80 { 1 } else { significant + 1 };
    let mut all = vec![der::tlv_with_padded_length(tag, octets, content)];
    let wraps_one = tag == der::tag::OCTET_STRING
        && matches!(content, [0x03 | 0x04 | 0x30, length @ ..0x80, rest @ ..]
            if rest.len() == usize::from(*length));
    if tag & 0x20 == 0 && !wraps_one {
        return all;
    }
    let children = der::children(der);
    for (place, child) in children.iter().enumerate() {
        all.extend(pad_each_length(child).into_iter().map(|padded| {
            let mut parts = children.clone();
            parts[place] = &padded;
            der::tlv(tag, &der::concat(parts))
        }));
    }
    all
}

/// The ECDSA certificate or CRL with `s` replaced by `n − s`: as valid as before, with another
/// hash.
///
/// # Panics
/// When the signature is not that of an ECDSA key of this kind.
pub fn negate_ecdsa_s(signed: &[u8], issuer: KeyKind) -> Vec<u8> {
    let parts = der::children(signed);
    let signature = &der::content(parts[2])[1..];
    let numbers = der::children(signature);
    let negated = subtract(&order(issuer), der::content(numbers[1]));
    replace_signature(signed, &der::sequence([numbers[0], &der::unsigned_integer(&negated)]))
}

/// The order of the curve's group (SEC 2), big-endian.
fn order(kind: KeyKind) -> Vec<u8> {
    let hex = match kind {
        KeyKind::P256 => "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551",
        KeyKind::P384 => concat!(
            "ffffffffffffffffffffffffffffffffffffffffffffffff",
            "c7634d81f4372ddf581a0db248b0a77aecec196accc52973"
        ),
        KeyKind::P521 => concat!(
            "01fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa",
            "51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409"
        ),
        other => panic!("{other:?} is no ECDSA key"),
    };
    (0..hex.len())
        .step_by(2)
        .map(|i| u8::from_str_radix(&hex[i..i + 2], 16).expect("the constant is hex"))
        .collect()
}

/// `a − b` of big-endian numbers, `b` not above `a`.
fn subtract(a: &[u8], b: &[u8]) -> Vec<u8> {
    let mut out = a.to_vec();
    let mut borrow = 0;
    for i in 0..out.len() {
        let place = out.len() - 1 - i;
        let digit = b.len().checked_sub(1 + i).map_or(0, |j| i16::from(b[j]));
        let difference = i16::from(out[place]) - digit - borrow;
        borrow = i16::from(difference < 0);
        out[place] = difference.rem_euclid(256) as u8;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::{Authority, Key, Name};
    use super::*;
    use aws_lc_rs::signature::{self, UnparsedPublicKey};

    #[test]
    fn each_length_is_padded_once() {
        let der = der::sequence([der::null(), der::octet_string(&der::sequence([der::null()]))]);
        let all = pad_each_length(&der);
        assert_eq!(all.len(), 5);
        assert!(all.iter().all(|padded| padded.len() == der.len() + 1));
        assert_eq!(all[0][..3], [0x30, 0x81, 8]);
        assert_eq!(all[1], [0x30, 9, 5, 0x81, 0, 4, 4, 0x30, 2, 5, 0]);
        let long = pad_each_length(&der::octet_string(&[7; 300]));
        assert_eq!(long[0][..5], [4, 0x83, 0, 1, 44]);
    }

    #[test]
    fn a_negated_s_verifies_and_is_another_certificate() {
        for (kind, verifier) in [
            (KeyKind::P256, &signature::ECDSA_P256_SHA256_ASN1),
            (KeyKind::P384, &signature::ECDSA_P384_SHA384_ASN1),
            (KeyKind::P521, &signature::ECDSA_P521_SHA512_ASN1),
        ] {
            let root = Authority::root_with(Name::common("r"), Key::seeded(kind, "r"), |c| c);
            let twin = negate_ecdsa_s(&root.certificate, kind);
            assert_ne!(twin, root.certificate);
            let parts = der::children(&twin);
            UnparsedPublicKey::new(verifier, root.key.spki())
                .verify(parts[0], &der::content(parts[2])[1..])
                .expect("n − s is as good as s");
            assert_eq!(negate_ecdsa_s(&twin, kind), root.certificate);
        }
    }
}
