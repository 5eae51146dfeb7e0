//! Paths by hand, after NIST PKITS sections 4.8 to 4.12. All are written from the certificate
//! below the anchor down to the leaf.

use super::*;

const NONE: PolicySettings = PolicySettings {
    require_explicit_policy: false,
    inhibit_any_policy: false,
    inhibit_policy_mapping: false,
};

fn no_policies() -> Link {
    Link::default()
}

#[test]
fn pkits_4_8_a_policy_must_run_through_the_path_where_one_is_required() {
    for (links, expected) in [
        (vec![asserts([1]), asserts([1])], None),
        (vec![asserts([1, 2]), asserts([2, 3])], None),
        (vec![asserts([1]), asserts([2])], Some(1)),
        (vec![no_policies(), asserts([1])], Some(0)),
        (vec![asserts([1]), no_policies()], Some(1)),
        (vec![asserts([1, 2]), asserts([2]), asserts([1])], Some(2)),
        (vec![asserts([ANY]), asserts([1])], None),
        (vec![asserts([1]), asserts([ANY])], None),
        (vec![asserts([1, 2, 3]), asserts([ANY]), asserts([3])], None),
        (vec![asserts([1]), asserts([ANY]), asserts([3])], Some(2)),
        (vec![no_policies()], Some(0)),
        (vec![asserts([1])], None),
    ] {
        assert_eq!(refused(&links, EXPLICIT), expected, "{links:?}");
        assert_eq!(refused(&links, NONE), None, "nothing requires a policy: {links:?}");
    }
}

#[test]
fn pkits_4_9_an_explicit_policy_is_required_after_so_many_certificates() {
    let top = |skip| asserts([1]).requires_policy_after(skip);
    let path = |skip| [top(skip), asserts([1]), asserts([1]), no_policies()];
    for (skip, expected) in [(10, None), (4, None), (3, Some(3)), (1, Some(3)), (0, Some(3))] {
        assert_eq!(refused(&path(skip), NONE), expected, "{skip}");
    }
    let lower_wins =
        [top(7), asserts([1]).requires_policy_after(2), asserts([1]), no_policies(), asserts([1])];
    assert_eq!(refused(&lower_wins, NONE), Some(4));
    let higher_stays = [top(1), asserts([1]).requires_policy_after(9), no_policies()];
    assert_eq!(refused(&higher_stays, NONE), Some(2));
    // Self-issued certificates are not counted.
    let counted = [top(2), asserts([1]), no_policies()];
    let not_counted = [top(2), asserts([1]).self_issued(), no_policies()];
    assert_eq!(refused(&counted, NONE), Some(2));
    assert_eq!(refused(&not_counted, NONE), None);
    // A leaf may require one of itself.
    let leaf = |link: Link| [asserts([1]), link.requires_policy_after(0)];
    assert_eq!(refused(&leaf(no_policies()), NONE), Some(1));
    assert_eq!(refused(&leaf(asserts([1])), NONE), None);
}

#[test]
fn pkits_4_10_mapped_policies_are_the_issuers_in_the_subjects_words() {
    let top = |mappings: &[(usize, usize)]| asserts([1, 2]).maps(mappings.iter().copied());
    for (mappings, leaf, expected) in [
        (&[(1, 5)][..], 5, None),
        (&[(1, 5)], 1, Some(1)),
        (&[(1, 5)], 2, None),
        (&[(3, 5)], 5, Some(1)),
        (&[(1, 5), (1, 6)], 6, None),
        (&[(1, 5), (2, 5)], 5, None),
        (&[(1, 2), (2, 1)], 1, None),
    ] {
        let links = [top(mappings), asserts([leaf])];
        assert_eq!(refused(&links, EXPLICIT), expected, "{mappings:?} {leaf}");
    }
    let twice = [asserts([1]).maps([(1, 2)]), asserts([2]).maps([(2, 3)]), asserts([3])];
    assert_eq!(refused(&twice, EXPLICIT), None);
    let from_any = [asserts([ANY]).maps([(1, 5)]), asserts([5])];
    assert_eq!(refused(&from_any, EXPLICIT), None);
}

