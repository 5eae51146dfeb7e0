//! Peers that send too much, too little, too slowly, or something else.

use std::sync::Arc;
use std::time::Duration;

use countersign::engine::{Acceptor, Alert, Cause, Closed, Resumption, State, WaitsFor};
use countersign::{Moment, Reason, limits};
use countersign_testkit::forge::{GeneralName, NOW};
use rustls::AlertDescription;
use rustls::version::{TLS12, TLS13};

use super::pair::{Pair, VERSIONS, moment, requiring};
use super::protection::Protection;
use super::puppet::Puppet;
use super::wire::{self, Record, content, handshake};
use crate::peer::{Client, Clock};
use crate::site::{BILLING, POLICY, Site};

fn acceptor(site: &Site) -> Acceptor {
    requiring(&Arc::new(site.verifier(POLICY))).build().unwrap()
}

fn hello(clock: &Arc<Clock>) -> Vec<u8> {
    let mut wire = Vec::new();
    let mut client = Client::nobody(&TLS13, clock).connect("server.example");
    client.write_tls(&mut wire).unwrap();
    wire
}

#[test]
fn a_chain_that_is_too_long_for_a_message_is_refused() {
    let site = Site::new();
    let (leaf, clock) = (site.leaf(BILLING), Clock::new());
    let acceptor = acceptor(&site);
    // Certificates of 3,000 bytes each that lead nowhere.
    let stranger = [0x30; 3_000];
    for version in VERSIONS {
        for (strangers, too_much) in [(10, false), (21, false), (30, true), (60, true)] {
            let mut chain = site.chain(&leaf).to_vec();
            chain.resize(2 + strangers, &stranger[..]);
            let client = Client::nobody(version, &clock).presenting(&chain, &leaf.key);
            let mut pair = Pair::new(&acceptor, &client, "server.example", &clock);
            let seen = pair.talk();
            let what = format!("{strangers} {version:?} {seen:?}");
            if strangers == 10 {
                assert_eq!(seen, None, "{what}");
                continue;
            }
            let refusal = pair.server.refusal().expect(&what);
            if too_much {
                assert_eq!(refusal.cause(), Cause::TooMuch, "{what} {refusal}");
            } else {
                assert_eq!(refusal.reason(), Some(Reason::LimitExceeded), "{what}");
            }
        }
    }
}

/// A hello in one record, made as long as that with a padding extension (RFC 7685), in records again.
fn padded(hello: &[u8], length: usize) -> Vec<u8> {
    let mut message = wire::records(hello).remove(0).body;
    let (header, version, random) = (4, 2, 32);
    let session_id = header + version + random;
    let suites = session_id + 1 + usize::from(message[session_id]);
    let u16_at = |message: &[u8], at: usize| u16::from_be_bytes([message[at], message[at + 1]]);
    let compression = suites + 2 + usize::from(u16_at(&message, suites));
    let extensions = compression + 1 + usize::from(message[compression]);
    let padding = length - message.len() - 4;
    message.extend([0, 21]);
    message.extend(u16::try_from(padding).unwrap().to_be_bytes());
    message.resize(length, 0);
    let whole = u32::try_from(length - header).unwrap().to_be_bytes();
    message[1..4].copy_from_slice(&whole[1..]);
    let rest = u16::try_from(length - extensions - 2).unwrap().to_be_bytes();
    message[extensions..extensions + 2].copy_from_slice(&rest);
    wire::handshake_records(&message, 16_000)
}

#[test]
fn a_second_hello_has_the_limit_of_the_first() {
    const RETRIED: u16 = 24;
    let site = Site::new();
    let clock = Clock::new();
    let builder = requiring(&Arc::new(site.verifier(POLICY))).key_exchanges([RETRIED]);
    let (acceptor, client) = (builder.build().unwrap(), Client::nobody(&TLS13, &clock));
    let too_long = limits::HELLO_BYTES + 2;
    for (length, is_too_much) in
        [(1_000, false), (limits::HELLO_BYTES, false), (too_long, true), (57_000, true)]
    {
        // Behind the retry, and unasked in one piece with the first.
        for in_one_piece in [false, true] {
            let mut pair = Pair::new(&acceptor, &client, "server.example", &clock);
            let first = pair.client_speaks();
            if in_one_piece {
                pair.server_hears(&[&first[..], &padded(&first, length)].concat());
            } else {
                pair.server_hears(&first);
                assert!(pair.client_hears(), "no retry was asked for");
                let again = pair.client_speaks();
                let hello = wire::records(&again).pop().unwrap();
                let changed = &again[..again.len() - hello.bytes().len()];
                pair.server_hears(&[changed, &padded(&hello.bytes(), length)].concat());
            }
            let cause = pair.server.refusal().map(|refusal| (refusal.cause(), refusal.alert()));
            let too_much = Some((Cause::TooMuch, Some(Alert::ILLEGAL_PARAMETER)));
            assert_eq!(cause == too_much, is_too_much, "{length} {in_one_piece} {cause:?}");
            if !in_one_piece && !is_too_much {
                assert_eq!(cause, None, "{length}");
            }
        }
    }
}

