//! Servers that share a ticket secret, and how long a ticket counts.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use countersign::engine::{Acceptor, Declined, Resumption, TicketKeys};
use countersign_testkit::forge::{GeneralName, Leaf, NOW};
use rustls::SupportedProtocolVersion;

use super::classes::sessions::policy_with_crls;
use super::pair::{Pair, VERSIONS, requiring};
use super::resumption::{client, ways};
use crate::peer::{Client, Clock};
use crate::site::{BILLING, POLICY, Site};

const OLD: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
const NEW: &str = "f0e1d2c3b4a5968778695a4b3c2d1e0ff0e1d2c3b4a5968778695a4b3c2d1e0f";

/// A file of secrets that nobody else can read.
fn write_secrets(path: &Path, secrets: &[&str]) {
    std::fs::write(path, secrets.join("\n")).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap();
    }
}

/// Two servers on two machines, with nothing in common but a policy and the ticket secrets.
struct Fleet {
    site: Site,
    leaf: Leaf,
    clock: Arc<Clock>,
    keys: [Arc<TicketKeys>; 2],
    nodes: [Acceptor; 2],
}

impl Fleet {
    fn new(policy: &str, windows: Option<(u64, u32)>) -> Self {
        let site = Site::new();
        let leaf = site.leaf(BILLING);
        let secrets = ["a.secret", "b.secret"].map(|name| site.path().join(name));
        let keys = secrets.map(|path| {
            write_secrets(&path, &[OLD]);
            let keys = TicketKeys::from_file(path).unwrap();
            Arc::new(match windows {
                Some((seconds, count)) => keys.with_windows(Duration::from_secs(seconds), count),
                None => keys,
            })
        });
        let nodes = keys.each_ref().map(|keys| {
            let verifier = Arc::new(site.verifier(policy));
            let way = Resumption::tickets(Arc::clone(keys));
            requiring(&verifier).resumption(way).build().unwrap()
        });
        Self { site, leaf, clock: Clock::new(), keys, nodes }
    }

    fn client(&self, version: &'static SupportedProtocolVersion) -> Client {
        client(&self.site, &self.leaf, version, &self.clock)
    }

    /// Whether the client's session resumes at this node, or why not.
    fn visit(&self, node: usize, client: &Client) -> Result<(), Option<Declined>> {
        visit(&self.nodes[node], client, &self.clock)
    }

    fn rewrite(&self, node: usize, secrets: &[&str]) {
        write_secrets(&self.site.path().join(["a.secret", "b.secret"][node]), secrets);
        self.keys[node].reload().unwrap();
    }
}

/// Whether the client, which gets in, resumes a session; if not, why.
fn visit(acceptor: &Acceptor, client: &Client, clock: &Arc<Clock>) -> Result<(), Option<Declined>> {
    let mut pair = Pair::new(acceptor, client, "server.example", clock);
    assert_eq!(pair.talk(), None);
    let session = pair.server.session().unwrap();
    assert_eq!(session.client(), Some("acme-billing"));
    if session.is_resumed() { Ok(()) } else { Err(session.declined()) }
}

#[test]
fn servers_with_one_secret_resume_each_others_sessions() {
    let fleet = Fleet::new(POLICY, None);
    for version in VERSIONS {
        let client = fleet.client(version);
        assert_eq!(fleet.visit(0, &client), Err(None));
        for node in [1, 1, 0, 1] {
            fleet.clock.advance(60);
            assert_eq!(fleet.visit(node, &client), Ok(()), "{node} {version:?}");
        }
    }
}

#[test]
fn a_secret_is_changed_without_losing_a_session() {
    for version in VERSIONS {
        let fleet = Fleet::new(POLICY, None);
        let client = fleet.client(version);
        assert_eq!(fleet.visit(0, &client), Err(None));
        // Everybody knows it before anybody uses it.
        for node in [0, 1] {
            fleet.rewrite(node, &[OLD, NEW]);
        }
        assert_eq!(fleet.visit(1, &client), Ok(()));
        fleet.rewrite(0, &[NEW, OLD]);
        assert_eq!(fleet.visit(0, &client), Ok(()));
        assert_eq!(fleet.visit(1, &client), Ok(()));
        fleet.rewrite(1, &[NEW, OLD]);
        assert_eq!(fleet.visit(0, &client), Ok(()));
        fleet.rewrite(0, &[NEW]);
        assert_eq!(fleet.visit(1, &client), Ok(()));
        assert_eq!(fleet.visit(0, &client), Ok(()));
    }
}

#[test]
fn a_secret_that_is_taken_away_opens_nothing_more() {
    for version in VERSIONS {
        let fleet = Fleet::new(POLICY, None);
        let client = fleet.client(version);
        assert_eq!(fleet.visit(0, &client), Err(None));
        fleet.rewrite(0, &[NEW]);
        assert_eq!(fleet.visit(0, &client), Err(Some(Declined::Unreadable)));
        // The other node has not heard of the new secret.
        assert_eq!(fleet.visit(1, &client), Err(Some(Declined::Unreadable)));
        let path = fleet.site.path().join("a.secret");
        std::fs::write(&path, "nonsense").unwrap();
        assert!(fleet.keys[0].reload().is_err());
        let client = fleet.client(version);
        assert_eq!(fleet.visit(0, &client), Err(None));
        assert_eq!(fleet.visit(0, &client), Ok(()), "a reload that failed took the secret away");
    }
}

