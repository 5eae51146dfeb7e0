//! Every kind of name against every form of subtree (Go CVE-2025-61727, RUSTSEC-2026-0098,
//! RUSTSEC-2026-0099), on both sides, among few subtrees and among many.

use super::*;

/// A subtree and a name; whether permitting the subtree permits the name, and whether excluding
/// it excludes the name. The two differ for wildcards only.
type Row = (GeneralName, GeneralName, bool, bool);

fn dns() -> Vec<Row> {
    let row = |base: &str, name: &str, permits, excludes| {
        (GeneralName::dns(base), GeneralName::dns(name), permits, excludes)
    };
    let plain = |base, name, within| row(base, name, within, within);
    vec![
        plain("acme.example", "acme.example", true),
        plain("acme.example", "ACME.Example", true),
        plain("acme.example", "a.acme.example", true),
        plain("acme.example", "b.a.acme.example", true),
        plain("acme.example", "notacme.example", false),
        plain("acme.example", "example", false),
        plain("a.acme.example", "acme.example", false),
        plain("example", "acme.example", true),
        plain("", "acme.example", true),
        plain("acme.example", "acme.example.evil.example", false),
        plain("acme.example", "*.acme.example", true),
        plain("acme.example", "*.a.acme.example", true),
        plain("acme.example", "*.other.example", false),
        row("a.acme.example", "*.acme.example", false, true),
        row("A.ACME.example", "*.acme.EXAMPLE", false, true),
        // One label is what an asterisk stands for.
        plain("b.a.acme.example", "*.acme.example", false),
        row("example", "*.example", true, true),
        row("example", "*.com", false, false),
        plain("", "*.acme.example", true),
    ]
}

fn email() -> Vec<Row> {
    let plain = |base: &str, name: &str, within| {
        (GeneralName::email(base), GeneralName::email(name), within, within)
    };
    vec![
        plain("ops@acme.example", "ops@acme.example", true),
        plain("ops@acme.example", "ops@ACME.example", true),
        plain("ops@acme.example", "Ops@acme.example", false),
        plain("ops@acme.example", "ops@a.acme.example", false),
        plain("acme.example", "ops@acme.example", true),
        plain("acme.example", "ops@Acme.Example", true),
        plain("acme.example", "ops@a.acme.example", false),
        plain(".acme.example", "ops@acme.example", false),
        plain(".acme.example", "ops@a.acme.example", true),
        plain(".acme.example", "ops@b.a.ACME.example", true),
        plain(".acme.example", "ops@notacme.example", false),
        plain("*@acme.example", "ops@acme.example", false),
        plain("*@acme.example", "*@acme.example", true),
    ]
}

fn uri() -> Vec<Row> {
    let plain = |base: &str, name: &str, within| {
        (GeneralName::uri(base), GeneralName::uri(name), within, within)
    };
    vec![
        plain("acme.example", "spiffe://acme.example/billing", true),
        plain("acme.example", "spiffe://ACME.example/billing", true),
        plain("acme.example", "https://user:pw@acme.example:8443/x?y#z", true),
        plain("acme.example", "https://a.acme.example/", false),
        plain(".acme.example", "https://acme.example/", false),
        plain(".acme.example", "https://a.acme.example/", true),
        plain(".acme.example", "https://b.a.acme.example/", true),
        plain(".acme.example", "https://notacme.example/", false),
        plain("acme.example", "https://evil.example/acme.example", false),
        plain("acme.example", "https://acme.example@evil.example/", false),
        plain("acme.example", "https://evil.example?@acme.example", false),
        plain("acme.example", "https://evil.example#@acme.example", false),
        plain(".acme.example", "https://evil.example/.acme.example", false),
    ]
}

fn ip() -> Vec<Row> {
    let v6 = |last: u8| {
        let mut octets = [0; 16];
        (octets[0], octets[1], octets[15]) = (0x20, 0x01, last);
        octets
    };
    let plain = |address: &[u8], mask: &[u8], name: &[u8], within| {
        let base = [address, mask].concat();
        (GeneralName::ip(&base), GeneralName::ip(name), within, within)
    };
    let mut mapped = [0; 16];
    mapped[10..].copy_from_slice(&[0xff, 0xff, 192, 0, 2, 1]);
    vec![
        plain(&[192, 0, 2, 0], &[255, 255, 255, 0], &[192, 0, 2, 77], true),
        plain(&[192, 0, 2, 0], &[255, 255, 255, 0], &[192, 0, 3, 1], false),
        // Host bits that are set do not matter.
        plain(&[192, 0, 2, 9], &[255, 255, 255, 0], &[192, 0, 2, 77], true),
        plain(&[192, 0, 2, 1], &[255; 4], &[192, 0, 2, 1], true),
        plain(&[192, 0, 2, 1], &[255; 4], &[192, 0, 2, 2], false),
        plain(&[0; 4], &[0; 4], &[203, 0, 113, 1], true),
        plain(&[0; 4], &[0; 4], &v6(1), false),
        plain(&[0; 16], &[0; 16], &v6(1), true),
        plain(&[0; 16], &[0; 16], &[192, 0, 2, 1], false),
        plain(&[192, 0, 2, 0], &[255, 255, 255, 0], &mapped, false),
        plain(&v6(0), &[255; 16], &v6(0), true),
        plain(&v6(0), &[255; 16], &v6(1), false),
    ]
}

