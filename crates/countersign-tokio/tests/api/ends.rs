//! Connections that end before they should.

use std::future::Future;
use std::io;
use std::pin::pin;
use std::task::{Context, Waker};

use countersign::engine::Cause;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::peer::Client;
use crate::scene::{LISTED, Scene, VERSIONS, connect};

#[tokio::test]
async fn a_stream_whose_peer_just_goes_away_says_that_something_may_be_missing() {
    let scene = Scene::new();
    for version in VERSIONS {
        for closed_first in [false, true] {
            let (mut client, mut server) = scene.pair(version, LISTED, 4096).await;
            client.write_all(b"half a").await.unwrap();
            client.flush().await.unwrap();
            if closed_first {
                server.shutdown().await.unwrap();
            }
            drop(client);
            let mut heard = Vec::new();
            let error = server.read_to_end(&mut heard).await.unwrap_err();
            assert_eq!((error.kind(), &heard[..]), (io::ErrorKind::UnexpectedEof, &b"half a"[..]));
            let again = server.read(&mut [0; 1]).await.unwrap_err();
            assert_eq!(again.kind(), io::ErrorKind::UnexpectedEof);
        }
    }
}

#[tokio::test]
async fn a_record_that_was_tampered_with_is_an_error_and_the_peer_is_told() {
    let scene = Scene::new();
    for version in VERSIONS {
        let (client, mut server) = scene.pair(version, LISTED, 4096).await;
        let (mut io, mut tls) = client.into_inner();
        let mut record = [0x5a; 37];
        record[..5].copy_from_slice(&[23, 3, 3, 0, 32]);
        io.write_all(&record).await.unwrap();
        let error = server.read(&mut [0; 1]).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidData);
        drop(server);
        let mut wire = Vec::new();
        io.read_to_end(&mut wire).await.unwrap();
        tls.read_tls(&mut &wire[..]).unwrap();
        let seen = tls.process_new_packets().unwrap_err();
        assert_eq!(seen, rustls::Error::AlertReceived(rustls::AlertDescription::BadRecordMac));
    }
}

#[tokio::test]
async fn a_handshake_that_is_cut_off_anywhere_is_refused_and_nothing_stays() {
    let scene = Scene::new().tracking();
    for version in VERSIONS {
        let mut hello = Vec::new();
        Client::nobody(version, &scene.clock)
            .connect("server.example")
            .write_tls(&mut hello)
            .unwrap();
        for cut in (0..=hello.len()).step_by(7).chain([hello.len()]) {
            let (mut peer, io) = tokio::io::duplex(100_000);
            peer.write_all(&hello[..cut]).await.unwrap();
            peer.shutdown().await.unwrap();
            let refused = scene.acceptor.accept(io).await.unwrap_err();
            assert_eq!(refused.refusal().unwrap().cause(), Cause::Truncated, "after {cut} bytes");
        }
    }
    assert_eq!(scene.acceptor.tracked(), 0);
}

#[tokio::test]
async fn a_socket_that_breaks_during_the_handshake_is_no_stream() {
    let scene = Scene::new();
    for version in VERSIONS {
        let (mut peer, io) = tokio::io::duplex(100_000);
        let mut hello = Vec::new();
        Client::nobody(version, &scene.clock)
            .connect("server.example")
            .write_tls(&mut hello)
            .unwrap();
        peer.write_all(&hello).await.unwrap();
        drop(peer);
        scene.acceptor.accept(io).await.unwrap_err();
    }
}

#[tokio::test]
async fn an_accept_that_is_dropped_closes_its_socket_and_leaves_nothing() {
    let scene = Scene::new().tracking();
    for version in VERSIONS {
        let (here, there) = tokio::io::duplex(100_000);
        let connecting = tokio::spawn(connect(scene.client(version, LISTED), here));
        tokio::task::yield_now().await;
        {
            let mut accepting = pin!(scene.acceptor.accept(there));
            let poll = accepting.as_mut().poll(&mut Context::from_waker(Waker::noop()));
            assert!(poll.is_pending(), "the client has only said hello");
        }
        connecting.await.unwrap().unwrap_err();
        assert_eq!(scene.acceptor.tracked(), 0);
    }
}
