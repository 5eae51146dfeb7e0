//! Sealed boxes for tickets: keys derived from a secret, AES-256-GCM under random nonces.

use zeroize::Zeroizing;

use super::provider::library::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use super::provider::library::hkdf::{HKDF_SHA256, Prk, Salt};
use super::provider::library::rand::{SecureRandom, SystemRandom};

/// The system had no random bytes to give.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NoRandom;

/// Random bytes.
pub(crate) fn random<const N: usize>() -> Result<[u8; N], NoRandom> {
    let mut bytes = [0; N];
    SystemRandom::new().fill(&mut bytes).map_err(|_| NoRandom)?;
    Ok(bytes)
}

/// A secret that keys are derived from, by HKDF-SHA-256 (RFC 5869).
pub(crate) struct Secret(Prk);

impl Secret {
    pub(crate) fn new(secret: &[u8], purpose: &[u8]) -> Self {
        Self(Salt::new(HKDF_SHA256, purpose).extract(secret))
    }

    /// 32 bytes for one purpose. Whoever has them learns nothing of the secret or of others.
    pub(crate) fn derive(&self, info: &[&[u8]]) -> Zeroizing<[u8; 32]> {
        let mut bytes = Zeroizing::new([0; 32]);
        let derived = self.0.expand(info, HKDF_SHA256).and_then(|okm| okm.fill(&mut *bytes));
        derived.expect("HKDF-SHA-256 gives up to 8,160 bytes");
        bytes
    }
}

/// A key that seals and opens. Nonces are random: NIST SP 800-38D section 8.3 allows 2^32 of them
/// under one key.
pub(crate) struct SealingKey(LessSafeKey);

impl SealingKey {
    const NONCE: usize = NONCE_LEN;

    /// Bytes that sealing adds: the nonce before, the tag behind.
    pub(crate) const OVERHEAD: usize = NONCE_LEN + 16;

    pub(crate) fn new(key: &[u8; 32]) -> Self {
        let key = UnboundKey::new(&AES_256_GCM, key).expect("AES-256 takes 32 bytes");
        Self(LessSafeKey::new(key))
    }

    /// Appends `plaintext`, sealed and bound to what `sealed` holds already.
    pub(crate) fn seal(&self, sealed: &mut Vec<u8>, plaintext: &[&[u8]]) -> Result<(), NoRandom> {
        let nonce = random::<{ Self::NONCE }>()?;
        let bound = sealed.len();
        sealed.extend_from_slice(&nonce);
        let start = sealed.len();
        plaintext.iter().for_each(|part| sealed.extend_from_slice(part));
        let (before, contents) = sealed.split_at_mut(start);
        let nonce = Nonce::assume_unique_for_key(nonce);
        let tag = self.0.seal_in_place_separate_tag(nonce, Aad::from(&before[..bound]), contents);
        sealed.extend_from_slice(tag.map_err(|_| NoRandom)?.as_ref());
        Ok(())
    }

    /// What [`SealingKey::seal`] appended to `bound`; `None` where anyone changed either.
    pub(crate) fn open(&self, bound: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
        let (nonce, contents) = sealed.split_at_checked(Self::NONCE)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let mut contents = contents.to_vec();
        let length = self.0.open_in_place(nonce, Aad::from(bound), &mut contents).ok()?.len();
        contents.truncate(length);
        Some(contents)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_sealed_opens_and_what_was_changed_does_not() {
        let key = SealingKey::new(&[7; 32]);
        let mut sealed = b"name".to_vec();
        key.seal(&mut sealed, &[b"hello ", b"world"]).expect("random bytes");
        let open = |bytes: &[u8]| key.open(&bytes[..4], &bytes[4..]);
        assert_eq!(open(&sealed).as_deref(), Some(&b"hello world"[..]));
        for i in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[i] ^= 1;
            assert_eq!(open(&changed), None, "byte {i}");
        }
        for length in 4..sealed.len() {
            assert_eq!(open(&sealed[..length]), None, "{length} bytes");
        }
        assert_eq!(SealingKey::new(&[8; 32]).open(&sealed[..4], &sealed[4..]), None);
    }

    #[test]
    fn keys_differ_by_secret_purpose_and_information() {
        let derive = |secret: &[u8], purpose: &[u8], info: &[&[u8]]| {
            Secret::new(secret, purpose).derive(info)
        };
        let one = derive(b"secret", b"tickets", &[b"1"]);
        assert_eq!(one, derive(b"secret", b"tickets", &[b"1"]));
        assert_ne!(one, derive(b"secret", b"tickets", &[b"2"]));
        assert_ne!(one, derive(b"secret", b"names", &[b"1"]));
        assert_ne!(one, derive(b"Secret", b"tickets", &[b"1"]));
    }
}
