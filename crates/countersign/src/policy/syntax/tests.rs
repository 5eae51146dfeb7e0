use super::*;
use crate::policy::syntax::document::Document;

const TRUST: &str = "version = 1\n[trust]\nanchors = [\"ca.pem\"]\n";

fn parse(text: &str) -> Result<Document, Error> {
    super::parse(text, false)
}

fn error(text: &str) -> String {
    parse(text).err().map(|e| e.to_string()).unwrap_or_else(|| panic!("accepted: {text}"))
}

/// The error in a client that follows an otherwise good policy; its `[[client]]` is line 4.
fn client_error(client: &str) -> String {
    error(&format!("{TRUST}[[client]]\n{client}"))
}

fn good(text: &str) -> Document {
    parse(text).unwrap_or_else(|e| panic!("{e}"))
}

#[test]
fn the_example_of_the_reference_is_read_whole() {
    let hex = "ab".repeat(32);
    let text = format!(
        r#"version = 1
mode = "audit"
admit = "issued"

[trust]
anchors = ["ca.pem", "other.pem"]
crls = ["ca.crl"]
revocation = "if_available"
stale_crl = "accept"
require_eku = true

[[client]]
id = "acme-billing"
owner = "billing@acme.example"
match = [                        # any one of these
  {{ spki_sha256 = "{hex}" }},
  {{ cert_sha256 = "{hex}" }},
  {{ uri = "spiffe://acme.example/billing" }},
  {{ uri_prefix = "spiffe://acme.example/jobs/" }},
  {{ dns = "billing.acme.example" }}, {{ dns_suffix = ".jobs.acme.example" }},
  {{ email = "ops@acme.example" }}, {{ ip = "192.0.2.0/24" }},
  {{ issuer_serial = {{ issuer_sha256 = "{hex}", serial = "0a" }} }},
  {{ subject = {{ cn = "billing", o = "Acme" }} }},
  {{ dns = "a.acme.example", ip = "192.0.2.7" }},
]
issuer_spki_sha256 = "{hex}"
not_before = 2026-01-01T00:00:00Z
not_after = 2027-01-01T01:00:00+01:00
scopes = ["payments"]
trust = "path"

[[client]]
id = "appliance"
trust = "pinned"
match = [ {{ spki_sha256 = "{hex}", cert_sha256 = "{hex}" }} ]

[[deny]]
match = [ {{ spki_sha256 = "{hex}" }} ]
note = "key leaked 2026-10-01"

[lists]
clients = ["approved.txt"]
deny = ["denied.txt"]
"#
    );
    let document = good(&text);
    assert_eq!((document.mode, document.admit), (Mode::Audit, Admit::Issued));
    assert_eq!(document.trust.revocation, Some(revocation::Mode::IfAvailable));
    assert_eq!(document.trust.stale_crl, revocation::Stale::Accept);
    assert!(document.trust.require_eku);
    let [billing, appliance] = &document.clients[..] else { panic!("two clients") };
    assert_eq!(billing.items.len(), 11);
    assert_eq!(billing.items[10].value.len(), 2);
    assert_eq!(billing.approval.not_before.to_string(), "2026-01-01T00:00:00Z");
    assert_eq!(billing.approval.not_after.to_string(), "2027-01-01T00:00:00Z");
    assert_eq!((billing.is_pinned, appliance.is_pinned), (false, true));
    assert_eq!(document.deny[0].note.as_deref(), Some("key leaked 2026-10-01"));
    assert_eq!(document.lists.deny[0].value, "denied.txt");
}

#[test]
fn what_is_left_out_has_its_default() {
    let document = good(TRUST);
    assert_eq!((document.mode, document.admit), (Mode::Enforce, Admit::Listed));
    assert_eq!(document.trust.revocation, None);
    assert_eq!(document.trust.stale_crl, revocation::Stale::Deny);
    assert!(!document.trust.require_eku);
    let client = &good(&format!("{TRUST}[[client]]\nid = \"a\"\nmatch = [{{ dns = \"a\" }}]"));
    assert_eq!(client.clients[0].approval, Window::ALWAYS);
    assert!(!client.clients[0].is_pinned);
}

