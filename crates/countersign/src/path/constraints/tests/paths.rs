//! Which certificates of a path are bound by which constraints, and by which of their names.

use countersign_testkit::forge::{der, name};

use super::*;

fn dns(name: &str) -> GeneralName {
    GeneralName::dns(name)
}

#[test]
fn constraints_bind_every_certificate_below_and_none_above() {
    let good = || dns("a.acme.example");
    let bad = || dns("evil.example");
    let ca = |name| Link::ca(name).permit([dns("acme.example")]);
    let path = |leaf, middle, top| [Link::leaf([leaf]), Link::ca("1").named([middle]), top];
    assert_eq!(violates(judge(&path(good(), good(), ca("2").named([bad()])))), None);
    assert_eq!(violates(judge(&path(bad(), good(), ca("2")))), Some(0));
    assert_eq!(violates(judge(&path(good(), bad(), ca("2")))), Some(1));
    let top_only = judge_below(Some(&ca("anchor")), &path(good(), good(), Link::ca("2")), AMPLE_NS);
    assert_eq!(violates(top_only), None);
    let named_top = path(good(), good(), Link::ca("2").named([bad()]));
    assert_eq!(violates(judge_below(Some(&ca("anchor")), &named_top, AMPLE_NS)), Some(2));
}

#[test]
fn permitted_subtrees_of_two_issuers_intersect() {
    let wide = || Link::ca("wide").permit([dns("acme.example")]);
    let narrow = || Link::ca("narrow").permit([dns("a.acme.example")]);
    for (upper, lower) in [(wide(), narrow()), (narrow(), wide())] {
        let judge_name =
            |name| violates(judge(&[Link::leaf([dns(name)]), lower.clone(), upper.clone()]));
        assert_eq!(judge_name("a.acme.example"), None);
        assert_eq!(judge_name("b.acme.example"), Some(0));
    }
}

#[test]
fn one_of_several_permitted_subtrees_suffices_and_each_name_needs_one() {
    let ca = || Link::ca("ca").permit([dns("acme.example"), dns("other.example")]);
    let names = |names: &[&str]| Link::leaf(names.iter().copied().map(dns));
    let leaf = names(&["a.acme.example", "other.example"]);
    assert_eq!(violates(judge(&[leaf, ca()])), None);
    let leaf = names(&["a.acme.example", "evil.example", "other.example"]);
    assert_eq!(violates(judge(&[leaf, ca()])), Some(0));
}

#[test]
fn self_issued_intermediates_are_exempt_and_self_issued_leaves_are_not() {
    let top = || Link::ca("ca").permit([dns("acme.example")]);
    let middle =
        |self_issued| Link { self_issued, ..Link::ca("middle").named([dns("evil.example")]) };
    let leaf = || Link::leaf([dns("acme.example")]);
    assert_eq!(violates(judge(&[leaf(), middle(true), top()])), None);
    assert_eq!(violates(judge(&[leaf(), middle(false), top()])), Some(1));
    assert_eq!(violates(judge(&[middle(true), top()])), Some(0));
    // What an exempt certificate says of those below it holds.
    let strict = middle(true).exclude([dns("acme.example")]);
    assert_eq!(violates(judge(&[leaf(), strict, Link::ca("ca")])), Some(0));
}

#[test]
fn the_subject_is_a_directory_name_beside_the_alternative_ones() {
    let ca = || Link::ca("ca").permit([GeneralName::directory(&Name::new().o("Acme"))]);
    let leaf = |subject| Link { subject, ..Link::leaf([dns("a.example")]) };
    assert_eq!(violates(judge(&[leaf(Name::new().o("Acme").cn("x")), ca()])), None);
    assert_eq!(violates(judge(&[leaf(Name::new().o("Evil").cn("x")), ca()])), Some(0));
    assert_eq!(violates(judge(&[leaf(Name::new()), ca()])), None, "an empty subject is no name");
    let alternative = GeneralName::directory(&Name::new().o("Evil"));
    let leaf = leaf(Name::new().o("Acme")).named([alternative]);
    assert_eq!(violates(judge(&[leaf, ca()])), Some(0));
}

#[test]
fn email_addresses_of_the_subject_count_whatever_alternative_names_there_are() {
    let ca = || Link::ca("ca").permit([GeneralName::email("acme.example")]);
    let subject =
        |tag, value: &[u8]| Name::common("ops").attribute(name::EMAIL_ADDRESS, tag, value);
    let leaf = |subject| Link { subject, ..Link::default() };
    let ia5 = der::tag::IA5_STRING;
    assert_eq!(violates(judge(&[leaf(subject(ia5, b"ops@acme.example")), ca()])), None);
    assert_eq!(violates(judge(&[leaf(subject(ia5, b"ops@evil.example")), ca()])), Some(0));
    assert_eq!(violates(judge(&[leaf(subject(ia5, b"no mailbox")), ca()])), Some(0));
    let utf8 = leaf(subject(der::tag::UTF8_STRING, b"ops@evil.example"));
    assert_eq!(violates(judge(&[utf8, ca()])), Some(0), "whatever its string type");
    let bmp: Vec<u8> = "ops@acme.example".bytes().flat_map(|b| [0, b]).collect();
    let bmp = leaf(subject(der::tag::BMP_STRING, &bmp));
    assert_eq!(violates(judge(&[bmp, ca()])), Some(0), "an encoding that is no mailbox");

    let dns_beside = leaf(subject(ia5, b"ops@evil.example")).named([dns("a.example")]);
    assert_eq!(violates(judge(&[dns_beside, ca()])), Some(0));
    let address = GeneralName::email("ops@acme.example");
    let email_beside = leaf(subject(ia5, b"ops@evil.example")).named([address]);
    assert_eq!(violates(judge(&[email_beside, ca()])), Some(0));
    let unconstrained = Link::ca("ca").permit([dns("acme.example")]);
    let odd = leaf(subject(ia5, b"no mailbox"));
    assert_eq!(violates(judge(&[odd, unconstrained])), None);
}

#[test]
fn class_19_a_common_name_is_never_a_dns_name() {
    let ca = Link::ca("ca").permit([dns("acme.example")]).exclude([dns("evil.example")]);
    let leaf = Link { subject: Name::common("evil.example"), ..Link::default() };
    assert_eq!(violates(judge(&[leaf, ca])), None);
}

#[test]
fn a_path_without_constraints_costs_nothing() {
    let leaf = Link::leaf((0..100).map(|i| dns(&format!("h{i}.example"))));
    assert_eq!(judge_below(None, &[leaf, Link::ca("1"), Link::ca("2")], 0), Ok(()));
    assert_eq!(judge_below(None, &[], 0), Ok(()));
}

#[test]
fn the_leafs_own_constraints_bind_nobody() {
    // A CA certificate that is presented as a leaf.
    let mut leaf = Link::ca("leaf").named([dns("evil.example")]);
    leaf.permitted = vec![dns("acme.example")];
    let der = leaf.der(true);
    let leaf = Certificate::parse(&der).unwrap();
    assert_eq!(check(&[&leaf], None, &mut Budget::new(0)), Ok(()));
}
