//! Many clients while the policy changes: none is let in or kept out by what is in force no more.

use std::collections::HashMap;
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use rustix::process::{Pid, Signal, kill_process};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use crate::build::{Build, each, weakened};
use crate::lines::PATIENCE;
use crate::nginx::{Nginx, Setup};
use crate::site::Site;

/// Every answer says by which policy it was given.
const SERVER: &str = r#"countersign_zone shared:1m;
    server { LISTEN; server_name a.test; countersign_policy policy.toml; countersign_mode request;
             countersign_require on; add_header X-Generation $countersign_generation always;
             location / { return 200 "secret"; } }"#;

/// What the clients saw.
#[derive(Debug, Default)]
struct Tally {
    answers: AtomicU64,
    /// Connections that were accepted and ended without an answer.
    lost: AtomicU64,
    /// Another answer than somebody else had by the same generation.
    wrong: AtomicU64,
    statuses: Mutex<HashMap<u64, u16>>,
    /// Answered by a generation that was over when the request was made.
    late: AtomicU64,
    /// The newest that any client has seen.
    newest: AtomicU64,
}

#[test]
fn answers_are_those_of_the_policy_in_force_over_25_reloads() {
    each(|build| {
        let tally = run(build, None, 25, |nginx| nginx.reload());
        let answers = tally.answers.load(Ordering::Relaxed);
        assert!(answers > 100, "{tally:?}");
        for count in [&tally.lost, &tally.wrong, &tally.late] {
            assert_eq!(count.load(Ordering::Relaxed), 0, "{tally:?}");
        }
    });
}

#[test]
fn answers_are_those_of_the_policy_in_force_where_workers_read_it_by_themselves() {
    each(|build| {
        let tally = run(build, None, 6, |_| ());
        for count in [&tally.lost, &tally.wrong, &tally.late] {
            assert_eq!(count.load(Ordering::Relaxed), 0, "{tally:?}");
        }
    });
}

/// A worker that ends serves those it has accepted; the one in its place begins with the policy that
/// the master read, and is behind.
#[test]
fn answers_are_those_of_the_policy_in_force_where_workers_are_replaced() {
    each(|build| {
        let tally = run(build, None, 8, |nginx| {
            let worker = Pid::from_raw(nginx.workers()[0]).unwrap();
            kill_process(worker, Signal::QUIT).unwrap();
        });
        for count in [&tally.lost, &tally.wrong, &tally.late] {
            assert_eq!(count.load(Ordering::Relaxed), 0, "{tally:?}");
        }
    });
}

/// Without it, some workers decide by what others have left behind.
#[test]
fn the_agreement_of_workers_matters() {
    weakened(|build| {
        let tally = run(build, Some("agreement"), 6, |_| ());
        assert!(tally.late.load(Ordering::Relaxed) > 0, "{tally:?}");
    });
}

/// Changes the policy, puts it in force, and goes on while clients come and go.
fn run(
    build: &'static Build,
    without: Option<&str>,
    changes: usize,
    put_in_force: impl Fn(&Nginx<'_>),
) -> Tally {
    let site = Site::new();
    let setup = Setup { http: SERVER, workers: 4, without, ..Setup::DEFAULT };
    let nginx = Nginx::start_with(build, &site, &setup);
    let (tally, is_over) = (Tally::default(), AtomicBool::new(false));
    let (config, socket) = (config(&site, "leaver"), nginx.socket("https"));
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                while !is_over.load(Ordering::Relaxed) {
                    count(&tally, &config, &socket);
                }
            });
        }
        let _end = End(&is_over);
        for change in 0..changes {
            let is_out = change % 2 == 0;
            if is_out {
                site.revoke();
            } else {
                site.readmit();
            }
            put_in_force(&nginx);
            let until = Instant::now() + PATIENCE;
            while count(&tally, &config, &socket) != Some(if is_out { 403 } else { 200 }) {
                assert!(Instant::now() < until, "change {change}: {tally:?} {}", nginx.log());
            }
        }
    });
    tally
}

/// Clients stop, also where what they are there for has failed.
struct End<'a>(&'a AtomicBool);

impl Drop for End<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Asks once: the status.
fn count(tally: &Tally, config: &Arc<ClientConfig>, socket: &Path) -> Option<u16> {
    let before = tally.newest.load(Ordering::SeqCst);
    let Some((status, generation)) = ask(config, socket) else {
        tally.lost.fetch_add(1, Ordering::Relaxed);
        return None;
    };
    let others = *tally.statuses.lock().unwrap().entry(generation).or_insert(status);
    tally.wrong.fetch_add(u64::from(status != others), Ordering::Relaxed);
    tally.late.fetch_add(u64::from(generation < before), Ordering::Relaxed);
    tally.answers.fetch_add(1, Ordering::Relaxed);
    tally.newest.fetch_max(generation, Ordering::SeqCst);
    Some(status)
}

/// One request on a connection of its own: its status and generation.
fn ask(config: &Arc<ClientConfig>, socket: &Path) -> Option<(u16, u64)> {
    let name = ServerName::try_from("a.test").unwrap();
    let tls = ClientConnection::new(Arc::clone(config), name).unwrap();
    let mut stream = StreamOwned::new(tls, UnixStream::connect(socket).ok()?);
    stream.write_all(b"GET / HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n").ok()?;
    let mut answer = String::new();
    // nginx need not say goodbye.
    let _ = stream.read_to_string(&mut answer);
    let status = answer.strip_prefix("HTTP/1.1 ")?.split(' ').next()?.parse().ok()?;
    let generation = answer.split("X-Generation: ").nth(1)?.split('\r').next()?.parse().ok()?;
    Some((status, generation))
}

pub(crate) fn config(site: &Site, who: &str) -> Arc<ClientConfig> {
    let chain = |name: &str| {
        let file = CertificateDer::pem_file_iter(site.path().join(name)).unwrap();
        file.map(Result::unwrap).collect::<Vec<_>>()
    };
    let mut roots = RootCertStore::empty();
    roots.add(chain("root.pem").remove(0)).unwrap();
    let key = PrivateKeyDer::from_pem_file(site.path().join(format!("{who}.key"))).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_client_auth_cert(chain(&format!("{who}.pem")), key)
        .unwrap();
    config.resumption = rustls::client::Resumption::disabled();
    Arc::new(config)
}