#[test]
fn a_file_that_is_no_policy_says_how_to_begin() {
    for (text, message) in [
        ("", "1:1: the policy is empty: begin with `version = 1`, then `[trust]` with `anchors`"),
        (
            "# later\n\n",
            "1:1: the policy is empty: begin with `version = 1`, then `[trust]` with `anchors`",
        ),
        ("[trust]\nanchors = []", "1:1: `version` is missing: write `version = 1` at the top"),
        (
            "version = 2\nfuture = true",
            "1:11: this is a policy of version 2, but only `version = 1` is known",
        ),
        ("version = \"1\"", "1:11: `version` must be the number 1; this is a string"),
        (
            "version = 1",
            "1:1: no `anchors` under [trust] and no pinned client: nobody could ever come in",
        ),
        (
            "version = 1\n\n[trust]\nanchors = []",
            "3:2: no `anchors` under [trust] and no pinned client: nobody could ever come in",
        ),
    ] {
        assert_eq!(error(text), message);
    }
    let broken = error("version = 1\nmöde = ");
    assert!(broken.starts_with("2:2: this is not TOML: "), "{broken}");
    let twice = error("version = 1\nversion = 1");
    assert!(twice.starts_with("2:1: this is not TOML: duplicate key"), "{twice}");
}

#[test]
fn an_unknown_key_is_an_error_with_the_one_that_was_meant() {
    for (text, message) in [
        ("version = 1\nmodes = 1", "2:1: unknown key `modes` in the policy: did you mean `mode`?"),
        (
            "version = 1\n[[clients]]\nid = \"a\"",
            "2:3: unknown key `clients` in the policy: did you mean `client`?",
        ),
        (
            "version = 1\nanchors = [\"ca.pem\"]",
            "2:1: unknown key `anchors` in the policy: it belongs under [trust]",
        ),
        (
            "version = 1\n[trust]\nanchors = []\nmode = \"audit\"",
            "4:1: unknown key `mode` in [trust]: it belongs at the top, before the first [section]",
        ),
        (
            "version = 1\n[trust]\nanchor = []\nzzz = 1",
            "3:1: unknown key `anchor` in [trust]: did you mean `anchors`?",
        ),
        (
            "version = 1\n[lists]\nallow = []",
            "3:1: unknown key `allow` in [lists]: write `clients` or `deny`",
        ),
        (
            "version = 1\n[[deny]]\nid = \"x\"\nmatch = []",
            "3:1: unknown key `id` in [[deny]]: it belongs in a [[client]]",
        ),
    ] {
        assert_eq!(error(text), message);
    }
    assert_eq!(
        client_error("id = \"é\"\n\"nöte\" = 1"),
        "6:1: unknown key `nöte` in [[client]]: write `id`, `owner`, `match`, \
         `issuer_spki_sha256`, `not_before`, `not_after`, `scopes` or `trust`"
    );
}

