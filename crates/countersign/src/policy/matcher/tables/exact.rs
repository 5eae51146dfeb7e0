//! The tables of the exact kinds: one look-up per value, however many entries.

use super::digests::DigestTable;
use super::interner::Interner;
use super::probe::HashedKey;
use super::texts::reserve_tightly;
use crate::policy::rule::key::Kind;

/// Values of the exact kinds to owners, in the bytes that
/// [`exact_bytes`](crate::policy::rule::value::exact_bytes) makes.
#[derive(Debug)]
pub(in crate::policy) struct ExactTables {
    digests: [DigestTable; 2],
    names: [NameTable; Kind::EXACT - 2],
}

/// How many entries of each exact kind are to come, and how many bytes their values have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::policy) struct Expected {
    pub(in crate::policy) entries: [usize; Kind::EXACT],
    pub(in crate::policy) bytes: [usize; Kind::EXACT],
}

impl ExactTables {
    pub(in crate::policy) fn with_room(room: &Expected) -> Self {
        let name_table = |kind: Kind| {
            let i = kind as usize;
            NameTable::with_capacity(room.entries[i], room.bytes[i])
        };
        Self {
            digests: [0, 1].map(|i| DigestTable::for_entries(room.entries[i])),
            names: [Kind::IssuerSerial, Kind::Uri, Kind::Dns, Kind::Email].map(name_table),
        }
    }

    /// How many entries of this exact kind there are.
    pub(in crate::policy) fn len(&self, kind: Kind) -> usize {
        match self.table(kind) {
            Table::Digests(table) => table.len(),
            Table::Names(table) => table.owners.len(),
        }
    }

    /// A value, hashed for what is asked of its kind.
    pub(in crate::policy) fn hashed<'k>(&self, kind: Kind, value: &'k [u8]) -> HashedKey<'k> {
        match self.table(kind) {
            Table::Digests(table) => table.hashed(value),
            Table::Names(table) => table.texts.hashed(value),
        }
    }

    /// Where a value is.
    pub(in crate::policy) fn find(&self, kind: Kind, value: &[u8]) -> Option<usize> {
        self.find_hashed(kind, self.hashed(kind, value))
    }

    pub(in crate::policy) fn find_hashed(&self, kind: Kind, value: HashedKey<'_>) -> Option<usize> {
        match self.table(kind) {
            Table::Digests(table) => table.find(value),
            Table::Names(table) => table.texts.find(value),
        }
    }

    /// The value at a place that [`find`](Self::find) gave.
    pub(in crate::policy) fn value(&self, kind: Kind, place: usize) -> &[u8] {
        match self.table(kind) {
            Table::Digests(table) => table.key(place),
            Table::Names(table) => table.texts.get(place),
        }
    }

    pub(in crate::policy) fn owner(&self, kind: Kind, place: usize) -> u32 {
        match self.table(kind) {
            Table::Digests(table) => table.owner(place),
            Table::Names(table) => table.owners[place],
        }
    }

    pub(in crate::policy) fn set_owner(&mut self, kind: Kind, place: usize, owner: u32) {
        match kind {
            Kind::Cert | Kind::Spki => self.digests[kind as usize].set_owner(place, owner),
            _ => self.names[kind as usize - 2].owners[place] = owner,
        }
    }

    /// Reads the memory where a value is or would be.
    pub(in crate::policy) fn glance(&self, kind: Kind, value: HashedKey<'_>) -> u32 {
        match self.table(kind) {
            Table::Digests(table) => table.glance(value),
            Table::Names(table) => table.texts.glance(value),
        }
    }

    /// Adds a value that is not there yet.
    pub(in crate::policy) fn insert(&mut self, kind: Kind, value: HashedKey<'_>, owner: u32) {
        match kind {
            Kind::Cert | Kind::Spki => self.digests[kind as usize].insert(value, owner),
            _ => self.names[kind as usize - 2].insert(value, owner),
        }
    }

    /// Gives back what was reserved and not used; places change.
    pub(in crate::policy) fn shrink(&mut self) {
        self.digests.iter_mut().for_each(DigestTable::shrink);
        self.names.iter_mut().for_each(NameTable::shrink);
    }

    pub(in crate::policy) fn heap_bytes(&self) -> usize {
        let names = self.names.iter().map(|n| n.texts.heap_bytes() + 4 * n.owners.capacity());
        self.digests.iter().map(DigestTable::heap_bytes).chain(names).sum()
    }

    fn table(&self, kind: Kind) -> Table<'_> {
        match kind {
            Kind::Cert | Kind::Spki => Table::Digests(&self.digests[kind as usize]),
            _ => Table::Names(&self.names[kind as usize - 2]),
        }
    }
}

enum Table<'t> {
    Digests(&'t DigestTable),
    Names(&'t NameTable),
}

#[derive(Debug)]
struct NameTable {
    texts: Interner,
    owners: Vec<u32>,
}

impl NameTable {
    fn with_capacity(count: usize, bytes: usize) -> Self {
        Self { texts: Interner::with_capacity(count, bytes), owners: Vec::with_capacity(count) }
    }

    fn insert(&mut self, value: HashedKey<'_>, owner: u32) {
        let number = self.texts.insert(value);
        debug_assert_eq!(number, self.owners.len(), "a new value gets the next number");
        reserve_tightly(&mut self.owners, 1);
        self.owners.push(owner);
    }

    fn shrink(&mut self) {
        self.texts.shrink();
        self.owners.shrink_to_fit();
    }
}
