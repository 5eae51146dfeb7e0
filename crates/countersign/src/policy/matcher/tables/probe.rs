//! Where a hash table keeps its entries: open addressing over one-byte tags.

use core::hash::BuildHasher as _;

use foldhash::quality::RandomState;

/// Slots are at most this full, in percent. A miss then looks at some twenty tags, which are one
/// cache line; the entries themselves are touched where a tag agrees, one time in 255 by chance.
const FULL_PERCENT: usize = 85;

/// The slots of a hash table and which are taken; the entries live beside it, one per slot.
///
/// The hash is keyed at random per process: a list is written by its operator, but what is looked
/// up in it is chosen by strangers.
#[derive(Debug)]
pub(in crate::policy) struct Slots {
    /// [`FREE`], or bits of the entry's hash.
    tags: Vec<u8>,
    taken: usize,
    state: RandomState,
}

const FREE: u8 = 0;

/// A key and its hash in the table that made this: to hash once what is asked for more than once.
#[derive(Clone, Copy, Debug)]
pub(in crate::policy) struct HashedKey<'k> {
    pub(in crate::policy) key: &'k [u8],
    hash: u64,
}

impl Slots {
    /// Slots for `entries` entries.
    pub(in crate::policy) fn for_entries(entries: usize) -> Self {
        let slots = if entries == 0 { 0 } else { entries * 100 / FULL_PERCENT + 2 };
        Self { tags: vec![FREE; slots], taken: 0, state: RandomState::default() }
    }

    pub(in crate::policy) fn hashed<'k>(&self, key: &'k [u8]) -> HashedKey<'k> {
        HashedKey { key, hash: self.state.hash_one(key) }
    }

    /// How many slots there are, free ones included.
    pub(in crate::policy) fn len(&self) -> usize {
        self.tags.len()
    }

    pub(in crate::policy) fn taken(&self) -> usize {
        self.taken
    }

    pub(in crate::policy) fn is_taken(&self, slot: usize) -> bool {
        self.tags[slot] != FREE
    }

    /// Whether the next entry needs more slots.
    pub(in crate::policy) fn is_full(&self) -> bool {
        (self.taken + 1) * 100 > self.tags.len() * FULL_PERCENT
    }

    /// The slot whose entry has this hash and is the one wanted.
    pub(in crate::policy) fn find(
        &self,
        HashedKey { hash, .. }: HashedKey<'_>,
        is_wanted: impl Fn(usize) -> bool,
    ) -> Option<usize> {
        if self.tags.is_empty() {
            return None;
        }
        let mut slot = self.home(hash);
        // Terminates: there is always a free slot.
        while self.tags[slot] != FREE {
            if self.tags[slot] == tag(hash) && is_wanted(slot) {
                return Some(slot);
            }
            slot = self.after(slot);
        }
        None
    }

    /// The slot where a search for this hash begins, and its tag.
    pub(in crate::policy) fn glance(&self, HashedKey { hash, .. }: HashedKey<'_>) -> (usize, u8) {
        let slot = self.home(hash);
        (slot, self.tags.get(slot).copied().unwrap_or(FREE))
    }

    /// Takes a free slot for an entry with this hash. There must be room.
    pub(in crate::policy) fn take(&mut self, HashedKey { hash, .. }: HashedKey<'_>) -> usize {
        debug_assert!(!self.is_full(), "grown before an entry is added");
        let mut slot = self.home(hash);
        while self.tags[slot] != FREE {
            slot = self.after(slot);
        }
        self.tags[slot] = tag(hash);
        self.taken += 1;
        slot
    }

    /// Empty slots for a quarter more entries, with the same hash.
    pub(in crate::policy) fn larger(&self) -> Self {
        Self { state: self.state.clone(), ..Self::for_entries(self.taken * 5 / 4 + 8) }
    }

    /// Empty slots for exactly the entries there are, or `None` where that would free little.
    pub(in crate::policy) fn tighter(&self) -> Option<Self> {
        let tight = Self { state: self.state.clone(), ..Self::for_entries(self.taken) };
        (tight.len() * 16 < self.len() * 15).then_some(tight)
    }

    pub(in crate::policy) fn heap_bytes(&self) -> usize {
        self.tags.capacity()
    }

    /// Maps the hash's high bits to a slot without division (Lemire, "Fast random integer
    /// generation in an interval", 2019).
    fn home(&self, hash: u64) -> usize {
        ((u128::from(hash) * self.tags.len() as u128) >> 64) as usize
    }

    fn after(&self, slot: usize) -> usize {
        if slot + 1 == self.tags.len() { 0 } else { slot + 1 }
    }
}

/// The hash's low bits, which take no part in choosing the slot.
fn tag(hash: u64) -> u8 {
    (hash as u8).max(FREE + 1)
}