#[test]
fn a_value_of_the_wrong_type_or_word_says_what_to_write() {
    for (text, message) in [
        ("version = 1\nmode = \"Audit\"", "2:8: `mode` is `enforce` or `audit`, not `Audit`"),
        ("version = 1\nmode = true", "2:8: `mode` must be a string in quotes; this is a boolean"),
        ("version = 1\nadmit = \"all\"", "2:9: `admit` is `listed` or `issued`, not `all`"),
        (
            "version = 1\n[trust]\nanchors = \"ca.pem\"",
            "3:11: `anchors` must be a list of strings, `anchors = [\"…\"]`; this is a string",
        ),
        (
            "version = 1\n[trust]\nanchors = [\"é\", 1]",
            "3:17: `anchors` must be a string in quotes; this is an integer",
        ),
        ("version = 1\n[trust]\nanchors = [\"\"]", "3:12: this names no file"),
        (
            "version = 1\n[trust]\nrevocation = \"on\"",
            "3:14: `revocation` is `require`, `if_available` or `off`, not `on`",
        ),
        (
            "version = 1\n[trust]\nstale_crl = false",
            "3:13: `stale_crl` must be a string in quotes; this is a boolean",
        ),
        (
            "version = 1\n[trust]\nrequire_eku = \"yes\"",
            "3:15: `require_eku` must be `true` or `false`, without quotes; this is a string",
        ),
        (
            "version = 1\ntrust = \"ca.pem\"",
            "2:9: `trust` must be a section: write `[trust]` on a line of its own; this is a string",
        ),
        (
            "version = 1\n[client]\nid = \"a\"",
            "2:1: `client` must be sections: write `[[client]]`, in double brackets, before each; \
             this is a table",
        ),
    ] {
        assert_eq!(error(text), message);
    }
}

#[test]
fn a_client_has_an_id_and_a_way_to_recognise_it() {
    for (client, message) in [
        ("", "4:1: [[client]] has no `id`: write `id = \"acme-billing\"`"),
        ("id = \"\"", "5:6: a client id must not be empty"),
        ("id = 7", "5:6: `id` must be a string in quotes; this is an integer"),
        ("id = \"a\\nb\"", "5:6: a client id must not hold control characters: `\\u{a}`"),
        ("id = \"a\"", "4:1: [[client]] has no `match`: write `match = [ { dns = \"…\" } ]`"),
        (
            "id = \"a\"\nmatch = []",
            "6:9: an empty `match` can never match: write `match = [ { dns = \"…\" } ]`",
        ),
        (
            "id = \"a\"\nmatch = { dns = \"a\" }",
            "6:9: `match` must be a list of tables, `match = [ { dns = \"billing.acme.example\" } \
             ]`; this is a table",
        ),
        (
            "id = \"a\"\nmatch = [ \"dns:a\" ]",
            "6:11: `match` must be a list of tables, `match = [ { dns = \"billing.acme.example\" } \
             ]`; this is a string",
        ),
        ("id = \"a\"\nmatch = [ { } ]", "6:11: `{ }` demands nothing, so it would match everyone"),
        (
            "id = \"a\"\nmatch = [ { cn = \"a\" } ]",
            "6:13: `cn` is a subject attribute: write `subject = { cn = \"…\" }`",
        ),
        (
            "id = \"a\"\nmatch = [ { spki = \"a\" } ]",
            "6:13: `spki` is nothing to match by: write `cert_sha256`, `spki_sha256`, \
             `issuer_serial`, `uri`, `dns`, `email`, `ip`, `uri_prefix`, `dns_suffix` or `subject`",
        ),
        (
            "id = \"a\"\nmatch = [ { dns_sufix = \"a\" } ]",
            "6:13: `dns_sufix` is nothing to match by: did you mean `dns_suffix`?",
        ),
        (
            "id = \"a\"\nmatch = [\n  { dns = \"é.example\", ip = 1 } ]",
            "7:11: `é.example` is no DNS name: it is not ASCII; write the A-label form, `xn--…`",
        ),
        (
            "id = \"a\"\nmatch = [ { dns = \"a\", ip = 1 } ]",
            "6:29: `ip` must be a string in quotes; this is an integer",
        ),
        (
            "id = \"a\"\nmatch = [ { dns = \"a\" } ]\nissuer_spki_sha256 = \"ab\"",
            "7:22: a SHA-256 is 64 hex digits, this has 2 characters",
        ),
        (
            "id = \"a\"\nmatch = [ { dns = \"a\" } ]\nscopes = [\"\"]",
            "7:11: a scope must not be empty",
        ),
        (
            "id = \"a\"\nmatch = [ { dns = \"a\" } ]\nowner = \"a\\tb\"",
            "7:9: an owner must not hold control characters: `\\u{9}`",
        ),
        (
            "id = \"a\"\nmatch = [ { dns = \"a\" } ]\ntrust = \"pin\"",
            "7:9: `trust` is `path` or `pinned`, not `pin`",
        ),
    ] {
        assert_eq!(client_error(client), message, "{client}");
    }
}

