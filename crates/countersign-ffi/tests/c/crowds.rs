//! `epoll_server` and many clients, slow ones, and such as do not listen. They are of rustls.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant};

use countersign_testkit::AnyServer;
use rustix::process::{Resource, Signal, getrlimit, setrlimit};
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer, ServerName};
use rustls::{ClientConfig, ClientConnection, StreamOwned};

use crate::lines::PATIENCE;
use crate::process::are_here;
use crate::server::Server;
use crate::world::World;

const NEEDED: [&str; 2] = ["cc", "pkg-config"];
const CROWD: usize = 1_000;

type Stream = StreamOwned<ClientConnection, TcpStream>;

fn billing(world: &World) -> Arc<ClientConfig> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let chain = world.chain(&world.billing).map(CertificateDer::from).to_vec();
    let key = PrivatePkcs8KeyDer::from(world.billing.key.pkcs8_der());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(AnyServer::default()))
        .with_client_auth_cert(chain, key.into());
    Arc::new(config.unwrap())
}

fn connect(server: &Server, config: &Arc<ClientConfig>) -> Stream {
    let name = ServerName::try_from("localhost").unwrap();
    let client = ClientConnection::new(Arc::clone(config), name).unwrap();
    let socket = TcpStream::connect(server.address).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    socket.set_nodelay(true).unwrap();
    StreamOwned::new(client, socket)
}

#[track_caller]
fn echo(stream: &mut Stream, message: &[u8]) {
    let mut heard = vec![0; message.len()];
    stream.write_all(message).unwrap();
    stream.flush().unwrap();
    stream.read_exact(&mut heard).unwrap();
    assert_eq!(heard, message);
}

#[test]
fn a_thousand_clients_are_served_at_once_and_cost_little_while_idle() {
    if !are_here(&NEEDED) {
        return;
    }
    let mut files = getrlimit(Resource::Nofile);
    files.current = files.maximum;
    setrlimit(Resource::Nofile, files).unwrap();

    let world = World::new();
    let mut server = Server::start(&world);
    let config = billing(&world);
    let mut first: Vec<Stream> = (0..50).map(|_| connect(&server, &config)).collect();
    first.iter_mut().for_each(|client| echo(client, b"first"));
    let before = server.resident_kilobytes();
    let mut crowd: Vec<Stream> = (0..CROWD).map(|_| connect(&server, &config)).collect();
    for (i, client) in crowd.iter_mut().enumerate() {
        echo(client, format!("I am {i}").as_bytes());
    }
    // Each has said something large; what it took is given back.
    for client in &mut crowd {
        echo(client, &[7; 40_000]);
    }
    let each = (server.resident_kilobytes() - before) / CROWD as u64;
    assert!(each < 32, "{each} kB for each connection");

    // A reload reviews all of them, and they are still allowed.
    server.reload();
    for client in crowd.iter_mut().chain(&mut first) {
        echo(client, b"and again");
    }
    drop(first);
    server.signal(Signal::TERM);
    for mut client in crowd {
        assert_eq!(client.read(&mut [0]).unwrap(), 0, "close_notify");
    }
    assert_eq!(server.exit_code(), Some(0));
    let put_out = server.said().into_iter().filter(|line| line.contains("put out")).count();
    assert_eq!(put_out, 0);
}

/// Nothing, half a hello, and byte after byte: none of it buys time.
#[test]
fn who_takes_too_long_is_refused_and_holds_up_nobody() {
    if !are_here(&NEEDED) {
        return;
    }
    let world = World::new();
    let server = Server::start_impatient(&world, 1_500);
    let begun = Instant::now();
    let silent: Vec<TcpStream> =
        (0..100).map(|_| TcpStream::connect(server.address).unwrap()).collect();
    let mut half = TcpStream::connect(server.address).unwrap();
    half.write_all(&[22, 3, 1, 2, 0, 1, 0, 1, 252]).unwrap();
    let mut dripping = TcpStream::connect(server.address).unwrap();
    dripping.set_nonblocking(true).unwrap();

    let mut client = connect(&server, &billing(&world));
    let mut hello = [22, 3, 1, 2, 0, 1, 0, 1, 252, 3, 3].into_iter().chain(std::iter::repeat(0));
    let dripped = loop {
        let byte = hello.next().unwrap();
        if dripping.write_all(&[byte]).is_err() || dripping.read(&mut [0; 64]).is_ok_and(|n| n == 0)
        {
            break begun.elapsed();
        }
        echo(&mut client, b"not held up");
        assert!(begun.elapsed() < PATIENCE, "it drips on");
        std::thread::sleep(Duration::from_millis(50));
    };
    assert!(dripped > Duration::from_millis(1_400), "{dripped:?}");
    for mut slow in silent.into_iter().chain([half]) {
        slow.set_read_timeout(Some(PATIENCE)).unwrap();
        // An alert may come first.
        let mut rest = Vec::new();
        let _ = slow.read_to_end(&mut rest);
    }
    for _ in 0..102 {
        server.says("refused: not judged: the handshake took too long");
    }
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
    echo(&mut client, b"still here");
    server.ends_well();
}

