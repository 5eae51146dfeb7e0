//! The server's own signature, made from a digest.
//!
//! AWS-LC's way from a message to an ECDSA signature makes a context for the hash, copies it and
//! frees both: four allocations and a quarter of a microsecond of a handshake, which a digest that is
//! worked out first does not need. What is signed is the same.

use core::fmt;
use std::sync::Arc;

use rustls::crypto::KeyProvider;
use rustls::pki_types::{PrivateKeyDer, SubjectPublicKeyInfoDer};
use rustls::sign::{Signer, SigningKey};
use rustls::{Error, SignatureAlgorithm, SignatureScheme};

use super::provider;
use super::provider::library::digest::{self, digest};
use super::provider::library::signature::{self, EcdsaKeyPair, EcdsaSigningAlgorithm};

/// Loads ECDSA keys as ours, and all others as rustls' own.
#[derive(Debug)]
pub(super) struct Keys;

impl KeyProvider for Keys {
    fn load_private_key(&self, key: PrivateKeyDer<'static>) -> Result<Arc<dyn SigningKey>, Error> {
        let pair = ALL.iter().find_map(|kind| Some((kind, Arc::new(kind.pair(&key)?))));
        let theirs = provider::rustls_provider().key_provider.load_private_key(key)?;
        let public_key = theirs.public_key().map(SubjectPublicKeyInfoDer::into_owned);
        Ok(match (pair, public_key) {
            (Some((kind, pair)), Some(public_key)) => Arc::new(EcdsaKey { kind, pair, public_key }),
            _ => theirs,
        })
    }
}

/// A curve, and the scheme that TLS 1.3 has for it.
struct Kind {
    scheme: SignatureScheme,
    algorithm: &'static EcdsaSigningAlgorithm,
    hash: &'static digest::Algorithm,
}

static ALL: [Kind; 3] = [
    Kind {
        scheme: SignatureScheme::ECDSA_NISTP256_SHA256,
        algorithm: &signature::ECDSA_P256_SHA256_ASN1_SIGNING,
        hash: &digest::SHA256,
    },
    Kind {
        scheme: SignatureScheme::ECDSA_NISTP384_SHA384,
        algorithm: &signature::ECDSA_P384_SHA384_ASN1_SIGNING,
        hash: &digest::SHA384,
    },
    Kind {
        scheme: SignatureScheme::ECDSA_NISTP521_SHA512,
        algorithm: &signature::ECDSA_P521_SHA512_ASN1_SIGNING,
        hash: &digest::SHA512,
    },
];

impl Kind {
    /// The key pair, where it is one of this kind.
    fn pair(&self, key: &PrivateKeyDer<'_>) -> Option<EcdsaKeyPair> {
        let pair = match key {
            PrivateKeyDer::Pkcs8(der) => {
                EcdsaKeyPair::from_pkcs8(self.algorithm, der.secret_pkcs8_der())
            }
            PrivateKeyDer::Sec1(der) => {
                EcdsaKeyPair::from_private_key_der(self.algorithm, der.secret_sec1_der())
            }
            _ => return None,
        };
        pair.ok()
    }
}

/// An ECDSA key.
struct EcdsaKey {
    kind: &'static Kind,
    pair: Arc<EcdsaKeyPair>,
    public_key: SubjectPublicKeyInfoDer<'static>,
}

impl SigningKey for EcdsaKey {
    fn choose_scheme(&self, offered: &[SignatureScheme]) -> Option<Box<dyn Signer>> {
        let Self { kind, pair, .. } = self;
        let sign = || Box::new(EcdsaSigner { kind, pair: Arc::clone(pair) }) as Box<dyn Signer>;
        offered.contains(&kind.scheme).then(sign)
    }

    fn public_key(&self) -> Option<SubjectPublicKeyInfoDer<'_>> {
        Some(SubjectPublicKeyInfoDer::from(self.public_key.as_ref()))
    }

    fn algorithm(&self) -> SignatureAlgorithm {
        SignatureAlgorithm::ECDSA
    }
}

impl fmt::Debug for EcdsaKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EcdsaKey").field("scheme", &self.kind.scheme).finish_non_exhaustive()
    }
}

/// One signature to be made.
struct EcdsaSigner {
    kind: &'static Kind,
    pair: Arc<EcdsaKeyPair>,
}

