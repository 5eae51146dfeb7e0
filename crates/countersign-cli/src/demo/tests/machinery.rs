//! The demo's clients and its server, and an opinion on both that is not ours.

use std::path::Path;
use std::sync::Arc;

use countersign::engine::{Acceptor, Cause, Entry};
use countersign::{Reason, Verifier};
use rustls::RootCertStore;
use rustls::pki_types::UnixTime;
use rustls::server::WebPkiClientVerifier;
use rustls::version::{TLS12, TLS13};

use crate::demo::cases::MAIN;
use crate::demo::client::{Client, Seen};
use crate::demo::server::{Farewell, Server};
use crate::demo::world::World;

fn served(world: &World, folder: &Path) -> Server {
    world.write_to(folder).unwrap();
    let verifier = Arc::new(Verifier::from_file(folder.join("policy.toml")).unwrap());
    let entry = Entry::required(world.credential().unwrap(), verifier);
    let acceptor = Acceptor::builder().default_entry(entry).build().unwrap();
    Server::start(acceptor, |line| line).unwrap()
}

/// rustls' own verifier finds in everyone's chain what the demo says is in it.
#[test]
fn rustls_own_verifier_agrees_about_the_paths() {
    let world = World::make().unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(world.root().clone()).unwrap();
    let provider = crate::demo::provider();
    let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
    let verifier = verifier.build().unwrap();
    let judge = |name| {
        let identity = world.client_identity(name).unwrap();
        let (leaf, others) = identity.cert.split_first().unwrap();
        verifier.verify_client_cert(leaf, others, UnixTime::now())
    };
    for name in ["approved", "not-listed", "spiffe", "leaver", "revoked"] {
        assert!(judge(name).is_ok(), "{name}: {:?}", judge(name));
    }
    for name in ["self-signed", "other-ca", "expired", "not-yet-valid", "wrong-eku", "pinned"] {
        assert!(judge(name).is_err(), "{name}");
    }
}

#[test]
fn an_issued_client_gets_its_echo() {
    let (world, folder) = (World::make().unwrap(), tempfile::tempdir().unwrap());
    let server = served(&world, folder.path());
    for version in [&TLS12, &TLS13] {
        let identity = world.client_identity("approved").unwrap();
        let client = Client::new(world.root(), version, Some(identity)).unwrap();
        assert_eq!(client.connect(server.address(), MAIN).unwrap(), Seen::Echo);
        assert!(server.next_handshake().unwrap().is_ok());
    }
}

#[test]
fn a_refused_client_sees_an_alert_and_the_server_why() {
    let (world, folder) = (World::make().unwrap(), tempfile::tempdir().unwrap());
    let server = served(&world, folder.path());
    for version in [&TLS12, &TLS13] {
        for name in ["self-signed", "other-ca", "expired", "not-yet-valid", "wrong-eku"] {
            let identity = world.client_identity(name).unwrap();
            let client = Client::new(world.root(), version, Some(identity)).unwrap();
            let seen = client.connect(server.address(), MAIN).unwrap();
            assert!(matches!(seen, Seen::Alert(_)), "{name}: {seen:?}");
            let ended = server.next_handshake().unwrap();
            let Err(Farewell::Refused(refusal)) = ended else { panic!("{name}: {ended:?}") };
            assert_eq!(refusal.cause(), Cause::Denied, "{name}: {refusal}");
        }
    }
}

#[test]
fn no_certificate_and_a_stolen_certificate_are_told_apart() {
    let (world, folder) = (World::make().unwrap(), tempfile::tempdir().unwrap());
    let server = served(&world, folder.path());
    for version in [&TLS12, &TLS13] {
        let stolen = world.stolen_identity("approved").unwrap();
        for (identity, reason) in
            [(None, Reason::NoCertificate), (Some(stolen), Reason::BadSignature)]
        {
            let client = Client::new(world.root(), version, identity).unwrap();
            let seen = client.connect(server.address(), MAIN).unwrap();
            assert!(matches!(seen, Seen::Alert(_)), "{seen:?}");
            let ended = server.next_handshake().unwrap();
            let Err(Farewell::Refused(refusal)) = ended else { panic!("{ended:?}") };
            assert_eq!(refusal.reason(), Some(reason), "{refusal}");
        }
    }
}
