//! The demo's machinery against rustls' own verifier, which knows a good path from a bad one.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::Arc;

use countersign::Verifier;
use countersign::rustls::ClientVerifier;
use rustls::RootCertStore;
use rustls::server::WebPkiClientVerifier;
use rustls::version::{TLS12, TLS13};

use super::client::{Seen, connect};
use super::server::{HandshakeError, Server};
use super::world::World;

fn served(world: &World) -> Server {
    let mut roots = RootCertStore::empty();
    roots.add(world.root().clone()).unwrap();
    let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), super::provider());
    Server::start(world.server_identity().unwrap(), verifier.build().unwrap()).unwrap()
}

#[test]
fn an_issued_client_gets_its_echo() {
    let world = World::make().unwrap();
    let server = served(&world);
    for version in [&TLS12, &TLS13] {
        let identity = world.client_identity("approved").unwrap();
        let seen = connect(server.address(), world.root(), version, Some(identity)).unwrap();
        assert_eq!(seen, Seen::Echo);
        assert!(server.next_handshake().unwrap().is_ok());
    }
}

#[test]
fn a_refused_client_sees_an_alert_and_the_server_why() {
    let world = World::make().unwrap();
    let server = served(&world);
    for version in [&TLS12, &TLS13] {
        for name in ["self-signed", "other-ca", "expired", "not-yet-valid", "wrong-eku", "pinned"] {
            let identity = world.client_identity(name).unwrap();
            let seen = connect(server.address(), world.root(), version, Some(identity)).unwrap();
            assert!(matches!(seen, Seen::Alert(_)), "{name}: {seen:?}");
            let ended = server.next_handshake().unwrap();
            assert!(matches!(ended, Err(HandshakeError::Tls(_))), "{name}: {ended:?}");
        }
    }
}

#[test]
fn no_certificate_and_a_stolen_certificate_are_told_apart() {
    let world = World::make().unwrap();
    let server = served(&world);
    for version in [&TLS12, &TLS13] {
        let seen = connect(server.address(), world.root(), version, None).unwrap();
        assert!(matches!(seen, Seen::Alert(_)), "{seen:?}");
        let ended = server.next_handshake().unwrap();
        let no_certificate = rustls::Error::NoCertificatesPresented;
        assert!(matches!(&ended, Err(HandshakeError::Tls(e)) if *e == no_certificate), "{ended:?}");

        let identity = world.stolen_identity("approved").unwrap();
        let seen = connect(server.address(), world.root(), version, Some(identity)).unwrap();
        assert!(matches!(seen, Seen::Alert(_)), "{seen:?}");
        let ended = server.next_handshake().unwrap();
        let bad_signature: rustls::Error = rustls::CertificateError::BadSignature.into();
        assert!(matches!(&ended, Err(HandshakeError::Tls(e)) if *e == bad_signature), "{ended:?}");
    }
}

/// OpenSSL as the client, with what the demo wrote to `folder`.
fn openssl_client(server: &Server, folder: &Path, version: &str, name: &str) -> Output {
    let file = |suffix| folder.join(format!("{name}.{suffix}"));
    let (chain, key) = (file("pem"), file("key"));
    let mut client = Command::new("openssl")
        .args(["s_client", "-quiet", "-verify_return_error", "-servername", "localhost", version])
        .args(["-connect", &server.address().to_string(), "-CAfile"])
        .arg(folder.join("ca.pem"))
        .arg("-cert")
        .arg(&chain)
        .arg("-cert_chain")
        .arg(&chain)
        .arg("-key")
        .arg(key)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A client that was refused has closed its end already.
    let _ = client.stdin.take().unwrap().write_all(b"friend\n");
    client.wait_with_output().unwrap()
}

#[test]
fn openssl_clients_get_the_verdicts_that_rustls_clients_get() {
    if Command::new("openssl").arg("version").output().is_err() {
        println!("skipped: openssl is not installed");
        return;
    }
    let world = World::make().unwrap();
    let folder = tempfile::tempdir().unwrap();
    world.write_to(folder.path()).unwrap();
    let verifier = Verifier::from_file(folder.path().join("policy.toml")).unwrap();
    let verifier = Arc::new(ClientVerifier::new(Arc::new(verifier)));
    let server = Server::start(world.server_identity().unwrap(), verifier).unwrap();
    for version in ["-tls1_2", "-tls1_3"] {
        for name in ["approved", "spiffe", "pinned"] {
            let output = openssl_client(&server, folder.path(), version, name);
            assert!(server.next_handshake().unwrap().is_ok(), "{name}: {output:?}");
            assert_eq!(output.stdout, b"friend\n", "{name}: {output:?}");
        }
        for name in ["not-listed", "self-signed", "other-ca", "expired", "revoked", "wrong-eku"] {
            let output = openssl_client(&server, folder.path(), version, name);
            assert!(server.next_handshake().unwrap().is_err(), "{name}: {output:?}");
            let said = String::from_utf8_lossy(&output.stderr);
            assert!(output.stdout.is_empty() && said.contains("alert"), "{name}: {output:?}");
        }
    }
}
