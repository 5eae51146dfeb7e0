//! Chain verdicts: "this exact chain was judged thus under this snapshot, and that holds while
//! the window does".
//!
//! A presented chain is found by a keyed hash of its leaf's last bytes, which are part of a
//! signature and differ from leaf to leaf, and is then compared in full. The key is random per
//! process, so that nobody outside can aim at a set.

use core::hash::{BuildHasher, Hasher as _};
use core::ops::Deref;
use core::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::Arc;

use foldhash::quality::RandomState;

use crate::cache::{Hit, SetCache};
use crate::clock::{UnixTime, Window};
use crate::crypto::PublicKey;
use crate::limits::CACHE_ENTRIES;

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
    /// Bytes that the judgement holds elsewhere.
    pub(crate) judged_bytes: usize,
}

/// A judgement where it is remembered. As of any [`Hit`], it is to be read and dropped.
pub(crate) struct Recalled<J>(Hit<ChainVerdict<J>>);

impl<J> Deref for Recalled<J> {
    type Target = J;

    #[inline]
    fn deref(&self) -> &J {
        &self.0.judged
    }
}

/// One chain and what is remembered of it. What a look-up reads stands in one piece, in the order
/// in which it is read: at 200,000 clients every further place costs a miss of all caches.
#[repr(C)]
struct ChainVerdict<J> {
    generation: u64,
    window: Window,
    tail: Option<Arc<Tail>>,
    leaf: Leaf,
    judged: J,
    leaf_key: PublicKey,
}

impl<J> ChainVerdict<J> {
    #[inline]
    fn is_current(&self, generation: u64, now: UnixTime) -> bool {
        self.generation == generation && self.window.contains(now)
    }

    #[inline]
    fn is_about(&self, chain: &[&[u8]]) -> bool {
        let [leaf, tail @ ..] = chain else { return false };
        self.leaf.is(leaf) && self.tail.as_ref().map_or(tail.is_empty(), |own| own.is(tail))
    }
}

/// Bytes of a leaf that are kept next to what is remembered of it: all of a usual one with a
/// P-256 key; the rest of a longer one is kept elsewhere.
const LEAF_INLINE: usize = 768;

/// A leaf's bytes.
#[repr(C)]
struct Leaf {
    len: usize,
    rest: Box<[u8]>,
    start: [u8; LEAF_INLINE],
}

impl Leaf {
    fn new(der: &[u8]) -> Self {
        let (inline, rest) = der.split_at(der.len().min(LEAF_INLINE));
        let mut start = [0; LEAF_INLINE];
        start[..inline.len()].copy_from_slice(inline);
        Self { len: der.len(), rest: rest.into(), start }
    }

    #[inline]
    fn is(&self, der: &[u8]) -> bool {
        if der.len() != self.len {
            return false;
        }
        let (inline, rest) = der.split_at(der.len().min(LEAF_INLINE));
        // An empty slice points nowhere, and glibc's `memcmp` looks there all the same, under a
        // mask: with AVX-512 that is an assist of 80 ns, more than all else here together.
        self.start[..inline.len()] == *inline && (rest.is_empty() || *self.rest == *rest)
    }
}

impl<J> ChainCache<J> {
    /// At most `entries` verdicts; `bytes` bytes of them and of their chains. With none of
    /// either, every look-up is a miss.
    pub(crate) fn new(entries: usize, bytes: usize) -> Self {
        let tail_bytes_max = bytes / TAILS_SHARE;
        Self {
            verdicts: SetCache::new(entries, bytes - tail_bytes_max),
            tails: SetCache::new(entries.min(CACHE_ENTRIES) / TAILS_SHARE, tail_bytes_max),
            tail_bytes: Arc::new(AtomicUsize::new(0)),
            tail_bytes_max,
            hasher: RandomState::default(),
        }
    }

    /// What exactly this chain was judged to be, if this snapshot judged it and the judgement
    /// holds at `now`. Allocates nothing and writes nothing that another thread reads.
    #[inline]
    pub(crate) fn get(
        &self,
        chain: &[&[u8]],
        generation: u64,
        now: UnixTime,
    ) -> Option<Recalled<J>> {
        let hash = self.leaf_hash(chain.first()?);
        let found = self
            .verdicts
            .get(hash, |verdict| verdict.is_current(generation, now) && verdict.is_about(chain))?;
        Some(Recalled(found))
    }

    /// Hands `use_key` the parsed key of a leaf that was judged good once, by whatever snapshot:
    /// a key depends on nothing but the leaf's bytes.
    #[inline]
    pub(crate) fn leaf_key<T>(
        &self,
        leaf: &[u8],
        use_key: impl FnOnce(&PublicKey) -> T,
    ) -> Option<T> {
        let found = self.verdicts.get(self.leaf_hash(leaf), |verdict| verdict.leaf.is(leaf))?;
        Some(use_key(&found.leaf_key))
    }

    /// Whether anything is ever remembered.
    pub(crate) fn has_room(&self) -> bool {
        self.verdicts.has_room()
    }

    /// Remembers a chain, in place of an older one with the same leaf. Gives what would be
    /// found, also where the cache has no place for it; `None` where its certificates have none.
    pub(crate) fn insert(&self, chain: &[&[u8]], remembered: Remembered<J>) -> Option<Recalled<J>> {
        let [leaf, tail @ ..] = chain else { return None };
        let tail = if tail.is_empty() { None } else { Some(self.intern(tail).ok()?) };
        let verdict = ChainVerdict {
            generation: remembered.generation,
            window: remembered.window,
            tail,
            leaf: Leaf::new(leaf),
            judged: remembered.judged,
            leaf_key: remembered.leaf_key,
        };
        let counts = 2 * size_of::<usize>();
        let elsewhere =
            verdict.leaf.rest.len() + verdict.leaf_key.heap_bytes() + remembered.judged_bytes;
        let bytes = size_of::<ChainVerdict<J>>() + counts + elsewhere;
        let verdict = Arc::new(verdict);
        self.verdicts.insert(self.leaf_hash(leaf), bytes, Arc::clone(&verdict));
        Some(Recalled(Hit::from(verdict)))
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
        let octets = certificates.iter().map(|certificate| certificate.len()).sum::<usize>();
        size_of::<Self>() + 2 * size_of::<usize>() + ends + octets
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
mod tests;