#[test]
fn pkits_4_10_any_policy_is_never_mapped() {
    for mapping in [(ANY, 1), (1, ANY), (ANY, ANY)] {
        for settings in [NONE, EXPLICIT] {
            let links = [asserts([1]), asserts([1]).maps([mapping]), asserts([1])];
            assert_eq!(refused(&links, settings), Some(1));
        }
    }
}

#[test]
fn pkits_4_11_mapping_is_inhibited_after_so_many_certificates() {
    let path = |skip| {
        [asserts([1]).inhibits_mapping_after(skip), asserts([1]).maps([(1, 2)]), asserts([2])]
    };
    assert_eq!(refused(&path(0), EXPLICIT), Some(2));
    assert_eq!(refused(&path(1), EXPLICIT), None);
    let deeper = |skip, middle: Link| {
        [
            asserts([1]).inhibits_mapping_after(skip),
            middle,
            asserts([1]).maps([(1, 2)]),
            asserts([2]),
        ]
    };
    assert_eq!(refused(&deeper(1, asserts([1])), EXPLICIT), Some(3));
    assert_eq!(refused(&deeper(1, asserts([1]).self_issued()), EXPLICIT), None);
    // The certificate that inhibits may still map, and what it mapped stays mapped.
    let own = [asserts([1]).maps([(1, 2)]).inhibits_mapping_after(0), asserts([2])];
    assert_eq!(refused(&own, EXPLICIT), None);
    // What may not be mapped is deleted, not left as it was.
    let deleted =
        [asserts([1]).inhibits_mapping_after(0), asserts([1]).maps([(1, 2)]), asserts([1])];
    assert_eq!(refused(&deleted, EXPLICIT), Some(2));
    let initially = PolicySettings { inhibit_policy_mapping: true, ..EXPLICIT };
    assert_eq!(refused(&[asserts([1]).maps([(1, 2)]), asserts([2])], initially), Some(1));
}

#[test]
fn pkits_4_12_any_policy_is_inhibited_after_so_many_certificates() {
    let path = |skip| [asserts([1]).inhibits_any_after(skip), asserts([ANY]), asserts([1])];
    assert_eq!(refused(&path(0), EXPLICIT), Some(1));
    assert_eq!(refused(&path(1), EXPLICIT), None);
    let leaf = |skip| [asserts([1]).inhibits_any_after(skip), asserts([1]), asserts([ANY])];
    assert_eq!(refused(&leaf(1), EXPLICIT), Some(2));
    assert_eq!(refused(&leaf(2), EXPLICIT), None);
    // In a self-issued intermediate it counts, in a self-issued leaf it does not.
    let middle = [asserts([1]).inhibits_any_after(0), asserts([ANY]).self_issued(), asserts([1])];
    assert_eq!(refused(&middle, EXPLICIT), None);
    let end = [asserts([1]).inhibits_any_after(0), asserts([ANY]).self_issued()];
    assert_eq!(refused(&end, EXPLICIT), Some(1));
    let initially = PolicySettings { inhibit_any_policy: true, ..EXPLICIT };
    assert_eq!(refused(&[asserts([ANY]), asserts([1])], initially), Some(0));
}

#[test]
fn a_policy_listed_twice_is_refused_in_lists_short_and_long() {
    let twice = |count: usize| asserts((1..=count).chain([1]));
    let once = |count: usize| asserts(1..=count);
    for count in [1, 7, 8, 9, 200] {
        assert_eq!(refused(&[asserts([1]), twice(count)], NONE), Some(1), "{count}");
        assert_eq!(refused(&[twice(count), asserts([1])], EXPLICIT), Some(0), "{count}");
        assert_eq!(refused(&[asserts([1]), once(count)], EXPLICIT), None, "{count}");
    }
    assert_eq!(refused(&[asserts([ANY, ANY])], NONE), Some(0));
}
