//! Class 18: a name can carry nothing into the text that a verdict hands out.

use countersign::Verdict;
use countersign_testkit::forge::{Authority, GeneralName, Key, Name};

use super::scene::Scene;

/// What ends a header, a field or a log line, or turns its text around.
const SPECIAL: [&str; 16] = [
    ",",
    ";",
    "\"",
    "\\",
    "\r",
    "\n",
    "\r\nX-Admin: 1",
    "=",
    " ",
    "\t",
    "%0d%0a",
    "\u{1b}[2J",
    "\u{202e}",
    "\u{85}",
    "\u{7f}",
    "'",
];

/// One line of text without control characters, whatever the peer put into its names.
fn assert_tame(verdict: &Verdict, what: &str) {
    let texts = [
        verdict.to_string(),
        verdict.detail(),
        verdict.rule().unwrap_or_default(),
        verdict.client().unwrap_or_default().to_owned(),
        format!("{verdict:?}"),
    ];
    for text in texts {
        assert!(!text.chars().any(char::is_control), "{what}: {text:?}");
        assert!(!text.contains('\u{202e}'), "{what}: {text:?}");
    }
}

#[test]
fn class_18_text_in_a_name_never_reaches_a_verdict_as_structure() {
    let root = Authority::root("root");
    let issued = Scene::issued(&root).verifier();
    let listed = Scene::listed(&root)
        .client("dns", "dns = \"client.example\"")
        .client("email", "email = \"ops@a.example\"")
        .client("uri", "uri = \"spiffe://a.example/b\"")
        .client("prefix", "uri_prefix = \"spiffe://a.example/p/\"")
        .client("subject", "subject = { cn = \"client\" }")
        .verifier();
    for special in SPECIAL {
        for (text, make) in [
            ("client.example", (|text| GeneralName::dns(text)) as fn(&str) -> GeneralName),
            ("ops@a.example", |text| GeneralName::email(text)),
            ("spiffe://a.example/b", |text| GeneralName::uri(text)),
        ] {
            for at in 0..=text.len() {
                let name = format!("{}{special}{}", &text[..at], &text[at..]);
                let leaf = root.leaf_for(&Name::common("x"), Key::p256(), |c| c.san([make(&name)]));
                let verdict = super::scene::verify(&listed, &[&leaf.certificate]);
                assert!(!verdict.is_allowed(), "{name:?}: {verdict}");
                assert_tame(&verdict, &name);
                assert_tame(&super::scene::verify(&issued, &[&leaf.certificate]), &name);
            }
        }
        let leaf = root.leaf(&format!("client{special}"));
        let verdict = super::scene::verify(&listed, &[&leaf.certificate]);
        assert!(!verdict.is_allowed(), "{special:?}: {verdict}");
        assert_tame(&verdict, special);
        assert_tame(&super::scene::verify(&issued, &[&leaf.certificate]), special);
    }
}

#[test]
fn class_18_a_prefix_match_names_the_rule_and_not_the_peers_text() {
    let root = Authority::root("root");
    let scene = Scene::listed(&root).client("prefix", "uri_prefix = \"spiffe://a.example/p/\"");
    let leaf = root.leaf_with("x", |c| c.san([GeneralName::uri("spiffe://a.example/p/a,b;c='d'")]));
    let verdict = scene.verdict(&[&leaf.certificate]);
    assert!(verdict.is_allowed(), "{verdict}");
    assert_eq!(verdict.rule().as_deref(), Some("uri_prefix:spiffe://a.example/p/"));
    assert_eq!(verdict.client(), Some("prefix"));
}

#[test]
fn class_18_an_exact_rule_comes_back_as_it_was_written() {
    let root = Authority::root("root");
    for special in [",", ";", "'", "=", "%0d%0a", "%22"] {
        let uri = format!("spiffe://a.example/b{special}c");
        let scene = Scene::listed(&root).client("exact", &format!("uri = \"{uri}\""));
        let leaf = root.leaf_with("x", |c| c.san([GeneralName::uri(&uri)]));
        let verdict = scene.verdict(&[&leaf.certificate]);
        assert!(verdict.is_allowed(), "{uri}: {verdict}");
        assert_eq!(verdict.rule(), Some(format!("uri:{uri}")));
    }
}

#[test]
fn class_18_a_client_id_that_would_break_a_line_is_no_client_id() {
    let root = Authority::root("root");
    for id in ["a\\nb", "a\\rb", "a\\u0000b", "a\\u001bb", "", "a\\u007fb"] {
        let scene = Scene::listed(&root);
        let policy = format!(
            "{}[[client]]\nid = \"{id}\"\nmatch = [{{ dns = \"a.example\" }}]\n",
            scene.policy()
        );
        let built = countersign::Verifier::from_toml(&policy, scene.dir.path());
        assert!(built.is_err(), "{id:?}");
    }
}
