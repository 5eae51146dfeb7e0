//! HKDF for TLS 1.3, keeping the state of a key's pads.
//!
//! A TLS 1.3 handshake expands the same few secrets again and again. An HMAC that is keyed anew for
//! each expansion hashes its two pads each time; one that is cloned does not, which saves some 5 %
//! of a handshake. The hash functions are RustCrypto's.

use hmac::KeyInit;
use hmac::block_api::HmacCore;
use hmac::digest::block_api::{Buffer, EagerHash, FixedOutputCore, UpdateCore};
use hmac::digest::{Digest, OutputSizeUser};
use rustls::crypto::hmac::Tag;
use rustls::crypto::tls13::{Hkdf, HkdfExpander, OkmBlock, OutputLengthError};

/// HKDF (RFC 5869) over one hash function.
pub(super) struct SavedStateHkdf<H: EagerHash + 'static> {
    start: &'static Start<H>,
}

impl<H: EagerHash + Digest> SavedStateHkdf<H> {
    /// Made once for each hash, and for good; not when a handshake first asks, which might be in a child that
    /// was forked while a thread that is not there any more was at it.
    pub(super) fn new() -> Self {
        Self { start: Box::leak(Box::new(Start::new())) }
    }

    /// HKDF-Extract with a salt. How long its comparison takes tells how much of a secret salt is like a
    /// constant that everyone knows and nobody chooses.
    fn extract(&self, salt: &[u8], secret: &[u8]) -> Keyed<H> {
        if *salt == *self.start.derived.as_ref() {
            return self.start.salted.extract(secret);
        }
        Keyed::new(salt).extract(secret)
    }
}

/// The steps of the key schedule before any secret (RFC 8446 section 7.1): of every handshake
/// without a pre-shared key they are the same, and known to everyone.
struct Start<H: EagerHash> {
    /// Zeroes, extracted with a salt of zeroes.
    early: Keyed<H>,
    /// The `HkdfLabel` of Derive-Secret(., "derived", ""), which is what comes next.
    label: Vec<u8>,
    /// What it gives.
    derived: OkmBlock,
    /// That, as the salt with which the key exchange's secret is extracted.
    salted: Keyed<H>,
}

impl<H: EagerHash + Digest> Start<H> {
    fn new() -> Self {
        let early = Keyed::<H>::new(&[]).extract(zeroes::<H>());
        let nothing = H::digest([]);
        let octets = u8::try_from(nothing.len()).expect("invariant: a hash is short");
        let label = [&[0, octets, 13], &b"tls13 derived"[..], &[octets], &nothing].concat();
        let derived = OkmBlock::new(&early.block(&[], &[&label], 1));
        let salted = Keyed::new(derived.as_ref());
        Self { early, label, derived, salted }
    }
}

/// As many zeroes as the hash is long.
fn zeroes<H: EagerHash>() -> &'static [u8] {
    &[0; OkmBlock::MAX_LEN][..Keyed::<H>::output_len()]
}

/// The secret at the start, which answers the one question that it is asked.
struct AtStart<H: EagerHash + 'static>(&'static Start<H>);

/// A pseudorandom key, ready to be expanded: HMAC before its message, which is the states behind the two
/// pads, without the buffer that a message needs.
struct Keyed<H: EagerHash>(HmacCore<H>);

impl<H: EagerHash> Clone for Keyed<H> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

type MacOutput<H> = hmac::digest::Output<HmacCore<H>>;

impl<H: EagerHash> Keyed<H> {
    fn new(key: &[u8]) -> Self {
        Self(HmacCore::new_from_slice(key).expect("HMAC takes keys of any length"))
    }

    /// HKDF-Extract (RFC 5869 section 2.2) with this as the salt, ready to be expanded.
    fn extract(&self, secret: &[u8]) -> Self {
        Self::new(&self.mac(secret))
    }

    fn mac(&self, message: &[u8]) -> MacOutput<H> {
        let mut all = self.message();
        all.add(message);
        all.finish()
    }

    fn message(&self) -> Message<H> {
        Message { state: self.0.clone(), buffer: Buffer::<HmacCore<H>>::default() }
    }

    /// T(n) of RFC 5869 section 2.3.
    fn block(&self, previous: &[u8], info: &[&[u8]], n: u8) -> MacOutput<H> {
        let mut message = self.message();
        message.add(previous);
        info.iter().for_each(|part| message.add(part));
        message.add(&[n]);
        message.finish()
    }

    fn output_len() -> usize {
        <HmacCore<H> as OutputSizeUser>::output_size()
    }
}

/// A message on its way through a [`Keyed`].
struct Message<H: EagerHash> {
    state: HmacCore<H>,
    buffer: Buffer<HmacCore<H>>,
}

impl<H: EagerHash> Message<H> {
    fn add(&mut self, part: &[u8]) {
        let state = &mut self.state;
        self.buffer.digest_blocks(part, |blocks| state.update_blocks(blocks));
    }

