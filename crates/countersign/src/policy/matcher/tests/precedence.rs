//! Which of several matching rules decides.

use super::*;

/// A leaf with a name of every kind, and an item of every kind for it, most exact first.
fn everything() -> (Leaf, Vec<(String, String)>) {
    let leaf = Leaf::with_names([
        GeneralName::dns("a.jobs.example"),
        GeneralName::uri("s://a.example/jobs/1"),
        GeneralName::email("ops@a.example"),
        GeneralName::ip(&[192, 0, 2, 1]),
    ]);
    let items = [
        format!("cert_sha256 = \"{}\"", leaf.cert_sha256()),
        format!("spki_sha256 = \"{}\"", leaf.spki_sha256()),
        format!(
            "issuer_serial = {{ issuer_sha256 = \"{}\", serial = \"a1b2\" }}",
            leaf.issuer_sha256()
        ),
        "uri = \"s://a.example/jobs/1\"".to_owned(),
        "dns = \"a.jobs.example\"".to_owned(),
        "email = \"ops@a.example\"".to_owned(),
        "ip = \"192.0.2.0/25\"".to_owned(),
        "ip = \"192.0.2.0/24\"".to_owned(),
        "uri_prefix = \"s://a.example/jobs/\"".to_owned(),
        "uri_prefix = \"s://a.example/\"".to_owned(),
        "dns_suffix = \".jobs.example\"".to_owned(),
        "dns_suffix = \".example\"".to_owned(),
        "subject = { cn = \"leaf\" }".to_owned(),
    ];
    let ids = (0..).map(|i| format!("client-{i}"));
    (leaf, ids.zip(items).collect())
}

#[test]
fn the_more_exact_kind_decides_wherever_it_stands_in_the_file() {
    let (leaf, items) = everything();
    for most_exact in 0..items.len() {
        // The most exact last, so that the order of the file would choose another.
        let rest: Vec<_> =
            items[most_exact..].iter().rev().map(|(id, item)| (&id[..], &item[..])).collect();
        let (client, rule) = leaf.decided_by(&matcher(&clients(&rest)));
        assert_eq!(client.unwrap(), items[most_exact].0, "{rule:?}");
    }
}

#[test]
fn deny_rules_are_found_by_every_kind() {
    let (leaf, items) = everything();
    for (_, item) in &items {
        let denied = matcher(&format!("[[deny]]\nmatch = [ {{ {item} }} ]\n"));
        assert_eq!(leaf.judged_by(&denied).outcome, Outcome::Denied, "{item}");
        let (_, rule) = leaf.decided_by(&denied);
        assert!(item.starts_with(rule.unwrap().split_once(':').unwrap().0), "{item}");
    }
}

#[test]
fn among_equals_the_first_in_the_file_decides_whatever_the_certificate_says_first() {
    for order in [["b.example", "c.example"], ["c.example", "b.example"]] {
        let leaf = Leaf::with_names(order.map(GeneralName::dns));
        let items = [("one", "dns = \"c.example\""), ("two", "dns = \"b.example\"")];
        assert_eq!(leaf.decided_by(&matcher(&clients(&items))).0.unwrap(), "one");
    }
    let subjects = [
        ("one", "subject = { cn = \"leaf\", o = \"Acme\" }"),
        ("two", "subject = { cn = \"leaf\" }"),
    ];
    let leaf = Leaf::new(Name::common("leaf").o("Acme"), []);
    assert_eq!(leaf.decided_by(&matcher(&clients(&subjects))).0.unwrap(), "one");
    let swapped = [subjects[1], subjects[0]];
    assert_eq!(leaf.decided_by(&matcher(&clients(&swapped))).0.unwrap(), "two");
}

#[test]
fn an_item_ranks_by_its_most_exact_key_and_then_by_how_much_it_demands() {
    let leaf = Leaf::with_names([
        GeneralName::dns("a.example"),
        GeneralName::uri("s://a/x"),
        GeneralName::ip(&[192, 0, 2, 1]),
    ]);
    let by_uri = ("uri", "ip = \"192.0.2.0/24\", uri = \"s://a/x\"");
    let by_dns = ("dns", "dns = \"a.example\"");
    let more = ("more", "dns = \"a.example\", subject = { cn = \"leaf\" }");
    let decided = |items: &[(&str, &str)]| leaf.decided_by(&matcher(&clients(items)));
    assert_eq!(
        decided(&[by_dns, by_uri]),
        (Some("uri".into()), Some("uri:s://a/x+ip:192.0.2.0/24".into()))
    );
    assert_eq!(
        decided(&[by_dns, more]),
        (Some("more".into()), Some("dns:a.example+subject:cn=leaf".into()))
    );
    let unmet = ("unmet", "dns = \"a.example\", subject = { cn = \"other\" }");
    assert_eq!(decided(&[unmet, by_dns]).0.unwrap(), "dns");
    assert_eq!(decided(&[unmet]).0, None);
}
