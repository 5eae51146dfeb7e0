//! Classes 16, 17, 19: a name of one kind is never a name of another, and never a part of one.

use countersign::Reason;
use countersign_testkit::forge::der::{self, tag};
use countersign_testkit::forge::name::{CN, EMAIL_ADDRESS};
use countersign_testkit::forge::{Authority, CertificateBuilder, GeneralName, Key, Name};

use super::scene::Scene;

/// A name, the kind that it is of, and the rules that name it.
struct Identity {
    kind: &'static str,
    bytes: &'static [u8],
    rules: &'static [&'static str],
}

const IDENTITIES: [Identity; 5] = [
    Identity {
        kind: "dns",
        bytes: b"client.example",
        rules: &["dns = \"client.example\"", "dns_suffix = \".example\""],
    },
    Identity { kind: "dns", bytes: b"a.bc", rules: &["dns = \"a.bc\"", "dns_suffix = \".bc\""] },
    Identity { kind: "email", bytes: b"ops@a.example", rules: &["email = \"ops@a.example\""] },
    Identity {
        kind: "uri",
        bytes: b"spiffe://a.example/b",
        rules: &["uri = \"spiffe://a.example/b\"", "uri_prefix = \"spiffe://a.example/\""],
    },
    // The octets spell "a.bc".
    Identity {
        kind: "ip",
        bytes: b"a.bc",
        rules: &["ip = \"97.46.98.99\"", "ip = \"97.46.0.0/16\""],
    },
];

/// Every way to put these bytes into a leaf, by the kind that it is.
fn carriers(bytes: &'static [u8]) -> Vec<(&'static str, Vec<GeneralName>, Name)> {
    let plain = Name::common("someone");
    let utf8 = der::tlv(tag::UTF8_STRING, bytes);
    let ia5 = der::tlv(tag::IA5_STRING, bytes);
    let alternative = |kind, name| (kind, vec![name], plain.clone());
    vec![
        alternative("dns", GeneralName::dns(bytes)),
        alternative("email", GeneralName::email(bytes)),
        alternative("uri", GeneralName::uri(bytes)),
        alternative("ip", GeneralName::ip(bytes)),
        alternative("other", GeneralName::other("1.3.6.1.4.1.311.20.2.3", &utf8)),
        alternative("other", GeneralName::other("1.3.6.1.5.5.7.8.7", &ia5)),
        alternative("other", GeneralName::other("1.3.6.1.5.5.7.8.9", &utf8)),
        alternative("x400", GeneralName::x400(&utf8)),
        alternative("edi", GeneralName::edi_party(&der::constructed(1, &utf8))),
        alternative("registered", GeneralName::raw(0x88, bytes)),
        alternative("unknown", GeneralName::raw(0x89, bytes)),
        alternative("constructed", GeneralName::raw(0xa2, bytes)),
        alternative("directory", GeneralName::directory(&Name::new().attribute(CN, 0x0c, bytes))),
        ("cn", Vec::new(), Name::new().attribute(CN, tag::UTF8_STRING, bytes)),
        (
            "email attribute",
            Vec::new(),
            Name::new().attribute(EMAIL_ADDRESS, tag::IA5_STRING, bytes),
        ),
        (
            "cn beside a name",
            vec![GeneralName::dns("other.test")],
            Name::new().attribute(CN, tag::UTF8_STRING, bytes),
        ),
    ]
}

fn named(root: &Authority, names: Vec<GeneralName>, subject: &Name) -> Vec<u8> {
    let with_names = |c: CertificateBuilder| if names.is_empty() { c } else { c.san(names) };
    root.leaf_for(subject, Key::p256(), with_names).certificate
}

#[test]
fn class_16_san_type_confusion_text_of_one_kind_in_another_never_matches() {
    let root = Authority::root("root");
    for identity in &IDENTITIES {
        for rule in identity.rules {
            let verifier = Scene::listed(&root).client("client", rule).verifier();
            for (kind, names, subject) in carriers(identity.bytes) {
                let leaf = named(&root, names, &subject);
                let verdict = super::scene::verify(&verifier, &[&leaf]);
                assert_eq!(
                    verdict.is_allowed(),
                    kind == identity.kind,
                    "{rule}, {kind}: {verdict}"
                );
            }
        }
    }
}

