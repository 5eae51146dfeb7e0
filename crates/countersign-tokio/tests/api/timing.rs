//! What a peer gets of our time. tokio's clock is paused: it jumps to the next thing that waits.

use std::io;

use countersign::engine::Cause;
use countersign::limits;
use countersign_tokio::Refused;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::{Duration, Instant, sleep};

use crate::scene::{LISTED, SHIPPING, Scene, VERSIONS, connect};

#[tokio::test(start_paused = true)]
async fn a_peer_that_says_nothing_is_refused_when_its_time_is_over() {
    let scene = Scene::new();
    let (_peer, io) = tokio::io::duplex(1024);
    let began = Instant::now();
    let refused = scene.acceptor.accept(io).await.unwrap_err();
    assert_eq!(refused.refusal().unwrap().cause(), Cause::TooSlow);
    assert_eq!(io::Error::from(refused).kind(), io::ErrorKind::TimedOut);
    assert_eq!(began.elapsed(), limits::HANDSHAKE_TIME);
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_trickles_is_refused_no_later() {
    let scene = Scene::with(|engine| engine.handshake_time(Duration::from_secs(3)));
    let (mut peer, io) = tokio::io::duplex(1024);
    let trickle = tokio::spawn(async move {
        // A handshake record of 500 bytes, one byte a second.
        for byte in [22, 3, 1, 1, 0xf4, 1].into_iter().chain(std::iter::repeat(0)) {
            if peer.write_u8(byte).await.is_err() {
                break;
            }
            sleep(Duration::from_secs(1)).await;
        }
    });
    let began = Instant::now();
    let refused = scene.acceptor.accept(io).await.unwrap_err();
    assert_eq!(refused.refusal().unwrap().cause(), Cause::TooSlow);
    assert_eq!(began.elapsed(), Duration::from_secs(3));
    trickle.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_does_not_take_its_alert_is_left_alone() {
    let scene = Scene::new();
    let (mut peer, io) = tokio::io::duplex(4);
    let peer = tokio::spawn(async move {
        peer.write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
        peer
    });
    let began = Instant::now();
    let refused = scene.acceptor.accept(io).await.unwrap_err();
    assert_eq!(refused.refusal().unwrap().cause(), Cause::Protocol);
    assert_eq!(began.elapsed(), Duration::from_secs(2));
    peer.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_takes_its_alert_and_stays_is_left_alone_too() {
    let scene = Scene::new();
    for version in VERSIONS {
        let (here, there) = tokio::io::duplex(100_000);
        let client = scene.client(version, "spiffe://no.example/x");
        let client = tokio::spawn(connect(client, here));
        let began = Instant::now();
        scene.acceptor.accept(there).await.unwrap_err();
        assert!(began.elapsed() <= Duration::from_secs(2), "{:?}", began.elapsed());
        drop(client.await.unwrap());
    }
}

/// The deadline is the handshake's alone.
#[tokio::test(start_paused = true)]
async fn a_stream_may_be_idle_for_as_long_as_it_likes() {
    let scene = Scene::new();
    for (version, uri) in VERSIONS.into_iter().zip([LISTED, SHIPPING]) {
        let (mut client, mut server) = scene.pair(version, uri, 4096).await;
        let waiting = tokio::spawn(async move {
            let heard = server.read_u8().await;
            (heard, server)
        });
        sleep(100 * limits::HANDSHAKE_TIME).await;
        client.write_u8(7).await.unwrap();
        client.flush().await.unwrap();
        let (heard, _server) = waiting.await.unwrap();
        assert_eq!(heard.unwrap(), 7);
    }
}

/// A peer that completes its handshake and never reads what belongs to it.
#[tokio::test(start_paused = true)]
async fn a_peer_that_does_not_take_its_tickets_is_refused_when_its_time_is_over() {
    use countersign::engine::{Resumption, TicketKeys};
    let keys = std::sync::Arc::new(TicketKeys::per_process().unwrap());
    let scene = Scene::with(|engine| engine.tickets(4).resumption(Resumption::tickets(keys)));
    let (here, there) = tokio::io::duplex(64);
    let client = tokio::spawn(connect(scene.client(VERSIONS[1], LISTED), here));
    let refused = scene.acceptor.accept(there).await.unwrap_err();
    assert!(matches!(&refused, Refused::Io(e) if e.kind() == io::ErrorKind::TimedOut), "{refused}");
    drop(client.await.unwrap());
}
