//! Inputs that the fuzz targets `handshake` and `hello` start from.

use std::sync::Arc;

use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::pki_types::ServerName;
use rustls::version::{TLS12, TLS13};
use rustls::{ClientConfig, ClientConnection, RootCertStore, SupportedProtocolVersion};

use super::handshake_site::guest;
use super::seeds::Seed;

/// The octets of operations.
mod op {
    pub(super) const CONNECT: u8 = 0;
    pub(super) const RUN: u8 = 1;
    pub(super) const DELIVER: u8 = 2;
    pub(super) const ANSWER: u8 = 3;
    pub(super) const FLIP: u8 = 4;
    pub(super) const DROP: u8 = 5;
    pub(super) const INSERT: u8 = 6;
    pub(super) const REPEAT: u8 = 7;
    pub(super) const SWAP: u8 = 8;
    pub(super) const SPLIT: u8 = 9;
    pub(super) const REPLACE: u8 = 10;
    pub(super) const END_OF_INPUT: u8 = 11;
    pub(super) const SECONDS: u8 = 12;
    pub(super) const MINUTES: u8 = 13;
    pub(super) const JUMP: u8 = 14;
    pub(super) const RELOAD: u8 = 15;
    pub(super) const WRITE: u8 = 16;
    pub(super) const READ: u8 = 17;
    pub(super) const CLOSE: u8 = 18;
    pub(super) const CLIENT_WRITES: u8 = 19;
    pub(super) const CLIENT_CLOSES: u8 = 20;
    pub(super) const CLIENT_RENEWS: u8 = 21;
    pub(super) const TURN: u8 = 22;
    pub(super) const DELIVER_ALL: u8 = 23;
    pub(super) const DELIVER_BUT: u8 = 24;
    /// The largest length.
    pub(super) const ALL: u8 = 255;
}

const TLS13_BIT: u8 = 0x80;
const SECOND_FRONT: u8 = 0x10;
const CACHE: u8 = 1;
const ANYWHERE: u8 = 8;
/// `x.a.example`, which has the same entry as `a.example`.
const WILDCARD: u8 = 4;

/// Operations, both versions of each.
pub(super) fn handshakes() -> Vec<Seed> {
    let mut seeds = Vec::new();
    for version in [0, TLS13_BIT] {
        let mut add = |name: &str, operations: &[&[u8]]| {
            let version = if version == 0 { "12" } else { "13" };
            seeds.push(Seed { name: format!("{name}-{version}"), octets: operations.concat() });
        };
        let connect = |who: u8, to: u8, how: u8| [op::CONNECT, who | version, to, how];
        everybody_everywhere(&mut add, &connect);
        resumption(&mut add, &connect);
        on_the_way(&mut add, &connect);
        in_between(&mut add, &connect);
    }
    seeds
}

type Add<'a> = dyn FnMut(&str, &[&[u8]]) + 'a;
type Connect<'a> = dyn Fn(u8, u8, u8) -> [u8; 4] + 'a;

/// A line each way.
const TALK: &[u8] = &[
    op::CLIENT_WRITES,
    20,
    op::RUN,
    op::WRITE,
    30,
    op::RUN,
    op::CLIENT_CLOSES,
    op::RUN,
    op::CLOSE,
    op::RUN,
];

fn everybody_everywhere(add: &mut Add<'_>, connect: &Connect<'_>) {
    for who in guest::NOBODY..=guest::IMPOSTOR {
        for front in [0, SECOND_FRONT] {
            let visits: Vec<Vec<u8>> =
                (0..4).map(|name| [&connect(who, front | name, CACHE), TALK].concat()).collect();
            let visits: Vec<&[u8]> = visits.iter().map(Vec::as_slice).collect();
            add(&format!("guest-{who}-{front}"), &visits);
        }
    }
    for name in 4..8 {
        let visit = |front| connect(guest::BILLING, front | name, 0);
        add(&format!("name-{name}"), &[&visit(0), TALK, &visit(SECOND_FRONT), TALK]);
    }
}