impl Signer for EcdsaSigner {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, Error> {
        let signed = self.pair.sign_digest(&digest(self.kind.hash, message));
        let signed = signed.map_err(|_| Error::General("signing failed".to_owned()))?;
        Ok(signed.as_ref().to_vec())
    }

    fn scheme(&self) -> SignatureScheme {
        self.kind.scheme
    }
}

impl fmt::Debug for EcdsaSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EcdsaSigner").field("scheme", &self.kind.scheme).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use countersign_testkit::forge::{Key, KeyKind, der};
    use rustls::pki_types::{PrivatePkcs8KeyDer, PrivateSec1KeyDer};

    use super::super::algorithm::{Hash, SignatureAlgorithm as Algorithm};
    use super::super::key::PublicKey;
    use super::*;
    use crate::cert::Spki;
    use crate::der::read_all;

    const ECDSA: [(KeyKind, Hash); 3] = [
        (KeyKind::P256, Hash::Sha256),
        (KeyKind::P384, Hash::Sha384),
        (KeyKind::P521, Hash::Sha512),
    ];

    fn offered() -> Vec<SignatureScheme> {
        let ed25519 = [SignatureScheme::ED25519];
        ed25519.into_iter().chain(ALL.iter().map(|kind| kind.scheme)).collect()
    }

    /// Signs as rustls does, and checks it as a client does.
    fn check(key: &dyn SigningKey, made: &Key, hash: Hash) {
        let signer = key.choose_scheme(&offered()).expect("its scheme is offered");
        let signature = signer.sign(b"a handshake").expect("it signs");
        let spki = read_all(made.spki(), "public key", Spki::read).expect("it is one");
        let public = PublicKey::parse(&spki).expect("it is supported");
        let verify = |message| public.verify(Algorithm::Ecdsa(hash), message, &signature);
        assert_eq!(verify(b"a handshake"), Ok(()));
        assert!(verify(b"another").is_err());
        assert_eq!(key.public_key().expect("known").as_ref(), made.spki());
    }

    #[test]
    fn ecdsa_keys_sign_what_their_certificates_verify() {
        for (kind, hash) in ECDSA {
            let made = Key::generate(kind);
            let pkcs8 = made.pkcs8_der();
            let key = Keys.load_private_key(PrivatePkcs8KeyDer::from(pkcs8).into()).expect("good");
            assert!(format!("{key:?}").starts_with("EcdsaKey { scheme: ECDSA_NISTP"), "{key:?}");
            let theirs = provider::rustls_provider()
                .key_provider
                .load_private_key(PrivatePkcs8KeyDer::from(made.pkcs8_der()).into())
                .expect("good");
            assert_eq!(key.algorithm(), theirs.algorithm());
            let scheme =
                |key: &dyn SigningKey| key.choose_scheme(&offered()).map(|signer| signer.scheme());
            assert_eq!(scheme(&*key), scheme(&*theirs));
            let others: Vec<_> =
                offered().into_iter().filter(|s| Some(*s) != scheme(&*key)).collect();
            assert!(key.choose_scheme(&others).is_none(), "a scheme that was not offered");
            check(&*key, &made, hash);
        }
    }

    #[test]
    fn sec_1_keys_are_taken_too() {
        for (kind, hash) in ECDSA {
            let made = Key::generate(kind);
            let pkcs8 = made.pkcs8_der();
            let sec1 = der::content(der::children(&pkcs8)[2]).to_vec();
            let key = PrivateSec1KeyDer::from(sec1).into();
            check(&*Keys.load_private_key(key).expect("good"), &made, hash);
        }
    }

    #[test]
    fn all_other_keys_are_rustls_own_and_what_is_no_key_is_refused() {
        for kind in [KeyKind::Ed25519, KeyKind::Rsa2048, KeyKind::MlDsa44] {
            let der = || PrivatePkcs8KeyDer::from(Key::generate(kind).pkcs8_der()).into();
            let theirs = provider::rustls_provider().key_provider;
            let [ours, theirs] = [Keys.load_private_key(der()), theirs.load_private_key(der())];
            assert_eq!(format!("{ours:?}"), format!("{theirs:?}"));
        }
        let nothing = PrivatePkcs8KeyDer::from(vec![0x30, 0]).into();
        assert!(Keys.load_private_key(nothing).is_err());
    }
}
