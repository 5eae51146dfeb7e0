//! Keys of proxies: one to sign with, and those that count.

use core::{fmt, mem};
use std::path::Path;
use std::sync::Arc;

use zeroize::Zeroizing;

use crate::crypto::{MessageAlgorithm, MessageSigner, MessageVerifier};
use crate::error::{Error, ErrorKind};
use crate::limits;
use crate::{pem, secret_file};

/// The label of a key that signs.
const PRIVATE_KEY: &str = "PRIVATE KEY";

/// Most bytes of a file with a key: one in PEM has a few hundred, the rest is room for comments.
const FILE_BYTES: usize = 16 << 10;

/// The key that a proxy signs with, and what receivers know it by.
///
/// It cannot be looked at; `Debug` shows its id and its algorithm.
///
/// ```
/// use countersign::forwarded::SigningKey;
///
/// let key = SigningKey::hmac_sha256("edge-1", &[7; 32]).unwrap();
/// assert_eq!(key.algorithm(), "hmac-sha256");
/// assert!(SigningKey::hmac_sha256("edge-1", b"too short").is_err());
/// ```
pub struct SigningKey {
    id: String,
    key: MessageSigner,
}

impl SigningKey {
    /// A secret that proxy and receivers share: whoever can check can sign too.
    ///
    /// # Errors
    /// A secret of less than [`limits::HMAC_SECRET_BYTES`], or an id that is none.
    pub fn hmac_sha256(id: &str, secret: &[u8]) -> Result<Self, Error> {
        let key = MessageSigner::hmac(secret).ok_or_else(short_secret)?;
        Self::new(id, key)
    }

    /// An Ed25519 or P-256 private key: PKCS#8, in DER or as the one `PRIVATE KEY` block of a PEM text.
    ///
    /// # Errors
    /// Any other key, or an id that is none.
    pub fn pkcs8(id: &str, key: &[u8]) -> Result<Self, Error> {
        Self::private_key(id, &der_or_only_block(key, PRIVATE_KEY)?)
    }

    fn private_key(id: &str, der: &[u8]) -> Result<Self, Error> {
        let key = MessageSigner::pkcs8(der)
            .ok_or_else(|| Error::config("not an Ed25519 or P-256 private key in PKCS#8"))?;
        Self::new(id, key)
    }

    /// What a file holds that nobody but its owner can get at: one line of 64 hex digits or more is a secret
    /// (`#` begins a comment), a `PRIVATE KEY` block an Ed25519 or P-256 key.
    ///
    /// # Errors
    /// Any other file, or an id that is none.
    pub fn from_file(id: &str, path: &Path) -> Result<Self, Error> {
        let text = secret_file::read(path, FILE_BYTES)?;
        Self::from_text(id, &text).map_err(|error| error.in_file(path))
    }

    fn from_text(id: &str, text: &str) -> Result<Self, Error> {
        if text.contains("-----BEGIN") {
            return Self::private_key(id, &only_block(text.as_bytes(), PRIVATE_KEY)?);
        }
        let mut lines = secret_file::lines(text);
        let (Some((_, line)), None) = (lines.next(), lines.next()) else { return Err(no_key()) };
        let secret = secret_file::decode(line)?.ok_or_else(no_key)?;
        Self::hmac_sha256(id, &secret)
    }

    fn new(id: &str, key: MessageSigner) -> Result<Self, Error> {
        check_id(id)?;
        Ok(Self { id: id.to_owned(), key })
    }

    /// What receivers know it by.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// What RFC 9421 calls its algorithm.
    pub fn algorithm(&self) -> &'static str {
        self.key.algorithm().token()
    }

    pub(super) fn signer(&self) -> &MessageSigner {
        &self.key
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey")
            .field("id", &self.id)
            .field("algorithm", &self.algorithm())
            .finish_non_exhaustive()
    }
}

/// The keys whose signatures count, by their ids. One key has one algorithm.
///
/// ```
/// use countersign::forwarded::KeyRing;
///
/// let keys = KeyRing::new().hmac_sha256("edge-1", &[7; 32]).unwrap();
/// assert!(keys.hmac_sha256("edge-1", &[8; 32]).is_err(), "an id is given once");
/// ```
#[derive(Clone, Default)]
pub struct KeyRing {
    keys: Vec<(Box<str>, Arc<MessageVerifier>)>,
}

impl KeyRing {
    /// Without a key, no signature counts.
    pub fn new() -> Self {
        Self::default()
    }

    /// And the signatures under this secret.
    ///
    /// # Errors
    /// A secret of less than [`limits::HMAC_SECRET_BYTES`], an id that is none or given before, or more
    /// than [`limits::SIGNATURE_KEYS`].
    pub fn hmac_sha256(self, id: &str, secret: &[u8]) -> Result<Self, Error> {
        let key = MessageVerifier::hmac(secret).ok_or_else(short_secret)?;
        self.and(id, key)
    }

