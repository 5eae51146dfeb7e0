//! What a peer can make a server spend before it has shown anything: 2 ms of CPU at most, which
//! `benches/worst.rs` measures. Here the code is hardly optimised and the machine busy, so the cap is
//! one that only unbounded work reaches, and the least of several runs is held to it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use countersign::engine::{Acceptor, Cause, Resumption, TicketKeys};
use countersign::limits;
use countersign_testkit::worst;

use super::pair::{moment, requiring};
use crate::peer::Clock;
use crate::site::{POLICY, Site};

const CAP: Duration = Duration::from_millis(10);

/// The least of several runs, and the refusal's cause.
fn price(acceptor: &Acceptor, clock: &Clock, wire: &[u8]) -> (Duration, Option<Cause>) {
    let mut least = Duration::MAX;
    let mut cause = None;
    for _ in 0..20 {
        let mut input = wire.to_vec();
        let mut server = acceptor.accept(moment(clock));
        let started = Instant::now();
        let _ = server.feed(&mut input, moment(clock));
        least = least.min(started.elapsed());
        cause = server.refusal().map(countersign::engine::Refusal::cause);
    }
    (least, cause)
}

#[test]
fn no_hello_buys_unbounded_work() {
    let site = Site::new();
    let acceptor =
        requiring(&Arc::new(site.verifier(POLICY))).alpn(["h2", "http/1.1"]).build().unwrap();
    let clock = Clock::new();
    let records = limits::HANDSHAKE_RECORDS as usize;
    for hello in worst::hellos(limits::HELLO_BYTES, records) {
        let (least, cause) = price(&acceptor, &clock, &hello.wire);
        assert!(least < CAP, "{}: {least:?}", hello.name);
        assert_ne!(cause, Some(Cause::TooMuch), "{}: it is to be looked at", hello.name);
    }
}

#[test]
fn a_hello_beyond_the_limits_is_refused_before_anyone_looks_into_it() {
    let site = Site::new();
    let acceptor = requiring(&Arc::new(site.verifier(POLICY))).build().unwrap();
    let clock = Clock::new();
    for hello in worst::hellos(65_000, 65_000).into_iter().skip(1) {
        let (_, cause) = price(&acceptor, &clock, &hello.wire);
        assert_eq!(cause, Some(Cause::TooMuch), "{}", hello.name);
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
    let front = |i: i64| [&[1][..], name, &(window - i % 168).to_be_bytes()].concat();
    let tickets: Vec<_> = (0..300).map(front).collect();
    let (least, cause) = price(&acceptor, &clock, &worst::hello_with_tickets(&tickets));
    assert_eq!(cause, None);
    assert!(least < CAP, "{least:?}");
}
