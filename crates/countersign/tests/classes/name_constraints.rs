//! Class 20: names against name constraints, kind by kind, as permitted and as excluded.

use countersign::Reason;
use countersign_testkit::forge::extension::{
    name_constraint_subtrees, name_constraints, subtree_between,
};
use countersign_testkit::forge::name::EMAIL_ADDRESS;
use countersign_testkit::forge::{
    Authority, CertificateBuilder, Extension, GeneralName, Key, Name, der,
};

use super::scene::Scene;

fn dns(text: &str) -> GeneralName {
    GeneralName::dns(text)
}

fn email(text: &str) -> GeneralName {
    GeneralName::email(text)
}

fn uri(text: &str) -> GeneralName {
    GeneralName::uri(text)
}

fn directory(name: &Name) -> GeneralName {
    GeneralName::directory(name)
}

/// A base, a name, and whether the name is inside the base.
fn matrix() -> Vec<(GeneralName, GeneralName, bool)> {
    let mut rows = Vec::new();
    for (base, name, inside) in [
        ("a.example", "a.example", true),
        ("a.example", "b.a.example", true),
        ("a.example", "c.b.a.example", true),
        ("a.example", "A.EXAMPLE", true),
        ("A.Example", "b.a.example", true),
        ("a.example", "xa.example", false),
        ("a.example", "x-a.example", false),
        ("a.example", "example", false),
        ("a.example", "a.example.test", false),
        ("a.example", "aXexample.test", false),
        ("a.example", "b.example", false),
        ("", "anything.example", true),
    ] {
        rows.push((dns(base), dns(name), inside));
    }
    for (base, name, inside) in [
        ("a.example", "x@a.example", true),
        ("a.example", "x@A.EXAMPLE", true),
        ("a.example", "x@b.a.example", false),
        ("a.example", "x@xa.example", false),
        (".a.example", "x@b.a.example", true),
        (".a.example", "x@a.example", false),
        (".a.example", "x@xa.example", false),
        ("x@a.example", "x@a.example", true),
        ("x@a.example", "x@A.example", true),
        ("x@a.example", "X@a.example", false),
        ("x@a.example", "y@a.example", false),
        ("x@a.example", "yx@a.example", false),
        ("x@a.example", "x@b.a.example", false),
    ] {
        rows.push((email(base), email(name), inside));
    }
    for (base, name, inside) in [
        ("a.example", "spiffe://a.example/b", true),
        ("a.example", "https://A.example:8443/b?c#d", true),
        ("a.example", "https://user@a.example/", true),
        ("a.example", "https://a.example@evil.test/", false),
        ("a.example", "https://evil.test/@a.example", false),
        ("a.example", "https://evil.test/a.example", false),
        ("a.example", "https://evil.test?a.example", false),
        ("a.example", "https://evil.test#@a.example", false),
        ("a.example", "https://a.example.evil.test/", false),
        ("a.example", "https://b.a.example/", false),
        (".a.example", "https://b.a.example/", true),
        (".a.example", "https://a.example/", false),
        (".a.example", "https://xa.example/", false),
    ] {
        rows.push((uri(base), uri(name), inside));
    }
    let v6 = |last: u8| [0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, last];
    let net = |address: &[u8], mask: &[u8]| GeneralName::ip(&[address, mask].concat());
    let ip = GeneralName::ip;
    rows.extend([
        (net(&[10, 0, 0, 0], &[255, 0, 0, 0]), ip(&[10, 1, 2, 3]), true),
        (net(&[10, 0, 0, 0], &[255, 0, 0, 0]), ip(&[11, 0, 0, 0]), false),
        (net(&[10, 0, 0, 8], &[255, 255, 255, 248]), ip(&[10, 0, 0, 15]), true),
        (net(&[10, 0, 0, 8], &[255, 255, 255, 248]), ip(&[10, 0, 0, 16]), false),
        (net(&[0; 4], &[0; 4]), ip(&[1, 2, 3, 4]), true),
        (net(&v6(0), &[255; 16]), ip(&v6(0)), true),
        (net(&v6(0), &[255; 16]), ip(&v6(1)), false),
    ]);
    let base = || directory(&Name::new().c("DE").o("Acme"));
    rows.extend([
        (base(), directory(&Name::new().c("DE").o("Acme")), true),
        (base(), directory(&Name::new().c("DE").o("Acme").cn("x")), true),
        (base(), directory(&Name::new().c("DE").o("ACME").cn("x")), true),
        (base(), directory(&Name::new().c("DE").o("Acme2").cn("x")), false),
        (base(), directory(&Name::new().c("DE")), false),
        (base(), directory(&Name::new().o("Acme").c("DE")), false),
        (base(), directory(&Name::new().o("x").c("DE").o("Acme")), false),
    ]);
    rows
}