#[test]
fn a_message_that_does_not_end_is_too_much() {
    let site = Site::new();
    let clock = Clock::new();
    let acceptor = acceptor(&site);
    // The header of a Certificate of 65,535 bytes, and then nothing but fragments of it.
    let endless = [&[handshake::CERTIFICATE, 0, 0xff, 0xff][..], &[0; 80_000]].concat();
    for fragment in [1, 16, 16_384] {
        let client = Client::nobody(&TLS12, &clock);
        let mut pair = Pair::new(&acceptor, &client, "server.example", &clock);
        let hello = pair.client_speaks();
        pair.server_hears(&hello);
        pair.piece = 4_096;
        let mut heard = 0;
        for record in wire::records(&wire::handshake_records(&endless, fragment)) {
            if pair.server.is_handshaking() {
                heard += record.body.len() + 5;
                pair.server_hears(&record.bytes());
            }
        }
        let refusal = pair.server.refusal().unwrap();
        assert_eq!(refusal.cause(), Cause::TooMuch, "{refusal}");
        let said = wire::records(&pair.server.take_output());
        assert_eq!(said.last().map(|record| record.kind), Some(content::ALERT), "{fragment}");
        assert!(heard <= limits::HANDSHAKE_BYTES + 16_384, "{heard} in records of {fragment}");
    }
}

#[test]
fn a_hello_that_does_not_end_is_too_much() {
    let site = Site::new();
    let clock = Clock::new();
    let endless = [&[handshake::CLIENT_HELLO, 0, 0xff, 0xff][..], &[0; 80_000]].concat();
    for fragment in [1, 16, 16_384] {
        let client = Client::nobody(&TLS12, &clock);
        let mut pair = Pair::new(&acceptor(&site), &client, "server.example", &clock);
        pair.piece = 1_000;
        pair.server_hears(&wire::handshake_records(&endless, fragment));
        let refusal = pair.server.refusal().unwrap();
        assert!(matches!(refusal.cause(), Cause::TooMuch | Cause::Protocol), "{refusal}");
        assert!(refusal.alert().is_some());
    }
}

#[test]
fn more_records_than_a_handshake_may_have_are_too_much() {
    let site = Site::new();
    let clock = Clock::new();
    let acceptor = acceptor(&site);
    let client = Client::nobody(&TLS12, &clock);
    let mut pair = Pair::new(&acceptor, &client, "server.example", &clock);
    let hello = pair.client_speaks();
    pair.server_hears(&hello);
    let long = [&[handshake::CERTIFICATE, 0, 0x20, 0][..], &[0; 8_192]].concat();
    pair.piece = 60;
    pair.server.take_output();
    pair.server_hears(&wire::handshake_records(&long, 1));
    assert_eq!(pair.server.refusal().unwrap().cause(), Cause::TooMuch);
    let alert = Record::new(content::ALERT, &[2, Alert::ILLEGAL_PARAMETER.code()]);
    assert_eq!(wire::records(&pair.server.take_output()), [alert]);
}

#[test]
fn what_is_not_tls_is_refused_at_its_first_byte() {
    let site = Site::new();
    let clock = Clock::new();
    let acceptor = acceptor(&site);
    for (bytes, alert) in [
        (&b"GET / HTTP/1.1\r\nHost: server.example\r\n\r\n"[..], Alert::UNEXPECTED_MESSAGE),
        (b"SSH-2.0-OpenSSH_9.9\r\n", Alert::UNEXPECTED_MESSAGE),
        // An SSL 2.0 hello, an alert, application data, an empty handshake record, a Finished.
        (&[0x80, 46, 1, 3, 1], Alert::UNEXPECTED_MESSAGE),
        (&[21, 3, 3, 0, 2, 1, 0], Alert::UNEXPECTED_MESSAGE),
        (&[23, 3, 3, 0, 1, 0], Alert::UNEXPECTED_MESSAGE),
        (&[22, 3, 1, 0, 0], Alert::DECODE_ERROR),
        (&[22, 3, 1, 0, 4, 20, 0, 0, 0], Alert::UNEXPECTED_MESSAGE),
        (&[22, 3, 1, 0x40, 1], Alert::RECORD_OVERFLOW),
        (&[22, 2, 0, 0, 1], Alert::PROTOCOL_VERSION),
    ] {
        for piece in [1, usize::MAX] {
            let client = Client::nobody(&TLS12, &clock);
            let mut pair = Pair::new(&acceptor, &client, "server.example", &clock);
            pair.piece = piece;
            pair.server_hears(bytes);
            let refusal = pair.server.refusal().unwrap();
            assert_eq!((refusal.cause(), refusal.alert()), (Cause::Protocol, Some(alert)));
            assert_eq!(pair.server.take_output(), [21, 3, 3, 0, 2, 2, alert.code()]);
        }
    }
}

