//! The check against the reference, over paths drawn from so few labels that names meet.

use proptest::collection::vec;
use proptest::prelude::*;

use super::reference::{Plain, PlainLink, directory, first_violation};
use super::*;

fn label() -> impl Strategy<Value = String> {
    prop::sample::select(vec!["a", "b", "c", "A"]).prop_map(String::from)
}

fn host(labels: impl Into<prop::collection::SizeRange>) -> impl Strategy<Value = String> {
    vec(label(), labels).prop_map(|labels| labels.join("."))
}

/// `host` or `.host`.
fn host_or_domain() -> impl Strategy<Value = String> {
    (any::<bool>(), host(1..4)).prop_map(|(dot, host)| if dot { format!(".{host}") } else { host })
}

fn directory_name() -> impl Strategy<Value = Vec<String>> {
    vec(label(), 1..4)
}

fn address() -> impl Strategy<Value = [u8; 4]> {
    (0u8..2, 0u8..16).prop_map(|(net, host)| [10, 0, net, host])
}

fn name() -> impl Strategy<Value = Plain> {
    prop_oneof![
        (prop::bool::weighted(0.3), host(1..4)).prop_map(|(wildcard, host)| {
            Plain::Dns(if wildcard { format!("*.{host}") } else { host })
        }),
        (label(), host(1..4)).prop_map(|(local, host)| Plain::Email(format!("{local}@{host}"))),
        host(1..4).prop_map(Plain::Uri),
        address().prop_map(|address| Plain::Ip(address, 32)),
        directory_name().prop_map(Plain::Directory),
    ]
}

fn base() -> impl Strategy<Value = Plain> {
    prop_oneof![
        host(0..4).prop_map(Plain::Dns),
        host_or_domain().prop_map(Plain::Email),
        (label(), host(1..4)).prop_map(|(local, host)| Plain::Email(format!("{local}@{host}"))),
        host_or_domain().prop_map(Plain::Uri),
        (address(), 22u32..=32).prop_map(|(address, prefix)| Plain::Ip(address, prefix)),
        vec(label(), 0..4).prop_map(Plain::Directory),
    ]
}

/// None, a few, or so many that they are indexed. Sides that hold little make paths that pass.
fn subtrees() -> impl Strategy<Value = Vec<Plain>> {
    prop_oneof![3 => vec(base(), 0..1), 4 => vec(base(), 1..5), 2 => vec(base(), 17..60)]
}

fn link() -> impl Strategy<Value = PlainLink> {
    (directory_name(), prop::bool::weighted(0.2), vec(name(), 0..3), subtrees(), subtrees())
        .prop_map(|(subject, self_issued, names, permitted, excluded)| PlainLink {
            subject,
            self_issued,
            names,
            permitted,
            excluded,
        })
}

fn encode(plain: &PlainLink) -> Link {
    let bases = |plain: &[Plain]| plain.iter().map(Plain::as_base).collect();
    Link {
        subject: directory(&plain.subject),
        self_issued: plain.self_issued,
        names: plain.names.iter().map(Plain::as_name).collect(),
        permitted: bases(&plain.permitted),
        excluded: bases(&plain.excluded),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn the_check_agrees_with_the_plain_rules(
        mut path in vec(link(), 1..4),
        anchor in link(),
    ) {
        // A leaf with constraints of its own is malformed unless it is a CA.
        path[0].permitted.clear();
        path[0].excluded.clear();
        let expected = first_violation(&path, &anchor);
        let links: Vec<_> = path.iter().map(encode).collect();
        let result = judge_below(Some(&encode(&anchor)), &links, AMPLE_NS);
        prop_assert_eq!(violates(result), expected);
    }

    #[test]
    fn many_subtrees_mean_what_few_do(
        name in name(),
        bases in vec((any::<bool>(), base()), 1..4),
    ) {
        let side = |permitted: bool| {
            let of_side = bases.iter().filter(move |(p, _)| *p == permitted);
            of_side.map(|(_, base)| base.as_base()).collect::<Vec<_>>()
        };
        let few = Link::ca("ca").permit(side(true)).exclude(side(false));
        // The same subtrees over and over say nothing new.
        let again = |names: Vec<GeneralName>| vec![names; 20].concat();
        let many = Link::ca("ca").permit(again(side(true))).exclude(again(side(false)));
        let leaf = Link::leaf([name.as_name()]);
        prop_assert_eq!(
            violates(judge(&[leaf.clone(), few])),
            violates(judge(&[leaf, many]))
        );
    }
}