fn constrained(extension: Extension) -> (Authority, Authority) {
    let root = Authority::root("root");
    let ca = root.intermediate_with(Name::common("ca"), Key::p256(), |c| c.with(extension));
    (root, ca)
}

/// The verdict on a leaf of a CA with this constraint.
fn reason(
    extension: Extension,
    shape: impl FnOnce(CertificateBuilder) -> CertificateBuilder,
) -> Reason {
    let (root, ca) = constrained(extension);
    // Directory constraints hold for the subject too; an empty one is in none and outside none.
    let leaf = ca.leaf_for(&Name::new(), Key::p256(), shape);
    Scene::issued(&root).verdict(&[&leaf.certificate, &ca.certificate]).reason()
}

fn only(names: Vec<GeneralName>) -> impl FnOnce(CertificateBuilder) -> CertificateBuilder {
    move |c| c.with(countersign_testkit::forge::extension::subject_alt_name(names).critical())
}

/// Bases that hold none of the names here. Large sets of constraints are looked up in another way
/// than small ones, and both have to give the same answers.
fn fillers() -> Vec<GeneralName> {
    (0..12u8)
        .flat_map(|n| {
            let host = format!("filler{n}.test");
            [
                dns(&host),
                email(&host),
                uri(&host),
                GeneralName::ip(&[203, 0, 113, n, 255, 255, 255, 255]),
                directory(&Name::new().o(&host)),
            ]
        })
        .collect()
}

#[test]
fn class_20_a_name_is_held_against_permitted_and_excluded_subtrees() {
    for (base, name, inside) in matrix() {
        let row = format!("{:?} in {:?}", shown(&name), shown(&base));
        let (if_permitted, if_excluded) = if inside {
            (Reason::Allowed, Reason::NameConstraint)
        } else {
            (Reason::NameConstraint, Reason::Allowed)
        };
        for fillers in [Vec::new(), fillers()] {
            let bases = [vec![base.clone()], fillers].concat();
            let permitted = name_constraints(&bases, &[]);
            let excluded = name_constraints(&[], &bases);
            for critical in [true, false] {
                let set =
                    |e: &Extension| if critical { e.clone() } else { e.clone().not_critical() };
                let names = || only(vec![name.clone()]);
                let count = bases.len();
                assert_eq!(
                    reason(set(&permitted), names()),
                    if_permitted,
                    "permitted {row}, {count}"
                );
                assert_eq!(reason(set(&excluded), names()), if_excluded, "excluded {row}, {count}");
            }
        }
    }
}

fn shown(name: &GeneralName) -> String {
    String::from_utf8_lossy(der::content(name.der())).into_owned()
}

#[test]
fn class_20_one_bad_name_among_good_ones_is_enough() {
    for place in 0..3 {
        let mut names = vec![dns("1.a.example"), dns("2.a.example"), dns("3.a.example")];
        names[place] = dns("a.evil.test");
        let permitted = name_constraints(&[dns("a.example")], &[]);
        assert_eq!(reason(permitted, only(names.clone())), Reason::NameConstraint);
        let excluded = name_constraints(&[], &[dns("evil.test")]);
        assert_eq!(reason(excluded, only(names)), Reason::NameConstraint);
    }
}

#[test]
fn class_20_a_wildcard_may_not_reach_out_of_or_into_a_subtree() {
    for (permitted, excluded, name, expected) in [
        (Some("a.example"), None, "*.a.example", Reason::Allowed),
        (Some("b.a.example"), None, "*.a.example", Reason::NameConstraint),
        (Some("a.example"), None, "*.example", Reason::NameConstraint),
        (None, Some("b.a.example"), "*.a.example", Reason::NameConstraint),
        (None, Some("a.example"), "*.a.example", Reason::NameConstraint),
        (None, Some("a.example"), "*.b.example", Reason::Allowed),
        (Some("a.example"), Some("b.a.example"), "*.a.example", Reason::NameConstraint),
    ] {
        for fillers in [Vec::new(), fillers()] {
            let list = |name: Option<&str>| match name {
                Some(name) => [vec![dns(name)], fillers.clone()].concat(),
                None => Vec::new(),
            };
            let constraints = name_constraints(&list(permitted), &list(excluded));
            let found = reason(constraints, only(vec![dns(name)]));
            let count = fillers.len();
            let sides = format!("permitted {permitted:?}, excluded {excluded:?}, {count} others");
            assert_eq!(found, expected, "{name}, {sides}");
        }
    }
}

