//! Sessions that end because their clients would not be let in any more.

use std::io;
use std::sync::Arc;

use countersign::Reason;
use countersign::engine::{Resumption, TicketKeys};
use countersign_tokio::{Ended, Stream};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream};

use crate::scene::{LISTED, SHIPPING, Scene, VERSIONS, connect, echo};

fn ended(error: &io::Error) -> &Ended {
    assert_eq!(error.kind(), io::ErrorKind::PermissionDenied);
    error.get_ref().and_then(|inner| inner.downcast_ref()).expect("it says who ended")
}

#[tokio::test]
async fn a_review_after_a_reload_ends_exactly_the_sessions_of_who_is_out() {
    let scene = Scene::new().tracking();
    for version in VERSIONS {
        scene.approve_both();
        let (mut billing, mut its_server) = scene.pair(version, LISTED, 4096).await;
        let (mut shipping, mut waits) = scene.pair(version, SHIPPING, 4096).await;
        assert_eq!(scene.acceptor.tracked(), 2);
        let waiting = tokio::spawn(async move { waits.read(&mut [0; 1]).await.map(|_| waits) });
        tokio::task::yield_now().await;
        assert!(scene.acceptor.review().is_empty(), "nothing has changed");

        scene.revoke_shipping();
        let review = scene.acceptor.review();
        let [only] = &review[..] else { panic!("{review:?}") };
        assert_eq!(only.client(), Some("acme-shipping"));
        assert_eq!(only.verdict().reason(), Reason::NotListed);
        assert_eq!(only.verdict().generation(), scene.verifier.generation());
        assert!(scene.acceptor.review().is_empty(), "each ends once");

        let error = waiting.await.unwrap().unwrap_err();
        assert_eq!(ended(&error).verdict(), only.verdict());
        assert_eq!(shipping.read(&mut [0; 1]).await.unwrap(), 0, "close_notify");
        echo(&mut billing, &mut its_server, b"still here").await;
        assert_eq!(scene.acceptor.tracked(), 1, "the waiting stream is gone");
    }
}

/// What its client sent before, and what was not yet sent to it, stays where it is.
#[tokio::test]
async fn a_session_that_has_ended_gives_no_byte_more_and_takes_none() {
    let scene = Scene::new().tracking();
    let (mut client, mut server) = scene.pair(VERSIONS[1], SHIPPING, 4096).await;
    client.write_all(b"too late").await.unwrap();
    client.flush().await.unwrap();
    let mut first = [0; 3];
    server.read_exact(&mut first).await.unwrap();
    scene.revoke_shipping();
    scene.acceptor.review();
    for _ in 0..2 {
        ended(&server.read(&mut [0; 8]).await.unwrap_err());
        ended(&server.write(b"answer").await.unwrap_err());
        ended(&server.flush().await.unwrap_err());
    }
    assert_eq!(server.session().client(), Some("acme-shipping"));
    server.shutdown().await.unwrap();
    assert_eq!(client.read(&mut [0; 1]).await.unwrap(), 0);
}

#[tokio::test]
async fn a_task_that_waits_to_write_is_woken_too() {
    let scene = Scene::new().tracking();
    let (_client, mut server) = scene.pair(VERSIONS[1], SHIPPING, 64).await;
    let writing = tokio::spawn(async move { server.write_all(&[0; 1_000_000]).await });
    tokio::task::yield_now().await;
    scene.revoke_shipping();
    assert_eq!(scene.acceptor.review().len(), 1);
    ended(&writing.await.unwrap().unwrap_err());
}

#[tokio::test]
async fn a_certificate_that_has_expired_meanwhile_ends_its_session() {
    let scene = Scene::new().tracking();
    let (_client, mut server) = scene.pair(VERSIONS[1], LISTED, 4096).await;
    scene.clock.advance(91 * 86_400);
    assert_eq!(scene.acceptor.review()[0].verdict().reason(), Reason::Expired);
    ended(&server.read(&mut [0; 1]).await.unwrap_err());
}

/// The verdict was pronounced, its tickets are on their way, and the stream is in no list yet.
#[tokio::test]
async fn a_client_that_is_out_before_its_stream_is_there_does_not_slip_through() {
    let keys = Arc::new(TicketKeys::per_process().unwrap());
    let scene =
        Scene::with(|engine| engine.tickets(4).resumption(Resumption::tickets(keys))).tracking();
    let (here, there) = tokio::io::duplex(64);
    let acceptor = scene.acceptor.clone();
    let accepting = tokio::spawn(async move { acceptor.accept(there).await });
    let mut client = connect(scene.client(VERSIONS[1], SHIPPING), here).await.unwrap();
    while client.get_ref().1.wants_write() {
        client.flush().await.unwrap();
    }
    // The server has the client's whole flight and goes as far as it can: four tickets do not fit.
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    assert!(!accepting.is_finished());
    scene.revoke_shipping();
    assert!(scene.acceptor.review().is_empty(), "there is no stream yet");

    let reading = tokio::spawn(async move { client.read(&mut [0; 1]).await });
    let mut server: Stream<DuplexStream> = accepting.await.unwrap().unwrap();
    ended(&server.write(b"secret").await.unwrap_err());
    ended(&server.read(&mut [0; 1]).await.unwrap_err());
    server.shutdown().await.unwrap();
    assert_eq!(reading.await.unwrap().unwrap(), 0);
}

#[tokio::test]
async fn an_acceptor_that_does_not_track_ends_nothing_and_a_lease_still_tells() {
    let scene = Scene::new();
    let (mut client, mut server) = scene.pair(VERSIONS[1], SHIPPING, 4096).await;
    let mut lease = server.lease().unwrap();
    scene.revoke_shipping();
    assert!(scene.acceptor.review().is_empty());
    assert_eq!(scene.acceptor.tracked(), 0);
    let now = countersign::UnixTime::from_secs(scene.clock.seconds());
    assert_eq!(lease.review(now).unwrap().reason(), Reason::NotListed);
    echo(&mut client, &mut server, b"as before").await;
}
