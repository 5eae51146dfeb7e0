//! Class 5: sessions, HelloRetryRequest and changes of version.

use std::sync::Arc;

use countersign::engine::{Acceptor, Resumption, TicketKeys, TlsVersion};
use countersign_testkit::forge::Leaf;
use rustls::version::{TLS12, TLS13};
use rustls::{AlertDescription, HandshakeKind, ProtocolVersion, SupportedProtocolVersion};

use super::super::pair::{Pair, VERSIONS, requiring};
use super::super::protection::Secrets;
use super::super::resumption::ways;
use super::super::wire::{self, content, handshake};
use crate::peer::{Client, Clock};
use crate::site::{BILLING, POLICY, Site};

/// P-384, for which no client sends a share unasked.
const RETRIED: u16 = 24;

#[test]
fn class_05_a_session_that_resumes_across_a_retry_is_authorised_like_any_other() {
    let site = Site::new();
    let (leaf, clock) = (site.leaf(BILLING), Clock::new());
    for way in ways() {
        let verifier = Arc::new(site.verifier(POLICY));
        let builder = requiring(&verifier).resumption(way).key_exchanges([RETRIED]);
        let acceptor = builder.build().unwrap();
        let client = Client::nobody(&TLS13, &clock)
            .presenting(&site.chain(&leaf), &leaf.key)
            .with_one_drawer();
        let connect = || Pair::new(&acceptor, &client, "server.example", &clock);
        let mut fresh = connect();
        assert_eq!(fresh.talk(), None);
        let retried = Some(HandshakeKind::FullWithHelloRetryRequest);
        assert_eq!(fresh.client.handshake_kind(), retried);
        assert!(!fresh.server.session().unwrap().is_resumed());

        let mut again = connect();
        let hellos = hellos_of(&mut again);
        assert_eq!(hellos, 2, "there was no retry");
        assert_eq!(again.talk(), None);
        let session = again.server.session().unwrap();
        assert!(session.is_resumed());
        assert_eq!(session.client(), Some("acme-billing"));
        assert_eq!(session.verdict(), fresh.server.session().unwrap().verdict());

        site.write("policy.toml", POLICY.replace("billing\" }", "other\" }").as_bytes());
        verifier.reload().unwrap();
        let mut late = connect();
        assert_eq!(hellos_of(&mut late), 2);
        assert_eq!(late.talk(), Some(AlertDescription::AccessDenied));
        assert!(late.server.session().is_none());
    }
}

/// Runs the handshake; how many ClientHellos it had.
fn hellos_of(pair: &mut Pair) -> usize {
    let mut hellos = 0;
    pair.run_with(|bytes| {
        let records = wire::records(&bytes);
        let plain = records.iter().filter(|record| record.kind == content::HANDSHAKE);
        hellos += plain.filter(|record| record.body[0] == handshake::CLIENT_HELLO).count();
        bytes
    });
    hellos
}

#[test]
fn class_05_a_policy_that_changes_between_the_two_hellos_counts() {
    let site = Site::new();
    let (leaf, clock) = (site.leaf(BILLING), Clock::new());
    for way in ways() {
        let verifier = Arc::new(site.verifier(POLICY));
        let builder = requiring(&verifier).resumption(way).key_exchanges([RETRIED]);
        let acceptor = builder.build().unwrap();
        let client = Client::nobody(&TLS13, &clock)
            .presenting(&site.chain(&leaf), &leaf.key)
            .with_one_drawer();
        assert_eq!(Pair::new(&acceptor, &client, "server.example", &clock).talk(), None);
        let mut pair = Pair::new(&acceptor, &client, "server.example", &clock);
        let hello = pair.client_speaks();
        pair.server_hears(&hello);
        assert!(pair.client_hears(), "no retry was asked for");
        site.verifier(&POLICY.replace("billing\" }", "other\" }"));
        verifier.reload().unwrap();
        assert_eq!(pair.talk(), Some(AlertDescription::AccessDenied));
    }
}

#[test]
fn class_05_a_session_is_worth_nothing_in_another_version() {
    let site = Site::new();
    let (leaf, clock) = (site.leaf(BILLING), Clock::new());
    let versions = [TlsVersion::Tls12, TlsVersion::Tls13];
    for way in ways() {
        for (first, second) in [(0, 1), (1, 0)] {
            let verifier = Arc::new(site.verifier(POLICY));
            let builder = requiring(&verifier).resumption(way.clone());
            let before = builder.clone().versions([versions[first]]).build().unwrap();
            let after = builder.versions([versions[second]]).build().unwrap();
            let client = Client::speaking(&[&TLS12, &TLS13], &clock)
                .presenting(&site.chain(&leaf), &leaf.key)
                .with_one_drawer();
            assert_eq!(Pair::new(&before, &client, "server.example", &clock).talk(), None);
            clock.advance(7);
            let mut pair = Pair::new(&after, &client, "server.example", &clock);
            assert_eq!(pair.talk(), None);
            let session = pair.server.session().unwrap();
            assert!(!session.is_resumed(), "{first} {second} {way:?}");
            assert_eq!(session.version(), versions[second]);
            assert_eq!(session.authenticated_at(), pair.now().unix);
        }
    }
}

