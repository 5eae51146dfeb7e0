//! Class 6: handshake messages left out or out of order.

use std::sync::Arc;

use countersign::engine::{Acceptor, Cause, Entry};
use rustls::version::{TLS12, TLS13};

use super::super::pair::{Pair, credential, requiring};
use super::super::puppet::Puppet;
use super::super::wire::{self, Record, content, handshake};
use crate::peer::{Client, Clock};
use crate::site::{BILLING, POLICY, Site};

/// Every choice of the numbers below `count`, in every order.
fn arrangements(count: usize) -> Vec<Vec<usize>> {
    let mut all = vec![Vec::new()];
    let mut grown = 0;
    while grown < all.len() {
        let missing = (0..count).filter(|number| !all[grown].contains(number));
        let longer: Vec<Vec<usize>> =
            missing.map(|number| [&all[grown][..], &[number]].concat()).collect();
        all.extend(longer);
        grown += 1;
    }
    all
}

#[test]
fn class_06_every_message_of_tls_1_2_is_needed_and_in_its_place() {
    const MESSAGES: [u8; 3] =
        [handshake::CERTIFICATE, handshake::CLIENT_KEY_EXCHANGE, handshake::CERTIFICATE_VERIFY];
    let site = Site::new();
    let (leaf, clock) = (site.leaf(BILLING), Clock::new());
    let verifier = Arc::new(site.verifier(POLICY));
    let optional = Entry::optional(credential(), Arc::clone(&verifier));
    let required = requiring(&verifier);
    for builder in [required, Acceptor::builder().default_entry(optional)] {
        let acceptor = builder.build().unwrap();
        let client = Client::nobody(&TLS12, &clock).presenting(&site.chain(&leaf), &leaf.key);
        for order in arrangements(5) {
            let mut pair = Pair::new(&acceptor, &client, "server.example", &clock);
            let hello = pair.client_speaks();
            pair.server_hears(&hello);
            pair.client_hears();
            let flight = wire::records(&pair.client_speaks());
            let (plain, protected) = flight.split_at(flight.len() - 2);
            let plain: Vec<u8> = plain.iter().flat_map(|record| record.body.clone()).collect();
            let messages = wire::messages(&plain);
            assert!(messages.iter().map(|message| message[0]).eq(MESSAGES));
            assert_eq!(protected[0].kind, content::CHANGE_CIPHER_SPEC);
            let flight: Vec<Vec<u8>> = messages
                .iter()
                .map(|message| wire::handshake_records(message, 1 << 14))
                .chain(protected.iter().map(Record::bytes))
                .collect();

            for (place, number) in order.iter().enumerate() {
                pair.server_hears(&flight[*number]);
                let in_order = order[..=place].iter().copied().eq(0..=place);
                if in_order || order[..=place].contains(&4) {
                    // An encrypted Finished that comes early reads like the beginning of anything.
                    continue;
                }
                let refusal = pair.server.refusal().unwrap_or_else(|| panic!("{order:?}"));
                assert_eq!(refusal.cause(), Cause::Protocol, "{order:?}");
            }
            assert_eq!(pair.is_established(), order == [0, 1, 2, 3, 4], "{order:?}");
            pair.server.end_of_input(pair.now());
            assert_eq!(pair.server.refusal().is_some(), order != [0, 1, 2, 3, 4], "{order:?}");
            assert!(pair.received.is_empty());
        }
    }
}

/// Certificate without a certificate: no context, an empty list.
fn no_certificate() -> Vec<u8> {
    wire::message(handshake::CERTIFICATE, &[0, 0, 0, 0])
}

#[test]
fn class_06_every_message_of_tls_1_3_is_needed_and_in_its_place_though_finished_fits() {
    let site = Site::new();
    let (leaf, clock) = (site.leaf(BILLING), Clock::new());
    let verifier = Arc::new(site.verifier(POLICY));
    let optional = Entry::optional(credential(), Arc::clone(&verifier));
    let entries =
        [(requiring(&verifier), false), (Acceptor::builder().default_entry(optional), true)];
    for (builder, nobody_may) in entries {
        let acceptor = builder.build().unwrap();
        let client = Client::nobody(&TLS13, &clock).presenting(&site.chain(&leaf), &leaf.key);
        // Certificate, CertificateVerify, an empty Certificate, Finished; what comes behind a
        // Finished is post-handshake, and of another class.
        let orders = arrangements(4).into_iter().filter(|order| order.last() == Some(&3));
        for order in orders {
            let mut puppet = Puppet::new(&acceptor, client.clone(), &clock);
            let messages = [puppet.identity[0].clone(), puppet.identity[1].clone()];
            for number in &order {
                match number {
                    0 | 1 => puppet.say(&messages[*number]),
                    2 => puppet.say(&no_certificate()),
                    _ => puppet.finish(),
                }
            }
            let server = &puppet.pair.server;
            let client = server.session().map(|session| session.client());
            let expected = match order[..] {
                [0, 1, 3] => Some(Some("acme-billing")),
                [2, 3] if nobody_may => Some(None),
                _ => None,
            };
            assert_eq!(client, expected, "{order:?}");
            assert_eq!(server.refusal().is_some(), expected.is_none(), "{order:?}");
        }
    }
}

#[test]
fn class_06_a_second_certificate_does_not_replace_the_one_that_was_proven() {
    let site = Site::new();
    let clock = Clock::new();
    let (leaf, victim) = (site.leaf("spiffe://acme.example/other"), site.leaf(BILLING));
    let issued = POLICY.replace("version = 1", "version = 1\nadmit = \"issued\"");
    let verifier = Arc::new(site.verifier(&issued));
    let acceptor = requiring(&verifier).build().unwrap();
    let client = |leaf: &countersign_testkit::forge::Leaf| {
        Client::nobody(&TLS13, &clock).presenting(&site.chain(leaf), &leaf.key)
    };
    let stolen = Puppet::new(&acceptor, client(&victim), &clock).identity[0].clone();
    let mut puppet = Puppet::new(&acceptor, client(&leaf), &clock);
    let [own, verify] = puppet.identity.clone();
    puppet.say(&own);
    puppet.say(&verify);
    puppet.say(&stolen);
    puppet.finish();
    assert_eq!(puppet.pair.server.refusal().unwrap().cause(), Cause::Protocol);

    let mut puppet = Puppet::new(&acceptor, client(&leaf), &clock);
    let verify = puppet.identity[1].clone();
    puppet.say(&stolen);
    puppet.say(&verify);
    let refusal = puppet.pair.server.refusal().unwrap();
    assert_eq!(refusal.reason(), Some(countersign::Reason::BadSignature));
}
