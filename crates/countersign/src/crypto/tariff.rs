//! The figures that a provider states for what it costs; `price` makes a model of them.

/// Prices of one provider, in nanoseconds unless said otherwise, a third above what was measured.
#[derive(Clone, Copy, Debug)]
pub(super) struct Prices {
    /// Parsing an RSA key and unpadding.
    pub(super) rsa_fixed: u64,
    /// One modular squaring and one multiplication, in hundredths of a nanosecond per squared
    /// 64-bit limb of the modulus: where the limbs are a multiple of eight, and where they are
    /// not and the vector code cannot be used.
    pub(super) rsa_square: [u64; 2],
    pub(super) rsa_multiply: [u64; 2],
    /// ECDSA.
    pub(super) p256: u64,
    pub(super) p384: u64,
    pub(super) p521: u64,
    pub(super) ed25519: u64,
    /// ML-DSA-44, -65, -87.
    pub(super) ml_dsa: [u64; 3],
    /// Digesting, in hundredths of a nanosecond per byte of message: the slowest hash that a
    /// signature algorithm may name (SHA-512; Ed25519 uses it too), and SHAKE256 of ML-DSA.
    pub(super) sha2_byte: u64,
    pub(super) shake_byte: u64,
    /// SHA-256, in hundredths of a nanosecond per byte.
    pub(super) sha256_byte: u64,
}
