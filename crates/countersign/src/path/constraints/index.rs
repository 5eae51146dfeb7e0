//! Many subtrees, found by name: each look-up costs the name's own length, not their number.

use std::collections::HashMap;

use foldhash::fast::RandomState;

use super::Presented;
use super::hosts::{Host, ancestors, parent};
use super::networks::Networks;
use super::subtree::{Side, directory_ns};
use crate::budget::{Budget, OverBudget};
use crate::cert::{Name, Subtree, kind};

/// Entering one subtree, with its share of sorting and of the table's memory: 120 to 180 ns,
/// measured as `NAME_NS` was, and up to 270 where the table is large and its memory new, for the
/// system clears each page that is touched first.
const ENTRY_NS: u64 = 240;
/// One look-up of a short host: 50 ns, mostly for memory that is not in the nearest cache.
const LOOKUP_NS: u64 = 50;
/// Octets of a host that are hashed in a nanosecond.
const HASHED_PER_NS: usize = 4;

/// Octets of a subtree: a name of 20, and the tags and lengths around it.
const SUBTREE_OCTETS: usize = 24;

/// The sides on which a name was found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Sides(u8);

impl Sides {
    pub(super) const NONE: Self = Self(0);
    /// A subtree one label below is excluded: what a wildcard needs to know.
    const EXCLUDED_BELOW: Self = Self(4);

    const fn of(side: Side) -> Self {
        match side {
            Side::Permitted => Self(1),
            Side::Excluded => Self(2),
        }
    }

    pub(super) const fn contains(self, side: Side) -> bool {
        self.0 & Self::of(side).0 != 0
    }

    pub(super) const fn insert(&mut self, side: Side) {
        self.0 |= Self::of(side).0;
    }

    const fn join(&mut self, other: Self) {
        self.0 |= other.0;
    }

    const fn without_below(self) -> Self {
        Self(self.0 & !Self::EXCLUDED_BELOW.0)
    }

    /// As a wildcard directly above sees it.
    const fn with_below(self) -> Self {
        let below = self.0 & Self::EXCLUDED_BELOW.0 != 0;
        if below { Self(self.0 | Self::of(Side::Excluded).0) } else { self }
    }
}

/// What a text subtree is found by; the table's hash is keyed at random, so nobody can choose
/// subtrees that collide.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Key<'a> {
    kind: u8,
    /// Only for a mailbox: compared octet by octet.
    local: &'a str,
    /// As written in the subtree, with the leading dot where it has one.
    host: Host<'a>,
}

impl<'a> Key<'a> {
    const fn new(kind: u8, host: &'a str) -> Self {
        Self { kind, local: "", host: Host(host) }
    }
}

#[derive(Debug, Default)]
pub(super) struct Index<'a> {
    texts: HashMap<Key<'a>, Sides, RandomState>,
    /// By hash once sealed.
    directories: Vec<(u64, Name<'a>, Side)>,
    networks: [FamilyNetworks; 2],
}

/// The networks of one address family, per side.
#[derive(Debug, Default)]
struct FamilyNetworks {
    permitted: Networks,
    excluded: Networks,
}

impl<'a> Index<'a> {
    /// With room for the subtrees that so many octets hold as a rule, as far as the budget goes. A table
    /// that grows from nothing moves each entry once more, and asks the system for twice the memory: a
    /// third of all it costs. In one that is too large each entry touches a page that nobody had before.
    pub(super) fn with_room_for(octets: usize, budget: &Budget) -> Self {
        let affordable = usize::try_from(budget.covers(ENTRY_NS)).unwrap_or(usize::MAX);
        let room = affordable.min(octets / SUBTREE_OCTETS);
        let texts = HashMap::with_capacity_and_hasher(room, RandomState::default());
        Self { texts, ..Self::default() }
    }

    pub(super) fn add(
        &mut self,
        side: Side,
        subtree: Subtree<'a>,
        budget: &mut Budget,
    ) -> Result<(), OverBudget> {
        budget.charge(ENTRY_NS)?;
        match subtree {
            Subtree::Dns(base) => {
                self.add_text(Key::new(kind::DNS, base), Sides::of(side));
                if side == Side::Excluded && !base.is_empty() {
                    budget.charge(ENTRY_NS)?;
                    self.add_text(Key::new(kind::DNS, parent(base)), Sides::EXCLUDED_BELOW);
                }
            }
            Subtree::Email(base) => {
                let (local, host) = base.rsplit_once('@').unwrap_or(("", base));
                let key = Key { kind: kind::EMAIL, local, host: Host(host) };
                self.add_text(key, Sides::of(side));
            }
            Subtree::Uri(base) => self.add_text(Key::new(kind::URI, base), Sides::of(side)),
            Subtree::Ip { address, mask } => {
                let family = &mut self.networks[family(address)];
                let networks = match side {
                    Side::Permitted => &mut family.permitted,
                    Side::Excluded => &mut family.excluded,
                };
                networks.add(address, mask);
            }
            Subtree::Directory(base) => {
                budget.charge(base.hash_ns())?;
                self.directories.push((base.hash(), base, side));
            }
            // Judged by kind alone.
            Subtree::Unsupported(_) => {}
        }
        Ok(())
    }

