//! The tables of prefixes, suffixes and networks: one look-up per length that occurs.

use std::collections::HashMap;

use foldhash::quality::RandomState;

use crate::policy::rule::key::Network;

/// Which end of a name a table's entries stand at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::policy) enum End {
    /// Entries are prefixes that end in the separator.
    Start,
    /// Entries are suffixes that begin with the separator.
    Tail,
}

/// Prefixes or suffixes of names, each with the first of its rules.
///
/// A name is cut at every length that occurs in the table, longest first, and looked up where the
/// separator stands at the cut. The cost grows with the lengths in the policy, neither with its
/// entries nor with the name.
#[derive(Debug)]
pub(in crate::policy) struct AffixTable {
    end: End,
    separator: u8,
    first_rules: HashMap<Box<[u8]>, u32, RandomState>,
    /// The lengths that occur, longest first.
    lengths: Vec<usize>,
}

impl AffixTable {
    pub(in crate::policy) fn new(end: End, separator: u8) -> Self {
        Self { end, separator, first_rules: HashMap::default(), lengths: Vec::new() }
    }

    pub(in crate::policy) fn is_empty(&self) -> bool {
        self.lengths.is_empty()
    }

    /// Puts a rule first and returns the one that was.
    pub(in crate::policy) fn put_first(&mut self, affix: &[u8], rule: u32) -> Option<u32> {
        add_length(&mut self.lengths, affix.len());
        self.first_rules.insert(affix.into(), rule)
    }

    /// How many look-ups a name can cost.
    pub(in crate::policy) fn lookups(&self) -> usize {
        self.lengths.len()
    }

    /// The first rules of every entry that the name begins (or ends) with, longest first.
    pub(in crate::policy) fn first_rules<'t>(
        &'t self,
        name: &'t [u8],
    ) -> impl Iterator<Item = u32> + use<'t> {
        self.lengths.iter().filter_map(|&length| {
            let affix = self.cut(name, length)?;
            self.first_rules.get(affix).copied()
        })
    }

    fn cut<'n>(&self, name: &'n [u8], length: usize) -> Option<&'n [u8]> {
        let (affix, separator) = match self.end {
            End::Start => (name.get(..length)?, *name.get(length - 1)?),
            // At least one byte, so at least one label, stands before a suffix.
            End::Tail => {
                let start = name.len().checked_sub(length).filter(|&start| start > 0)?;
                (&name[start..], name[start])
            }
        };
        (separator == self.separator).then_some(affix)
    }

    pub(in crate::policy) fn heap_bytes(&self) -> usize {
        let texts: usize = self.first_rules.keys().map(|text| text.len()).sum();
        texts + map_bytes(&self.first_rules) + 8 * self.lengths.capacity()
    }
}

/// Networks, each with the first of its rules.
#[derive(Debug, Default)]
pub(in crate::policy) struct NetworkTable {
    first_rules: HashMap<Network, u32, RandomState>,
    /// The prefix lengths that occur, longest first.
    prefixes: Vec<usize>,
}

impl NetworkTable {
    pub(in crate::policy) fn is_empty(&self) -> bool {
        self.prefixes.is_empty()
    }

    /// Puts a rule first and returns the one that was.
    pub(in crate::policy) fn put_first(&mut self, network: Network, rule: u32) -> Option<u32> {
        add_length(&mut self.prefixes, usize::from(network.prefix));
        self.first_rules.insert(network, rule)
    }

    /// How many look-ups an address can cost.
    pub(in crate::policy) fn lookups(&self) -> usize {
        self.prefixes.len()
    }

    /// The first rules of every network that the address is in, longest first.
    pub(in crate::policy) fn first_rules<'t>(
        &'t self,
        address: &'t [u8],
    ) -> impl Iterator<Item = u32> + use<'t> {
        let fitting = self.prefixes.iter().filter(|&&prefix| prefix <= 8 * address.len());
        fitting.filter_map(|&prefix| {
            let network = Network::around(address, u8::try_from(prefix).ok()?)?;
            self.first_rules.get(&network).copied()
        })
    }

    pub(in crate::policy) fn heap_bytes(&self) -> usize {
        map_bytes(&self.first_rules) + 8 * self.prefixes.capacity()
    }
}

fn add_length(lengths: &mut Vec<usize>, length: usize) {
    if let Err(place) = lengths.binary_search_by(|have| length.cmp(have)) {
        lengths.insert(place, length);
    }
}

/// What a map allocates, near enough: an entry and a control byte a bucket, 7 of 8 buckets full.
pub(in crate::policy) fn map_bytes<K, V, S>(map: &HashMap<K, V, S>) -> usize {
    map.capacity() * 8 / 7 * (size_of::<(K, V)>() + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hits(table: &AffixTable, name: &str) -> Vec<u32> {
        table.first_rules(name.as_bytes()).collect()
    }

    #[test]
    fn prefixes_end_with_a_segment_and_the_longest_comes_first() {
        let mut table = AffixTable::new(End::Start, b'/');
        for (rule, prefix) in [(1, "s://a/"), (2, "s://a/jobs/"), (3, "s://b/jobs/")] {
            assert_eq!(table.put_first(prefix.as_bytes(), rule), None);
        }
        assert_eq!(table.put_first(b"s://b/jobs/", 4), Some(3));
        assert_eq!(hits(&table, "s://a/jobs/x"), [2, 1]);
        assert_eq!(hits(&table, "s://a/jobs/"), [2, 1]);
        assert_eq!(hits(&table, "s://a/jobsx/"), [1]);
        assert_eq!(hits(&table, "s://b/jobs/x"), [4]);
        assert_eq!(hits(&table, "s://a"), [0; 0]);
        assert_eq!(hits(&table, ""), [0; 0]);
        assert_eq!(table.lookups(), 2);
    }

    #[test]
    fn suffixes_leave_a_label_before_them() {
        let mut table = AffixTable::new(End::Tail, b'.');
        for (rule, suffix) in [(1, ".example"), (2, ".acme.example")] {
            table.put_first(suffix.as_bytes(), rule);
        }
        assert_eq!(hits(&table, "a.b.acme.example"), [2, 1]);
        assert_eq!(hits(&table, "acme.example"), [1]);
        assert_eq!(hits(&table, "xacme.example"), [1]);
        assert_eq!(hits(&table, ".acme.example"), [1]);
        assert_eq!(hits(&table, "example"), [0; 0]);
    }

    #[test]
    fn networks_are_found_longest_first_in_their_family() {
        let mut table = NetworkTable::default();
        for (rule, octets, prefix) in [(1, [10, 0, 0, 0], 8), (2, [10, 1, 0, 0], 16)] {
            table.put_first(Network::around(&octets, prefix).unwrap(), rule);
        }
        table.put_first(Network::around(&[0; 16], 0).unwrap(), 3);
        let hits = |address: &[u8]| table.first_rules(address).collect::<Vec<_>>();
        assert_eq!(hits(&[10, 1, 2, 3]), [2, 1]);
        assert_eq!(hits(&[10, 2, 2, 3]), [1]);
        assert_eq!(hits(&[11, 1, 2, 3]), [0; 0]);
        assert_eq!(hits(&[10; 16]), [3]);
    }
}
