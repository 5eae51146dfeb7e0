//! Class 24 (OpenSSL CVE-2023-0464): what makes a policy tree explode costs a graph nothing.

use super::*;

#[test]
fn class_24_crossed_mappings_that_double_a_tree_at_every_level_are_linear_work() {
    // Each of two policies is mapped to both: the tree doubles, 2^15 nodes deep.
    let crossed =
        || asserts([1, 2]).maps([(1, 1), (1, 2), (2, 1), (2, 2)]).requires_policy_after(0);
    let mut links = vec![asserts([1, 2])];
    links.extend((0..15).map(|_| crossed()));
    assert_eq!(judge_within(&links, EXPLICIT, 40_000), Ok(()));
}

#[test]
fn class_24_wide_lists_mapped_all_to_all_are_linear_work() {
    // 60 policies, every one mapped to every other: 3,600 pairs are 100 kB in each of 4 CAs.
    let all = || (1..=60).flat_map(|issuer| (1..=60).map(move |subject| (issuer, subject)));
    let ca = || asserts(1..=60).maps(all());
    let links = [asserts([61, 60]), ca(), ca(), ca(), ca()];
    assert_eq!(judge_within(&links, EXPLICIT, 8_000_000), Ok(()));
    let refused = judge_within(&links, EXPLICIT, 500_000).unwrap_err();
    assert_eq!(refused.reason, Reason::LimitExceeded);
}

#[test]
fn class_24_any_policy_carries_many_policies_down_at_a_cost_that_is_charged() {
    let mut links = vec![asserts([ANY]); 15];
    links.push(asserts(1..=4_000));
    assert_eq!(judge_within(&links, EXPLICIT, 2_000_000), Ok(()));
    assert!(judge_within(&links, EXPLICIT, 800_000).is_err());
}

#[test]
fn a_path_in_which_nobody_requires_a_policy_costs_next_to_nothing() {
    let links = [asserts([1]), asserts([1, 2]), asserts([ANY])];
    let free = PolicySettings::default();
    assert_eq!(judge_within(&links, free, 4 * super::super::POLICY_NS), Ok(()));
    assert_eq!(judge_within(&[Link::default(), Link::default()], free, 0), Ok(()));
    assert!(judge_within(&[asserts(1..=100)], free, 1_000).is_err());
}