#[test]
fn class_16_an_address_matches_its_own_family_only() {
    let root = Authority::root("root");
    let mapped = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 1];
    let four = named(&root, vec![GeneralName::ip(&[192, 0, 2, 1])], &Name::common("x"));
    let six = named(&root, vec![GeneralName::ip(&mapped)], &Name::common("x"));
    for (rule, of_four, of_six) in [
        ("ip = \"192.0.2.1\"", true, false),
        ("ip = \"0.0.0.0/0\"", true, false),
        ("ip = \"::ffff:192.0.2.1\"", false, true),
        ("ip = \"::/0\"", false, true),
    ] {
        // A policy may refuse to name mapped addresses at all, which lets nobody in either.
        let Ok(verifier) = Scene::listed(&root).client("client", rule).build() else { continue };
        for (leaf, expected) in [(&four, of_four), (&six, of_six)] {
            let verdict = super::scene::verify(&verifier, &[leaf]);
            assert_eq!(verdict.is_allowed(), expected, "{rule}: {verdict}");
        }
    }
}

/// `text` with a NUL at every offset, and with a NUL and the attacker's own name after it.
fn with_nul(text: &str, own: &str) -> Vec<Vec<u8>> {
    let mut all: Vec<Vec<u8>> = (0..=text.len())
        .map(|at| [&text.as_bytes()[..at], &[0], &text.as_bytes()[at..]].concat())
        .collect();
    all.push([text.as_bytes(), &[0], own.as_bytes()].concat());
    all.push([own.as_bytes(), &[0], text.as_bytes()].concat());
    all
}

#[test]
fn class_17_nul_inside_a_name_never_matches() {
    let root = Authority::root("root");
    type Make = fn(&[u8]) -> GeneralName;
    let kinds: [(&[&str], &str, &str, Make); 3] = [
        (
            &["dns = \"client.example\"", "dns_suffix = \".example\"", "dns = \"client.exampl\""],
            "client.example",
            ".attacker.test",
            |bytes| GeneralName::dns(bytes),
        ),
        (&["email = \"ops@a.example\""], "ops@a.example", "@attacker.test", |bytes| {
            GeneralName::email(bytes)
        }),
        (
            &["uri = \"spiffe://a.example/b\"", "uri_prefix = \"spiffe://a.example/\""],
            "spiffe://a.example/b",
            "/attacker",
            |bytes| GeneralName::uri(bytes),
        ),
    ];
    for (rules, text, own, make) in kinds {
        for rule in rules {
            let verifier = Scene::listed(&root).client("client", rule).verifier();
            for bytes in with_nul(text, own) {
                let leaf = named(&root, vec![make(&bytes)], &Name::common("x"));
                let verdict = super::scene::verify(&verifier, &[&leaf]);
                let name = String::from_utf8_lossy(&bytes);
                assert_eq!(verdict.reason(), Reason::Malformed, "{rule}, {name:?}: {verdict}");
            }
        }
    }
}

#[test]
fn class_17_nul_inside_a_subject_never_matches() {
    let root = Authority::root("root");
    let rule = "subject = { cn = \"client\" }";
    let verifier = Scene::listed(&root).client("client", rule).verifier();
    let clean = named(&root, Vec::new(), &Name::common("client"));
    assert!(super::scene::verify(&verifier, &[&clean]).is_allowed());
    for bytes in with_nul("client", ".attacker") {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let wide: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        for (string, value) in [
            (tag::UTF8_STRING, bytes.clone()),
            (tag::PRINTABLE_STRING, bytes.clone()),
            (tag::IA5_STRING, bytes.clone()),
            (tag::TELETEX_STRING, bytes),
            (tag::BMP_STRING, wide),
        ] {
            let leaf = named(&root, Vec::new(), &Name::new().attribute(CN, string, &value));
            let verdict = super::scene::verify(&verifier, &[&leaf]);
            assert!(!verdict.is_allowed(), "{text:?} as {string:#x}: {verdict}");
        }
    }
}

