//! A bounded, set-associative cache that readers share without writing to it.
//!
//! A key's hash picks one set of eight ways. The set's eight tags fill one cache line and its
//! eight slots the next, so that a look-up costs two neighbouring lines and the entry itself.
//! Readers take no lock and, once an entry is known to be in use, write nothing that another
//! reads. Writers take their set's flag or give up: a cache may always forget.
//!
//! Scans do not flush it. An entry that was never hit gives way to a newcomer; entries that were
//! hit give way only to a newcomer that came before. Who came before and was turned away, or was
//! forgotten unhit, a few ghost tags per set remember (the idea of 2Q, ARC and S3-FIFO).

use core::ops::Deref;
use core::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use core::sync::atomic::{AtomicBool, AtomicU8, AtomicU32, AtomicU64, AtomicUsize};
use std::sync::Arc;

use arc_swap::{ArcSwapOption, Guard};

use crate::limits::CACHE_ENTRIES;

const WAYS: usize = 8;

/// Mean number of entries in a set of a full cache, in hundredths. Of keys spread at random over
/// sets of eight, 0.2 % find theirs full at a mean of 3 (Poisson), which is 0.8 of this.
const KEYS_PER_SET_AT_CAPACITY: usize = 375;

/// Low bits of a tag word: bit 0 says that the way is taken, bits 1 and 2 count its hits.
const TAKEN: u64 = 0b001;
const HIT: u64 = 0b010;
const HITS: u64 = 0b110;
const LOW_BITS: u64 = TAKEN | HITS;
const TAG_SHIFT: u32 = 3;

/// Newcomers remembered per set, by 32 bits of their hash.
const GHOSTS: usize = 5;

/// Most sets an insertion searches for something to forget before it gives up.
const SWEEP_SETS: usize = 64;

/// One set: three neighbouring lines, of which readers touch the first two. A table larger than what
/// the processor knows the pages of costs a walk through the page tables for each place in it, so all
/// that is needed of a set is in one: in one page but for 2 sets of 64.
#[repr(C, align(64))]
struct Set<V> {
    tags: [AtomicU64; WAYS],
    slots: [ArcSwapOption<V>; WAYS],
    ledger: Ledger,
}

/// What only writers need of a set: a line of its own.
#[repr(align(64))]
struct Ledger {
    writing: AtomicBool,
    next_ghost: AtomicU8,
    ghosts: [AtomicU32; GHOSTS],
    bytes: [AtomicU32; WAYS],
}

/// A cache of `V`, bounded by entries and by bytes, for keys known by a 64-bit hash.
///
/// Two keys may have one hash: the caller's comparison decides what is a hit. An insertion
/// replaces whatever has its hash.
pub(crate) struct SetCache<V> {
    sets: Box<[Set<V>]>,
    entries_max: usize,
    bytes_max: usize,
    entries: AtomicUsize,
    bytes: AtomicUsize,
    /// Where the next search for something to forget starts.
    hand: AtomicUsize,
}

/// An entry that was found, or would be. It stays alive, evicted or not, while this is held; holding
/// many of them long makes later look-ups of this thread slower.
pub(crate) struct Hit<V>(Guard<Option<Arc<V>>>);

impl<V> From<Arc<V>> for Hit<V> {
    fn from(entry: Arc<V>) -> Self {
        Self(Guard::from_inner(Some(entry)))
    }
}

impl<V> Deref for Hit<V> {
    type Target = V;

    #[inline]
    fn deref(&self) -> &V {
        self.0.as_ref().expect("invariant: a hit is made of an entry")
    }
}

impl<V> Hit<V> {
    /// The entry itself, to keep.
    pub(crate) fn to_arc(&self) -> Arc<V> {
        Arc::clone(self.0.as_ref().expect("invariant: a hit is made of an entry"))
    }
}

impl<V> SetCache<V> {
    /// A cache of at most `entries` entries that weigh at most `bytes` together, by the weights
    /// their inserter states. Zero of either is a cache that keeps nothing; more than
    /// [`CACHE_ENTRIES`] are that many.
    pub(crate) fn new(entries: usize, bytes: usize) -> Self {
        let sets = sets_for(entries);
        Self {
            sets: (0..sets).map(|_| Set::new()).collect(),
            entries_max: entries.min(CACHE_ENTRIES),
            bytes_max: bytes,
            entries: AtomicUsize::new(0),
            bytes: AtomicUsize::new(0),
            hand: AtomicUsize::new(0),
        }
    }

