//! Class 27: spellings of a server name, and who is reached by them.

use std::sync::Arc;

use countersign::Verifier;
use countersign::engine::{Acceptor, Alert, Cause, Entry};
use rustls::version::TLS12;

use super::super::pair::{Pair, VERSIONS, credential};
use super::super::wire::{self, content, handshake};
use crate::peer::{Client, Clock};
use crate::site::{BILLING, POLICY, Site};

/// Strict entries by name; whoever reaches another is in without being asked.
fn acceptor(site: &Site, lax_default: bool) -> Acceptor {
    let verifier = |id: &str| {
        let policy = POLICY.replace("acme-billing", id);
        Arc::new(Verifier::from_toml(&policy, site.path()).unwrap())
    };
    let strict = |id: &str, name: &str| Entry::required(credential(), verifier(id)).named(name);
    let builder = Acceptor::builder()
        .entry(strict("api", "api.example"))
        .entry(strict("wildcard", "*.shop.example"))
        .entry(strict("till", "till.shop.example"));
    if lax_default {
        return builder.default_entry(Entry::without_client_auth(credential())).build().unwrap();
    }
    builder.build().unwrap()
}

/// The hello with this in place of the host name in its server_name, of the same length.
fn renamed(hello: &[u8], from: &str, to: &str) -> Vec<u8> {
    let message = wire::messages(&wire::records(hello)[0].body).remove(0);
    let body =
        countersign_testkit::forge::tamper::replace_bytes(&message, from.as_bytes(), to.as_bytes());
    assert_eq!(body[0], handshake::CLIENT_HELLO);
    wire::handshake_records(&body, 1 << 14)
}

/// What somebody meets who asks for `name`, byte for byte.
#[derive(Debug, PartialEq, Eq)]
enum Reached {
    /// A certificate is asked for.
    Strict,
    /// None is.
    Lax,
    Nothing(Cause, Option<Alert>),
}

/// In TLS 1.2, where a CertificateRequest is there to be seen; names are read before the version.
fn reached(acceptor: &Acceptor, name: &str) -> Reached {
    const CERTIFICATE_REQUEST: u8 = 13;
    let clock = Clock::new();
    let placeholder = format!("{}.example", "p".repeat(name.len() - ".example".len()));
    let mut pair = Pair::new(acceptor, &Client::nobody(&TLS12, &clock), &placeholder, &clock);
    let hello = renamed(&pair.client_speaks(), &placeholder, name);
    pair.server_hears(&hello);
    let answer = wire::records(&pair.server.take_output());
    if let Some(refusal) = pair.server.refusal() {
        let sent = (answer[0].kind == content::ALERT).then(|| answer[0].body[1]);
        assert_eq!(refusal.alert().map(Alert::code), sent);
        return Reached::Nothing(refusal.cause(), refusal.alert());
    }
    let said: Vec<u8> = answer.iter().flat_map(|record| record.body.clone()).collect();
    let is_asked = wire::messages(&said).iter().any(|m| m[0] == CERTIFICATE_REQUEST);
    if is_asked { Reached::Strict } else { Reached::Lax }
}

#[test]
fn class_27_no_spelling_of_a_name_reaches_a_weaker_entry() {
    let site = Site::new();
    let (leaf, clock) = (site.leaf(BILLING), Clock::new());
    let acceptor = acceptor(&site, true);
    for version in VERSIONS {
        for (name, spellings) in [
            ("api", &["api.example", "API.EXAMPLE", "aPi.eXample", "api.example."][..]),
            ("wildcard", &["a.shop.example", "A.SHOP.EXAMPLE", "b.Shop.example."]),
            ("till", &["till.shop.example", "TILL.shop.example", "Till.Shop.Example."]),
        ] {
            for spelling in spellings {
                let client = Client::nobody(version, &clock);
                let mut nobody = Pair::new(&acceptor, &client, spelling, &clock);
                nobody.talk();
                assert!(nobody.server.session().is_none(), "{spelling}");
                let client = client.presenting(&site.chain(&leaf), &leaf.key);
                let mut pair = Pair::new(&acceptor, &client, spelling, &clock);
                assert_eq!(pair.talk(), None);
                assert_eq!(pair.server.session().unwrap().client(), Some(name), "{spelling}");
            }
        }
    }
}

#[test]
fn class_27_names_on_the_wire_reach_their_entry_or_the_default_or_nothing() {
    let site = Site::new();
    let (with_default, without) = (acceptor(&site, true), acceptor(&site, false));
    for name in [
        "api.example",
        "API.EXAMPLE",
        "Api.Example",
        "api.example.",
        "API.example.",
        "x.shop.example",
        "X.SHOP.EXAMPLE.",
        "till.shop.example",
        "TILL.shop.example.",
    ] {
        assert_eq!(reached(&with_default, name), Reached::Strict, "{name}");
        assert_eq!(reached(&without, name), Reached::Strict, "{name}");
    }
    let unknown = Reached::Nothing(Cause::UnknownServerName, Some(Alert::UNRECOGNIZED_NAME));
    for name in [
        // One label more, one less, another name, and an address, which is no name.
        "a.b.shop.example",
        "shop.example",
        "xapi.example",
        "192.0.2.123",
    ] {
        assert_eq!(reached(&with_default, name), Reached::Lax, "{name}");
        assert_eq!(reached(&without, name), unknown, "{name}");
    }
    let illegal = Reached::Nothing(Cause::Protocol, Some(Alert::ILLEGAL_PARAMETER));
    for name in [
        "api..example",
        ".api.example",
        "api.example..",
        "*.shop.example",
        "api\0.example",
        "api.example ",
        " api.example",
        "api.example:443",
        "api/.example",
        "\u{430}pi.example",
    ] {
        assert_eq!(reached(&with_default, name), illegal, "{name:?}");
        assert_eq!(reached(&without, name), illegal, "{name:?}");
    }
}

#[test]
fn class_27_a_client_without_a_name_meets_the_default_entry_or_nothing() {
    let site = Site::new();
    let clock = Clock::new();
    for version in VERSIONS {
        // rustls sends no server_name for an address.
        let client = Client::nobody(version, &clock);
        let mut pair = Pair::new(&acceptor(&site, true), &client, "192.0.2.1", &clock);
        assert_eq!(pair.talk(), None);
        let session = pair.server.session().unwrap();
        assert_eq!((session.server_name(), session.client()), (None, None));
        let mut pair = Pair::new(&acceptor(&site, false), &client, "192.0.2.1", &clock);
        assert_eq!(pair.talk(), Some(rustls::AlertDescription::UnrecognisedName));
    }
}
