//! What verifications and digests cost, modelled: the prices that the work budget charges.
//!
//! `cargo bench -p countersign-benches --bench signature_costs` measures what stands here.

use super::algorithm::MlDsa;
use super::kind::{Curve, KeyKind};
use super::provider::PRICES;

/// Multiplications that go into and out of Montgomery form, and the one that makes its constant
/// out of a new modulus costs as much as two or three.
const RSA_CONVERSIONS: u64 = 4;

/// Nanoseconds of one verification over a message of so many bytes, key parsing included.
pub(super) fn verification_ns(kind: KeyKind, message_len: usize) -> u64 {
    let (signature, byte) = match kind {
        KeyKind::Rsa { modulus_bits, exponent, .. } => {
            (rsa_ns(modulus_bits, exponent), PRICES.sha2_byte)
        }
        KeyKind::Ec(Curve::P256) => (PRICES.p256, PRICES.sha2_byte),
        KeyKind::Ec(Curve::P384) => (PRICES.p384, PRICES.sha2_byte),
        KeyKind::Ec(Curve::P521) => (PRICES.p521, PRICES.sha2_byte),
        KeyKind::Ed25519 => (PRICES.ed25519, PRICES.sha2_byte),
        KeyKind::MlDsa(MlDsa::MlDsa44) => (PRICES.ml_dsa[0], PRICES.shake_byte),
        KeyKind::MlDsa(MlDsa::MlDsa65) => (PRICES.ml_dsa[1], PRICES.shake_byte),
        KeyKind::MlDsa(MlDsa::MlDsa87) => (PRICES.ml_dsa[2], PRICES.shake_byte),
    };
    signature + per_byte(byte, message_len)
}

/// Nanoseconds of one SHA-256 over so many bytes.
pub(crate) fn sha256_ns(len: usize) -> u64 {
    100 + per_byte(PRICES.sha256_byte, len)
}

fn per_byte(hundredths: u64, len: usize) -> u64 {
    (len as u64).saturating_mul(hundredths) / 100
}

/// Square-and-multiply: one squaring per exponent bit below the highest, one multiplication per
/// further bit that is set. Sliding windows need fewer; the bound is what counts.
fn rsa_ns(modulus_bits: usize, exponent: u64) -> u64 {
    let limbs = modulus_bits.div_ceil(64) as u64;
    let odd = usize::from(!limbs.is_multiple_of(8));
    let squarings = u64::from(exponent.ilog2());
    let multiplications = u64::from(exponent.count_ones()) - 1 + RSA_CONVERSIONS;
    let hundredths =
        squarings * PRICES.rsa_square[odd] + multiplications * PRICES.rsa_multiply[odd];
    PRICES.rsa_fixed + limbs * limbs * hundredths / 100
}

#[cfg(test)]
mod tests {
    use super::super::kind::Padding;
    use super::*;

    fn rsa(modulus_bits: usize, exponent: u64) -> u64 {
        verification_ns(KeyKind::Rsa { modulus_bits, exponent, padding: Padding::Any }, 0)
    }

    /// Measured nanoseconds, from the bench named above: no price is below its figure.
    #[cfg(feature = "aws-lc-rs")]
    #[test]
    fn no_price_is_below_what_was_measured() {
        for (bits, exponent, measured) in [
            (2048, 0x1_0001, 23_029),
            (2048, 0x7f_ffff, 50_991),
            (2112, 0x1_0001, 34_253),
            (3072, 0x1_0001, 43_387),
            (4096, 0x1_0001, 74_548),
            (4160, 0x7f_ffff, 292_410),
            (6208, 0x1_ffff_ffff, 652_960),
            (8128, 0x1_0001, 486_626),
            (8128, 0x1_ffff_ffff, 1_355_939),
            (8192, 0x1_0001, 284_880),
            (8192, 0x7f_ffff, 772_979),
        ] {
            let price = rsa(bits, exponent);
            assert!(price > measured, "RSA-{bits} e {exponent:x}: {price} for {measured}");
            assert!(price < measured * 2, "RSA-{bits} e {exponent:x}: {price} for {measured}");
        }
    }

    #[test]
    fn longer_messages_larger_keys_and_odd_exponents_cost_more() {
        assert!(rsa(2048, 3) < rsa(2048, 65_537));
        assert!(rsa(2048, 65_537) < rsa(2048, 0x1_ffff));
        assert!(rsa(8191, 65_537) < rsa(8128, 65_537));
        let p256 = KeyKind::Ec(Curve::P256);
        assert!(verification_ns(p256, 65_536) > verification_ns(p256, 0) + 65_536);
    }
}