    /// The entry with this hash that `matches` accepts. `matches` must compare the whole key:
    /// what it accepts is what the caller gets. Takes no lock, allocates nothing.
    #[inline]
    pub(crate) fn get(&self, hash: u64, matches: impl Fn(&V) -> bool) -> Option<Hit<V>> {
        let set = &self.sets[self.index(hash)];
        let wanted = tag(hash);
        for (word, slot) in set.tags.iter().zip(&set.slots) {
            let seen = word.load(Acquire);
            if seen & !HITS != wanted {
                continue;
            }
            let entry = slot.load();
            if entry.as_ref().is_some_and(|value| matches(value)) {
                if seen & HITS != HITS {
                    // Lost to another reader or to a writer: the next hit counts.
                    let _ = word.compare_exchange(seen, seen + HIT, Relaxed, Relaxed);
                }
                return Some(Hit(entry));
            }
        }
        None
    }

    /// Puts an entry in, in place of one with the same hash, of a free way, or of one that is
    /// not in use. Says whether it did: a full cache may refuse a first-time visitor, and a set
    /// that is being written refuses everybody.
    pub(crate) fn insert(&self, hash: u64, bytes: usize, value: Arc<V>) -> bool {
        let Some(bytes) = u32::try_from(bytes).ok().filter(|b| *b as usize <= self.bytes_max)
        else {
            return false;
        };
        let index = self.index(hash);
        let Some(set) = self.lock(index) else { return false };
        let returning = set.ledger.recall(hash);
        let Some(way) = set.way_for(hash, returning, self.is_full()) else {
            set.ledger.remember(hash);
            return false;
        };
        self.forget(&set, way, tag(hash));
        if !self.reserve(index, &set, bytes, returning) {
            set.ledger.remember(hash);
            return false;
        }
        set.fill(way, hash, bytes, returning, value);
        true
    }

    /// Whether it keeps anything at all: what is never kept need not be made.
    pub(crate) fn has_room(&self) -> bool {
        self.entries_max > 0 && self.bytes_max > 0
    }

    /// Entries held now.
    pub(crate) fn len(&self) -> usize {
        self.entries.load(Relaxed)
    }

    /// Bytes held now, by the weights their inserters stated.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes.load(Relaxed)
    }

    /// Forgets one entry that is not in use, if the search meets one.
    pub(crate) fn shed(&self) -> bool {
        self.sweep(usize::MAX, false)
    }

    /// High bits pick the set (Lemire's multiplication instead of a division); the tag keeps
    /// the low ones.
    #[inline]
    fn index(&self, hash: u64) -> usize {
        ((u128::from(hash) * self.sets.len() as u128) >> 64) as usize
    }

    fn is_full(&self) -> bool {
        self.len() >= self.entries_max
    }

    /// Takes the set for writing, or not at all.
    fn lock(&self, index: usize) -> Option<Locked<'_, V>> {
        let set = &self.sets[index];
        let taken = set.ledger.writing.compare_exchange(false, true, Acquire, Relaxed);
        taken.is_ok().then(|| Locked(set))
    }

    /// Counts an entry in, after forgetting others until it fits.
    fn reserve(&self, index: usize, set: &Locked<'_, V>, bytes: u32, returning: bool) -> bool {
        loop {
            if claim(&self.entries, 1, self.entries_max) {
                if claim(&self.bytes, bytes as usize, self.bytes_max) {
                    return true;
                }
                self.entries.fetch_sub(1, Relaxed);
            }
            if !self.sweep(index, returning) && !self.forget_idle(set, false) {
                return false;
            }
        }
    }

    /// Forgets one entry of some set other than `index`. Sets in use wear where a returning
    /// newcomer meets nothing else; a scan of strangers wears nothing.
    fn sweep(&self, index: usize, wear: bool) -> bool {
        for _ in 0..SWEEP_SETS.min(self.sets.len()) {
            let at = self.hand.load(Relaxed) % self.sets.len();
            let found =
                at != index && self.lock(at).is_some_and(|set| self.forget_idle(&set, wear));
            if found {
                return true;
            }
            self.hand.store(at + 1, Relaxed);
        }
        false
    }

    /// Forgets one entry that is not in use.
    fn forget_idle(&self, set: &Locked<'_, V>, wear: bool) -> bool {
        let idle = set.idle_way();
        match idle {
            Some(way) => self.forget(set, way, 0),
            None if wear => set.wear(),
            None => {}
        }
        idle.is_some()
    }

    /// Empties a way, for an entry tagged `newcomer` or for nobody.
    fn forget(&self, set: &Locked<'_, V>, way: usize, newcomer: u64) {
        if set.tag(way) == 0 {
            return;
        }
        let seen = set.empty(way);
        if seen & HITS == 0 && seen != newcomer {
            set.ledger.remember(seen >> TAG_SHIFT);
        }
        let bytes = set.ledger.bytes[way].swap(0, Relaxed);
        self.bytes.fetch_sub(bytes as usize, Relaxed);
        self.entries.fetch_sub(1, Relaxed);
    }
}

