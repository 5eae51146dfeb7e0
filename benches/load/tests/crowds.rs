//! Crowds before a server of rustls': what they count is what happened.
#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use countersign_load::{
    Address, Bounds, Crowd, Errand, Failure, Identity, Kind, Plan, Tally, Version,
};
use countersign_testkit::forge::extension::{self, purpose};
use countersign_testkit::forge::{Authority, CertificateBuilder, GeneralName, Key, Leaf, Name};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig, ServerConnection, StreamOwned};

const VERSIONS: [Version; 2] = [Version::Tls12, Version::Tls13];

fn errands() -> [Errand; 3] {
    let get = Errand::Get { path: "/".into(), status: 200 };
    [Errand::Leave, get, Errand::Echo("here I am".into())]
}

#[test]
fn full_handshakes_are_full() {
    let server = Server::start();
    for version in VERSIONS {
        for errand in errands() {
            let plan = Plan { errand, ..server.plan(version, Kind::Full) };
            let tally = server.meet(plan, &server.ca);
            assert_eq!((tally.good(), tally.failed()), (20, 0), "{version:?} {tally:?}");
            assert!(tally.own_cpu > Duration::ZERO && tally.latency(0.5) <= tally.latency(0.99));
        }
    }
}

#[test]
fn resumed_handshakes_are_resumed() {
    let server = Server::start();
    for version in VERSIONS {
        for errand in errands() {
            let plan = Plan { errand, ..server.plan(version, Kind::Resumed) };
            let tally = server.meet(plan, &server.ca);
            assert_eq!((tally.good(), tally.failed()), (20, 0), "{version:?} {tally:?}");
        }
    }
}

#[test]
fn a_server_that_does_not_resume_is_found_out() {
    let server = Server::start_with(|config| {
        config.session_storage = Arc::new(rustls::server::NoServerSessionStorage {});
        config.send_tls13_tickets = 0;
    });
    for version in VERSIONS {
        let tally = server.meet(server.plan(version, Kind::Resumed), &server.ca);
        assert_eq!((tally.good(), tally.failures.get(&Failure::Kind)), (0, Some(&20)));
    }
}

/// Also where the client is through with its handshake before the server has looked at it.
#[test]
fn refusals_are_failures() {
    let server = Server::start();
    let elsewhere = Authority::root_with(Name::common("elsewhere"), Key::p256(), current);
    for version in VERSIONS {
        for errand in errands() {
            let plan = Plan { errand, ..server.plan(version, Kind::Full) };
            let tally = server.meet(plan, &elsewhere);
            assert_eq!((tally.good(), tally.failed()), (0, 20), "{version:?}");
            assert!(tally.failures.keys().all(Failure::is_refusal), "{:?}", tally.failures);
        }
    }
}

#[test]
fn another_status_is_a_failure() {
    let server = Server::start();
    let errand = Errand::Get { path: "/".into(), status: 204 };
    let tally = server.meet(Plan { errand, ..server.plan(Version::Tls13, Kind::Full) }, &server.ca);
    assert_eq!((tally.good(), tally.failures.get(&Failure::Status(200))), (0, Some(&20)));
}

#[test]
fn another_answer_than_the_line_is_a_failure() {
    let server = Server::start();
    for version in VERSIONS {
        let errand = Errand::Echo("GET / HTTP/1.1".into());
        let tally = server.meet(Plan { errand, ..server.plan(version, Kind::Full) }, &server.ca);
        assert_eq!((tally.good(), tally.failures.get(&Failure::Closed)), (0, Some(&20)));
    }
}

/// Whoever takes the server's processor time around a run would have them in it.
#[test]
fn sessions_are_fetched_before_the_first_run_only() {
    let server = Server::start();
    for version in VERSIONS {
        let before = server.visits.load(Ordering::Relaxed);
        let crowd = server.crowd(server.plan(version, Kind::Resumed), &server.ca);
        for _ in 0..2 {
            assert_eq!(crowd.run(TWENTY).good(), 20, "{version:?}");
        }
        // Two clients, but three threads with sessions of their own.
        assert_eq!(server.visits.load(Ordering::Relaxed) - before, 3 + 20 + 20, "{version:?}");
    }
}

