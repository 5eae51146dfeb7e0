//! The row against the tree, over paths drawn from so few policies that they meet.

use proptest::collection::{btree_set, vec};
use proptest::option;
use proptest::prelude::*;

use super::*;

fn link() -> impl Strategy<Value = Link> {
    let policies = option::weighted(0.9, btree_set(ANY..4, 1..4));
    let mappings = prop_oneof![3 => Just(Vec::new()), 2 => vec((1usize..4, 1usize..4), 1..4)];
    let skip = || option::weighted(0.25, 0u32..3);
    (policies, mappings, skip(), skip(), skip(), prop::bool::weighted(0.2)).prop_map(
        |(policies, mappings, require_explicit, inhibit_mapping, inhibit_any, self_issued)| Link {
            policies: policies.map(|set| set.into_iter().collect()),
            mappings,
            require_explicit,
            inhibit_mapping,
            inhibit_any,
            self_issued,
        },
    )
}

fn settings() -> impl Strategy<Value = PolicySettings> {
    (any::<bool>(), prop::bool::weighted(0.1), prop::bool::weighted(0.1)).prop_map(
        |(require_explicit_policy, inhibit_any_policy, inhibit_policy_mapping)| PolicySettings {
            require_explicit_policy,
            inhibit_any_policy,
            inhibit_policy_mapping,
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn the_row_decides_as_the_tree_of_rfc_5280_does(
        links in vec(link(), 1..6),
        settings in settings(),
    ) {
        prop_assert_eq!(refused(&links, settings), reference::refused(&links, settings));
    }
}
