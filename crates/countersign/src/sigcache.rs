//! Signature facts: "this key made this signature over these bytes". True once, true forever, so
//! that they outlive every snapshot; only success is ever remembered.

use core::hash::{BuildHasher as _, Hasher as _};
use std::sync::Arc;

use foldhash::quality::RandomState;
use once_cell::race::OnceBox;

use crate::cache::{Hit, SetCache};
use crate::cert::Certificate;
use crate::crypto::{self, KeyError, PublicKey, SignatureAlgorithm, VerifyError};
use crate::metrics::Tally;

/// What a digest stands for. The numbers are part of what is hashed and are never reused.
const CERTIFICATE: u8 = 1;

/// Authorities that are kept, at most: far more than one policy leads to.
const AUTHORITIES_MAX: usize = 4_096;

/// Bytes of those authorities, at most.
const AUTHORITY_BYTES_MAX: usize = 16 << 20;

/// Octets of a SubjectPublicKeyInfo that find its authority: the end of a modulus or of a point,
/// which no two keys share by chance. All of them are compared.
const HASHED_BYTES: usize = 64;

/// A fact with the reference counts before it.
const FACT_BYTES: usize = size_of::<FactDigest>() + 2 * size_of::<usize>();

/// The name of a fact: SHA-256 over its kind and, each with its length before it, the signature's
/// AlgorithmIdentifier, the signer's SubjectPublicKeyInfo, the signature and what is signed.
/// (BoringSSL's `pki/verify_signed_data.cc` keys its cache so.)
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FactDigest([u8; 32]);

impl FactDigest {
    /// From algorithm, signer, signature and what is signed.
    fn of_parts(parts: [&[u8]; 4]) -> Self {
        let len = parts.iter().map(|part| size_of::<u64>() + part.len()).sum::<usize>();
        let mut text = Vec::with_capacity(1 + len);
        text.push(CERTIFICATE);
        for part in parts {
            text.extend_from_slice(&length(part));
            text.extend_from_slice(part);
        }
        Self(crypto::sha256(&text))
    }

    /// A digest's own bits are as good as a hash of them.
    fn hash(&self) -> u64 {
        let [a, b, c, d, e, f, g, h, ..] = self.0;
        u64::from_le_bytes([a, b, c, d, e, f, g, h])
    }
}

/// The signature of a certificate, and what it is over.
#[derive(Clone, Copy)]
pub(crate) struct Signed<'s> {
    /// Content octets of the AlgorithmIdentifier.
    pub(crate) algorithm: &'s [u8],
    pub(crate) signature: &'s [u8],
    pub(crate) tbs: &'s [u8],
}

fn length(part: &[u8]) -> [u8; size_of::<u64>()] {
    (part.len() as u64).to_le_bytes()
}

/// An authority that a trusted key has signed for: its key, and the fact that made it trusted, for
/// all to compare who present the same certificate. Authorities are few and every client brings
/// them, so that comparing them, at a tenth of the price of a digest, is worth their bytes.
struct Authority {
    certificate: Box<[u8]>,
    issuer_spki: Box<[u8]>,
    key: Arc<AuthorityKey>,
}

impl Authority {
    /// Whether this is the certificate, signed by this key.
    fn is(&self, certificate: &Certificate<'_>, issuer_spki: &[u8]) -> bool {
        *self.certificate == *certificate.der() && *self.issuer_spki == *issuer_spki
    }
}

/// The key that a certificate is about, parsed, and what policies call it.
#[derive(Debug)]
pub(crate) struct AuthorityKey {
    spki: Box<[u8]>,
    key: PublicKey,
    spki_sha256: OnceBox<[u8; 32]>,
}

impl AuthorityKey {
    pub(crate) fn parse(certificate: &Certificate<'_>) -> Result<Self, KeyError> {
        let spki = certificate.spki();
        let key = PublicKey::parse(&spki)?;
        Ok(Self { spki: spki.der.into(), key, spki_sha256: OnceBox::new() })
    }

    pub(crate) fn key(&self) -> &PublicKey {
        &self.key
    }

