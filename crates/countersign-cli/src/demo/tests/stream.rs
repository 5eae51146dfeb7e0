//! The stream's own part: the handshake's time, ends that are none, more than one record.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant};

use countersign::Moment;
use countersign::engine::{Acceptor, Cause, Entry};
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use crate::demo::world::World;
use crate::tls_stream::TlsStream;

/// Both ends of a connection on loopback: the server's and the client's.
fn connected() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    (listener.accept().unwrap().0, client)
}

fn acceptor(world: &World, handshake_time: Duration) -> Acceptor {
    let entry = Entry::without_client_auth(world.credential().unwrap());
    Acceptor::builder().default_entry(entry).handshake_time(handshake_time).build().unwrap()
}

fn refused(stream: &TlsStream) -> Option<Cause> {
    Some(stream.connection().refusal()?.cause())
}

fn client(world: &World, socket: TcpStream) -> StreamOwned<ClientConnection, TcpStream> {
    let mut roots = RootCertStore::empty();
    roots.add(world.root().clone()).unwrap();
    let config = ClientConfig::builder_with_provider(crate::demo::provider())
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from("localhost").unwrap();
    StreamOwned::new(ClientConnection::new(Arc::new(config), name).unwrap(), socket)
}

/// Runs the server's end in a thread of its own, beside the client's in this one.
fn beside<T: Send>(
    acceptor: &Acceptor,
    socket: TcpStream,
    serve: impl FnOnce(TlsStream) -> T + Send,
    speak: impl FnOnce(),
) -> T {
    std::thread::scope(|scope| {
        let connection = acceptor.accept(Moment::now());
        let server = scope.spawn(|| serve(TlsStream::handshake(socket, connection).unwrap()));
        speak();
        server.join().unwrap()
    })
}

#[test]
fn who_says_nothing_is_refused_when_the_time_is_over() {
    let world = World::make().unwrap();
    let acceptor = acceptor(&world, Duration::from_millis(50));
    let (server, silent) = connected();
    let began = Instant::now();
    let ended = beside(
        &acceptor,
        server,
        |stream| refused(&stream),
        || {
            // The server's end of it is that it closes.
            let _ = (&silent).read_to_end(&mut Vec::new());
            drop(silent);
        },
    );
    assert_eq!(ended, Some(Cause::TooSlow));
    // The handshake's time, not that of a silent connection, which is ten seconds.
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
}

#[test]
fn the_time_passes_also_for_who_sends_a_byte_now_and_then() {
    let world = World::make().unwrap();
    let acceptor = acceptor(&world, Duration::from_millis(200));
    let (server, slow) = connected();
    let ended = beside(
        &acceptor,
        server,
        |stream| refused(&stream),
        || {
            // A record that promises 512 bytes, of which one comes every 20 ms.
            slow.set_read_timeout(Some(Duration::from_millis(20))).unwrap();
            let mut next = [22, 3, 1, 2, 0, 1, 0, 1, 252, 3, 3].into_iter().chain([0; 100]);
            let is_quiet = |error: &io::Error| error.kind() == io::ErrorKind::WouldBlock;
            while (&slow).read(&mut [0; 64]).is_err_and(|error| is_quiet(&error)) {
                (&slow).write_all(&[next.next().expect("refused before this")]).unwrap();
            }
            drop(slow);
        },
    );
    assert_eq!(ended, Some(Cause::TooSlow));
}

#[test]
fn who_closes_before_the_handshake_is_over_is_refused_as_truncated() {
    let world = World::make().unwrap();
    let acceptor = acceptor(&world, Duration::from_secs(10));
    let (server, client) = connected();
    let ended = beside(&acceptor, server, |stream| refused(&stream), || drop(client));
    assert_eq!(ended, Some(Cause::Truncated));
}

