//! One side of a policy, its clients' rules or its deny rules, in tables that find them.

use std::collections::HashMap;
use std::sync::Arc;

use foldhash::quality::RandomState;

use super::tables::exact::{ExactTables, Expected};
use super::tables::probe::HashedKey;
use super::tables::ranges::{AffixTable, End, NetworkTable};
use super::tables::subjects::SubjectTable;
use crate::policy::rule::key::{ExactText, Key, Kind};
use crate::policy::rule::subject::SubjectKey;

/// Rules, found by the most exact of their keys; list entries, which are all key.
#[derive(Debug)]
pub(in crate::policy) struct Rulebook {
    pub(in crate::policy) exact: ExactTables,
    pub(in crate::policy) networks: NetworkTable,
    pub(in crate::policy) uri_prefixes: AffixTable,
    pub(in crate::policy) dns_suffixes: AffixTable,
    pub(in crate::policy) subjects: SubjectTable,
    pub(in crate::policy) rules: Vec<Rule>,
}

/// One `{ … }` of a `match`.
#[derive(Debug)]
pub(in crate::policy) struct Rule {
    /// What must all hold, most exact first.
    pub(in crate::policy) keys: Arc<[Key]>,
    /// Whose rule it is.
    pub(in crate::policy) owner: u32,
    /// Its place in the file among its like; equal for rules that demand the same.
    pub(in crate::policy) order: u64,
    /// The next rule found by the same value, or [`NO_RULE`].
    pub(in crate::policy) next: u32,
}

pub(in crate::policy) const NO_RULE: u32 = u32::MAX;

/// Set in what an exact table holds where a value leads to rules; else it is an entry's owner.
const IS_RULE: u32 = 1 << 31;

/// One more than the largest owner.
pub(in crate::policy) const MAX_OWNERS: usize = IS_RULE as usize - 1;

/// What an exact value leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::policy) enum Holder {
    /// A list entry of this owner.
    Entry(u32),
    /// The first of one or more rules.
    Rules(u32),
}

/// Where a rule stands in its book.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(in crate::policy) enum Place {
    Rule(u32),
    Entry(Kind, u32),
}

/// List entries come after the rules of the policy file.
pub(in crate::policy) fn entry_order(owner: u32) -> u64 {
    1 << 32 | u64::from(owner)
}

impl Rulebook {
    pub(in crate::policy) fn holder(&self, kind: Kind, place: usize) -> Holder {
        match self.exact.owner(kind, place) {
            rule if rule & IS_RULE != 0 => Holder::Rules(rule & !IS_RULE),
            owner => Holder::Entry(owner),
        }
    }

    /// Whether no rule is found by a key of this kind.
    pub(in crate::policy) fn is_empty(&self, kind: Kind) -> bool {
        match kind {
            Kind::Ip => self.networks.is_empty(),
            Kind::UriPrefix => self.uri_prefixes.is_empty(),
            Kind::DnsSuffix => self.dns_suffixes.is_empty(),
            Kind::Subject => self.subjects.is_empty(),
            exact => self.exact.len(exact) == 0,
        }
    }

    /// A rule as `kind:value`, its keys joined by `+`: UTF-8, piece by piece.
    pub(in crate::policy) fn pieces(&self, place: Place, piece: &mut impl FnMut(&[u8])) {
        match place {
            Place::Entry(kind, place) => {
                piece(kind.name().as_bytes());
                piece(b":");
                ExactText(kind, self.exact.value(kind, place as usize)).pieces(piece);
            }
            Place::Rule(rule) => {
                for (i, key) in self.rules[rule as usize].keys.iter().enumerate() {
                    let plus = if i == 0 { "" } else { "+" };
                    piece(format!("{plus}{key}").as_bytes());
                }
            }
        }
    }

    pub(in crate::policy) fn owner(&self, place: Place) -> u32 {
        match place {
            Place::Entry(kind, place) => self.exact.owner(kind, place as usize),
            Place::Rule(rule) => self.rules[rule as usize].owner,
        }
    }

    /// Bytes allocated, the texts inside rules included.
    pub(in crate::policy) fn heap_bytes(&self) -> usize {
        let of_rule = |rule: &Rule| 16 + rule.keys.iter().map(key_bytes).sum::<usize>();
        self.exact.heap_bytes()
            + self.networks.heap_bytes()
            + self.uri_prefixes.heap_bytes()
            + self.dns_suffixes.heap_bytes()
            + self.subjects.heap_bytes()
            + self.rules.capacity() * size_of::<Rule>()
            + self.rules.iter().map(of_rule).sum::<usize>()
    }
}

fn key_bytes(key: &Key) -> usize {
    let inside = match key {
        Key::Exact(_, bytes) => bytes.len(),
        Key::Ip(_) => 0,
        Key::UriPrefix(text) | Key::DnsSuffix(text) => text.len(),
        Key::Subject(subject) => {
            let attributes = subject.attributes().iter();
            attributes.map(|a| size_of_val(a) + a.oid.len() + a.value.len()).sum()
        }
    };
    size_of::<Key>() + inside
}

/// The owner that already has a value which another one claims.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::policy) struct ClaimedBy(pub(in crate::policy) u32);

/// A [`Rulebook`] in the making.
#[derive(Debug)]
pub(in crate::policy) struct RulebookBuilder {
    book: Rulebook,
    /// The rules that demand exactly this, in the order they came.
    claims: HashMap<Arc<[Key]>, Vec<u32>, RandomState>,
}