    fn finish(mut self) -> MacOutput<H> {
        let mut output = MacOutput::<H>::default();
        self.state.finalize_fixed_core(&mut self.buffer, &mut output);
        output
    }
}

impl<H> Hkdf for SavedStateHkdf<H>
where
    H: EagerHash + Digest + 'static,
    HmacCore<H>: Send + Sync,
{
    fn extract_from_zero_ikm(&self, salt: Option<&[u8]>) -> Box<dyn HkdfExpander> {
        match salt {
            None => Box::new(AtStart(self.start)),
            Some(salt) => Box::new(self.extract(salt, zeroes::<H>())),
        }
    }

    fn extract_from_secret(&self, salt: Option<&[u8]>, secret: &[u8]) -> Box<dyn HkdfExpander> {
        // A salt that is not given is as many zeroes as the hash is long (RFC 5869 section 2.2),
        // and HMAC pads a short key with zeroes.
        Box::new(self.extract(salt.unwrap_or(&[]), secret))
    }

    fn expander_for_okm(&self, okm: &OkmBlock) -> Box<dyn HkdfExpander> {
        Box::new(Keyed::<H>::new(okm.as_ref()))
    }

    fn hmac_sign(&self, key: &OkmBlock, message: &[u8]) -> Tag {
        Tag::new(&Keyed::<H>::new(key.as_ref()).mac(message))
    }
}

impl<H> HkdfExpander for AtStart<H>
where
    H: EagerHash + Digest,
    HmacCore<H>: Send + Sync,
{
    fn expand_slice(&self, info: &[&[u8]], output: &mut [u8]) -> Result<(), OutputLengthError> {
        self.0.early.expand_slice(info, output)
    }

    fn expand_block(&self, info: &[&[u8]]) -> OkmBlock {
        if spells(info, &self.0.label) {
            return self.0.derived.clone();
        }
        self.0.early.expand_block(info)
    }

    fn hash_len(&self) -> usize {
        Keyed::<H>::output_len()
    }
}

/// Whether the pieces, one after another, are the text.
fn spells(pieces: &[&[u8]], text: &[u8]) -> bool {
    let rest = pieces.iter().try_fold(text, |rest, piece| rest.strip_prefix(*piece));
    rest.is_some_and(<[u8]>::is_empty)
}

impl<H> HkdfExpander for Keyed<H>
where
    H: EagerHash,
    HmacCore<H>: Send + Sync,
{
    fn expand_slice(&self, info: &[&[u8]], output: &mut [u8]) -> Result<(), OutputLengthError> {
        let mut previous: Option<MacOutput<H>> = None;
        let blocks = output.chunks_mut(Self::output_len());
        if blocks.len() > usize::from(u8::MAX) {
            return Err(OutputLengthError);
        }
        for (chunk, n) in blocks.zip(1..=u8::MAX) {
            let block = self.block(previous.as_deref().unwrap_or(&[]), info, n);
            chunk.copy_from_slice(&block[..chunk.len()]);
            previous = Some(block);
        }
        Ok(())
    }

    fn expand_block(&self, info: &[&[u8]]) -> OkmBlock {
        OkmBlock::new(&self.block(&[], info, 1))
    }

    fn hash_len(&self) -> usize {
        Self::output_len()
    }
}

#[cfg(test)]
mod tests {
    use rustls::SupportedCipherSuite;
    use sha2::{Sha256, Sha384};

    use super::*;

    fn unhex(text: &str) -> Vec<u8> {
        let digits: Vec<u8> = text.chars().map(|c| c.to_digit(16).expect("hex") as u8).collect();
        digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect()
    }

    fn expand(expander: &dyn HkdfExpander, info: &[&[u8]], length: usize) -> Vec<u8> {
        let mut output = vec![0; length];
        expander.expand_slice(info, &mut output).expect("short enough");
        output
    }

    /// RFC 5869 appendix A.1 to A.3.
    #[test]
    fn the_vectors_of_rfc_5869_hold() {
        let hkdf = SavedStateHkdf::<Sha256>::new();
        let basic =
            hkdf.extract_from_secret(Some(&unhex("000102030405060708090a0b0c")), &[0x0b; 22]);
        assert_eq!(
            expand(&*basic, &[&unhex("f0f1f2f3f4"), &unhex("f5f6f7f8f9")], 42),
            unhex(
                "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"
            )
        );
        let octets = |range: core::ops::RangeInclusive<u8>| range.collect::<Vec<u8>>();
        let long = hkdf.extract_from_secret(Some(&octets(0x60..=0xaf)), &octets(0x00..=0x4f));
        assert_eq!(
            expand(&*long, &[&octets(0xb0..=0xff)], 82),
            unhex(
                "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb\
                 41c65e590e09da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87"
            )
        );
        let bare = hkdf.extract_from_secret(Some(&[]), &[0x0b; 22]);
        assert_eq!(
            expand(&*bare, &[], 42),
            unhex(
                "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8"
            )
        );
    }