/// The engine refuses it, which it can only if the buffer takes the byte that is too much.
#[test]
fn a_hello_that_does_not_end_is_refused_as_too_much() {
    let world = World::make().unwrap();
    let acceptor = acceptor(&world, Duration::from_secs(10));
    let (server, client) = connected();
    let ended = beside(
        &acceptor,
        server,
        |stream| refused(&stream),
        || {
            // A hello of 65,535 bytes, one byte in each record.
            let hello = [1, 0, 0xff, 0xff].into_iter().chain([0; 0xffff]);
            let records: Vec<u8> = hello.flat_map(|byte| [22, 3, 1, 0, 1, byte]).collect();
            // The server does not wait for the end.
            let _ = (&client).write_all(&records);
            drop(client);
        },
    );
    assert_eq!(ended, Some(Cause::TooMuch));
}

/// Closing with bytes unread resets the connection.
#[test]
fn who_is_refused_while_it_talks_still_hears_the_alert() {
    let world = World::make().unwrap();
    let acceptor = acceptor(&world, Duration::from_secs(10));
    let (server, mut client) = connected();
    let ended = beside(
        &acceptor,
        server,
        |stream| refused(&stream),
        || {
            client.write_all(b"GET / HTTP/1.1\r\n").unwrap();
            client.write_all(&vec![b'x'; 1 << 20]).unwrap();
            client.shutdown(Shutdown::Write).unwrap();
            let mut heard = Vec::new();
            client.read_to_end(&mut heard).unwrap();
            // A fatal alert: unexpected_message.
            assert_eq!(heard, [21, 3, 3, 0, 2, 2, 10]);
        },
    );
    assert_eq!(ended, Some(Cause::Protocol));
}

#[test]
fn who_is_told_goodbye_while_it_talks_still_hears_it() {
    let world = World::make().unwrap();
    let acceptor = acceptor(&world, Duration::from_secs(10));
    let (server, socket) = connected();
    beside(
        &acceptor,
        server,
        |mut stream| {
            stream.read_exact(&mut [0]).unwrap();
            stream.write_all(b"enough").unwrap();
            stream.close().unwrap();
        },
        || {
            let mut client = client(&world, socket);
            client.write_all(&vec![b'x'; 1 << 20]).unwrap();
            client.flush().unwrap();
            let mut heard = Vec::new();
            client.read_to_end(&mut heard).unwrap();
            assert_eq!(heard, b"enough");
        },
    );
}

#[test]
fn many_records_come_through_both_ways() {
    let world = World::make().unwrap();
    let acceptor = acceptor(&world, Duration::from_secs(10));
    let (server, socket) = connected();
    let sent: Vec<u8> = (0..300_000_u32).flat_map(u32::to_be_bytes).collect();
    let received = beside(
        &acceptor,
        server,
        |mut stream| {
            let mut received = vec![0; sent.len()];
            stream.read_exact(&mut received).unwrap();
            stream.write_all(&received).unwrap();
            // The peer's own end comes as an end.
            assert_eq!(stream.read_to_end(&mut Vec::new()).unwrap(), 0);
            stream.close().unwrap();
            received
        },
        || {
            let mut client = client(&world, socket);
            client.write_all(&sent).unwrap();
            let mut back = vec![0; sent.len()];
            client.read_exact(&mut back).unwrap();
            assert!(back == sent);
            client.conn.send_close_notify();
            client.flush().unwrap();
            assert_eq!(client.read_to_end(&mut Vec::new()).unwrap(), 0);
        },
    );
    assert!(received == sent);
}

#[test]
fn an_end_without_a_goodbye_is_an_error() {
    let world = World::make().unwrap();
    let acceptor = acceptor(&world, Duration::from_secs(10));
    let (server, socket) = connected();
    let ended = beside(
        &acceptor,
        server,
        |mut stream| stream.read_to_end(&mut Vec::new()).map_err(|error| error.kind()),
        || {
            let mut client = client(&world, socket);
            client.write_all(b"and then").unwrap();
            client.flush().unwrap();
        },
    );
    assert_eq!(ended, Err(io::ErrorKind::UnexpectedEof));
}