    /// And the signatures of the private key to this Ed25519 or P-256 public key: a
    /// SubjectPublicKeyInfo, in DER or as the one `PUBLIC KEY` block of a PEM text.
    ///
    /// # Errors
    /// Any other key, an id that is none or given before, or more than [`limits::SIGNATURE_KEYS`].
    pub fn public_key(self, id: &str, key: &[u8]) -> Result<Self, Error> {
        let der = der_or_only_block(key, "PUBLIC KEY")?;
        let key = MessageVerifier::spki(&der)
            .map_err(|error| Error::config(format!("no Ed25519 or P-256 public key: {error}")))?;
        self.and(id, key)
    }

    fn and(mut self, id: &str, key: MessageVerifier) -> Result<Self, Error> {
        check_id(id)?;
        if self.find(id).is_some() {
            let message = format!("the key id `{id}` is given twice");
            return Err(Error::new(ErrorKind::Usage, message));
        }
        if self.keys.len() == limits::SIGNATURE_KEYS {
            return Err(Error::new(ErrorKind::Usage, "too many keys"));
        }
        self.keys.push((id.into(), Arc::new(key)));
        Ok(self)
    }

    pub(super) fn find(&self, id: &str) -> Option<&MessageVerifier> {
        self.keys.iter().find(|(own, _)| **own == *id).map(|(_, key)| &**key)
    }
}

impl fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = |(id, key): &(Box<str>, Arc<MessageVerifier>)| -> (Box<str>, MessageAlgorithm) {
            (id.clone(), key.algorithm())
        };
        f.debug_map().entries(self.keys.iter().map(key)).finish()
    }
}

/// An id stands in quotes, so it holds what needs no escape there.
fn check_id(id: &str) -> Result<(), Error> {
    let is_plain = id.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'"' && byte != b'\\');
    if is_plain && (1..=limits::KEY_ID_BYTES).contains(&id.len()) {
        return Ok(());
    }
    let most = limits::KEY_ID_BYTES;
    let message = format!("a key id is 1 to {most} printable characters without quotes");
    Err(Error::new(ErrorKind::Usage, message))
}

fn no_key() -> Error {
    Error::config(
        "no key: write one line of 64 hex digits, as `openssl rand -hex 32` does, or a PRIVATE KEY \
         block",
    )
}

fn short_secret() -> Error {
    let least = limits::HMAC_SECRET_BYTES;
    Error::new(ErrorKind::Usage, format!("an HMAC secret has at least {least} bytes"))
}

/// DER as it is, or what the one block of a PEM text holds.
fn der_or_only_block(key: &[u8], label: &str) -> Result<Zeroizing<Vec<u8>>, Error> {
    if key.first() == Some(&0x30) {
        return Ok(key.to_vec().into());
    }
    only_block(key, label)
}

/// What the one block of a PEM text holds.
fn only_block(text: &[u8], label: &str) -> Result<Zeroizing<Vec<u8>>, Error> {
    let mut blocks = pem::blocks(text);
    let first = blocks.next().transpose()?;
    match (first, blocks.next()) {
        (Some(mut found), None) if found.label == label => Ok(mem::take(&mut found.der).into()),
        _ => {
            Err(Error::config(format!("the key must be one `{label}` block, and no other with it")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_shows_a_secret() {
        let secret = b"0123456789abcdef0123456789abcdef";
        let shown = [
            format!("{:?}", SigningKey::hmac_sha256("edge", secret).unwrap()),
            format!("{:?}", KeyRing::new().hmac_sha256("edge", secret).unwrap()),
        ];
        for text in shown {
            assert!(text.contains("edge"), "{text}");
            for part in ["0123", "48, 49", "30313233", "MDEy"] {
                assert!(!text.contains(part), "{text}");
            }
        }
    }

    #[test]
    fn a_text_holds_one_secret_and_is_not_shown() {
        let one = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
        let text = format!("# shared with the application\n{one} # since November\r\n");
        let key = SigningKey::from_text("edge", &text).unwrap();
        assert_eq!(key.algorithm(), "hmac-sha256");
        let (short, odd) = (&one[2..], format!("{one}0"));
        let (two, zeros) = (format!("{one}\n{one}"), "00".repeat(32));
        for text in ["", "# nothing", short, &odd, &two, &zeros, &one.replace('a', "g")] {
            let refused = SigningKey::from_text("edge", text).unwrap_err().to_string();
            assert!(!refused.contains("0102"), "{refused}");
        }
    }

    #[test]
    fn an_id_can_stand_in_quotes() {
        let too_long = "x".repeat(limits::KEY_ID_BYTES + 1);
        for id in ["", "a\"b", "a\\b", "a\nb", "é", "a b", &too_long] {
            assert!(SigningKey::hmac_sha256(id, &[7; 32]).is_err(), "{id:?}");
            assert!(KeyRing::new().hmac_sha256(id, &[7; 32]).is_err(), "{id:?}");
        }
    }

    #[test]
    fn a_ring_is_bounded() {
        let full = (0..limits::SIGNATURE_KEYS)
            .try_fold(KeyRing::new(), |ring, index| ring.hmac_sha256(&index.to_string(), &[7; 32]));
        assert!(full.unwrap().hmac_sha256("more", &[7; 32]).is_err());
    }
}
