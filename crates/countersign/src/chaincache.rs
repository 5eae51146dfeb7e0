//! Chain verdicts: "this exact chain was judged thus under this snapshot, and that holds while
//! the window does".
//!
//! A presented chain is found by a keyed hash of its leaf's last bytes, which are part of a
//! signature and differ from leaf to leaf, and is then compared in full. The key is random per
//! process, so that nobody outside can aim at a set.

use core::hash::{BuildHasher, Hasher as _};
use core::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::Arc;

use foldhash::quality::RandomState;

use crate::cache::SetCache;
use crate::clock::{UnixTime, Window};
use crate::crypto::PublicKey;

/// Bytes of the leaf that are hashed: 9 ns, where all of a usual leaf would take 38.
const HASHED_BYTES: usize = 64;

/// The share of the cache's bytes that lists of intermediates may take.
const TAILS_SHARE: usize = 8;

/// Verdicts and pooled lists to give up, at most, to make room for one new list.
const SHED_MAX: usize = 16;

/// The chains of one verifier that were judged, and `J`: what each was judged to be.
pub(crate) struct ChainCache<J> {
    verdicts: SetCache<ChainVerdict<J>>,
    /// Lists of intermediates, so that clients of one CA share theirs.
    tails: SetCache<Tail>,
    /// Bytes of all lists alive, pooled or only held by verdicts.
    tail_bytes: Arc<AtomicUsize>,
    tail_bytes_max: usize,
    hasher: RandomState,
}

/// What is remembered of a chain.
pub(crate) struct Remembered<J> {
    /// The leaf's key, which the provider parses once.
    pub(crate) leaf_key: PublicKey,
    /// Every validity window of the path, of its CRLs and of the approval, intersected.
    pub(crate) window: Window,
    /// The snapshot that judged.
    pub(crate) generation: u64,
    /// The judgement itself.
    pub(crate) judged: J,
}

/// One chain and what is remembered of it.
struct ChainVerdict<J> {
    remembered: Remembered<J>,
    leaf: Box<[u8]>,
    tail: Option<Arc<Tail>>,
}

impl<J> ChainVerdict<J> {
    #[inline]
    fn is_current(&self, generation: u64, now: UnixTime) -> bool {
        self.remembered.generation == generation && self.remembered.window.contains(now)
    }

    #[inline]
    fn is_about(&self, chain: &[&[u8]]) -> bool {
        let [leaf, tail @ ..] = chain else { return false };
        *self.leaf == **leaf && self.tail.as_ref().map_or(tail.is_empty(), |own| own.is(tail))
    }
}

impl<J> ChainCache<J> {
    /// At most `entries` verdicts; `bytes` bytes of them and of their chains. With none of
    /// either, every look-up is a miss.
    pub(crate) fn new(entries: usize, bytes: usize) -> Self {
        let tail_bytes_max = bytes / TAILS_SHARE;
        Self {
            verdicts: SetCache::new(entries, bytes - tail_bytes_max),
            tails: SetCache::new(entries / TAILS_SHARE, tail_bytes_max),
            tail_bytes: Arc::new(AtomicUsize::new(0)),
            tail_bytes_max,
            hasher: RandomState::default(),
        }
    }

    /// What exactly this chain was judged to be, if this snapshot judged it and the judgement
    /// holds at `now`. Allocates nothing and writes nothing that another thread reads.
    #[inline]
    pub(crate) fn get(&self, chain: &[&[u8]], generation: u64, now: UnixTime) -> Option<J>
    where
        J: Copy,
    {
        let hash = self.leaf_hash(chain.first()?);
        let found = self
            .verdicts
            .get(hash, |verdict| verdict.is_current(generation, now) && verdict.is_about(chain))?;
        Some(found.remembered.judged)
    }

    /// Hands `use_key` the parsed key of a leaf that was judged good once, by whatever snapshot:
    /// a key depends on nothing but the leaf's bytes.
    #[inline]
    pub(crate) fn leaf_key<T>(
        &self,
        leaf: &[u8],
        use_key: impl FnOnce(&PublicKey) -> T,
    ) -> Option<T> {
        let found = self.verdicts.get(self.leaf_hash(leaf), |verdict| *verdict.leaf == *leaf)?;
        Some(use_key(&found.remembered.leaf_key))
    }

    /// Remembers a chain, in place of an older one with the same leaf. Says whether it did.
    pub(crate) fn insert(&self, chain: &[&[u8]], remembered: Remembered<J>) -> bool {
        let [leaf, tail @ ..] = chain else { return false };
        let tail = if tail.is_empty() { Ok(None) } else { self.intern(tail).map(Some) };
        let Ok(tail) = tail else { return false };
        let counts = 2 * size_of::<usize>();
        let key_bytes = remembered.leaf_key.heap_bytes();
        let bytes = size_of::<ChainVerdict<J>>() + counts + leaf.len() + key_bytes;
        let verdict = ChainVerdict { remembered, leaf: (*leaf).into(), tail };
        self.verdicts.insert(self.leaf_hash(leaf), bytes, Arc::new(verdict))
    }