#[test]
fn class_19_a_common_name_never_stands_in_for_an_alternative_name() {
    let root = Authority::root("root");
    let rules = [
        "dns = \"client.example\"",
        "dns_suffix = \".example\"",
        "email = \"ops@a.example\"",
        "uri = \"spiffe://a.example/b\"",
        "uri_prefix = \"spiffe://a.example/\"",
        "ip = \"192.0.2.1\"",
    ];
    let common_names = [
        "client.example",
        "*.example",
        "*.client.example",
        "*",
        "CLIENT.EXAMPLE",
        "ｃlient.example",
        "сlient.example",
        "client.example.",
        "ops@a.example",
        "spiffe://a.example/b",
        "192.0.2.1",
    ];
    for rule in rules {
        let verifier = Scene::listed(&root).client("client", rule).verifier();
        for cn in common_names {
            for names in [Vec::new(), vec![GeneralName::dns("other.test")]] {
                let leaf = named(&root, names, &Name::common(cn));
                let verdict = super::scene::verify(&verifier, &[&leaf]);
                assert_eq!(verdict.reason(), Reason::NotListed, "{rule}, {cn}: {verdict}");
            }
        }
    }
}

#[test]
fn class_19_a_subject_rule_wants_exactly_its_value_exactly_once() {
    let root = Authority::root("root");
    let rule = "subject = { cn = \"client\", o = \"Acme\" }";
    let verifier = Scene::listed(&root).client("client", rule).verifier();
    let base = || Name::new().o("Acme");
    for (what, subject, expected) in [
        ("exact", base().cn("client"), true),
        ("more attributes", base().ou("unit").cn("client"), true),
        ("another order", Name::common("client").o("Acme"), true),
        ("other case", base().cn("Client"), false),
        ("a space", base().cn("client "), false),
        ("two spaces", base().cn("cl  ient"), false),
        ("a wildcard", base().cn("*"), false),
        ("full-width letters", base().cn("ｃlient"), false),
        ("a combining mark", base().cn("client\u{301}"), false),
        ("a soft hyphen", base().cn("cli\u{ad}ent"), false),
        ("twice", base().cn("client").cn("client"), false),
        ("another besides", base().cn("client").cn("admin"), false),
        ("another organisation besides", base().o("Evil").cn("client"), false),
        ("no organisation", Name::common("client"), false),
        ("the other's value", Name::new().cn("Acme").o("client"), false),
        ("inside the value", base().cn("client,O=Acme"), false),
        ("as alternative name only", base().cn("x"), false),
    ] {
        let directory = GeneralName::directory(&base().cn("client"));
        let leaf = named(&root, vec![directory], &subject);
        let verdict = super::scene::verify(&verifier, &[&leaf]);
        assert_eq!(verdict.is_allowed(), expected, "{what}: {verdict}");
    }
}

#[test]
fn class_20_a_wildcard_is_no_identity() {
    let root = Authority::root("root");
    for rule in [
        "dns = \"client.example\"",
        "dns = \"a.client.example\"",
        "dns_suffix = \".example\"",
        "dns_suffix = \".client.example\"",
    ] {
        let verifier = Scene::listed(&root).client("client", rule).verifier();
        for name in ["*.example", "*.client.example", "*", "*.", "c*.example", "*t.example"] {
            let leaf = named(&root, vec![GeneralName::dns(name)], &Name::common("x"));
            let verdict = super::scene::verify(&verifier, &[&leaf]);
            assert!(!verdict.is_allowed(), "{rule}, {name}: {verdict}");
        }
    }
    for rule in ["dns = \"*.example\"", "dns_suffix = \"*.example\"", "dns_suffix = \".*.example\""]
    {
        assert!(Scene::listed(&root).client("client", rule).build().is_err(), "{rule}");
    }
}