impl RulebookBuilder {
    pub(in crate::policy) fn with_room(room: &Expected) -> Self {
        let book = Rulebook {
            exact: ExactTables::with_room(room),
            networks: NetworkTable::default(),
            uri_prefixes: AffixTable::new(End::Start, b'/'),
            dns_suffixes: AffixTable::new(End::Tail, b'.'),
            subjects: SubjectTable::default(),
            rules: Vec::new(),
        };
        Self { book, claims: HashMap::default() }
    }

    /// Adds a rule. `may_share` tells whether two owners may demand the same; an owner may demand
    /// it of itself twice, which is one rule.
    pub(in crate::policy) fn add_rule(
        &mut self,
        mut keys: Vec<Key>,
        owner: u32,
        may_share: impl Fn(u32, u32) -> bool,
    ) -> Result<(), ClaimedBy> {
        keys.sort_by_key(Key::kind);
        let order = self.book.rules.len() as u64;
        self.claim(keys.into(), owner, order, may_share)
    }

    /// Adds an entry of a list; all rules come before all entries. `may_share` as for rules.
    pub(in crate::policy) fn add_entry(
        &mut self,
        kind: Kind,
        value: HashedKey<'_>,
        owner: u32,
        may_share: impl Fn(u32, u32) -> bool,
    ) -> Result<(), ClaimedBy> {
        let Some(place) = self.book.exact.find_hashed(kind, value) else {
            self.book.exact.insert(kind, value, owner);
            return Ok(());
        };
        let key = || Arc::from([Key::Exact(kind, value.key.into())]);
        if let Holder::Entry(other) = self.book.holder(kind, place) {
            if other == owner {
                return Ok(());
            }
            if !may_share(other, owner) {
                return Err(ClaimedBy(other));
            }
            // Two owners of one value: from here on these are rules like any others.
            self.claim(key(), other, entry_order(other), &may_share)?;
        }
        self.claim(key(), owner, entry_order(owner), may_share)
    }

    /// Reads the memory that [`add_entry`](Self::add_entry) will need.
    pub(in crate::policy) fn glance(&self, kind: Kind, value: HashedKey<'_>) -> u32 {
        self.book.exact.glance(kind, value)
    }

    /// A value, hashed for [`add_entry`](Self::add_entry).
    pub(in crate::policy) fn hashed<'k>(&self, kind: Kind, value: &'k [u8]) -> HashedKey<'k> {
        self.book.exact.hashed(kind, value)
    }

    #[cfg(test)]
    pub(in crate::policy) fn heap_bytes(&self) -> usize {
        self.book.heap_bytes() + super::tables::ranges::map_bytes(&self.claims)
    }

    pub(in crate::policy) fn finish(mut self) -> Rulebook {
        self.book.exact.shrink();
        self.book.rules.shrink_to_fit();
        let mut links = Vec::new();
        let keys: Vec<_> = self.book.rules.iter().map(|rule| rule.keys.clone()).collect();
        let subjects: Vec<_> = (0..).zip(&keys).filter_map(subject_of).collect();
        self.book.subjects = SubjectTable::build(&subjects, |rule, next| links.push((rule, next)));
        for (rule, next) in links {
            self.book.rules[rule as usize].next = next;
        }
        self.book
    }

    fn claim(
        &mut self,
        keys: Arc<[Key]>,
        owner: u32,
        mut order: u64,
        may_share: impl Fn(u32, u32) -> bool,
    ) -> Result<(), ClaimedBy> {
        let like = self.claims.entry(keys.clone()).or_default();
        for earlier in like.iter().map(|&rule| &self.book.rules[rule as usize]) {
            if earlier.owner == owner {
                return Ok(());
            }
            if !may_share(earlier.owner, owner) {
                return Err(ClaimedBy(earlier.owner));
            }
            order = earlier.order;
        }
        let rule = u32::try_from(self.book.rules.len())
            .expect("invariant: loading stops before 2^31 rules");
        like.push(rule);
        let next = self.put_first(&keys[0], rule);
        self.book.rules.push(Rule { keys, owner, order, next });
        Ok(())
    }

    /// Makes `rule` the first that its most exact key leads to, and returns the one that was.
    fn put_first(&mut self, key: &Key, rule: u32) -> u32 {
        let book = &mut self.book;
        let before = match key {
            Key::Exact(kind, value) => match book.exact.find(*kind, value) {
                Some(place) => {
                    let before = book.holder(*kind, place);
                    book.exact.set_owner(*kind, place, rule | IS_RULE);
                    match before {
                        Holder::Rules(first) => Some(first),
                        // It is being turned into a rule, this one.
                        Holder::Entry(_) => None,
                    }
                }
                None => {
                    let value = book.exact.hashed(*kind, value);
                    book.exact.insert(*kind, value, rule | IS_RULE);
                    None
                }
            },
            Key::Ip(network) => book.networks.put_first(*network, rule),
            Key::UriPrefix(prefix) => book.uri_prefixes.put_first(prefix.as_bytes(), rule),
            Key::DnsSuffix(suffix) => book.dns_suffixes.put_first(suffix.as_bytes(), rule),
            // Linked when all are known.
            Key::Subject(_) => None,
        };
        before.unwrap_or(NO_RULE)
    }
}

/// Rules that are found by their subject, which is never more exact than another key.
fn subject_of((rule, keys): (u32, &Arc<[Key]>)) -> Option<(u32, &SubjectKey)> {
    match &keys[0] {
        Key::Subject(subject) => Some((rule, subject)),
        _ => None,
    }
}
