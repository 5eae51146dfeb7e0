//! What a peer can make a server spend before it has shown anything: 2 ms of CPU at most. Here the
//! code is hardly optimised and the machine busy, so the cap is one that only unbounded work
//! reaches, and the least of several runs is held to it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use countersign::engine::{Resumption, TicketKeys};

use super::pair::{moment, requiring};
use crate::peer::Clock;
use crate::site::{POLICY, Site};

const CAP: Duration = Duration::from_millis(20);

fn vector(length: usize, contents: &[u8]) -> Vec<u8> {
    let bytes = u32::try_from(contents.len()).unwrap().to_be_bytes();
    [&bytes[4 - length..], contents].concat()
}

fn extension(kind: u16, contents: &[u8]) -> Vec<u8> {
    [&kind.to_be_bytes()[..], &vector(2, contents)].concat()
}

/// Every `u16` but those below `from`, `n` of them.
fn numbers(from: u16, n: u16) -> Vec<u8> {
    (0..n).flat_map(|i| from.wrapping_add(i).to_be_bytes()).collect()
}

#[derive(Clone)]
struct Parts {
    suites: Vec<u8>,
    groups: Vec<u8>,
    shares: Vec<u8>,
    schemes: Vec<u8>,
    more: Vec<u8>,
}

impl Parts {
    fn usual() -> Self {
        let share = [&[0, 29][..], &vector(2, &[9; 32])].concat();
        Self {
            suites: vec![0x13, 0x01, 0xc0, 0x2b],
            groups: vec![0, 29],
            shares: share,
            schemes: vec![4, 3, 8, 4],
            more: Vec::new(),
        }
    }

    fn hello(&self) -> Vec<u8> {
        let extensions = [
            extension(43, &vector(1, &[3, 4])),
            extension(10, &vector(2, &self.groups)),
            extension(13, &vector(2, &self.schemes)),
            extension(51, &vector(2, &self.shares)),
            self.more.clone(),
        ]
        .concat();
        let body = [
            &[3, 3][..],
            &[7; 32],
            &vector(1, &[8; 32]),
            &vector(2, &self.suites),
            &vector(1, &[0]),
            &vector(2, &extensions),
        ]
        .concat();
        [&[1][..], &vector(3, &body)].concat()
    }
}

fn records(message: &[u8], each: usize) -> Vec<u8> {
    let record = |piece: &[u8]| [&[22, 3, 1][..], &vector(2, piece)].concat();
    message.chunks(each).flat_map(record).collect()
}

#[test]
fn no_hello_buys_unbounded_work() {
    let site = Site::new();
    let acceptor =
        requiring(&Arc::new(site.verifier(POLICY))).alpn(["h2", "http/1.1"]).build().unwrap();
    let clock = Clock::new();
    let usual = Parts::usual();
    let more = |more: Vec<u8>| Parts { more, ..usual.clone() };
    let share = |i: u16| [&(1_000 + i).to_be_bytes()[..], &vector(2, &[1])].concat();
    let identity = [&vector(2, &[1])[..], &[0; 4]].concat().repeat(1_500);
    let binders = vector(1, &[2; 32]).repeat(1_500);
    let psk = [
        extension(45, &vector(1, &[1])),
        extension(41, &[vector(2, &identity), vector(2, &binders)].concat()),
    ]
    .concat();
    let unknown = (20_000..36_000).flat_map(|i| extension(i, &[])).collect();
    let dn = vector(2, &[0x30, 0]).repeat(15_000);
    let hellos = [
        ("usual", usual.clone(), 1 << 14),
        (
            "suites",
            Parts {
                suites: [numbers(0x4000, 32_000), usual.suites.clone()].concat(),
                ..usual.clone()
            },
            1 << 14,
        ),
        (
            "groups",
            Parts {
                groups: [numbers(0x4000, 32_000), usual.groups.clone()].concat(),
                ..usual.clone()
            },
            1 << 14,
        ),
        ("schemes", Parts { schemes: numbers(0x0403, 32_000), ..usual.clone() }, 1 << 14),
        ("schemes good", Parts { schemes: [4, 3].repeat(32_000), ..usual.clone() }, 1 << 14),
        (
            "shares",
            Parts {
                shares: [(0..12_000).flat_map(share).collect(), usual.shares.clone()].concat(),
                ..usual.clone()
            },
            1 << 14,
        ),
        ("unknown extensions", more(unknown), 1 << 14),
        ("authorities", more(extension(47, &vector(2, &dn))), 1 << 14),
        ("protocols", more(extension(16, &vector(2, &[1, 7].repeat(32_000)))), 1 << 14),
        ("identities", more(psk), 1 << 14),
        ("padding", more(extension(21, &[0; 64_000])), 1 << 14),
        ("padding by one byte", more(extension(21, &[0; 12_000])), 1),
        (
            "suites by one byte",
            Parts {
                suites: [numbers(0x4000, 6_000), usual.suites.clone()].concat(),
                ..usual.clone()
            },
            1,
        ),
    ];
    for (name, parts, each) in hellos {
        let wire = records(&parts.hello(), each);
        let mut least = Duration::MAX;
        for _ in 0..20 {
            let mut input = wire.clone();
            let mut server = acceptor.accept(moment(&clock));
            let started = Instant::now();
            let _ = server.feed(&mut input, moment(&clock));
            least = least.min(started.elapsed());
        }
        assert!(least < CAP, "{name}: {least:?}");
    }
}

/// A secret's name and its windows stand in the clear in every ticket that a client sends. Whoever
/// saw one can write the fronts of others; deriving a key for each must not be what they buy.
#[cfg(unix)]
#[test]
fn no_pile_of_made_up_tickets_buys_unbounded_work() {
    use std::os::unix::fs::PermissionsExt as _;

    let site = Site::new();
    let secret: Vec<u8> = (0..32).collect();
    let text: String = secret.iter().map(|byte| format!("{byte:02x}")).collect();
    let file = site.write("ticket.secret", text.as_bytes());
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
    let digest = aws_lc_rs::digest::digest(
        &aws_lc_rs::digest::SHA256,
        &[&b"countersign ticket secret name v1"[..], &secret].concat(),
    );
    let name = &digest.as_ref()[..4];
    // Seven days, the most that RFC 8446 allows.
    let keys = TicketKeys::from_file(&file).unwrap().with_windows(Duration::from_secs(3_600), 168);
    let acceptor = requiring(&Arc::new(site.verifier(POLICY)))
        .resumption(Resumption::tickets(Arc::new(keys)))
        .build()
        .unwrap();
    let clock = Clock::new();
    let window = clock.seconds() / 3_600;
    let (mut identities, mut binders) = (Vec::new(), Vec::new());
    for i in 0..1_200 {
        let window = (window - i % 168).to_be_bytes();
        let ticket = [&[1][..], name, &window].concat();
        identities.extend([vector(2, &ticket), vec![0; 4]].concat());
        binders.extend(vector(1, &[2; 32]));
    }
    let more = [
        extension(45, &vector(1, &[1])),
        extension(41, &[vector(2, &identities), vector(2, &binders)].concat()),
    ]
    .concat();
    let wire = records(&Parts { more, ..Parts::usual() }.hello(), 1 << 14);
    let mut least = Duration::MAX;
    for _ in 0..20 {
        let mut input = wire.clone();
        let mut server = acceptor.accept(moment(&clock));
        let started = Instant::now();
        let _ = server.feed(&mut input, moment(&clock));
        least = least.min(started.elapsed());
        assert!(server.refusal().is_none(), "{:?}", server.state());
    }
    assert!(least < CAP, "{least:?}");
}
