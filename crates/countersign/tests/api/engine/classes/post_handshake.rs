//! Class 8: authentication after the handshake is neither offered nor taken.

use std::sync::Arc;

use countersign::engine::{Acceptor, Closed, Entry, Resumption, State, TicketKeys};
use rustls::SupportedProtocolVersion;
use rustls::version::{TLS12, TLS13};

use super::super::pair::{Pair, VERSIONS, credential, moment, requiring};
use super::super::protection::{Protection, Secrets};
use super::super::wire::{self, content, handshake};
use crate::peer::{Client, Clock};
use crate::site::{BILLING, POLICY, Site};

/// Certificate messages, empty and with this chain, as the version writes them.
fn certificates(version: &SupportedProtocolVersion, chain: &[&[u8]]) -> [Vec<u8>; 2] {
    let u24 = |length: usize| u32::try_from(length).unwrap().to_be_bytes()[1..].to_vec();
    let tls13 = version.version == rustls::ProtocolVersion::TLSv1_3;
    let (context, extensions): (&[u8], &[u8]) = if tls13 { (&[0], &[0, 0]) } else { (&[], &[]) };
    [&[], chain].map(|chain| {
        let list: Vec<u8> =
            chain.iter().flat_map(|der| [&u24(der.len()), *der, extensions].concat()).collect();
        let body = [context, &u24(list.len()), &list].concat();
        wire::message(handshake::CERTIFICATE, &body)
    })
}

#[test]
fn class_08_a_certificate_after_the_handshake_never_authenticates() {
    let site = Site::new();
    let (leaf, clock) = (site.leaf(BILLING), Clock::new());
    let verifier = Arc::new(site.verifier(POLICY));
    let entries = [
        Entry::without_client_auth(credential()),
        Entry::optional(credential(), Arc::clone(&verifier)),
    ];
    for entry in entries {
        let acceptor = Acceptor::builder().default_entry(entry).build().unwrap();
        for version in VERSIONS {
            for certificate in certificates(version, &site.chain(&leaf)) {
                let mut client = Client::nobody(version, &clock);
                client.config.enable_secret_extraction = true;
                let mut pair = Pair::new(&acceptor, &client, "server.example", &clock);
                assert_eq!(pair.talk(), None);
                let Pair { mut server, client, .. } = pair;
                let mut protection = Protection::of_client(client);
                let mut record = protection.seal(content::HANDSHAKE, &certificate);
                let before = verifier.metrics().allowed() + verifier.metrics().denied();
                let progress = server.feed(&mut record, moment(&clock));
                assert_eq!(progress.used, record.len());
                assert!(matches!(server.state(), State::Closed(Closed::Failed(_))));
                let session = server.session().unwrap();
                assert!(session.verdict().is_none() && session.leaf().is_none());
                assert!(server.lease().is_none());
                assert_eq!(server.take_plaintext(), b"");
                let after = verifier.metrics();
                assert_eq!(after.allowed() + after.denied(), before);
            }
        }
    }
}

#[test]
fn class_08_the_server_asks_for_nothing_after_the_handshake() {
    let site = Site::new();
    let (leaf, clock) = (site.leaf(BILLING), Clock::new());
    let verifier = Arc::new(site.verifier(POLICY));
    let keys = Arc::new(TicketKeys::per_process().unwrap());
    let acceptor = requiring(&verifier).resumption(Resumption::tickets(keys)).build().unwrap();
    let secrets = Arc::new(Secrets::default());
    let mut client = Client::nobody(&TLS13, &clock).presenting(&site.chain(&leaf), &leaf.key);
    client.config.key_log = Arc::clone(&secrets) as _;
    let mut pair = Pair::new(&acceptor, &client, "server.example", &clock);
    let hello = pair.client_speaks();
    pair.server_hears(&hello);
    pair.client_hears();
    let flight = pair.client_speaks();
    pair.server_hears(&flight);
    assert!(pair.is_established());
    let mut protection = secrets.protection("SERVER_TRAFFIC_SECRET_0");
    let said = wire::records(&pair.server.take_output());
    assert!(!said.is_empty());
    for record in said {
        let (kind, contents) = protection.open(&record);
        assert_eq!(kind, content::HANDSHAKE);
        let messages = wire::messages(&contents);
        assert!(messages.iter().all(|m| m[0] == handshake::NEW_SESSION_TICKET), "{messages:?}");
    }
}

#[test]
fn class_08_a_renegotiation_is_declined_and_changes_nothing() {
    let site = Site::new();
    let clock = Clock::new();
    let verifier = Arc::new(site.verifier(POLICY));
    let entry = Entry::optional(credential(), verifier);
    let acceptor = Acceptor::builder().default_entry(entry).build().unwrap();
    let mut client = Client::nobody(&TLS12, &clock);
    client.config.enable_secret_extraction = true;
    let mut pair = Pair::new(&acceptor, &client, "server.example", &clock);
    assert_eq!(pair.talk(), None);
    let hello = wire::records(&client.connect("server.example").hello())[0].body.clone();
    let Pair { mut server, client, .. } = pair;
    let mut protection = Protection::of_client(client);
    let now = moment(&clock);
    let mut record = protection.seal(content::HANDSHAKE, &hello);
    let _ = server.feed(&mut record, now);
    assert!(server.session().unwrap().verdict().is_none());
    assert_eq!(wire::records(&server.take_output())[0].kind, content::ALERT);
    for _ in 0..2 {
        let mut record = protection.seal(content::HANDSHAKE, &hello);
        let _ = server.feed(&mut record, now);
    }
    assert!(matches!(server.state(), State::Closed(Closed::Failed(_))));
}

/// What a client says first.
trait Hello {
    fn hello(self) -> Vec<u8>;
}

impl Hello for rustls::ClientConnection {
    fn hello(mut self) -> Vec<u8> {
        let mut wire = Vec::new();
        self.write_tls(&mut wire).unwrap();
        wire
    }
}