#[test]
fn class_20_a_uri_whose_host_cannot_be_constrained_is_refused() {
    for name in [
        "urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6",
        "mailto:x@a.example",
        "https://192.0.2.1/",
        "https://[2001:db8::1]/",
        "https:///a.example",
        "https:a.example",
    ] {
        for constraints in
            [name_constraints(&[uri("a.example")], &[]), name_constraints(&[], &[uri("b.example")])]
        {
            let found = reason(constraints, only(vec![uri(name)]));
            assert_ne!(found, Reason::Allowed, "{name}");
        }
    }
}

#[test]
fn class_20_constraints_of_one_kind_leave_other_kinds_alone() {
    let names =
        vec![email("x@b.example"), uri("spiffe://b.example/"), GeneralName::ip(&[1, 2, 3, 4])];
    let constraints = name_constraints(&[dns("a.example")], &[dns("c.example")]);
    assert_eq!(reason(constraints, only(names)), Reason::Allowed);
    let addresses = vec![GeneralName::ip(&[1, 2, 3, 4])];
    let six = name_constraints(&[GeneralName::ip(&[0xff; 32])], &[]);
    assert_eq!(
        reason(six, only(addresses)),
        Reason::NameConstraint,
        "permitted of one family only"
    );
}

#[test]
fn class_20_an_email_in_the_subject_is_constrained_too() {
    let constraints = name_constraints(&[email("a.example")], &[]);
    for (address, expected) in
        [("x@a.example", Reason::Allowed), ("x@evil.test", Reason::NameConstraint)]
    {
        let subject =
            Name::new().attribute(EMAIL_ADDRESS, der::tag::IA5_STRING, address.as_bytes());
        let found = reason(constraints.clone(), |c| c.subject(subject));
        assert_eq!(found, expected, "{address}");
    }
}

#[test]
fn class_20_every_ca_of_the_path_constrains() {
    let root = Authority::root("root");
    let first = root.intermediate_with(Name::common("1"), Key::p256(), |c| {
        c.with(name_constraints(&[dns("a.example")], &[]))
    });
    let second = first.intermediate_with(Name::common("2"), Key::p256(), |c| {
        c.with(name_constraints(&[dns("b.example"), dns("c.a.example")], &[]))
    });
    for (name, expected) in [
        ("x.c.a.example", Reason::Allowed),
        ("x.b.example", Reason::NameConstraint),
        ("x.a.example", Reason::NameConstraint),
    ] {
        let leaf = second.leaf_with("x", |c| c.san([dns(name)])).certificate;
        let verdict =
            Scene::issued(&root).verdict(&[&leaf, &second.certificate, &first.certificate]);
        assert_eq!(verdict.reason(), expected, "{name}: {verdict}");
    }
}

#[test]
fn class_20_an_anchors_own_constraints_hold() {
    let root = Authority::root_with(Name::common("root"), Key::p256(), |c| {
        c.with(name_constraints(&[], &[dns("evil.test")]))
    });
    let leaf = root.leaf_with("x", |c| c.san([dns("a.evil.test")])).certificate;
    assert_eq!(Scene::issued(&root).verdict(&[&leaf]).reason(), Reason::NameConstraint);
}

#[test]
fn class_20_constraints_that_rfc_5280_forbids_are_never_ignored() {
    let name = || only(vec![dns("a.evil.test")]);
    let base = dns("evil.test");
    for (what, extension) in [
        ("minimum", name_constraint_subtrees(&[], &[subtree_between(&base, Some(1), None)])),
        ("maximum", name_constraint_subtrees(&[], &[subtree_between(&base, None, Some(9))])),
        ("empty", name_constraints(&[], &[])),
        ("a mask with holes", {
            name_constraints(&[], &[GeneralName::ip(&[10, 0, 0, 0, 255, 0, 255, 0]), base.clone()])
        }),
        ("an address without mask", {
            name_constraints(&[], &[GeneralName::ip(&[10, 0, 0, 0]), base.clone()])
        }),
    ] {
        assert_ne!(reason(extension, name()), Reason::Allowed, "{what}");
    }
}
