//! What matches and what does not, kind by kind.

use super::*;

/// Whether a leaf with these names is the client of this one item.
fn matches(item: &str, names: impl IntoIterator<Item = GeneralName>) -> bool {
    Leaf::with_names(names).is_allowed_by(&matcher(&clients(&[("a", item)])))
}

fn matches_subject(item: &str, subject: Name) -> bool {
    let leaf = Leaf::new(subject, [GeneralName::dns("a.example")]);
    leaf.is_allowed_by(&matcher(&clients(&[("a", item)])))
}

#[test]
fn dns_is_compared_without_case_and_as_a_whole() {
    let item = "dns = \"Billing.acme.example\"";
    for (name, expected) in [
        ("billing.acme.example", true),
        ("BILLING.ACME.EXAMPLE", true),
        ("xbilling.acme.example", false),
        ("billing.acme.example.evil.example", false),
        ("acme.example", false),
        ("*.acme.example", false),
    ] {
        assert_eq!(matches(item, [GeneralName::dns(name)]), expected, "{name}");
    }
    let second = [GeneralName::dns("x.example"), GeneralName::dns("billing.acme.example")];
    assert!(matches(item, second));
}

#[test]
fn a_dns_suffix_wants_whole_labels_before_it() {
    let item = "dns_suffix = \".jobs.acme.example\"";
    for (name, expected) in [
        ("a.jobs.acme.example", true),
        ("A.B.JOBS.acme.example", true),
        ("jobs.acme.example", false),
        ("xjobs.acme.example", false),
        ("a.jobs.acme.example.evil", false),
        ("*.jobs.acme.example", false),
    ] {
        assert_eq!(matches(item, [GeneralName::dns(name)]), expected, "{name}");
    }
}

#[test]
fn a_uri_is_compared_byte_for_byte() {
    let item = "uri = \"spiffe://acme.example/billing\"";
    for (uri, expected) in [
        ("spiffe://acme.example/billing", true),
        ("spiffe://Acme.example/billing", false),
        ("SPIFFE://acme.example/billing", false),
        ("spiffe://acme.example/billing/", false),
        ("spiffe://acme.example/billin%67", false),
        ("spiffe://acme.example/billing?x", false),
        ("spiffe://acme.example/./billing", false),
        ("spiffe://acme.example", false),
    ] {
        assert_eq!(matches(item, [GeneralName::uri(uri)]), expected, "{uri}");
    }
}

#[test]
fn a_uri_prefix_holds_what_every_reader_puts_below_it() {
    let item = "uri_prefix = \"spiffe://acme.example/jobs/\"";
    for (uri, expected) in [
        ("spiffe://acme.example/jobs/a", true),
        ("spiffe://acme.example/jobs/a/b%20c?q=1#f", true),
        ("spiffe://acme.example/jobs/", true),
        ("spiffe://acme.example/jobs", false),
        ("spiffe://acme.example/jobsx/a", false),
        ("spiffe://acme.example/Jobs/a", false),
        ("spiffe://acme.example.evil/jobs/a", false),
        ("spiffe://acme.example/jobs/../billing", false),
        ("spiffe://acme.example/jobs/./a", false),
        ("spiffe://acme.example/jobs/..", false),
        ("spiffe://acme.example/jobs//a", false),
        ("spiffe://acme.example/jobs/%2e%2e/billing", false),
        ("spiffe://acme.example/jobs/%2E%2E/billing", false),
        ("spiffe://acme.example/jobs/..%2fbilling", false),
        ("spiffe://acme.example/jobs/a%2Fb", false),
        ("spiffe://acme.example/jobs/a%", false),
    ] {
        assert_eq!(matches(item, [GeneralName::uri(uri)]), expected, "{uri}");
    }
}

#[test]
fn an_email_has_an_exact_local_part_and_a_host_without_case() {
    let item = "email = \"Ops@Acme.example\"";
    for (address, expected) in [
        ("Ops@acme.example", true),
        ("Ops@ACME.EXAMPLE", true),
        ("ops@acme.example", false),
        ("Ops@acme.example.evil", false),
        ("xOps@acme.example", false),
    ] {
        assert_eq!(matches(item, [GeneralName::email(address)]), expected, "{address}");
    }
}

#[test]
fn addresses_stay_in_their_family() {
    let mapped = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 7];
    let compatible = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 192, 0, 2, 7];
    for (item, octets, expected) in [
        ("ip = \"192.0.2.0/24\"", &[192, 0, 2, 7][..], true),
        ("ip = \"192.0.2.0/24\"", &[192, 0, 3, 7], false),
        ("ip = \"192.0.2.7\"", &[192, 0, 2, 7], true),
        ("ip = \"192.0.2.7\"", &[192, 0, 2, 8], false),
        ("ip = \"192.0.2.0/24\"", &mapped, false),
        ("ip = \"192.0.2.0/24\"", &compatible, false),
        ("ip = \"0.0.0.0/0\"", &mapped, false),
        ("ip = \"::/0\"", &[192, 0, 2, 7], false),
        ("ip = \"::ffff:192.0.2.0/120\"", &mapped, true),
        ("ip = \"::ffff:192.0.2.0/120\"", &[192, 0, 2, 7], false),
    ] {
        assert_eq!(matches(item, [GeneralName::ip(octets)]), expected, "{item} {octets:?}");
    }
}

