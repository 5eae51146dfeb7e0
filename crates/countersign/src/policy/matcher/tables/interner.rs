//! Distinct byte strings, numbered in the order they came.

use super::probe::{HashedKey, Slots};
use super::texts::Texts;

/// A set of byte strings with a number each: the bytes in one allocation, 9 bytes an entry beside.
#[derive(Debug)]
pub(in crate::policy) struct Interner {
    slots: Slots,
    /// The number of the string in each slot.
    numbers: Vec<u32>,
    texts: Texts,
}

impl Interner {
    /// Room for `count` strings of `bytes` in all.
    pub(in crate::policy) fn with_capacity(count: usize, bytes: usize) -> Self {
        let slots = Slots::for_entries(count);
        Self { numbers: vec![0; slots.len()], slots, texts: Texts::with_capacity(count, bytes) }
    }

    #[cfg(test)]
    pub(in crate::policy) fn len(&self) -> usize {
        self.texts.len()
    }

    pub(in crate::policy) fn hashed<'k>(&self, text: &'k [u8]) -> HashedKey<'k> {
        self.slots.hashed(text)
    }

    /// The number of a string.
    pub(in crate::policy) fn find(&self, text: HashedKey<'_>) -> Option<usize> {
        let is_it = |slot: usize| self.texts.get(self.numbers[slot] as usize) == text.key;
        self.slots.find(text, is_it).map(|slot| self.numbers[slot] as usize)
    }

    /// Reads the memory where a string's number is or would be.
    pub(in crate::policy) fn glance(&self, text: HashedKey<'_>) -> u32 {
        let (slot, tag) = self.slots.glance(text);
        self.numbers.get(slot).map_or(0, |number| number.wrapping_add(u32::from(tag)))
    }

    /// The number of a string, which is added where it is new.
    pub(in crate::policy) fn intern(&mut self, text: HashedKey<'_>) -> usize {
        self.find(text).unwrap_or_else(|| self.insert(text))
    }

    /// Adds a string that is not there yet, and returns its number.
    pub(in crate::policy) fn insert(&mut self, text: HashedKey<'_>) -> usize {
        if self.slots.is_full() {
            self.rebuild(self.slots.larger());
        }
        let number = self.texts.push(text.key);
        self.place(text, number);
        number
    }

    /// The string with this number.
    pub(in crate::policy) fn get(&self, number: usize) -> &[u8] {
        self.texts.get(number)
    }

    /// Gives back what was reserved and not used.
    pub(in crate::policy) fn shrink(&mut self) {
        if let Some(tight) = self.slots.tighter() {
            self.rebuild(tight);
        }
        self.texts.shrink();
    }

    /// The strings alone, when none is looked for any more.
    pub(in crate::policy) fn into_texts(self) -> Texts {
        let mut texts = self.texts;
        texts.shrink();
        texts
    }

    pub(in crate::policy) fn heap_bytes(&self) -> usize {
        self.slots.heap_bytes() + 4 * self.numbers.capacity() + self.texts.heap_bytes()
    }

    fn place(&mut self, text: HashedKey<'_>, number: usize) {
        let slot = self.slots.take(text);
        self.numbers[slot] = checked(number);
    }

    fn rebuild(&mut self, slots: Slots) {
        self.numbers = vec![0; slots.len()];
        self.slots = slots;
        let Self { slots, numbers, texts } = self;
        for number in 0..texts.len() {
            numbers[slots.take(slots.hashed(texts.get(number)))] = checked(number);
        }
    }
}

fn checked(number: usize) -> u32 {
    u32::try_from(number).expect("invariant: loading stops before 2^32 entries")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_string_has_one_number_and_its_neighbours_have_none() {
        for room in [0, 10, 2000, 100_000] {
            let mut strings = Interner::with_capacity(room, room);
            let name =
                |i: u32| format!("spiffe://acme.example/{}/{i}", "x".repeat(i as usize % 40));
            assert_eq!(strings.find(strings.hashed(b"")), None);
            for i in (0..2000).chain(500..1500) {
                let name = name(i);
                assert_eq!(strings.intern(strings.hashed(name.as_bytes())), i as usize);
            }
            strings.shrink();
            let find = |text: &[u8]| strings.find(strings.hashed(text));
            for i in 0..2000 {
                assert_eq!(find(name(i).as_bytes()), Some(i as usize));
                assert_eq!(strings.get(i as usize), name(i).as_bytes());
                assert_eq!(find(&name(i).as_bytes()[1..]), None);
                assert_eq!(find(format!("{}x", name(i)).as_bytes()), None);
            }
            assert_eq!(strings.len(), 2000);
        }
    }
}