/// How large the table for so many entries is. It is made at once, so the number is a bounded one.
fn sets_for(entries: usize) -> usize {
    (entries.min(CACHE_ENTRIES) * 100).div_ceil(KEYS_PER_SET_AT_CAPACITY).max(1)
}

/// A way is taken where its tag is not zero, so that bit 0 is always set.
#[inline]
fn tag(hash: u64) -> u64 {
    (hash << TAG_SHIFT) | TAKEN
}

/// Adds `amount` unless that would pass `max`.
fn claim(counter: &AtomicUsize, amount: usize, max: usize) -> bool {
    let room = |held: usize| held.checked_add(amount).filter(|sum| *sum <= max);
    counter.fetch_update(Relaxed, Relaxed, room).is_ok()
}

impl<V> Set<V> {
    fn new() -> Self {
        Self {
            tags: core::array::from_fn(|_| AtomicU64::new(0)),
            slots: core::array::from_fn(|_| ArcSwapOption::empty()),
            ledger: Ledger::new(),
        }
    }
}

impl Ledger {
    fn new() -> Self {
        Self {
            writing: AtomicBool::new(false),
            next_ghost: AtomicU8::new(0),
            ghosts: core::array::from_fn(|_| AtomicU32::new(0)),
            bytes: core::array::from_fn(|_| AtomicU32::new(0)),
        }
    }

    /// Whether this hash was turned away before; if so it need not be remembered any longer.
    fn recall(&self, hash: u64) -> bool {
        let known = self.ghosts.iter().find(|ghost| ghost.load(Relaxed) == hash as u32);
        known.inspect(|ghost| ghost.store(0, Relaxed)).is_some()
    }

    /// Remembers a newcomer that was turned away, in place of the one longest remembered.
    fn remember(&self, hash: u64) {
        let next = self.next_ghost.load(Relaxed) as usize;
        self.ghosts[next].store(hash as u32, Relaxed);
        self.next_ghost.store(((next + 1) % GHOSTS) as u8, Relaxed);
    }
}

/// A set that this thread alone may write; readers go on reading and counting hits.
struct Locked<'a, V>(&'a Set<V>);

impl<V> Deref for Locked<'_, V> {
    type Target = Set<V>;

    fn deref(&self) -> &Set<V> {
        self.0
    }
}

impl<V> Drop for Locked<'_, V> {
    fn drop(&mut self) {
        self.ledger.writing.store(false, Release);
    }
}

impl<V> Locked<'_, V> {
    fn tag(&self, way: usize) -> u64 {
        self.tags[way].load(Relaxed)
    }

    /// Where an entry with this hash may go: in place of its namesake; else, while there is
    /// room, a free way; else in place of an entry that is not in use. A returning newcomer
    /// wears down the least used, and takes over where that leaves it idle.
    fn way_for(&self, hash: u64, returning: bool, full: bool) -> Option<usize> {
        let free = || (0..WAYS).find(|way| self.tag(*way) == 0);
        let namesake = (0..WAYS).find(|way| self.tag(*way) & !HITS == tag(hash));
        if namesake.is_some() {
            return namesake;
        }
        let unused =
            if full { self.idle_way().or_else(free) } else { free().or_else(|| self.idle_way()) };
        if unused.is_some() || !returning {
            return unused;
        }
        self.wear();
        self.idle_way()
    }

    /// A way whose entry was not hit since it came or was worn down.
    fn idle_way(&self) -> Option<usize> {
        (0..WAYS).find(|way| self.tag(*way) & LOW_BITS == TAKEN)
    }

    /// Takes one hit off the entry that has the fewest. One that is hit again before the next
    /// returning newcomer comes by loses nothing for good; one that is not goes in four visits.
    fn wear(&self) {
        let taken = self.tags.iter().filter(|word| word.load(Relaxed) & HITS != 0);
        if let Some(word) = taken.min_by_key(|word| word.load(Relaxed) & HITS) {
            let worn = |seen: u64| (seen & HITS != 0).then(|| seen - HIT);
            let _ = word.fetch_update(Relaxed, Relaxed, worn);
        }
    }

    /// Empties a way and returns the tag it had.
    fn empty(&self, way: usize) -> u64 {
        let seen = self.tags[way].swap(0, Relaxed);
        self.slots[way].store(None);
        seen
    }

    /// Slot before tag, so that a reader who sees the tag sees the entry.
    fn fill(&self, way: usize, hash: u64, bytes: u32, returning: bool, value: Arc<V>) {
        self.ledger.bytes[way].store(bytes, Relaxed);
        self.slots[way].store(Some(value));
        let hits = if returning { HIT } else { 0 };
        self.tags[way].store(tag(hash) | hits, Release);
    }
}

#[cfg(test)]
mod tests;