#[test]
fn text_in_another_kind_of_name_never_matches() {
    let disguises = |text: &str| {
        vec![
            GeneralName::email(format!("x@{text}")),
            GeneralName::uri(format!("s://{text}")),
            GeneralName::directory(&Name::common(text)),
            GeneralName::other("1.3.6.1.4.1.311.20.2.3", &utf8_string(text)),
        ]
    };
    assert!(!matches("dns = \"a.example\"", disguises("a.example")));
    assert!(!matches("dns_suffix = \".example\"", disguises("a.example")));
    assert!(!matches("email = \"x@a.example\"", [GeneralName::dns("a.example")]));
    assert!(!matches("uri = \"s://a.example\"", [GeneralName::dns("a.example")]));
    assert!(!matches_subject("dns = \"b.example\"", Name::common("b.example")));
    assert!(!matches_subject("uri = \"s://b/x\"", Name::common("s://b/x")));
    assert!(!matches("subject = { cn = \"a.example\" }", [GeneralName::dns("a.example")]));
}

fn utf8_string(text: &str) -> Vec<u8> {
    [&[0x0c, text.len() as u8], text.as_bytes()].concat()
}

#[test]
fn a_subject_holds_every_named_attribute_once_with_exactly_this_value() {
    let item = "subject = { cn = \"billing\", o = \"Acme\" }";
    for (subject, expected) in [
        (Name::new().cn("billing").o("Acme"), true),
        (Name::new().c("DE").o("Acme").ou("x").cn("billing"), true),
        (Name::new().rdn(&[("2.5.4.3", 0x0c, b"billing"), ("2.5.4.10", 0x0c, b"Acme")]), true),
        (Name::new().cn("billing"), false),
        (Name::new().cn("billing").cn("billing").o("Acme"), false),
        (Name::new().cn("billing").cn("other").o("Acme"), false),
        (Name::new().cn("other").cn("billing").o("Acme"), false),
        (Name::new().cn("Billing").o("Acme"), false),
        (Name::new().cn("billing ").o("Acme"), false),
        (Name::new().cn("billin").o("Acme"), false),
        (Name::new().ou("billing").o("Acme"), false),
        (Name::new().cn("Acme").o("billing"), false),
    ] {
        assert_eq!(matches_subject(item, subject.clone()), expected, "{subject:?}");
    }
    let dotted = "subject = { \"2.5.4.97\" = \"VATDE-1\" }";
    assert!(matches_subject(dotted, Name::new().attribute("2.5.4.97", 0x0c, b"VATDE-1")));
}

#[test]
fn the_string_type_of_an_attribute_does_not_matter_while_it_is_text() {
    let item = "subject = { cn = \"Zoë 1\" }";
    let ascii = "subject = { cn = \"billing-1\" }";
    let ucs2: Vec<u8> = "Zoë 1".encode_utf16().flat_map(u16::to_be_bytes).collect();
    let ucs4: Vec<u8> = "Zoë 1".chars().flat_map(|c| u32::from(c).to_be_bytes()).collect();
    for (item, tag, value, expected) in [
        (item, 0x0c, "Zoë 1".as_bytes(), true),
        (item, 0x1e, &ucs2, true),
        (item, 0x1c, &ucs4, true),
        (item, 0x14, b"Zo\xeb 1", false),
        (item, 0x14, "Zoë 1".as_bytes(), false),
        (ascii, 0x13, b"billing-1", true),
        (ascii, 0x16, b"billing-1", true),
        (ascii, 0x14, b"billing-1", true),
        (ascii, 0x1a, b"billing-1", true),
        (ascii, 0x04, b"billing-1", false),
    ] {
        let subject = Name::new().attribute("2.5.4.3", tag, value);
        assert_eq!(matches_subject(item, subject), expected, "{tag:#x} {value:x?}");
    }
}

#[test]
fn issuer_and_serial_are_compared_without_sign_padding() {
    let leaf = Leaf::with_names([]);
    let issuer = leaf.issuer_sha256();
    let near = leaf.spki_sha256();
    for (issuer, serial, expected) in [
        (&issuer, "a1b2", true),
        (&issuer, "A1B2", true),
        (&issuer, "a1b3", false),
        (&issuer, "b2", false),
        (&near, "a1b2", false),
    ] {
        let item =
            format!("issuer_serial = {{ issuer_sha256 = \"{issuer}\", serial = \"{serial}\" }}");
        let matcher = matcher(&clients(&[("a", &item)]));
        assert_eq!(leaf.is_allowed_by(&matcher), expected, "{serial}");
    }
}

#[test]
fn all_keys_of_an_item_must_hold() {
    let item = "dns = \"a.example\", ip = \"192.0.2.0/24\", subject = { cn = \"leaf\" }";
    let (dns, ip) = (GeneralName::dns("a.example"), GeneralName::ip(&[192, 0, 2, 1]));
    assert!(matches(item, [dns.clone(), ip.clone()]));
    assert!(!matches(item, [dns.clone()]));
    assert!(!matches(item, [ip.clone()]));
    assert!(!matches(item, [dns.clone(), GeneralName::ip(&[192, 0, 3, 1])]));
    let other = Leaf::new(Name::common("other"), [dns, ip]);
    assert!(!other.is_allowed_by(&matcher(&clients(&[("a", item)]))));
}

#[test]
fn any_item_of_a_match_suffices() {
    let matcher = matcher(
        "[[client]]\nid = \"a\"\nmatch = [ { dns = \"a.example\" }, { email = \"a@b\" } ]\n",
    );
    assert!(Leaf::with_names([GeneralName::dns("a.example")]).is_allowed_by(&matcher));
    assert!(Leaf::with_names([GeneralName::email("a@b")]).is_allowed_by(&matcher));
    assert!(!Leaf::with_names([GeneralName::email("b@b")]).is_allowed_by(&matcher));
}