    fn add_text(&mut self, key: Key<'a>, sides: Sides) {
        self.texts.entry(key).or_default().join(sides);
    }

    /// Puts what was added in order; must precede `find`.
    pub(super) fn seal(&mut self) {
        for family in &mut self.networks {
            family.permitted.seal();
            family.excluded.seal();
        }
        self.directories.sort_unstable_by_key(|(hash, _, side)| (*hash, *side == Side::Excluded));
        self.directories.dedup_by(|a, b| a.0 == b.0 && a.2 == b.2 && a.1 == b.1);
    }

    /// The sides with a subtree that the name is within, as `subtree::contains` has it.
    pub(super) fn find(
        &self,
        name: &Presented<'_>,
        budget: &mut Budget,
    ) -> Result<Sides, OverBudget> {
        match name {
            Presented::Dns(name) => self.find_dns(name, budget),
            Presented::Email { local, host } => {
                budget.charge(lookup_ns(local) + lookup_ns(host))?;
                let mut sides = self.text(Key { kind: kind::EMAIL, local, host: Host(host) });
                sides.join(self.find_host(kind::EMAIL, host, budget)?);
                Ok(sides)
            }
            Presented::Uri(host) => self.find_host(kind::URI, host, budget),
            Presented::Ip(address) => self.find_address(address, budget),
            Presented::Directory(name) => self.find_directory(name, budget),
            Presented::Opaque(_) => Ok(Sides::NONE),
        }
    }

    fn text(&self, key: Key<'_>) -> Sides {
        self.texts.get(&key).copied().unwrap_or_default()
    }

    fn find_dns(&self, name: &str, budget: &mut Budget) -> Result<Sides, OverBudget> {
        let wildcard = name.strip_prefix("*.");
        let host = wildcard.unwrap_or(name);
        budget.charge(lookup_ns(host) + LOOKUP_NS)?;
        let at = |host| self.text(Key::new(kind::DNS, host));
        let mut sides = if wildcard.is_some() { at(host).with_below() } else { at(host) };
        sides.join(at("").without_below());
        for ancestor in ancestors(host) {
            budget.charge(lookup_ns(ancestor))?;
            sides.join(at(ancestor).without_below());
        }
        Ok(sides)
    }

    fn find_host(&self, kind: u8, host: &str, budget: &mut Budget) -> Result<Sides, OverBudget> {
        budget.charge(lookup_ns(host))?;
        let mut sides = self.text(Key::new(kind, host));
        for (dot, _) in host.match_indices('.') {
            budget.charge(lookup_ns(&host[dot..]))?;
            sides.join(self.text(Key::new(kind, &host[dot..])));
        }
        Ok(sides)
    }

    fn find_address(&self, address: &[u8], budget: &mut Budget) -> Result<Sides, OverBudget> {
        budget.charge(2 * LOOKUP_NS)?;
        let family = &self.networks[family(address)];
        let mut sides = Sides::NONE;
        if family.permitted.contains(address) {
            sides.insert(Side::Permitted);
        }
        if family.excluded.contains(address) {
            sides.insert(Side::Excluded);
        }
        Ok(sides)
    }

    fn find_directory(&self, name: &Name<'_>, budget: &mut Budget) -> Result<Sides, OverBudget> {
        budget.charge(name.hash_ns())?;
        let mut sides = Sides::NONE;
        for hash in name.prefix_hashes() {
            budget.charge(LOOKUP_NS)?;
            let start = self.directories.partition_point(|(other, ..)| *other < hash);
            let same = self.directories[start..].iter().take_while(|(other, ..)| *other == hash);
            // More than one on a side would take names made to collide: the budget ends that.
            for (_, base, side) in same {
                budget.charge(directory_ns(base, name))?;
                if !sides.contains(*side) && name.is_within(base) {
                    sides.insert(*side);
                }
            }
        }
        Ok(sides)
    }
}

const fn lookup_ns(host: &str) -> u64 {
    LOOKUP_NS + (host.len() / HASHED_PER_NS) as u64
}

const fn family(address: &[u8]) -> usize {
    (address.len() == 16) as usize
}