#[test]
fn a_crowd_without_anybody_is_none() {
    let server = Server::start();
    let plan = server.plan(Version::Tls13, Kind::Full);
    assert!(Crowd::new(plan.clone(), server.roots(), &[]).is_err());
    let nobody = Plan { at_once: 0, ..plan };
    assert!(Crowd::new(nobody, server.roots(), &[Identity::ANONYMOUS]).is_err());
}

const TWENTY: Bounds = Bounds { time: Duration::from_secs(60), connections: 20 };

/// Answers every request with 200, once, and sends back what is none. It ends with the tests.
struct Server {
    root: Authority,
    ca: Authority,
    address: SocketAddr,
    visits: Arc<AtomicUsize>,
}

impl Server {
    fn start() -> Self {
        Self::start_with(|_| ())
    }

    fn start_with(change: impl FnOnce(&mut ServerConfig)) -> Self {
        let root = Authority::root_with(Name::common("root"), Key::p256(), current);
        let ca = root.intermediate_with(Name::common("ca"), Key::p256(), current);
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let visits = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&visits);
        let server = Self { address: listener.local_addr().unwrap(), root, ca, visits };
        let mut config = server.config();
        change(&mut config);
        let config = Arc::new(config);
        std::thread::spawn(move || {
            for socket in listener.incoming() {
                counter.fetch_add(1, Ordering::Relaxed);
                let config = Arc::clone(&config);
                std::thread::spawn(move || serve(config, socket.unwrap()));
            }
        });
        server
    }

    fn config(&self) -> ServerConfig {
        let server = self.root.leaf_with("server", |c| {
            current(c)
                .without(extension::id::EXTENDED_KEY_USAGE)
                .with(extension::extended_key_usage(&[purpose::SERVER_AUTH]))
                .san([GeneralName::dns("localhost")])
        });
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let clients =
            WebPkiClientVerifier::builder_with_provider(self.roots().into(), provider.clone());
        ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_client_cert_verifier(clients.build().unwrap())
            .with_single_cert(vec![server.certificate.clone().into()], key(&server))
            .unwrap()
    }

    fn roots(&self) -> RootCertStore {
        let mut roots = RootCertStore::empty();
        roots.add(self.root.certificate.clone().into()).unwrap();
        roots
    }

    fn plan(&self, version: Version, kind: Kind) -> Plan {
        let address = Address::Loopback(self.address);
        let server_name = "localhost".into();
        Plan { address, server_name, version, kind, errand: Errand::Leave, at_once: 3 }
    }

    /// Has two clients of this authority connect twenty times.
    fn meet(&self, plan: Plan, ca: &Authority) -> Tally {
        self.crowd(plan, ca).run(TWENTY)
    }

    fn crowd(&self, plan: Plan, ca: &Authority) -> Crowd {
        let clients = ["a", "b"].map(|who| {
            let leaf = ca.leaf_with(who, current);
            let chain = [&leaf.certificate, &ca.certificate];
            Identity::new(chain.map(|der| CertificateDer::from(der.clone())).into(), key(&leaf))
        });
        Crowd::new(plan, self.roots(), &clients).unwrap()
    }
}

fn serve(config: Arc<ServerConfig>, socket: TcpStream) {
    let mut stream = StreamOwned::new(ServerConnection::new(config).unwrap(), socket);
    // Who is refused gets the alert from in here.
    let mut request = [0; 1_024];
    match stream.read(&mut request).unwrap_or(0) {
        0 => (),
        _ if request.starts_with(b"GET ") => {
            stream.write_all(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nin").unwrap();
        }
        length => stream.write_all(&[b"you: ", &request[..length]].concat()).unwrap(),
    }
    stream.conn.send_close_notify();
    let _ = stream.flush();
}

fn key(leaf: &Leaf) -> PrivateKeyDer<'static> {
    PrivatePkcs8KeyDer::from(leaf.key.pkcs8_der()).into()
}

/// Whenever this runs: 2020 to 2049.
fn current(certificate: CertificateBuilder) -> CertificateBuilder {
    certificate.validity(1_577_836_800, 2_493_072_000)
}