#[test]
fn a_ticket_is_opened_for_as_many_windows_as_were_agreed_on() {
    for version in VERSIONS {
        // Windows of a minute, two of them after the ticket's own. NOW begins one.
        assert_eq!(NOW % 60, 0);
        for (passed, opens) in [(0, true), (59, true), (179, true), (180, false), (1_000, false)] {
            let fleet = Fleet::new(POLICY, Some((60, 2)));
            let mut client = fleet.client(version);
            // A client that does not care how long the server said that it would do.
            assert_eq!(fleet.visit(0, &client), Err(None));
            client.config.time_provider = Clock::new();
            fleet.clock.advance(passed);
            let expected = if opens { Ok(()) } else { Err(Some(Declined::Unreadable)) };
            assert_eq!(fleet.visit(1, &client), expected, "{passed} s, {version:?}");
        }
    }
}

/// What a session is worth some seconds after it was made, to a client whose clock stands still.
fn later(acceptor: &Acceptor, client: &Client, seconds: i64) -> Result<(), Option<Declined>> {
    let clock = Clock::new();
    let mut client = client.clone();
    client.config.time_provider = Clock::new();
    assert_eq!(visit(acceptor, &client, &clock), Err(None));
    clock.advance(seconds);
    visit(acceptor, &client, &clock)
}

#[test]
fn a_session_counts_until_its_age_and_not_a_second_longer() {
    let site = Site::new();
    let leaf = site.leaf(BILLING);
    let verifier = Arc::new(site.verifier(POLICY));
    for way in ways() {
        for version in VERSIONS {
            let builder = requiring(&verifier).resumption(way.clone());
            let acceptor = builder.session_age(Duration::from_secs(100)).build().unwrap();
            for (seconds, outcome) in [(100, Ok(())), (101, Err(Some(Declined::Expired)))] {
                let client = client(&site, &leaf, version, &Clock::new());
                assert_eq!(later(&acceptor, &client, seconds), outcome, "{version:?}");
            }
        }
    }
}

#[test]
fn resuming_does_not_make_a_session_younger() {
    let site = Site::new();
    let leaf = site.leaf(BILLING);
    let verifier = Arc::new(site.verifier(POLICY));
    for way in ways() {
        for version in VERSIONS {
            let builder = requiring(&verifier).resumption(way.clone());
            let acceptor = builder.session_age(Duration::from_secs(100)).build().unwrap();
            let clock = Clock::new();
            let mut client = client(&site, &leaf, version, &clock);
            client.config.time_provider = Clock::new();
            assert_eq!(visit(&acceptor, &client, &clock), Err(None));
            for _ in 0..2 {
                clock.advance(50);
                assert_eq!(visit(&acceptor, &client, &clock), Ok(()));
            }
            clock.advance(1);
            let expired = Err(Some(Declined::Expired));
            assert_eq!(visit(&acceptor, &client, &clock), expired, "{version:?} {way:?}");
        }
    }
}

#[test]
fn a_session_ends_with_the_crl_that_it_relied_on() {
    let site = Site::new();
    let leaf = site.leaf(BILLING);
    site.write_crl("root.crl", &site.root.crl().sign(&site.root.key));
    site.write_crl("ca.crl", &site.ca.crl().next_update(NOW + 50).sign(&site.ca.key));
    for way in ways() {
        for version in VERSIONS {
            let verifier = Arc::new(site.verifier(&policy_with_crls()));
            let acceptor = requiring(&verifier).resumption(way.clone()).build().unwrap();
            let client = client(&site, &leaf, version, &Clock::new());
            assert_eq!(later(&acceptor, &client, 50), Ok(()));
            let clock = Clock::new();
            clock.advance(51);
            let mut pair = Pair::new(&acceptor, &client, "server.example", &clock);
            assert_eq!(pair.talk(), Some(rustls::AlertDescription::UnknownCA));
            // With a CRL that is due later the client is in again, by a full handshake.
            let newer = site.ca.crl().next_update(NOW + 5_000);
            site.write_crl("ca.crl", &newer.sign(&site.ca.key));
            verifier.reload().unwrap();
            assert!(visit(&acceptor, &client, &clock).is_err());
            site.write_crl("ca.crl", &site.ca.crl().next_update(NOW + 50).sign(&site.ca.key));
        }
    }
}

#[test]
fn a_client_with_a_new_certificate_gets_in_when_its_old_sessions_certificate_has_expired() {
    let site = Site::new();
    let old = site
        .ca
        .leaf_with("client", |c| c.validity(NOW - 100, NOW + 100).san([GeneralName::uri(BILLING)]));
    let new = site.leaf(BILLING);
    let verifier = Arc::new(site.verifier(POLICY));
    for way in ways() {
        for version in VERSIONS {
            let acceptor = requiring(&verifier).resumption(way.clone()).build().unwrap();
            let clock = Clock::new();
            let held = Arc::new(super::renewing::Renewing::new(&site.chain(&old), &old.key));
            let mut client = Client::nobody(version, &clock);
            client.config.client_auth_cert_resolver = Arc::clone(&held) as _;
            client.config.time_provider = Clock::new();
            assert_eq!(visit(&acceptor, &client, &clock), Err(None));
            held.renew(&site.chain(&new), &new.key);
            clock.advance(100);
            assert_eq!(visit(&acceptor, &client, &clock), Ok(()));
            clock.advance(1);
            let expired = Err(Some(Declined::Expired));
            assert_eq!(visit(&acceptor, &client, &clock), expired, "{version:?} {way:?}");
            assert_eq!(visit(&acceptor, &client, &clock), Ok(()));
        }
    }
}