#[test]
fn a_client_that_only_lists_recognise_needs_no_match() {
    let client = "[[client]]\nid = \"a\"\n";
    assert!(parse(&format!("{TRUST}{client}[lists]\nclients = [\"approved.txt\"]")).is_ok());
    assert!(parse(&format!("{TRUST}{client}[lists]\ndeny = [\"denied.txt\"]")).is_err());
    assert!(
        parse(&format!("{TRUST}{client}match = []\n[lists]\nclients = [\"approved.txt\"]"))
            .is_err()
    );
}

#[test]
fn structured_keys_say_what_they_are_made_of() {
    let hex = "ab".repeat(32);
    for (item, message) in [
        (
            "{ issuer_serial = \"ab/01\" }".to_owned(),
            "6:29: `issuer_serial` must be a table, `issuer_serial = { issuer_sha256 = \"…\", \
             serial = \"…\" }`; this is a string"
                .to_owned(),
        ),
        (
            format!("{{ issuer_serial = {{ issuer_sha256 = \"{hex}\" }} }}"),
            "6:29: issuer_serial has no `serial`: write `serial = \"hex digits\"`".to_owned(),
        ),
        (
            "{ issuer_serial = { issuer_sha256 = \"ab\", serial = \"01\" } }".to_owned(),
            "6:47: a SHA-256 is 64 hex digits, this has 2 characters".to_owned(),
        ),
        (
            format!("{{ issuer_serial = {{ issuer_sha256 = \"{hex}\", serial = \"00ff\" }} }}"),
            "6:124: a serial number has no padding: write `ff`".to_owned(),
        ),
        (
            format!("{{ issuer_serial = {{ issuer = \"{hex}\", serial = \"ff\" }} }}"),
            "6:31: unknown key `issuer` in issuer_serial: write `issuer_sha256` or `serial`"
                .to_owned(),
        ),
        (
            "{ subject = \"CN=a\" }".to_owned(),
            "6:23: `subject` must be a table of attributes, `subject = { cn = \"billing\", o = \
             \"Acme\" }`; this is a string"
                .to_owned(),
        ),
        (
            "{ subject = { } }".to_owned(),
            "6:23: an empty `subject` demands nothing, so it would match everyone".to_owned(),
        ),
        (
            "{ subject = { cn = \"a\", emailadress = \"b\" } }".to_owned(),
            "6:35: `emailadress` is no subject attribute: did you mean `emailAddress`? (or a \
             dotted OID in quotes)"
                .to_owned(),
        ),
        (
            "{ subject = { cn = 1 } }".to_owned(),
            "6:30: `cn` must be a string in quotes; this is an integer".to_owned(),
        ),
        (
            "{ subject = { cn = \"\" } }".to_owned(),
            "6:30: this can never match: no certificate holds an empty value or a NUL".to_owned(),
        ),
        (
            "{ subject = { gn = \"a\", \"2.5.4.42\" = \"a\" } }".to_owned(),
            "6:35: `2.5.4.42` names an attribute that is named before: once is all".to_owned(),
        ),
    ] {
        assert_eq!(client_error(&format!("id = \"a\"\nmatch = [ {item} ]")), message, "{item}");
    }
}