#[test]
fn empty_records_and_alerts_do_not_keep_a_handshake_alive() {
    let site = Site::new();
    let clock = Clock::new();
    let acceptor = acceptor(&site);
    let warning = Record::new(content::ALERT, &[1, 90]).bytes();
    let empty = Record::new(content::HANDSHAKE, &[]).bytes();
    let ccs = Record::new(content::CHANGE_CIPHER_SPEC, &[1]).bytes();
    for version in VERSIONS {
        for flood in [&warning, &empty, &ccs] {
            let client = Client::nobody(version, &clock);
            let mut pair = Pair::new(&acceptor, &client, "server.example", &clock);
            let hello = pair.client_speaks();
            pair.server_hears(&hello);
            let mut sent = 0;
            while pair.server.is_handshaking() {
                sent += 1;
                assert!(sent <= limits::HANDSHAKE_RECORDS, "{flood:?}");
                pair.server_hears(flood);
            }
            let refusal = pair.server.refusal().unwrap();
            assert!(
                matches!(refusal.cause(), Cause::Protocol | Cause::TooMuch | Cause::PeerAlert),
                "{refusal}"
            );
        }
    }
}

#[test]
fn a_client_that_gives_up_is_reported_with_its_alert() {
    let site = Site::new();
    let clock = Clock::new();
    let client = Client::nobody(&TLS12, &clock);
    let mut pair = Pair::new(&acceptor(&site), &client, "server.example", &clock);
    let hello = pair.client_speaks();
    pair.server_hears(&hello);
    pair.server_hears(&Record::new(content::ALERT, &[2, 48]).bytes());
    let refusal = pair.server.refusal().unwrap();
    assert_eq!((refusal.cause(), refusal.alert()), (Cause::PeerAlert, None));
    assert!(refusal.detail().contains("unknown_ca"), "{refusal}");
}

#[test]
fn alerts_and_empty_records_after_the_handshake_end_it_soon() {
    let site = Site::new();
    let (leaf, clock) = (site.leaf(BILLING), Clock::new());
    let acceptor = acceptor(&site);
    for version in VERSIONS {
        let mut client = Client::nobody(version, &clock).presenting(&site.chain(&leaf), &leaf.key);
        client.config.enable_secret_extraction = true;
        let mut pair = Pair::new(&acceptor, &client, "server.example", &clock);
        assert_eq!(pair.talk(), None);
        let Pair { mut server, client, .. } = pair;
        let mut protection = Protection::of_client(client);
        let mut sent = 0;
        while matches!(server.state(), State::Established(_)) {
            sent += 1;
            assert!(sent <= 16);
            let mut warning = protection.seal(content::ALERT, &[1, 90]);
            let _ = server.feed(&mut warning, moment(&clock));
        }
        assert!(matches!(server.state(), State::Closed(Closed::Failed(_))));
    }
}

#[test]
fn a_handshake_that_takes_too_long_is_refused_at_its_deadline() {
    let site = Site::new();
    let clock = Clock::new();
    let verifier = Arc::new(site.verifier(POLICY));
    let time = Duration::from_secs(3);
    let acceptor = requiring(&verifier).handshake_time(time).build().unwrap();
    let start = Moment { elapsed: Duration::from_millis(500), ..moment(&clock) };
    for fed in [0, 100, usize::MAX] {
        let mut server = acceptor.accept(start);
        let deadline = server.deadline().unwrap();
        assert_eq!(deadline, Duration::from_millis(3_500));
        let mut hello = hello(&clock);
        let length = hello.len().min(fed);
        let _ = server.feed(&mut hello[..length], start);
        server.handle_timeout(start.after(time - Duration::from_millis(1)));
        assert!(server.is_handshaking());
        assert_eq!(server.deadline(), Some(deadline));
        server.handle_timeout(start.after(time));
        assert_eq!(server.refusal().unwrap().cause(), Cause::TooSlow, "{fed}");
        assert_eq!(server.deadline(), None);
        let progress = server.feed(&mut hello, start.after(time));
        assert_eq!((progress.used, progress.waits_for), (hello.len(), WaitsFor::Nothing));
    }
}

