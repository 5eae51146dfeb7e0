//! Public keys: what they may verify, and the provider's form of them.

use once_cell::race::OnceBox;

use super::algorithm::SignatureAlgorithm;
use super::kind::{KeyKind, Padding, kind_of};
use super::provider::{self, MessageDigest, VerifyingKey};
use super::{KeyError, VerifyError, price};
use crate::cert::Spki;

/// A public key where it stands in its SubjectPublicKeyInfo, checked as far as its bytes show;
/// nothing is allocated for it until it is to be kept, as a [`PublicKey`].
#[derive(Clone, Copy, Debug)]
pub(crate) struct BorrowedKey<'a> {
    kind: KeyKind,
    material: &'a [u8],
}

impl<'a> BorrowedKey<'a> {
    /// Finds the key in `spki`. Whether a point is on its curve only the provider can tell, at
    /// the first verification.
    pub(crate) fn parse(spki: &Spki<'a>) -> Result<Self, KeyError> {
        let kind = kind_of(spki)?;
        if !provider::supports(kind) {
            return Err(KeyError::Unsupported);
        }
        Ok(Self { kind, material: provider::material(kind, spki) })
    }
}

impl From<BorrowedKey<'_>> for PublicKey {
    fn from(key: BorrowedKey<'_>) -> Self {
        Self {
            kind: key.kind,
            material: key.material.into(),
            first: OnceBox::new(),
            others: OnceBox::new(),
        }
    }
}

/// A public key, taken from a SubjectPublicKeyInfo and checked as far as its bytes show.
///
/// The provider's parsed form is made at the first verification and kept. A provider's key is
/// tied to one algorithm; nearly every key makes signatures of one algorithm only, so that the
/// first gets a place of its own and others, if they ever come, share a box. Two threads that come
/// first both make it and one of the two is kept: nobody waits, also not in a process that was
/// forked while a thread that is not there any more was at it.
pub(crate) struct PublicKey {
    kind: KeyKind,
    material: Box<[u8]>,
    first: OnceBox<(SignatureAlgorithm, Option<VerifyingKey>)>,
    others: OnceBox<[OnceBox<Option<VerifyingKey>>; ALGORITHMS_PER_KEY]>,
}

/// An rsaEncryption key has the most: two paddings by three hashes.
const ALGORITHMS_PER_KEY: usize = 6;

impl PublicKey {
    /// Takes the key out of `spki`, as [`BorrowedKey::parse`] finds it.
    pub(crate) fn parse(spki: &Spki<'_>) -> Result<Self, KeyError> {
        BorrowedKey::parse(spki).map(Self::from)
    }

    /// Whether `signature` is this key's over `message`.
    pub(crate) fn verify(
        &self,
        algorithm: SignatureAlgorithm,
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), VerifyError> {
        let key = self.verifying_key(algorithm)?;
        // The provider's own way from a message makes a context for the hash, copies and frees it: two
        // thousand instructions more.
        let good = match MessageDigest::of(algorithm, message) {
            Some(digest) => key.verify_digest(&digest, signature),
            None => key.verify(message, signature),
        };
        if good { Ok(()) } else { Err(VerifyError::BadSignature) }
    }

    /// Whether `signature` is this key's over the message that has this digest. The digest must
    /// come from [`MessageDigest::of`] for the same algorithm.
    pub(crate) fn verify_digest(
        &self,
        algorithm: SignatureAlgorithm,
        digest: &MessageDigest,
        signature: &[u8],
    ) -> Result<(), VerifyError> {
        let good = self.verifying_key(algorithm)?.verify_digest(digest, signature);
        if good { Ok(()) } else { Err(VerifyError::BadSignature) }
    }

    /// Modelled nanoseconds of one verification over `message_len` bytes, the parsing of the key
    /// included; an upper bound on the machine class this is built for (see `price`).
    pub(crate) fn cost_ns(&self, message_len: usize) -> u64 {
        price::verification_ns(self.kind, message_len)
    }

    /// Bytes held besides the value itself, for cache accounts: our copy, the provider's copy and
    /// its parsed form, which is at most as large as the key's numbers a few times over.
    pub(crate) fn heap_bytes(&self) -> usize {
        512 + 5 * self.material.len()
    }

    pub(super) fn kind(&self) -> KeyKind {
        self.kind
    }

    fn verifying_key(&self, algorithm: SignatureAlgorithm) -> Result<&VerifyingKey, VerifyError> {
        if !self.makes(algorithm) {
            return Err(VerifyError::Mismatch);
        }
        let parse = || VerifyingKey::new(self.kind, algorithm, &self.material);
        let (first, key) = self.first.get_or_init(|| Box::new((algorithm, parse())));
        let key = if *first == algorithm {
            key
        } else {
            let others = self.others.get_or_init(Default::default);
            others[place(algorithm)].get_or_init(|| Box::new(parse()))
        };
        key.as_ref().ok_or(VerifyError::BadKey)
    }

    /// Whether this kind of key makes signatures of this algorithm, as far as its own
    /// AlgorithmIdentifier and the provider allow.
    fn makes(&self, algorithm: SignatureAlgorithm) -> bool {
        let fits = match (self.kind, algorithm) {
            (KeyKind::Rsa { padding: Padding::Any, .. }, SignatureAlgorithm::RsaPkcs1(_)) => true,
            (KeyKind::Rsa { padding, .. }, SignatureAlgorithm::RsaPss(hash)) => match padding {
                Padding::Any | Padding::Pss(None) => true,
                Padding::Pss(Some(only)) => only == hash,
            },
            (KeyKind::Ec(_), SignatureAlgorithm::Ecdsa(_))
            | (KeyKind::Ed25519, SignatureAlgorithm::Ed25519) => true,
            (KeyKind::MlDsa(own), SignatureAlgorithm::MlDsa(set)) => own == set,
            _ => false,
        };
        fits && provider::verifies(self.kind, algorithm)
    }
}

impl core::fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("PublicKey").field("kind", &self.kind).finish_non_exhaustive()
    }
}

/// Where an algorithm's parsed key stands among those of one key.
fn place(algorithm: SignatureAlgorithm) -> usize {
    match algorithm {
        SignatureAlgorithm::RsaPkcs1(hash) | SignatureAlgorithm::Ecdsa(hash) => hash as usize,
        SignatureAlgorithm::RsaPss(hash) => 3 + hash as usize,
        SignatureAlgorithm::Ed25519 | SignatureAlgorithm::MlDsa(_) => 0,
    }
}
