//! Plaintext both ways: much of it, slowly, in pieces, and half of it.

use std::io::IoSlice;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

use rustls::version::TLS12;
use tokio::io::{
    AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, BufStream, DuplexStream,
};
use tokio::time::timeout;

use crate::drip::Drip;
use crate::peer::Client;
use crate::protection::Protection;
use crate::scene::{LISTED, Scene, VERSIONS, connect, connector, echo, loopback};
use crate::wire::{self, content};

const FOUR_MIB: usize = 4 << 20;

/// Bytes that show when one is lost, doubled or out of place.
fn pattern(length: usize) -> Vec<u8> {
    (0..length).map(|i| (i / 251 + i % 251) as u8).collect()
}

async fn read_pattern(from: &mut (impl AsyncRead + Unpin), length: usize) {
    let mut heard = vec![0; length];
    from.read_exact(&mut heard).await.unwrap();
    assert!(heard == pattern(length));
}

/// Neither way may hold up the other: as with plain sockets, a client may send all it has before
/// it reads anything.
#[tokio::test]
async fn a_peer_that_does_not_read_holds_up_writing_and_not_reading() {
    let scene = Scene::new();
    for version in VERSIONS {
        let (mut client, server) = scene.pair(version, LISTED, 16_384).await;
        let (mut incoming, mut outgoing) = tokio::io::split(server);
        let taken = Arc::new(AtomicUsize::new(0));
        let writing = tokio::spawn({
            let taken = Arc::clone(&taken);
            async move {
                let all = pattern(FOUR_MIB);
                while taken.load(Relaxed) < FOUR_MIB {
                    let more = outgoing.write(&all[taken.load(Relaxed)..]).await.unwrap();
                    taken.fetch_add(more, Relaxed);
                }
                outgoing.flush().await.unwrap();
                outgoing
            }
        });
        let sending = async {
            client.write_all(&pattern(FOUR_MIB)).await.unwrap();
            client.flush().await.unwrap();
        };
        tokio::join!(sending, read_pattern(&mut incoming, FOUR_MIB));
        let waiting = taken.load(Relaxed);
        assert!(waiting > 0 && waiting <= 48 * 1024 + 16_384, "{waiting} bytes were taken");

        read_pattern(&mut client, FOUR_MIB).await;
        writing.await.unwrap();
    }
}

#[tokio::test]
async fn four_mebibytes_go_there_and_back_over_loopback() {
    let scene = Scene::new();
    for version in VERSIONS {
        let (here, there) = loopback().await;
        let (client, server) = scene.pair_over(version, LISTED, here, there).await;
        let server = tokio::spawn(async move {
            let (mut incoming, mut outgoing) = tokio::io::split(server);
            let echoed = tokio::io::copy(&mut incoming, &mut outgoing).await.unwrap();
            outgoing.shutdown().await.unwrap();
            echoed
        });
        let (mut incoming, mut outgoing) = tokio::io::split(client);
        let sending = async {
            outgoing.write_all(&pattern(FOUR_MIB)).await.unwrap();
            outgoing.shutdown().await.unwrap();
        };
        tokio::join!(sending, read_pattern(&mut incoming, FOUR_MIB));
        assert_eq!(incoming.read(&mut [0; 1]).await.unwrap(), 0);
        assert_eq!(server.await.unwrap(), FOUR_MIB as u64);
    }
}

#[tokio::test]
async fn a_socket_that_moves_one_byte_at_a_time_moves_them_all() {
    let scene = Scene::new();
    for version in VERSIONS {
        let (here, there) = tokio::io::duplex(1);
        let (mut client, mut server) = scene.pair_over(version, LISTED, here, Drip(there)).await;
        echo(&mut client, &mut server, &pattern(5_000)).await;
    }
}

#[tokio::test]
async fn what_was_written_goes_out_while_the_answer_is_read() {
    let scene = Scene::new();
    for version in VERSIONS {
        let (mut client, mut server) = scene.pair(version, LISTED, 1024).await;
        // 40,000 bytes fit into what may wait; without a flush, they are for the read to send.
        let asking = async {
            server.write_all(&pattern(40_000)).await.unwrap();
            server.read_u8().await.unwrap()
        };
        let answering = async {
            read_pattern(&mut client, 40_000).await;
            client.write_u8(9).await.unwrap();
            client.flush().await.unwrap();
        };
        assert_eq!(tokio::join!(asking, answering).0, 9);
    }
}

