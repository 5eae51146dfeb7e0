//! The table of subject rules: each is found by the rarest of the attributes it names.

use core::hash::{BuildHasher as _, Hasher as _};
use std::collections::HashMap;

use foldhash::quality::RandomState;

use super::ranges::map_bytes;
use crate::cert::Attribute;
use crate::identity::attribute_text;
use crate::policy::rule::subject::SubjectKey;

/// The first of the rules for each attribute value.
///
/// Found by a hash alone: who looks here checks the whole rule anyway, so a false hit costs a
/// comparison and decides nothing.
#[derive(Debug, Default)]
pub(in crate::policy) struct SubjectTable {
    state: RandomState,
    first_rules: HashMap<u64, u32, RandomState>,
}

impl SubjectTable {
    pub(in crate::policy) fn is_empty(&self) -> bool {
        self.first_rules.is_empty()
    }

    /// Builds the table over `subjects`, and tells `link` of each rule and the one to follow it.
    ///
    /// All rules are taken at once, because only then is it known which values are rare: a
    /// thousand clients may share an organisation and differ in their name.
    pub(in crate::policy) fn build(
        subjects: &[(u32, &SubjectKey)],
        mut link: impl FnMut(u32, u32),
    ) -> Self {
        let mut table = Self::default();
        let mut count = HashMap::<u64, u32, RandomState>::default();
        let hashes = |table: &Self, key: &SubjectKey| -> Vec<u64> {
            let hash = |a: &crate::policy::rule::subject::Attribute| {
                table.hash(&a.oid, a.value.chars().map(u32::from))
            };
            key.attributes().iter().map(hash).collect()
        };
        for (_, key) in subjects {
            hashes(&table, key).into_iter().for_each(|hash| *count.entry(hash).or_default() += 1);
        }
        for (rule, key) in subjects {
            let rarest = hashes(&table, key).into_iter().min_by_key(|hash| count[hash]);
            let rarest = rarest.expect("invariant: a subject key names an attribute");
            if let Some(next) = table.first_rules.insert(rarest, *rule) {
                link(*rule, next);
            }
        }
        table
    }

    /// The first rule that this attribute of a leaf may lead to.
    pub(in crate::policy) fn first_rule(&self, attribute: &Attribute<'_>) -> Option<u32> {
        let hash = self.hash(attribute.oid, attribute_text(attribute)?);
        self.first_rules.get(&hash).copied()
    }

    pub(in crate::policy) fn heap_bytes(&self) -> usize {
        map_bytes(&self.first_rules)
    }

    fn hash(&self, oid: &[u8], text: impl Iterator<Item = u32>) -> u64 {
        let mut hasher = self.state.build_hasher();
        hasher.write(oid);
        text.for_each(|code_point| hasher.write_u32(code_point));
        hasher.finish()
    }
}