    /// DER of the SubjectPublicKeyInfo.
    pub(crate) fn spki(&self) -> &[u8] {
        &self.spki
    }

    /// SHA-256 of the SubjectPublicKeyInfo, worked out once.
    pub(crate) fn spki_sha256(&self) -> &[u8; 32] {
        self.spki_sha256.get_or_init(|| Box::new(crypto::sha256(&self.spki)))
    }
}

/// The facts known to one verifier, and the parsed keys of the authorities they are about.
/// Shared by all threads; nobody waits.
pub(crate) struct SignatureFacts {
    facts: SetCache<FactDigest>,
    /// Whether there is room for a fact at all.
    remembers: bool,
    authorities: SetCache<Authority>,
    hasher: RandomState,
    /// Look-ups that hit, and that missed.
    lookups: Tally<2>,
}

const HIT: usize = 0;
const MISS: usize = 1;

impl SignatureFacts {
    /// At most `entries` facts, at about 100 bytes each. With none, every look-up is a miss; keys
    /// that were vouched for are kept parsed all the same.
    pub(crate) fn new(entries: usize) -> Self {
        Self {
            facts: SetCache::new(entries, entries.saturating_mul(FACT_BYTES)),
            remembers: entries > 0,
            authorities: SetCache::new(AUTHORITIES_MAX, AUTHORITY_BYTES_MAX),
            hasher: RandomState::default(),
            lookups: Tally::new(),
        }
    }

    /// Whether `issuer_key`, which must be the key in `issuer_spki`, signed the certificate:
    /// known, or verified now and then remembered. Gives the certificate's own key where that is an
    /// authority's: parsed by whoever brought it first, and kept once its signature was checked.
    pub(crate) fn check(
        &self,
        issuer_spki: &[u8],
        issuer_key: &PublicKey,
        algorithm: SignatureAlgorithm,
        certificate: &Certificate<'_>,
    ) -> Result<Option<Arc<AuthorityKey>>, VerifyError> {
        let is_ca = certificate.is_ca();
        let kept = is_ca.then(|| self.kept(certificate.spki().der)).flatten();
        let is_known = |one: &Authority| self.remembers && one.is(certificate, issuer_spki);
        let (key, known) = kept.map_or((None, false), |one| {
            let known = is_known(&one);
            (Some(Arc::clone(&one.key)), known)
        });
        if known {
            self.lookups.count(HIT);
            return Ok(key);
        }
        let signed = Signed {
            algorithm: certificate.signature_algorithm(),
            signature: certificate.signature(),
            tbs: certificate.tbs(),
        };
        self.check_signed(issuer_spki, issuer_key, algorithm, signed)?;
        Ok(match key {
            None if is_ca => self.keep(issuer_spki, certificate),
            key => key,
        })
    }

    /// As `check`, of a certificate in parts; whether it was known.
    pub(crate) fn check_signed(
        &self,
        issuer_spki: &[u8],
        issuer_key: &PublicKey,
        algorithm: SignatureAlgorithm,
        signed: Signed<'_>,
    ) -> Result<bool, VerifyError> {
        if !self.remembers {
            self.lookups.count(MISS);
            return issuer_key.verify(algorithm, signed.tbs, signed.signature).map(|()| false);
        }
        let parts = [signed.algorithm, issuer_spki, signed.signature, signed.tbs];
        let digest = FactDigest::of_parts(parts);
        if self.is_known(&digest) {
            return Ok(true);
        }
        issuer_key.verify(algorithm, signed.tbs, signed.signature)?;
        self.remember(digest);
        Ok(false)
    }

    /// Whether this was found good before.
    fn is_known(&self, digest: &FactDigest) -> bool {
        let known = self.facts.get(digest.hash(), |fact| fact == digest).is_some();
        self.lookups.count(if known { HIT } else { MISS });
        known
    }

    /// Remembers what was just found good.
    fn remember(&self, digest: FactDigest) {
        self.facts.insert(digest.hash(), FACT_BYTES, Arc::new(digest));
    }