    /// Verdicts held now.
    pub(crate) fn len(&self) -> usize {
        self.verdicts.len()
    }

    /// Bytes held now, the lists of intermediates included.
    pub(crate) fn bytes(&self) -> usize {
        self.verdicts.bytes() + self.tail_bytes.load(Relaxed)
    }

    fn leaf_hash(&self, leaf: &[u8]) -> u64 {
        let start = leaf.len().saturating_sub(HASHED_BYTES);
        let mut hasher = self.hasher.build_hasher();
        hasher.write_usize(leaf.len());
        hasher.write(&leaf[start..]);
        hasher.finish()
    }

    /// The one copy of a list of intermediates.
    fn intern(&self, certificates: &[&[u8]]) -> Result<Arc<Tail>, NoRoom> {
        let hash = self.hasher.hash_one(certificates);
        if let Some(known) = self.tails.get(hash, |tail| tail.is(certificates)) {
            return Ok(known.to_arc());
        }
        let bytes = Tail::bytes(certificates);
        self.reserve(bytes)?;
        let tail = Arc::new(Tail::new(certificates, bytes, &self.tail_bytes));
        self.tails.insert(hash, bytes, Arc::clone(&tail));
        Ok(tail)
    }

    /// Counts a new list in, giving up what is not in use until it fits.
    fn reserve(&self, bytes: usize) -> Result<(), NoRoom> {
        for _ in 0..SHED_MAX {
            let room =
                |held: usize| held.checked_add(bytes).filter(|sum| *sum <= self.tail_bytes_max);
            if self.tail_bytes.fetch_update(Relaxed, Relaxed, room).is_ok() {
                return Ok(());
            }
            if !(self.verdicts.shed() | self.tails.shed()) {
                break;
            }
        }
        Err(NoRoom)
    }
}

/// No room for a new list of intermediates.
struct NoRoom;

/// A presented chain without its leaf, its certificates one after another.
struct Tail {
    certificates: Box<[u8]>,
    ends: Box<[usize]>,
    bytes: usize,
    /// Where `bytes` is counted as long as this lives.
    account: Arc<AtomicUsize>,
}

impl Tail {
    fn bytes(certificates: &[&[u8]]) -> usize {
        let ends = certificates.len() * size_of::<usize>();
        size_of::<Self>() + 2 * size_of::<usize>() + ends + certificates.concat().len()
    }

    /// `bytes` must be counted in `account` already.
    fn new(certificates: &[&[u8]], bytes: usize, account: &Arc<AtomicUsize>) -> Self {
        let ends = certificates.iter().scan(0, |end, certificate| {
            *end += certificate.len();
            Some(*end)
        });
        Self {
            ends: ends.collect(),
            certificates: certificates.concat().into(),
            bytes,
            account: Arc::clone(account),
        }
    }

    /// Whether these are the certificates, each the same and in the same place.
    #[inline]
    fn is(&self, certificates: &[&[u8]]) -> bool {
        let mut start = 0;
        self.ends.len() == certificates.len()
            && self.ends.iter().zip(certificates).all(|(end, certificate)| {
                let own = &self.certificates[start..*end];
                start = *end;
                own == *certificate
            })
    }
}

