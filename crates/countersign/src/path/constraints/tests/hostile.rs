//! Class 22 (Go CVE-2026-27145): the work is linear in names plus subtrees, and the budget ends
//! what is too much all the same.

use super::*;

const COUNT: usize = 10_000;

/// Ten thousand names of a kind against as many subtrees of it on either side, none of which
/// decides early. Compared one by one this is 2 × 10⁸ comparisons: more than 1.6 s as charged.
fn crossed(name: fn(usize) -> GeneralName, base: fn(usize) -> GeneralName) -> [Link; 2] {
    let everything = [
        GeneralName::dns(""),
        GeneralName::email(".example"),
        GeneralName::uri(".example"),
        GeneralName::ip(&[0; 8]),
        GeneralName::directory(&Name::new()),
    ];
    let ca = Link::ca("ca").permit(everything).permit((0..COUNT).map(base));
    let ca = ca.exclude((0..COUNT).map(|i| base(i + COUNT)));
    [Link::leaf((0..COUNT).map(name)), ca]
}

fn ip(i: usize) -> [u8; 4] {
    (0x0a00_0000 + u32::try_from(i).unwrap()).to_be_bytes()
}

#[test]
fn class_22_ten_thousand_names_under_as_many_subtrees_are_linear_work() {
    let suites: [[Link; 2]; 5] = [
        crossed(
            |i| GeneralName::dns(format!("h.n{i}.example")),
            |i| GeneralName::dns(format!("x.n{i}.example")),
        ),
        crossed(
            |i| GeneralName::email(format!("h@n{i}.example")),
            |i| GeneralName::email(format!("x@n{i}.example")),
        ),
        crossed(
            |i| GeneralName::uri(format!("x://n{i}.example/")),
            |i| GeneralName::uri(format!(".n{i}.example")),
        ),
        crossed(
            |i| GeneralName::ip(&ip(i)),
            |i| GeneralName::ip(&[ip(i + 2 * COUNT), [255; 4]].concat()),
        ),
        crossed(
            |i| GeneralName::directory(&Name::new().o("x").cn(&i.to_string())),
            |i| GeneralName::directory(&Name::new().o("x").ou(&i.to_string())),
        ),
    ];
    for links in suites {
        assert_eq!(judge_below(None, &links, 16_000_000), Ok(()));
    }
}

#[test]
fn a_large_legitimate_ca_fits_the_budget_of_a_handshake() {
    let ca = Link::ca("ca").permit((0..1_000).map(|i| GeneralName::dns(format!("d{i}.example"))));
    let leaf = Link::leaf((0..100).map(|i| GeneralName::dns(format!("h.d{i}.example"))));
    assert_eq!(judge_below(None, &[leaf, ca], 400_000), Ok(()));
}

#[test]
fn what_the_budget_does_not_cover_is_refused_as_over_a_limit() {
    let dns = |i| GeneralName::dns(format!("h{i}.example"));
    let links = |names, subtrees| {
        [Link::leaf((0..names).map(dns)), Link::ca("ca").exclude((5000..5000 + subtrees).map(dns))]
    };
    for (names, subtrees, ns) in [(1, 1, 50), (1, 1_000, 60_000), (1_000, 1, 40_000)] {
        let refused = judge_below(None, &links(names, subtrees), ns).unwrap_err();
        assert_eq!(refused.reason, Reason::LimitExceeded);
        assert_eq!(judge_below(None, &links(names, subtrees), 10 * ns), Ok(()));
    }
}

#[test]
fn long_names_pay_for_their_length() {
    let deep = |tail: &str| {
        let mut host = "a.".repeat(120);
        host.push_str(tail);
        host
    };
    let names = (0..250).map(|i| GeneralName::dns(deep(&format!("h{i}"))));
    let bases = (0..250).map(|i| GeneralName::dns(deep(&format!("b{i}"))));
    let links = [Link::leaf(names), Link::ca("ca").exclude(bases)];
    assert!(judge_below(None, &links, 1_000_000).is_err());
    assert_eq!(judge_below(None, &links, 4_000_000), Ok(()));
}