fn directory() -> Vec<Row> {
    let acme = || Name::new().c("DE").o("Acme");
    let plain = |base: Name, name: Name, within| {
        (GeneralName::directory(&base), GeneralName::directory(&name), within, within)
    };
    vec![
        plain(acme(), acme(), true),
        plain(acme(), acme().cn("billing"), true),
        plain(acme(), Name::new().c("de").o("  ACME ").cn("billing"), true),
        plain(acme(), Name::new().c("DE").o("Acme2"), false),
        plain(acme(), Name::new().c("DE"), false),
        plain(acme(), Name::new().o("Acme").c("DE"), false),
        plain(acme(), Name::new().c("DE").ou("Acme"), false),
        plain(Name::new(), acme(), true),
    ]
}

fn rows() -> Vec<Row> {
    [dns(), email(), uri(), ip(), directory()].concat()
}

/// Subtrees of every kind that none of the rows' names is within, and enough to be indexed.
fn strangers() -> Vec<GeneralName> {
    let networks = |i: u8| [[198, 51, 100, i], [255; 4]].concat();
    (0..20)
        .flat_map(|i: u8| {
            [
                GeneralName::dns(format!("s{i}.invalid")),
                GeneralName::email(format!("s{i}.invalid")),
                GeneralName::uri(format!(".s{i}.invalid")),
                GeneralName::ip(&networks(i)),
                GeneralName::ip(&[[i + 1; 16], [255; 16]].concat()),
                GeneralName::directory(&Name::common(&format!("s{i}"))),
            ]
        })
        .collect()
}

/// What stands around the subtree under test.
fn surroundings() -> [Vec<GeneralName>; 2] {
    [Vec::new(), strangers()]
}

#[test]
fn class_20_a_name_is_permitted_exactly_where_it_is_within() {
    for (base, name, permits, _) in rows() {
        for others in surroundings() {
            let ca = Link::ca("ca").permit(others.clone()).permit([base.clone()]).exclude(others);
            let leaf = Link::leaf([name.clone()]);
            let expected = (!permits).then_some(0);
            assert_eq!(violates(judge(&[leaf.clone(), ca.clone()])), expected, "{base:?} {name:?}");
            let below_anchor = judge_below(Some(&ca), &[leaf], AMPLE_NS);
            assert_eq!(violates(below_anchor), expected, "by the anchor: {base:?} {name:?}");
        }
    }
}

#[test]
fn class_20_a_name_is_excluded_exactly_where_it_may_be_within() {
    for (base, name, _, excludes) in rows() {
        for others in surroundings() {
            let ca = Link::ca("ca").exclude(others).exclude([base.clone()]);
            let expected = excludes.then_some(0);
            let leaf = Link::leaf([name.clone()]);
            assert_eq!(violates(judge(&[leaf.clone(), ca])), expected, "{base:?} {name:?}");
            // Permitting the same never helps.
            let both = Link::ca("ca").permit([base.clone()]).exclude([base.clone()]);
            assert!(!excludes || judge(&[leaf, both]).is_err(), "{base:?} {name:?}");
        }
    }
}

#[test]
fn class_20_subtrees_of_one_kind_say_nothing_of_another() {
    for (base, ..) in rows() {
        for (_, name, ..) in rows() {
            if base.der()[0] == name.der()[0] {
                continue;
            }
            let leaf = Link::leaf([name]);
            let permit = Link::ca("ca").permit([base.clone()]);
            let exclude = Link::ca("ca").exclude([base.clone()]);
            assert_eq!(violates(judge(&[leaf.clone(), permit])), None);
            assert_eq!(violates(judge(&[leaf, exclude])), None);
        }
    }
}

#[test]
fn class_16_text_of_one_kind_is_never_judged_as_another() {
    let ca = Link::ca("ca").permit([GeneralName::dns("acme.example")]);
    let text = "evil.example";
    let other = GeneralName::other("1.3.6.1.4.1.99999.2", &[0x16, 1, b'a']);
    let leaf = Link::leaf([GeneralName::uri(format!("x://{text}")), other]);
    assert_eq!(violates(judge(&[leaf, ca])), None);
}

#[test]
fn uris_without_a_domain_name_are_refused_under_any_uri_constraint() {
    let uris = [
        "urn:uuid:f81d4fae",
        "https://192.0.2.1/",
        "https://[2001:db8::1]/",
        "https://0x7f000001/",
        "https://127.1/",
        "https://acme.example./",
        "https://ac%6de.example/",
        "file:///etc/passwd",
    ];
    for uri in uris {
        let leaf = Link::leaf([GeneralName::uri(uri)]);
        for base in ["acme.example", ".acme.example"] {
            let base = GeneralName::uri(base);
            let permit = Link::ca("ca").permit([base.clone()]);
            let exclude = Link::ca("ca").exclude([base]);
            assert_eq!(violates(judge(&[leaf.clone(), permit])), Some(0), "{uri}");
            assert_eq!(violates(judge(&[leaf.clone(), exclude])), Some(0), "{uri}");
        }
        let unrelated = Link::ca("ca").permit([GeneralName::dns("acme.example")]);
        assert_eq!(violates(judge(&[leaf, unrelated])), None, "{uri}");
    }
}

#[test]
fn a_name_of_a_kind_that_cannot_be_compared_is_refused_where_its_kind_is_constrained() {
    let names = [
        GeneralName::other("1.3.6.1.4.1.99999.2", &[5, 0]),
        GeneralName::x400(&[0x30, 0]),
        GeneralName::edi_party(&[0x81, 1, b'a']),
        GeneralName::registered_id("1.2.3"),
    ];
    for base in &names {
        for name in &names {
            let expected = (base == name).then_some(0);
            let leaf = Link::leaf([name.clone(), GeneralName::dns("acme.example")]);
            let permit = Link::ca("ca").permit([base.clone()]);
            let exclude = Link::ca("ca").exclude([base.clone()]);
            assert_eq!(violates(judge(&[leaf.clone(), permit])), expected);
            assert_eq!(violates(judge(&[leaf, exclude])), expected);
        }
    }
}