    /// An authority with this key.
    fn kept(&self, spki: &[u8]) -> Option<Hit<Authority>> {
        self.authorities.get(self.hash(spki), |one| *one.key.spki == *spki)
    }

    fn hash(&self, spki: &[u8]) -> u64 {
        let mut hasher = self.hasher.build_hasher();
        hasher.write_usize(spki.len());
        hasher.write(&spki[spki.len().saturating_sub(HASHED_BYTES)..]);
        hasher.finish()
    }

    /// Look-ups that hit, and that missed, since the beginning.
    pub(crate) fn lookups(&self) -> (u64, u64) {
        let [hits, misses] = self.lookups.sums();
        (hits, misses)
    }

    /// Facts held now.
    pub(crate) fn len(&self) -> usize {
        self.facts.len()
    }

    /// Keeps an authority, once its signature was found good.
    fn keep(&self, issuer_spki: &[u8], certificate: &Certificate<'_>) -> Option<Arc<AuthorityKey>> {
        let spki = certificate.spki().der;
        // A key that is none will be refused where it is used.
        let key = Arc::new(AuthorityKey::parse(certificate).ok()?);
        let fixed = size_of::<Authority>() + size_of::<AuthorityKey>();
        let owned = spki.len() + certificate.der().len() + issuer_spki.len();
        let bytes = fixed + owned + key.key.heap_bytes();
        let kept = Authority {
            certificate: certificate.der().into(),
            issuer_spki: issuer_spki.into(),
            key: Arc::clone(&key),
        };
        self.authorities.insert(self.hash(spki), bytes, Arc::new(kept));
        Some(key)
    }
}

#[cfg(test)]
mod tests {
    use countersign_testkit::forge::{Authority, tamper};

    use super::*;

    struct Chain {
        root: Authority,
        ca: Authority,
        leaf: Vec<u8>,
    }

    fn chain() -> Chain {
        let root = Authority::root("root");
        let ca = root.intermediate("ca");
        let leaf = ca.leaf("leaf").certificate;
        Chain { root, ca, leaf }
    }

    fn judge(facts: &SignatureFacts, issuer: &[u8], subject: &[u8]) -> Result<(), VerifyError> {
        check(facts, issuer, subject).map(drop)
    }

    fn check(
        facts: &SignatureFacts,
        issuer: &[u8],
        subject: &[u8],
    ) -> Result<Option<Arc<AuthorityKey>>, VerifyError> {
        let (issuer, subject) =
            (Certificate::parse(issuer).unwrap(), Certificate::parse(subject).unwrap());
        let key = PublicKey::parse(&issuer.spki()).unwrap();
        let algorithm = SignatureAlgorithm::from_der(subject.signature_algorithm()).unwrap();
        facts.check(issuer.spki().der, &key, algorithm, &subject)
    }

    #[test]
    fn a_good_signature_is_known_the_second_time() {
        let (facts, chain) = (SignatureFacts::new(100), chain());
        for expected in [(0, 1), (1, 1), (2, 1)] {
            assert_eq!(judge(&facts, &chain.ca.certificate, &chain.leaf), Ok(()));
            assert_eq!(facts.lookups(), expected);
        }
    }

    #[test]
    fn a_bad_signature_is_never_remembered() {
        let (facts, chain) = (SignatureFacts::new(100), chain());
        let forged = tamper::break_signature(&chain.leaf);
        for _ in 0..2 {
            let refused = judge(&facts, &chain.ca.certificate, &forged);
            assert_eq!(refused, Err(VerifyError::BadSignature));
        }
        assert_eq!((facts.facts.len(), facts.lookups()), (0, (0, 2)));
    }