    /// The provider's own HKDF is the oracle: every shape that rustls asks for, both hashes.
    #[test]
    fn it_answers_like_the_providers_own() {
        let theirs = super::super::provider::rustls_provider();
        let salt: Vec<u8> = (0..48).collect();
        let mut suites = 0;
        for suite in theirs.cipher_suites.iter().filter_map(SupportedCipherSuite::tls13) {
            let ours: &dyn Hkdf = match suite.common.hash_provider.output_len() {
                32 => &SavedStateHkdf::<Sha256>::new(),
                _ => &SavedStateHkdf::<Sha384>::new(),
            };
            let info: &[&[u8]] = &[b"\0\x20", b"tls13 derived", &[7; 32]];
            let (theirs, mut pairs) = (suite.hkdf_provider, Vec::new());
            for salt in [None, Some(&salt[..]), Some(&[])] {
                pairs.push((ours.extract_from_zero_ikm(salt), theirs.extract_from_zero_ikm(salt)));
                let secret = |hkdf: &dyn Hkdf| hkdf.extract_from_secret(salt, &[9; 32]);
                pairs.push((secret(ours), secret(theirs)));
            }
            let okm = pairs[0].1.expand_block(info);
            pairs.push((ours.expander_for_okm(&okm), theirs.expander_for_okm(&okm)));
            for (ours, theirs) in &pairs {
                assert_eq!(ours.hash_len(), theirs.hash_len());
                assert_eq!(ours.expand_block(info).as_ref(), theirs.expand_block(info).as_ref());
                for length in [0, 1, 12, 16, 32, 33, 100] {
                    assert_eq!(expand(&**ours, info, length), expand(&**theirs, info, length));
                }
            }
            let (mine, their) = (ours.hmac_sign(&okm, b"m"), theirs.hmac_sign(&okm, b"m"));
            assert_eq!(mine.as_ref(), their.as_ref());
            suites += 1;
        }
        assert_eq!(suites, 3);
    }

    /// The steps that are not worked out anew, and whatever is near them.
    #[test]
    fn the_start_of_a_handshake_is_the_providers_own() {
        let theirs = super::super::provider::rustls_provider();
        for suite in theirs.cipher_suites.iter().filter_map(SupportedCipherSuite::tls13) {
            let hash = suite.common.hash_provider;
            let ours: &dyn Hkdf = match hash.output_len() {
                32 => &SavedStateHkdf::<Sha256>::new(),
                _ => &SavedStateHkdf::<Sha384>::new(),
            };
            let empty = hash.hash(&[]);
            let octets = [u8::try_from(hash.output_len()).expect("a short hash")];
            let label: &[&[u8]] =
                &[&[0, octets[0]], &[13], b"tls13 ", b"derived", &octets, empty.as_ref()];
            let [mine, their] =
                [ours, suite.hkdf_provider].map(|hkdf| hkdf.extract_from_zero_ikm(None));
            let salt = their.expand_block(label);
            assert_eq!(mine.expand_block(label).as_ref(), salt.as_ref());
            let mut unlike: Vec<Vec<u8>> = vec![label.concat(), label[..5].concat(), Vec::new()];
            for at in 0..unlike[0].len() {
                let mut other = unlike[0].clone();
                other[at] ^= 1;
                unlike.push(other);
            }
            unlike.push([label.concat(), vec![0]].concat());
            for info in &unlike {
                assert_eq!(
                    mine.expand_block(&[info]).as_ref(),
                    their.expand_block(&[info]).as_ref()
                );
                assert_eq!(expand(&*mine, &[info], 40), expand(&*their, &[info], 40));
            }
            assert_eq!(mine.hash_len(), their.hash_len());
            let mut other_salt = salt.as_ref().to_vec();
            other_salt[0] ^= 1;
            for salt in [salt.as_ref(), &other_salt, &salt.as_ref()[1..]] {
                let [mine, their] = [ours, suite.hkdf_provider]
                    .map(|hkdf| hkdf.extract_from_secret(Some(salt), &[9; 32]).expand_block(label));
                assert_eq!(mine.as_ref(), their.as_ref());
                let [mine, their] = [ours, suite.hkdf_provider]
                    .map(|hkdf| hkdf.extract_from_zero_ikm(Some(salt)).expand_block(label));
                assert_eq!(mine.as_ref(), their.as_ref());
            }
        }
    }

    #[test]
    fn more_than_255_blocks_are_refused() {
        let expander = SavedStateHkdf::<Sha256>::new().extract_from_zero_ikm(None);
        assert!(expander.expand_slice(&[], &mut [0; 255 * 32]).is_ok());
        assert!(expander.expand_slice(&[], &mut [0; 255 * 32 + 1]).is_err());
    }
}