/// By its own count, and where the system says so first.
#[test]
fn whom_there_is_no_room_for_waits_outside_and_costs_nothing() {
    if !are_here(&NEEDED) {
        return;
    }
    let (world, files) = (World::new(), [80, 24]);
    for files in files {
        let server = Server::start_cramped(&world, files, 3_000);
        let crowd: Vec<TcpStream> =
            (0..100).map(|_| TcpStream::connect(server.address).unwrap()).collect();
        std::thread::sleep(Duration::from_millis(500));
        let before = server.processor_ticks();
        std::thread::sleep(Duration::from_millis(1_000));
        let ticks = server.processor_ticks() - before;
        assert!(ticks < 30, "{ticks} of 100: it turns in a circle");
        drop(crowd);
        echo(&mut connect(&server, &billing(&world)), b"at last");
        server.ends_well();
    }
}

/// It sends and does not listen; then it closes its half, and all of it comes back.
#[test]
fn who_does_not_listen_has_to_wait_and_loses_nothing() {
    if !are_here(&NEEDED) {
        return;
    }
    let world = World::new();
    let server = Server::start(&world);
    let Stream { mut conn, mut sock, .. } = connect(&server, &billing(&world));
    let before = server.resident_kilobytes();
    while conn.is_handshaking() {
        conn.complete_io(&mut sock).unwrap();
    }
    sock.set_nonblocking(true).unwrap();
    let pattern = |i: usize| (i % 251) as u8;

    // Until nothing moves for a while: the server has stopped taking.
    let (mut sent, mut last) = (0, Instant::now());
    while last.elapsed() < Duration::from_millis(500) {
        if !conn.wants_write() {
            let chunk: Vec<u8> = (sent..sent + 16_000).map(pattern).collect();
            sent += conn.writer().write(&chunk).unwrap();
        }
        match conn.write_tls(&mut sock) {
            Ok(_) => last = Instant::now(),
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                std::thread::sleep(Duration::from_millis(1));
            }
            Err(error) => panic!("{error}"),
        }
        assert!(sent < 200 << 20, "it takes whatever comes");
    }
    let held = server.resident_kilobytes().saturating_sub(before);
    assert!(held < 2_048, "{held} kB are held for a client that does not listen");

    conn.send_close_notify();
    let (mut heard, mut buffer, mut half_closed) = (0, vec![0; 65_536], false);
    let until = Instant::now() + PATIENCE;
    'all: loop {
        assert!(Instant::now() < until, "{heard} of {sent}");
        while conn.wants_write() && conn.write_tls(&mut sock).is_ok() {}
        if !conn.wants_write() && !half_closed {
            sock.shutdown(Shutdown::Write).unwrap();
            half_closed = true;
        }
        match conn.read_tls(&mut sock) {
            Ok(_) => drop(conn.process_new_packets().unwrap()),
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                std::thread::sleep(Duration::from_millis(1));
            }
            Err(error) => panic!("{error} after {heard} of {sent}"),
        }
        loop {
            match conn.reader().read(&mut buffer) {
                Ok(0) => break 'all,
                Ok(length) => {
                    let right = (heard..heard + length).map(pattern);
                    assert!(buffer[..length].iter().copied().eq(right));
                    heard += length;
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) => panic!("{error} after {heard} of {sent}"),
            }
        }
    }
    assert_eq!(heard, sent);
    server.ends_well();
}