impl Drop for Tail {
    fn drop(&mut self) {
        self.account.fetch_sub(self.bytes, Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::cert::Spki;

    const NOW: UnixTime = UnixTime::from_secs(1_000);

    fn window(from: i64, to: i64) -> Window {
        Window { not_before: UnixTime::from_secs(from), not_after: UnixTime::from_secs(to) }
    }

    fn key() -> PublicKey {
        let algorithm = b"\x06\x03\x2b\x65\x70";
        PublicKey::parse(&Spki { der: &[], algorithm, key: &[7; 32] }).unwrap()
    }

    fn judged(judged: u32) -> Remembered<u32> {
        Remembered { leaf_key: key(), window: window(900, 1_100), generation: 1, judged }
    }

    fn leaf(number: u32) -> Vec<u8> {
        let mut leaf = vec![0x30; 500];
        leaf.extend(number.to_be_bytes());
        leaf
    }

    #[test]
    fn exactly_the_chain_that_was_judged_is_found() {
        let cache = ChainCache::new(100, 1 << 20);
        let (leaf, ca) = (leaf(1), vec![9; 300]);
        assert!(cache.insert(&[&leaf, &ca], judged(42)));
        assert_eq!(cache.get(&[&leaf, &ca], 1, NOW), Some(42));
        for other in [
            &[&leaf[..]][..],
            &[&leaf, &ca, &ca],
            &[&ca, &leaf],
            &[&leaf, &ca[1..]],
            &[&leaf, &[]],
            &[&leaf[1..], &ca],
            &[&leaf, &ca[..100], &ca[100..]],
            &[],
        ] {
            assert_eq!(cache.get(other, 1, NOW), None);
        }
    }

    #[test]
    fn a_verdict_dies_with_its_snapshot_and_its_window() {
        let cache = ChainCache::new(100, 1 << 20);
        let leaf = leaf(1);
        cache.insert(&[&leaf], judged(42));
        for (at, expected) in [(899, None), (900, Some(42)), (1_100, Some(42)), (1_101, None)] {
            assert_eq!(cache.get(&[&leaf], 1, UnixTime::from_secs(at)), expected);
        }
        assert_eq!((cache.get(&[&leaf], 0, NOW), cache.get(&[&leaf], 2, NOW)), (None, None));
    }

    #[test]
    fn a_new_judgement_takes_the_place_of_the_old() {
        let cache = ChainCache::new(100, 1 << 20);
        let leaf = leaf(1);
        cache.insert(&[&leaf], judged(1));
        cache.insert(&[&leaf], Remembered { generation: 2, ..judged(2) });
        assert_eq!((cache.get(&[&leaf], 1, NOW), cache.get(&[&leaf], 2, NOW)), (None, Some(2)));
        assert_eq!(cache.len(), 1);
    }

    #[test]
    fn a_leafs_key_is_found_by_the_leaf_alone_and_outlives_the_snapshot() {
        let cache = ChainCache::new(100, 1 << 20);
        let (one, two) = (leaf(1), leaf(2));
        cache.insert(&[&one, b"ca"], judged(1));
        assert!(cache.leaf_key(&one, |_| ()).is_some());
        assert!(cache.leaf_key(&two, |_| ()).is_none());
    }

    #[test]
    fn clients_of_one_authority_share_their_intermediates() {
        let cache = ChainCache::new(1_000, 16 << 20);
        let tail = vec![9; 5_000];
        let before = cache.bytes();
        cache.insert(&[&leaf(0), &tail], judged(0));
        let first = cache.bytes() - before;
        assert!(first > 5_000);
        for number in 1..100 {
            assert!(cache.insert(&[&leaf(number), &tail], judged(number)));
        }
        assert!(cache.bytes() < first + 99 * 2_500);
        assert_eq!(cache.get(&[&leaf(50), &tail], 1, NOW), Some(50));
    }

    #[test]
    fn lists_of_intermediates_stay_within_their_bytes_and_new_ones_get_in() {
        let cache = ChainCache::new(1_000, 1 << 20);
        let mut kept = 0;
        for number in 0..500_u32 {
            let tail = [&number.to_be_bytes()[..], &[9; 20_000]].concat();
            kept += u32::from(cache.insert(&[&leaf(number), &tail], judged(number)));
            assert!(cache.tail_bytes.load(Relaxed) <= cache.tail_bytes_max);
        }
        assert!(kept > 400, "{kept} of 500");
    }

    #[test]
    fn bytes_of_intermediates_are_given_back() {
        let cache = ChainCache::new(10, 1 << 20);
        for number in 0..5 {
            cache.insert(&[&leaf(number), &leaf(number)], judged(number));
        }
        assert!(cache.tail_bytes.load(Relaxed) > 0);
        while cache.verdicts.shed() | cache.tails.shed() {}
        assert_eq!((cache.bytes(), cache.len()), (0, 0));
    }

    #[test]
    fn a_cache_without_room_remembers_nothing() {
        for (entries, bytes) in [(0, 1 << 20), (100, 0), (0, 0)] {
            let cache = ChainCache::new(entries, bytes);
            assert!(!cache.insert(&[&leaf(1), b"ca"], judged(1)));
            assert_eq!((cache.get(&[&leaf(1), b"ca"], 1, NOW), cache.bytes()), (None, 0));
        }
    }

    proptest! {
        /// curl CVE-2022-27782, dCache #2043: caches that forget an input.
        #[test]
        fn a_chain_that_differs_in_any_one_byte_is_another(
            chain in prop::collection::vec(prop::collection::vec(any::<u8>(), 1..200), 1..4),
            place in any::<prop::sample::Index>(),
            byte in any::<prop::sample::Index>(),
            flip in 1..=255_u8,
        ) {
            let cache = ChainCache::new(100, 1 << 20);
            let mut other = chain.clone();
            let place = place.index(chain.len());
            let at = byte.index(chain[place].len());
            other[place][at] ^= flip;
            let chain: Vec<&[u8]> = chain.iter().map(Vec::as_slice).collect();
            let other: Vec<&[u8]> = other.iter().map(Vec::as_slice).collect();
            cache.insert(&chain, judged(1));
            prop_assert_eq!(cache.get(&chain, 1, NOW), Some(1));
            prop_assert_eq!(cache.get(&other, 1, NOW), None);
        }
    }
}