#[test]
fn an_approval_is_a_span_of_time_that_holds() {
    let client = "id = \"a\"\nmatch = [ { dns = \"a\" } ]\n";
    for (times, message) in [
        (
            "not_before = 2026-01-01T00:00:00",
            "7:14: `not_before`: this has no time zone: write 2026-01-01T00:00:00Z",
        ),
        (
            "not_after = 2026-01-01",
            "7:13: `not_after`: this is a date only: write 2026-01-01T00:00:00Z",
        ),
        (
            "not_after = \"2026-01-01T00:00:00Z\"",
            "7:13: `not_after` must be a time without quotes, `2026-01-01T00:00:00Z`; this is a \
             string",
        ),
        (
            "not_before = 2026-01-02T00:00:00Z\nnot_after = 2026-01-01T23:59:59Z",
            "8:13: `not_after` is before `not_before`: this approval would never hold",
        ),
    ] {
        assert_eq!(client_error(&format!("{client}{times}")), message);
    }
    let one_second = "not_before = 2026-01-01T00:00:00Z\nnot_after = 2026-01-01T00:00:00Z";
    assert!(parse(&format!("{TRUST}[[client]]\n{client}{one_second}")).is_ok());
}

#[test]
fn a_pinned_client_is_pinned_by_key_or_certificate_only() {
    let hex = "ab".repeat(32);
    let pinned =
        |rest: &str| format!("version = 1\n[[client]]\nid = \"a\"\ntrust = \"pinned\"\n{rest}");
    assert!(parse(&pinned(&format!("match = [ {{ spki_sha256 = \"{hex}\" }} ]"))).is_ok());
    assert_eq!(
        error(&pinned(&format!("match = [\n  {{ spki_sha256 = \"{hex}\", dns = \"a\" }} ]"))),
        "6:3: a pinned client is matched by `spki_sha256` or `cert_sha256` only, not by `dns`, \
         which without a path anyone may claim"
    );
    assert_eq!(
        error(&pinned(&format!(
            "match = [ {{ spki_sha256 = \"{hex}\" }} ]\nissuer_spki_sha256 = \"{hex}\""
        ))),
        "6:1: a pinned client needs no issuer: take out this line or `trust = \"pinned\"`"
    );
}

#[test]
fn a_deny_rule_has_a_match_and_perhaps_a_note() {
    for (deny, message) in [
        ("", "4:1: [[deny]] has no `match`: write `match = [ { spki_sha256 = \"…\" } ]`"),
        (
            "match = []",
            "5:9: an empty `match` can never match: write `match = [ { dns = \"…\" } ]`",
        ),
        (
            "match = [ { dns = \"*.a\" } ]",
            "5:19: `*.a` is no DNS name: wildcards are not supported; use `dns_suffix`",
        ),
        (
            "match = [ { dns = \"a\" } ]\nnote = 1",
            "6:8: `note` must be a string in quotes; this is an integer",
        ),
    ] {
        assert_eq!(error(&format!("{TRUST}[[deny]]\n{deny}")), message);
    }
}

proptest::proptest! {
    #[test]
    fn a_policy_with_one_character_changed_is_read_or_an_error_with_its_place(
        at in 0..EXAMPLE.chars().count(),
        with in proptest::sample::select(vec!["", "\"", "=", "[", "]", "{", "}", "\n", "é", "0", "."]),
    ) {
        let (before, rest) = EXAMPLE.split_at(EXAMPLE.char_indices().nth(at).unwrap().0);
        let text = format!("{before}{with}{}", &rest[1..]);
        if let Err(error) = parse(&text) {
            let line = error.line().unwrap() as usize;
            let column = error.column().unwrap() as usize;
            let there = text.split('\n').nth(line - 1).unwrap_or_default();
            proptest::prop_assert!((1..=there.chars().count() + 1).contains(&column), "{error}");
        }
    }
}

/// ASCII only.
const EXAMPLE: &str = r#"version = 1
mode = "audit"
[trust]
anchors = ["ca.pem"]
stale_crl = "deny"
[[client]]
id = "acme"
match = [ { dns = "a.example", ip = "192.0.2.0/24" }, { subject = { cn = "a", o = "b" } } ]
not_before = 2026-01-01T00:00:00Z
scopes = ["payments"]
[[deny]]
match = [ { uri_prefix = "spiffe://a.example/b/" } ]
note = "leaked"
[lists]
clients = ["approved.txt"]
"#;