#[tokio::test]
async fn a_small_buffer_gets_every_record_piece_by_piece() {
    let scene = Scene::new();
    let (mut client, mut server) = scene.pair(VERSIONS[1], LISTED, 100_000).await;
    for record in pattern(3_000).chunks(1_000) {
        client.write_all(record).await.unwrap();
        client.flush().await.unwrap();
    }
    let (mut heard, mut buffer) = (Vec::new(), [0; 700]);
    while heard.len() < 3_000 {
        let length = server.read(&mut buffer).await.unwrap();
        heard.extend_from_slice(&buffer[..length]);
    }
    assert_eq!(heard, pattern(3_000));
}

#[tokio::test]
async fn slices_are_written_in_order() {
    let scene = Scene::new();
    let (mut client, mut server) = scene.pair(VERSIONS[1], LISTED, 100_000).await;
    let slices = [&b"halt"[..], b"", b", who goes ", b"there"].map(IoSlice::new);
    assert_eq!(server.write_vectored(&slices).await.unwrap(), 20);
    assert_eq!(server.write_vectored(&[IoSlice::new(b"")]).await.unwrap(), 0);
    let mut heard = [0; 20];
    client.read_exact(&mut heard).await.unwrap();
    assert_eq!(&heard, b"halt, who goes there");
}

#[tokio::test]
async fn each_side_can_close_its_way_and_go_on_with_the_other() {
    let scene = Scene::new();
    for version in VERSIONS {
        let (mut client, mut server) = scene.pair(version, LISTED, 4096).await;
        client.write_all(b"question").await.unwrap();
        client.shutdown().await.unwrap();
        let mut heard = String::new();
        server.read_to_string(&mut heard).await.unwrap();
        assert_eq!(heard, "question");
        server.write_all(b"answer").await.unwrap();
        server.shutdown().await.unwrap();
        heard.clear();
        client.read_to_string(&mut heard).await.unwrap();
        assert_eq!(heard, "answer");

        let (mut client, mut server) = scene.pair(version, LISTED, 4096).await;
        server.write_all(b"greeting").await.unwrap();
        server.shutdown().await.unwrap();
        heard.clear();
        client.read_to_string(&mut heard).await.unwrap();
        assert_eq!(heard, "greeting");
        client.write_all(b"thanks").await.unwrap();
        client.shutdown().await.unwrap();
        heard.clear();
        server.read_to_string(&mut heard).await.unwrap();
        assert_eq!(heard, "thanks");
    }
}

/// A client that wants to renegotiate waits for an answer, and the server for something to read.
#[tokio::test(start_paused = true)]
async fn what_is_to_be_said_to_what_was_read_is_said_at_once() {
    let (here, there) = tokio::io::duplex(16_384);
    assert_eq!(answer_to_a_renegotiation(here, there).await, content::ALERT);
    // Of a socket with a buffer of its own, which takes more than goes out at once.
    let (here, there) = tokio::io::duplex(16);
    assert_eq!(answer_to_a_renegotiation(here, BufStream::new(there)).await, content::ALERT);
}

/// The type of the record that comes.
async fn answer_to_a_renegotiation<IO>(here: DuplexStream, there: IO) -> u8
where
    IO: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let scene = Scene::new();
    let leaf = scene.site.leaf(LISTED);
    let mut client = Client::nobody(&TLS12, &scene.clock);
    client.config.enable_secret_extraction = true;
    let client = client.presenting(&scene.site.chain(&leaf), &leaf.key);
    let (connected, server) =
        tokio::join!(connect(connector(&client), here), scene.acceptor.accept(there));
    let (mut io, connection) = connected.unwrap().into_inner();
    let mut again = Vec::new();
    client.connect("server.example").write_tls(&mut again).unwrap();
    let again = wire::records(&again)[0].body.clone();
    let record = Protection::of_client(connection).seal(content::HANDSHAKE, &again);
    let reading = tokio::spawn(async move { server.unwrap().read(&mut [0; 1]).await });
    io.write_all(&record).await.unwrap();
    let mut answer = [0; 31];
    let heard = timeout(Duration::from_secs(60), io.read_exact(&mut answer));
    heard.await.expect("an answer").unwrap();
    reading.abort();
    answer[0]
}
