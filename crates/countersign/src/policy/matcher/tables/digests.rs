//! SHA-256 digests to owners: entries inline, 44 bytes each.

use super::probe::{HashedKey, Slots};

/// A map from digests to numbers, built once and then only read.
#[derive(Debug)]
pub(in crate::policy) struct DigestTable {
    slots: Slots,
    entries: Vec<Entry>,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    digest: [u8; 32],
    owner: u32,
}

const VACANT: Entry = Entry { digest: [0; 32], owner: 0 };

impl DigestTable {
    pub(in crate::policy) fn for_entries(count: usize) -> Self {
        let slots = Slots::for_entries(count);
        Self { entries: vec![VACANT; slots.len()], slots }
    }

    pub(in crate::policy) fn len(&self) -> usize {
        self.slots.taken()
    }

    pub(in crate::policy) fn hashed<'k>(&self, digest: &'k [u8]) -> HashedKey<'k> {
        self.slots.hashed(digest)
    }

    /// The slot of a digest.
    pub(in crate::policy) fn find(&self, digest: HashedKey<'_>) -> Option<usize> {
        self.slots.find(digest, |slot| self.entries[slot].digest == digest.key)
    }

    /// Reads the memory where a digest is or would be.
    pub(in crate::policy) fn glance(&self, digest: HashedKey<'_>) -> u32 {
        let (slot, tag) = self.slots.glance(digest);
        self.entries.get(slot).map_or(0, |entry| entry.owner).wrapping_add(u32::from(tag))
    }

    /// Adds a digest that is not there yet.
    pub(in crate::policy) fn insert(&mut self, hashed: HashedKey<'_>, owner: u32) {
        if self.slots.is_full() {
            self.rebuild(self.slots.larger());
        }
        let digest = hashed.key.try_into().expect("invariant: a SHA-256 has 32 bytes");
        let slot = self.slots.take(hashed);
        self.entries[slot] = Entry { digest, owner };
    }

    pub(in crate::policy) fn key(&self, slot: usize) -> &[u8; 32] {
        &self.entries[slot].digest
    }

    pub(in crate::policy) fn owner(&self, slot: usize) -> u32 {
        self.entries[slot].owner
    }

    pub(in crate::policy) fn set_owner(&mut self, slot: usize, owner: u32) {
        self.entries[slot].owner = owner;
    }

    /// Gives back what was reserved and not used; slots change.
    pub(in crate::policy) fn shrink(&mut self) {
        if let Some(tight) = self.slots.tighter() {
            self.rebuild(tight);
        }
    }

    pub(in crate::policy) fn heap_bytes(&self) -> usize {
        self.slots.heap_bytes() + self.entries.capacity() * size_of::<Entry>()
    }

    fn rebuild(&mut self, mut slots: Slots) {
        let mut entries = vec![VACANT; slots.len()];
        for (old, entry) in self.entries.iter().enumerate() {
            if self.slots.is_taken(old) {
                let slot = slots.take(slots.hashed(&entry.digest));
                entries[slot] = *entry;
            }
        }
        (self.slots, self.entries) = (slots, entries);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digest(i: u32) -> [u8; 32] {
        let mut digest = [0; 32];
        digest[28..].copy_from_slice(&i.to_be_bytes());
        digest
    }

    #[test]
    fn a_digest_is_found_and_its_neighbours_are_not() {
        for room in [0, 10, 2000, 100_000] {
            let mut table = DigestTable::for_entries(room);
            assert_eq!(table.find(table.hashed(&digest(0))), None);
            for i in 0..2000 {
                let digest = digest(2 * i);
                table.insert(table.hashed(&digest), i);
            }
            table.shrink();
            for i in 0..2000 {
                let slot = table.find(table.hashed(&digest(2 * i))).unwrap();
                assert_eq!((table.owner(slot), table.key(slot)), (i, &digest(2 * i)));
                assert_eq!(table.find(table.hashed(&digest(2 * i + 1))), None);
            }
            let per_entry = table.heap_bytes() / table.len();
            assert!(per_entry <= 56, "{per_entry} bytes an entry from room for {room}");
        }
    }
}
