//! Who gets in, in every version and under every demand, and what the others are told.

use std::sync::Arc;

use countersign::Reason;
use countersign::engine::{Acceptor, Alert, Cause, ClientAuth, Entry, State, TlsVersion};

use super::pair::{Pair, VERSIONS, credential, requiring};
use super::resumption::ways;
use crate::peer::{Client, Clock};
use crate::site::{BILLING, POLICY, Site};

#[test]
fn an_approved_client_gets_in_and_its_session_says_who_it_is() {
    let site = Site::new();
    let verifier = Arc::new(site.verifier(POLICY));
    let acceptor = requiring(&verifier).build().unwrap();
    let (leaf, clock) = (site.leaf(BILLING), Clock::new());
    for version in VERSIONS {
        let client = Client::nobody(version, &clock).presenting(&site.chain(&leaf), &leaf.key);
        let mut pair = Pair::new(&acceptor, &client, "server.example", &clock);
        assert_eq!(pair.talk(), None);
        let State::Established(session) = pair.server.state() else { panic!("not in") };
        assert_eq!(session.client(), Some("acme-billing"));
        assert_eq!(session.verdict().unwrap().reason(), Reason::Allowed);
        assert_eq!(session.leaf(), Some(&leaf.certificate[..]));
        assert_eq!(session.chain().count(), 2);
        assert_eq!(session.server_name(), Some("server.example"));
        assert_eq!(session.client_auth(), ClientAuth::Required);
        assert_eq!(
            session.version() == TlsVersion::Tls13,
            version.version == rustls::ProtocolVersion::TLSv1_3
        );
        assert!(session.cipher_suite_name().contains("AES_128_GCM"), "{session:?}");
        assert!(!session.is_resumed() && session.declined().is_none());
        assert_eq!(session.authenticated_at(), pair.now().unix);
    }
}

#[test]
fn a_client_that_is_not_listed_sees_access_denied() {
    let site = Site::new();
    let verifier = Arc::new(site.verifier(POLICY));
    let acceptor = requiring(&verifier).build().unwrap();
    let (leaf, clock) = (site.leaf("spiffe://acme.example/other"), Clock::new());
    for version in VERSIONS {
        let client = Client::nobody(version, &clock).presenting(&site.chain(&leaf), &leaf.key);
        let mut pair = Pair::new(&acceptor, &client, "server.example", &clock);
        assert_eq!(pair.talk(), Some(rustls::AlertDescription::AccessDenied));
        let refusal = pair.server.refusal().unwrap();
        assert_eq!((refusal.cause(), refusal.reason()), (Cause::Denied, Some(Reason::NotListed)));
        assert_eq!(refusal.alert(), Some(Alert::ACCESS_DENIED));
    }
}

#[test]
fn under_optional_a_client_without_a_certificate_is_nobody() {
    let site = Site::new();
    let clock = Clock::new();
    let verifier = Arc::new(site.verifier(POLICY));
    for way in ways() {
        for version in VERSIONS {
            let entry = Entry::optional(credential(), Arc::clone(&verifier));
            let builder = Acceptor::builder().default_entry(entry).resumption(way.clone());
            let acceptor = builder.build().unwrap();
            let client = Client::nobody(version, &clock);
            for is_resumed in [false, true, true] {
                let mut pair = Pair::new(&acceptor, &client, "server.example", &clock);
                assert_eq!(pair.talk(), None);
                let session = pair.server.session().unwrap();
                assert_eq!(session.is_resumed(), is_resumed);
                assert_eq!(session.client_auth(), ClientAuth::Optional);
                assert!(session.verdict().is_none() && session.client().is_none());
                assert!(session.leaf().is_none() && session.expires().is_none());
                assert!(pair.server.lease().is_none());
            }
        }
    }
}

#[test]
fn a_client_that_is_not_asked_is_nobody_whatever_it_has() {
    let site = Site::new();
    let (leaf, clock) = (site.leaf(BILLING), Clock::new());
    for way in ways() {
        for version in VERSIONS {
            let entry = Entry::without_client_auth(credential());
            let builder = Acceptor::builder().default_entry(entry).resumption(way.clone());
            let acceptor = builder.build().unwrap();
            let client = Client::nobody(version, &clock).presenting(&site.chain(&leaf), &leaf.key);
            for is_resumed in [false, true, true] {
                let mut pair = Pair::new(&acceptor, &client, "server.example", &clock);
                assert_eq!(pair.talk(), None);
                let session = pair.server.session().unwrap();
                assert_eq!(session.is_resumed(), is_resumed);
                assert_eq!(session.client_auth(), ClientAuth::Off);
                assert!(session.verdict().is_none() && session.client().is_none());
                assert!(session.leaf().is_none() && pair.server.lease().is_none());
            }
        }
    }
}

#[test]
fn a_record_of_no_known_type_is_answered_with_one_alert() {
    let site = Site::new();
    let verifier = Arc::new(site.verifier(POLICY));
    let acceptor = requiring(&verifier).build().unwrap();
    let clock = Clock::new();
    for version in VERSIONS {
        let client = Client::nobody(version, &clock);
        let mut pair = Pair::new(&acceptor, &client, "server.example", &clock);
        let hello = pair.client_speaks();
        pair.server_hears(&hello);
        pair.server.take_output();
        pair.server_hears(&[99, 3, 3, 0, 1, 0]);
        assert_eq!(pair.server.refusal().unwrap().cause(), Cause::Protocol);
        let alert = pair.server.take_output();
        // In TLS 1.3 it is encrypted: type, tag and what looks like application data.
        let length = if version == VERSIONS[0] { 7 } else { 5 + 2 + 1 + 16 };
        assert_eq!(alert.len(), length, "{alert:?}");
    }
}