fn resumption(add: &mut Add<'_>, connect: &Connect<'_>) {
    let run: &[u8] = &[op::RUN, op::CLIENT_WRITES, 9, op::RUN];
    for way in [0, CACHE] {
        let here = connect(guest::BILLING, 0, way);
        let after = |what: &[u8], there: [u8; 4]| [&here, run, what, &there, run].concat();
        add(&format!("resumes-{way}"), &[&after(&[op::SECONDS, 5], here), &here, run]);
        for policy in 0..4 {
            let reload = [op::RELOAD, policy];
            add(&format!("reload-{way}-{policy}"), &[&after(&reload, here)]);
            let jobs = connect(guest::JOBS, 0, way);
            add(&format!("jobs-{way}-{policy}"), &[&jobs, run, &reload, &jobs, run]);
        }
        add(&format!("too-old-{way}"), &[&after(&[op::MINUTES, 18], here)]);
        add(&format!("clock-back-{way}"), &[&after(&[op::JUMP, 100], here)]);
        let expiring = connect(guest::EXPIRING, 0, way);
        let ten_minutes = [op::MINUTES, 10, op::SECONDS, 1];
        add(&format!("expired-{way}"), &[&expiring, run, &ten_minutes, &expiring, run]);
        for (n, to) in [WILDCARD, 1, 2, 3, SECOND_FRONT, SECOND_FRONT | 2].into_iter().enumerate() {
            for who in [guest::BILLING, guest::NOBODY] {
                let there = connect(who, to, way | ANYWHERE);
                add(&format!("elsewhere-{way}-{n}-{who}"), &[&after(&[], there)]);
            }
        }
        let (first, second) =
            (connect(guest::OTHER, 1, way), connect(guest::OTHER, SECOND_FRONT | 1, way));
        add(&format!("other-judge-{way}"), &[&first, run, &second, run]);
        let nobody = connect(guest::NOBODY, 2, way);
        add(&format!("nobody-resumes-{way}"), &[&nobody, run, &nobody, run]);
    }
}

fn on_the_way(add: &mut Add<'_>, connect: &Connect<'_>) {
    let here: &[u8] = &connect(guest::BILLING, 0, 0);
    // The client's second flight is on its way.
    let flight: &[u8] = &[here, &[op::DELIVER_ALL, op::ANSWER, op::ALL]].concat();
    for (name, what) in [
        ("flip", &[op::FLIP, 40, 3][..]),
        ("drop", &[op::DROP, 3, 7]),
        ("insert", &[op::INSERT, 0, 6, 21, 3, 3, 0, 2, 2]),
        ("repeat", &[op::REPEAT, 0]),
        ("swap", &[op::SWAP, 0]),
        ("split", &[op::SPLIT, 0, 50]),
    ] {
        add(&format!("hello-{name}"), &[here, what, &[op::RUN]]);
        add(&format!("flight-{name}"), &[flight, what, &[op::RUN]]);
    }
    let often = [op::SPLIT, 0, 0].repeat(20);
    add("hello-in-small-records", &[here, &often, &[op::RUN], TALK]);
    add(
        "plaintext-at-once",
        &[here, &[op::CLIENT_WRITES, 50], &flight[4..], &[op::CLIENT_WRITES, 200, op::RUN]],
    );
    let pieces = [op::DELIVER, 16].repeat(20);
    add("pieces", &[here, &pieces, &[op::ANSWER, op::ALL], &pieces, &[op::RUN], TALK]);
    let other = connect(guest::NOBODY, 2, 0);
    add("replace", &[here, &[op::RUN], &other, &[op::REPLACE, 0, op::RUN]]);
    add(
        "replace-records",
        &[here, &[op::RUN], &other, &[op::RUN, op::CLIENT_WRITES, 9, op::REPLACE, 0, op::RUN]],
    );
    for length in [0, 1, 5, 60, 129, 131] {
        let part = [op::DELIVER, length, op::END_OF_INPUT, op::RUN];
        add(&format!("hello-ends-{length}"), &[here, &part]);
        add(&format!("flight-ends-{length}"), &[flight, &part]);
    }
}