#[test]
fn class_05_a_ticket_of_tls_1_3_in_a_hello_of_tls_1_2_means_a_full_handshake() {
    let site = Site::new();
    let (leaf, clock) = (site.leaf(BILLING), Clock::new());
    let keys = Arc::new(TicketKeys::per_process().unwrap());
    let verifier = Arc::new(site.verifier(POLICY));
    let acceptor = requiring(&verifier).resumption(Resumption::tickets(keys)).build().unwrap();
    let [tls12, tls13] = VERSIONS.map(|version| ticket(&site, &acceptor, version, &leaf, &clock));
    for (ticket, resumes) in [(tls12, true), (tls13, false)] {
        let mut pair = Pair::new(
            &acceptor,
            &Client::nobody(&TLS12, &clock).presenting(&site.chain(&leaf), &leaf.key),
            "server.example",
            &clock,
        );
        let hello = with_ticket(&pair.client_speaks(), &ticket);
        pair.server_hears(&hello);
        // The server's half of an abbreviated handshake ends in a Finished, of a full one in
        // ServerHelloDone.
        let answer = wire::records(&pair.server.take_output());
        assert_eq!(answer.iter().any(|r| r.kind == content::CHANGE_CIPHER_SPEC), resumes);
        let sent = wire::messages(&answer[0].body);
        assert_eq!(sent.iter().any(|m| m[0] == handshake::CERTIFICATE), !resumes);
        assert!(pair.server.session().is_none());
    }
}

/// A ticket that the server gives to an approved client.
fn ticket(
    site: &Site,
    acceptor: &Acceptor,
    version: &'static SupportedProtocolVersion,
    leaf: &Leaf,
    clock: &Arc<Clock>,
) -> Vec<u8> {
    let secrets = Arc::new(Secrets::default());
    let mut client = Client::nobody(version, clock).presenting(&site.chain(leaf), &leaf.key);
    client.config.key_log = Arc::clone(&secrets) as _;
    let mut pair = Pair::new(acceptor, &client, "server.example", clock);
    let mut answer = Vec::new();
    // After the client's second flight the server has everything to say that it says by itself.
    for _ in 0..2 {
        let wire = pair.client_speaks();
        pair.server_hears(&wire);
        answer = pair.server.take_output();
        pair.client.read_tls(&mut &answer[..]).unwrap();
        pair.client.process_new_packets().unwrap();
    }
    assert!(pair.is_established());
    let records = wire::records(&answer);
    let tls13 = version.version == ProtocolVersion::TLSv1_3;
    let sent = if tls13 {
        secrets.protection("SERVER_TRAFFIC_SECRET_0").open(&records[0]).1
    } else {
        records[0].body.clone()
    };
    let message = wire::messages(&sent).into_iter().next().unwrap();
    assert_eq!(message[0], handshake::NEW_SESSION_TICKET);
    // RFC 5077 section 3.3; RFC 8446 section 4.6.1, with 4 more bytes and a nonce in front.
    let fields = &message[8..];
    let fields = if tls13 { &fields[5 + usize::from(fields[4])..] } else { fields };
    let length = usize::from(u16::from_be_bytes([fields[0], fields[1]]));
    fields[2..2 + length].to_vec()
}

/// The hello with this ticket in its session_ticket extension.
fn with_ticket(hello: &[u8], ticket: &[u8]) -> Vec<u8> {
    const SESSION_TICKET: u16 = 35;
    let message = wire::messages(&wire::records(hello)[0].body).remove(0);
    let body = &message[4..];
    let mut fixed = 2 + 32;
    fixed += 1 + usize::from(body[fixed]);
    fixed += 2 + usize::from(u16::from_be_bytes([body[fixed], body[fixed + 1]]));
    fixed += 1 + usize::from(body[fixed]);
    let mut rest = &body[fixed + 2..];
    let mut extensions = Vec::new();
    while let Some(([a, b, high, low], after)) = rest.split_first_chunk() {
        let (contents, after) = after.split_at(u16::from_be_bytes([*high, *low]).into());
        if u16::from_be_bytes([*a, *b]) != SESSION_TICKET {
            extensions.extend([&[*a, *b, *high, *low], contents].concat());
        }
        rest = after;
    }
    extensions.extend(SESSION_TICKET.to_be_bytes());
    extensions.extend(u16::try_from(ticket.len()).unwrap().to_be_bytes());
    extensions.extend(ticket);
    let length = u16::try_from(extensions.len()).unwrap().to_be_bytes();
    let body = [&body[..fixed], &length, &extensions].concat();
    wire::handshake_records(&wire::message(handshake::CLIENT_HELLO, &body), 1 << 14)
}