#[test]
fn an_established_connection_has_no_deadline() {
    let site = Site::new();
    let (leaf, clock) = (site.leaf(BILLING), Clock::new());
    for version in VERSIONS {
        let client = Client::nobody(version, &clock).presenting(&site.chain(&leaf), &leaf.key);
        let mut pair = Pair::new(&acceptor(&site), &client, "server.example", &clock);
        assert_eq!(pair.talk(), None);
        assert_eq!(pair.server.deadline(), None);
        clock.advance(1_000_000);
        pair.server.handle_timeout(moment(&clock));
        assert!(pair.is_established());
    }
}

/// A client whose certificate is good for two seconds more.
fn short_lived(
    site: &Site,
    version: &'static rustls::SupportedProtocolVersion,
) -> (Client, Arc<Clock>) {
    let clock = Clock::new();
    let leaf = site
        .ca
        .leaf_with("client", |c| c.validity(NOW - 10, NOW + 2).san([GeneralName::uri(BILLING)]));
    (Client::nobody(version, &clock).presenting(&site.chain(&leaf), &leaf.key), clock)
}

fn assert_expired(server: &countersign::engine::Connection) {
    let refusal = server.refusal().unwrap();
    assert_eq!((refusal.cause(), refusal.reason()), (Cause::Denied, Some(Reason::Expired)));
    // Its handshake was complete: rustls has no alert for that.
    assert_eq!(refusal.alert(), None);
    assert!(server.session().is_none() && server.lease().is_none());
}

#[test]
fn a_certificate_that_expires_while_its_handshake_lasts_is_refused() {
    let site = Site::new();
    let (client, clock) = short_lived(&site, &TLS12);
    let mut pair = Pair::new(&acceptor(&site), &client, "server.example", &clock);
    let hello = pair.client_speaks();
    pair.server_hears(&hello);
    pair.client_hears();
    let flight = pair.client_speaks();
    let (most, last) = flight.split_at(flight.len() - 1);
    pair.server_hears(most);
    assert!(pair.server.is_handshaking());
    clock.advance(3);
    pair.server_hears(last);
    assert_expired(&pair.server);

    // The same with a message that has only begun behind the handshake.
    for piece in [&[][..], &[handshake::KEY_UPDATE, 0, 0]] {
        let (client, clock) = short_lived(&site, &TLS13);
        let mut puppet = Puppet::new(&acceptor(&site), client, &clock);
        let [certificate, verify] = puppet.identity.clone();
        puppet.say(&certificate);
        puppet.say(&verify);
        clock.advance(3);
        if piece.is_empty() {
            puppet.finish();
        } else {
            puppet.finish_and_begin(piece);
        }
        assert_expired(&puppet.pair.server);
    }
}

#[test]
fn a_connection_closed_from_this_side_before_it_is_complete_is_refused() {
    let site = Site::new();
    let clock = Clock::new();
    for fed in [0, 100, usize::MAX] {
        let mut server = acceptor(&site).accept(moment(&clock));
        let mut hello = hello(&clock);
        let length = hello.len().min(fed);
        let _ = server.feed(&mut hello[..length], moment(&clock));
        server.close();
        assert_eq!(server.refusal().unwrap().cause(), Cause::Abandoned);
    }
}

#[test]
fn a_client_with_nothing_in_common_is_told_so() {
    let site = Site::new();
    let (leaf, clock) = (site.leaf(BILLING), Clock::new());
    let verifier = Arc::new(site.verifier(POLICY));
    let only = |version| requiring(&verifier).versions([version]).build().unwrap();
    use countersign::engine::TlsVersion::{Tls12, Tls13};
    for (acceptor, version) in [(only(Tls12), &TLS13), (only(Tls13), &TLS12)] {
        let client = Client::nobody(version, &clock).presenting(&site.chain(&leaf), &leaf.key);
        let mut pair = Pair::new(&acceptor, &client, "server.example", &clock);
        assert_eq!(pair.talk(), Some(AlertDescription::ProtocolVersion));
        assert_eq!(pair.server.refusal().unwrap().cause(), Cause::Protocol);
    }
    let acceptor = requiring(&verifier).alpn(["h2"]).resumption(Resumption::off()).build().unwrap();
    for version in VERSIONS {
        let mut client = Client::nobody(version, &clock).presenting(&site.chain(&leaf), &leaf.key);
        client.config.alpn_protocols = vec![b"http/1.1".to_vec()];
        let mut pair = Pair::new(&acceptor, &client, "server.example", &clock);
        assert_eq!(pair.talk(), Some(AlertDescription::NoApplicationProtocol));
        assert_eq!(pair.server.refusal().unwrap().cause(), Cause::Protocol);
    }
}