fn in_between(add: &mut Add<'_>, connect: &Connect<'_>) {
    for (who, what) in [
        (guest::BILLING, &[op::SECONDS, 9, op::RUN][..]),
        (guest::BILLING, &[op::SECONDS, 10, op::RUN]),
        (guest::BILLING, &[op::RELOAD, 1, op::RUN]),
        (guest::BILLING, &[op::RELOAD, 2, op::RUN]),
        (guest::EXPIRING, &[op::JUMP, 129, op::SECONDS, 1, op::RUN]),
        (guest::EXPIRING, &[op::JUMP, 0, op::RUN]),
        (guest::BILLING, &[op::CLOSE, op::RUN]),
        (guest::BILLING, &[op::CLIENT_CLOSES, op::RUN]),
    ] {
        let here = connect(who, 0, 0);
        let octets: Vec<_> = what.iter().map(|octet| format!("{octet:02x}")).collect();
        let name = |when: &str| format!("{when}-{who}-{}", octets.concat());
        // Before the client's second flight, and when the verdict is there and its end is not.
        add(&name("before"), &[&here, &[op::DELIVER_ALL, op::ANSWER, op::ALL], what]);
        let most = [op::DELIVER_ALL, op::ANSWER, op::ALL, op::DELIVER_BUT, 9];
        add(&name("during"), &[&here, &most, what]);
        add(&name("after"), &[&here, &[op::RUN], what, TALK]);
    }
    let here: &[u8] = &connect(guest::BILLING, 0, 0);
    let renew = [op::CLIENT_RENEWS, op::CLIENT_WRITES, 3].repeat(10);
    add("key-updates", &[here, &[op::RUN], &renew, &[op::RUN], TALK]);
    let much = [op::CLIENT_WRITES, op::ALL, op::WRITE, op::ALL].repeat(4);
    add(
        "much",
        &[
            here,
            &[op::RUN],
            &much,
            &[op::DELIVER_ALL, op::READ, 100, op::ANSWER, 90, op::RUN],
            TALK,
        ],
    );
    let other: &[u8] = &connect(guest::OTHER, 1, CACHE);
    let turns = [op::DELIVER, 100, op::TURN, 0, op::DELIVER, 100, op::TURN, 1];
    add("turns", &[here, other, &turns, &turns, &[op::RUN, op::TURN, 0, op::RUN]]);
}

/// Hellos of rustls' client as they are on the wire, in one record and in several, and what is
/// none.
pub(super) fn hellos() -> Vec<Vec<u8>> {
    let mut inputs = Vec::new();
    for version in [&TLS12, &TLS13] {
        for name in ["a.example", "x.a.example", "b.example", "nobody.example", "192.0.2.7"] {
            let hello = hello(version, name);
            inputs.push([&[0], &hello[..]].concat());
            inputs.push([&[5 << 1 | 1], &in_records(&hello, 40)[..]].concat());
        }
        let hello = hello(version, "c.example");
        inputs.push([&[0], &in_records(&hello, 1)[..]].concat());
        inputs.push([&[0], &hello[..], &[20, 3, 3, 0, 1, 1, 23, 3, 3, 0, 2, 7, 7]].concat());
        inputs.push([&[0], &hello[..], &hello[..]].concat());
        inputs.push([&[0x21], &hello[..hello.len() / 2]].concat());
    }
    inputs.push(vec![0, 21, 3, 3, 0, 2, 2, 40]);
    inputs.push(vec![0, 22, 3, 1, 0, 4, 1, 0, 0, 0]);
    inputs.push(b"\0GET / HTTP/1.1\r\n\r\n".to_vec());
    inputs
}

/// A hello in TLS 1.3 for `a.example`.
pub fn a_hello() -> Vec<u8> {
    hello(&TLS13, "a.example")
}

fn hello(version: &'static SupportedProtocolVersion, name: &str) -> Vec<u8> {
    // Without the post-quantum share: a short hello is read and changed sooner.
    let provider = CryptoProvider {
        kx_groups: vec![aws_lc_rs::kx_group::X25519, aws_lc_rs::kx_group::SECP256R1],
        ..aws_lc_rs::default_provider()
    };
    let config = ClientConfig::builder_with_provider(Arc::new(provider))
        .with_protocol_versions(&[version])
        .expect("the provider has suites of both versions")
        .with_root_certificates(RootCertStore::empty())
        .with_no_client_auth();
    let name = ServerName::try_from(name.to_owned()).expect("a name or an address");
    let mut client = ClientConnection::new(Arc::new(config), name).expect("a client");
    let mut wire = Vec::new();
    client.write_tls(&mut wire).expect("a vector takes everything");
    wire
}

/// The message in the one record of `hello`, in records of so many bytes.
fn in_records(hello: &[u8], length: usize) -> Vec<u8> {
    let record = |body: &[u8]| [&[22, 3, 1, 0, body.len() as u8], body].concat();
    hello[5..].chunks(length).flat_map(record).collect()
}