    #[test]
    fn the_fact_about_an_authority_covers_signer_and_every_byte_signed() {
        let (facts, chain) = (SignatureFacts::new(100), chain());
        judge(&facts, &chain.root.certificate, &chain.ca.certificate).unwrap();
        judge(&facts, &chain.root.certificate, &chain.ca.certificate).unwrap();
        assert_eq!(facts.lookups(), (1, 1));
        let other_root = Authority::root("root");
        let forged = tamper::break_signature(&chain.ca.certificate);
        let renamed = tamper::replace_bytes(&chain.ca.certificate, b"ca", b"da");
        for (issuer, certificate) in [
            (&other_root.certificate, &chain.ca.certificate),
            (&chain.root.certificate, &forged),
            (&chain.root.certificate, &renamed),
        ] {
            assert_eq!(judge(&facts, issuer, certificate), Err(VerifyError::BadSignature));
        }
    }

    #[test]
    fn an_authority_with_two_certificates_for_one_key_is_known_by_both() {
        let (facts, chain) = (SignatureFacts::new(100), chain());
        let again =
            chain.root.intermediate_with(chain.ca.name.clone(), chain.ca.key.clone(), |c| {
                c.serial(&[0x55])
            });
        for expected in [(0, 2), (2, 2), (4, 2)] {
            judge(&facts, &chain.root.certificate, &chain.ca.certificate).unwrap();
            judge(&facts, &chain.root.certificate, &again.certificate).unwrap();
            assert_eq!(facts.lookups(), expected);
        }
    }

    #[test]
    fn a_fact_covers_signer_and_every_byte_signed() {
        let (facts, chain) = (SignatureFacts::new(100), chain());
        judge(&facts, &chain.ca.certificate, &chain.leaf).unwrap();
        // The same leaf by another key.
        let refused = judge(&facts, &chain.root.certificate, &chain.leaf);
        assert_eq!(refused, Err(VerifyError::BadSignature));
        // Another leaf with the same signature, by the same key.
        let other = tamper::replace_bytes(&chain.leaf, b"leaf", b"beef");
        let refused = judge(&facts, &chain.ca.certificate, &other);
        assert_eq!(refused, Err(VerifyError::BadSignature));
    }

    #[test]
    fn moving_a_byte_from_one_part_to_the_next_names_another_fact() {
        let digests = [
            FactDigest::of_parts([b"ab", b"c", b"d", b"e"]),
            FactDigest::of_parts([b"a", b"bc", b"d", b"e"]),
            FactDigest::of_parts([b"a", b"b", b"cd", b"e"]),
            FactDigest::of_parts([b"a", b"b", b"c", b"de"]),
        ];
        for (i, one) in digests.iter().enumerate() {
            assert!(digests[..i].iter().all(|other| other != one));
        }
    }

    #[test]
    fn facts_without_room_answer_as_facts_with() {
        let (none, chain) = (SignatureFacts::new(0), chain());
        for _ in 0..2 {
            assert_eq!(judge(&none, &chain.ca.certificate, &chain.leaf), Ok(()));
            let refused = judge(&none, &chain.root.certificate, &chain.leaf);
            assert_eq!(refused, Err(VerifyError::BadSignature));
        }
        assert_eq!(none.lookups(), (0, 4));
    }

    #[test]
    fn a_key_is_kept_only_for_an_authority_whose_signature_was_checked() {
        let (facts, chain) = (SignatureFacts::new(100), chain());
        let ca = Certificate::parse(&chain.ca.certificate).unwrap();
        let kept = || facts.kept(ca.spki().der).map(|one| Arc::clone(&one.key));
        check(&facts, &chain.root.certificate, &tamper::break_signature(&chain.ca.certificate))
            .unwrap_err();
        assert!(kept().is_none(), "a stranger's signature vouches for nothing");
        let first = check(&facts, &chain.root.certificate, &chain.ca.certificate).unwrap();
        let first = first.expect("the key of an authority");
        assert!(Arc::ptr_eq(&first, &kept().expect("it is kept")));
        assert_eq!(first.spki_sha256(), &crypto::sha256(ca.spki().der));
        let again = check(&facts, &chain.root.certificate, &chain.ca.certificate).unwrap();
        assert!(Arc::ptr_eq(&first, &again.expect("the same key")));
        assert!(check(&facts, &chain.ca.certificate, &chain.leaf).unwrap().is_none());
        assert_eq!(facts.authorities.len(), 1, "a leaf's key is not kept here");
    }
}
