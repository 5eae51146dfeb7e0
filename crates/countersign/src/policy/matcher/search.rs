//! Finding the most exact rule that holds for a leaf.

use core::cmp::Reverse;

use super::holds::{cost, holds};
use super::rulebook::{Holder, NO_RULE, Place, Rulebook, entry_order};
use crate::identity::LeafIdentity;
use crate::limits;
use crate::policy::rule::key::{Key, Kind};

/// What is left of the work one leaf may cause; see [`limits::MATCH_STEPS`].
pub(in crate::policy) struct Steps(u32);

/// The leaf has more names than may be compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::policy) struct OutOfSteps;

impl Steps {
    pub(in crate::policy) const fn new() -> Self {
        Self(limits::MATCH_STEPS)
    }

    fn spend(&mut self, steps: usize) -> Result<(), OutOfSteps> {
        let left = u32::try_from(steps).ok().and_then(|steps| self.0.checked_sub(steps));
        self.0 = left.ok_or(OutOfSteps)?;
        Ok(())
    }
}

/// The rule that decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::policy) struct Found {
    pub(in crate::policy) place: Place,
    pub(in crate::policy) owner: u32,
    /// Whether the owner accepts who issued the leaf.
    pub(in crate::policy) is_vouched: bool,
    rank: Rank,
}

/// The order among rules found by keys of one kind; the least is the most exact. A longer prefix
/// comes first, then the rule that demands more, then the order of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Rank {
    length: Reverse<usize>,
    keys: Reverse<usize>,
    order: u64,
}

/// A search in one book for one leaf. Allocates nothing.
pub(in crate::policy) struct Search<'s, F> {
    book: &'s Rulebook,
    leaf: &'s LeafIdentity<'s>,
    /// Whether an owner accepts the leaf's issuer: decides between owners of one value only.
    is_vouched: F,
    steps: &'s mut Steps,
    best: Option<Found>,
}

impl<'s, F: Fn(u32) -> bool> Search<'s, F> {
    pub(in crate::policy) fn new(
        book: &'s Rulebook,
        leaf: &'s LeafIdentity<'s>,
        is_vouched: F,
        steps: &'s mut Steps,
    ) -> Self {
        Self { book, leaf, is_vouched, steps, best: None }
    }

    /// The most exact rule that is found by a key of one of `kinds`, which come most exact first.
    pub(in crate::policy) fn most_exact(
        mut self,
        kinds: &[Kind],
    ) -> Result<Option<Found>, OutOfSteps> {
        for &kind in kinds {
            if !self.book.is_empty(kind) {
                self.visit(kind)?;
            }
            if self.best.is_some() {
                break;
            }
        }
        Ok(self.best)
    }

    fn visit(&mut self, kind: Kind) -> Result<(), OutOfSteps> {
        let leaf = self.leaf;
        let mut result = Ok(());
        match kind {
            Kind::Cert => self.exact(kind, leaf.cert_sha256()),
            Kind::Spki => self.exact(kind, leaf.spki_sha256()),
            Kind::IssuerSerial => self.exact(kind, leaf.issuer_serial()),
            Kind::Uri => leaf.uris().try_for_each(|uri| self.exact(kind, uri.as_bytes())),
            Kind::Dns => {
                leaf.each_dns(|name| {
                    result = self.exact(kind, name);
                    result.is_ok()
                });
                result
            }
            Kind::Email => {
                leaf.each_email(|address| {
                    result = self.exact(kind, address);
                    result.is_ok()
                });
                result
            }
            Kind::Ip => leaf.addresses().try_for_each(|address| self.networks(address)),
            Kind::UriPrefix => leaf.prefixable_uris().try_for_each(|uri| self.prefixes(uri)),
            Kind::DnsSuffix => {
                leaf.each_dns(|name| {
                    result = self.suffixes(name);
                    result.is_ok()
                });
                result
            }
            Kind::Subject => self.subjects(),
        }
    }

    fn exact(&mut self, kind: Kind, value: &[u8]) -> Result<(), OutOfSteps> {
        self.steps.spend(1)?;
        let Some(place) = self.book.exact.find(kind, value) else { return Ok(()) };
        match self.book.holder(kind, place) {
            Holder::Rules(first) => self.rules(first),
            Holder::Entry(owner) => {
                let rank = Rank { length: Reverse(0), keys: Reverse(1), order: entry_order(owner) };
                let place = u32::try_from(place)
                    .expect("invariant: loading stops before a table has 2^32 slots");
                self.offer(rank, Place::Entry(kind, place), owner);
                Ok(())
            }
        }
    }

    fn networks(&mut self, address: &[u8]) -> Result<(), OutOfSteps> {
        let table = &self.book.networks;
        self.steps.spend(table.lookups())?;
        table.first_rules(address).try_for_each(|first| self.rules(first))
    }

    fn prefixes(&mut self, uri: &str) -> Result<(), OutOfSteps> {
        let table = &self.book.uri_prefixes;
        self.steps.spend(table.lookups())?;
        table.first_rules(uri.as_bytes()).try_for_each(|first| self.rules(first))
    }

    fn suffixes(&mut self, name: &[u8]) -> Result<(), OutOfSteps> {
        let table = &self.book.dns_suffixes;
        self.steps.spend(table.lookups())?;
        table.first_rules(name).try_for_each(|first| self.rules(first))
    }

    fn subjects(&mut self) -> Result<(), OutOfSteps> {
        for attribute in self.leaf.subject_attributes() {
            self.steps.spend(1)?;
            if let Some(first) = self.book.subjects.first_rule(&attribute) {
                self.rules(first)?;
            }
        }
        Ok(())
    }

    /// Offers every rule that one value leads to.
    fn rules(&mut self, first: u32) -> Result<(), OutOfSteps> {
        let mut next = first;
        while next != NO_RULE {
            let rule = &self.book.rules[next as usize];
            let rank = Rank {
                length: Reverse(rule.keys[0].length()),
                keys: Reverse(rule.keys.len()),
                order: rule.order,
            };
            self.steps.spend(1)?;
            if self.improves(rank) && self.demands_hold(&rule.keys)? {
                self.offer(rank, Place::Rule(next), rule.owner);
            }
            next = rule.next;
        }
        Ok(())
    }

    /// Whether a rule of this rank, if it held, could be the better one.
    fn improves(&self, rank: Rank) -> bool {
        self.best.is_none_or(|best| rank <= best.rank)
    }

    /// Whether the keys hold beside the first, by which the rule was found.
    fn demands_hold(&mut self, keys: &[Key]) -> Result<bool, OutOfSteps> {
        // A subject was found by one of its attributes, and by no more than a hash.
        let found_whole = !matches!(keys[0], Key::Subject(_));
        for key in &keys[usize::from(found_whole)..] {
            self.steps.spend(cost(key, self.leaf))?;
            if !holds(key, self.leaf) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Of rules that demand the same, one whose owner accepts the issuer wins, then the first.
    fn offer(&mut self, rank: Rank, place: Place, owner: u32) {
        let found = Found { place, owner, is_vouched: (self.is_vouched)(owner), rank };
        let merit = |found: &Found| (found.rank, !found.is_vouched, rule_number(found.place));
        if self.best.is_none_or(|best| merit(&found) < merit(&best)) {
            self.best = Some(found);
        }
    }
}

/// Entries that demand the same as a rule are rules themselves, so that none compares with one.
fn rule_number(place: Place) -> u32 {
    match place {
        Place::Rule(rule) => rule,
        Place::Entry(..) => NO_RULE,
    }
}
