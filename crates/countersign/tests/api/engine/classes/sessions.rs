//! Classes 2 to 4: what a session is worth once the policy, the demands or the time are others.

use std::sync::Arc;

use countersign::engine::{Acceptor, Alert, Cause, Declined, Entry, Resumption, State};
use countersign::{Reason, Verifier};
use countersign_testkit::forge::{Authority, Leaf, NOW, certificates_pem};
use rustls::AlertDescription;

use super::super::pair::{Pair, VERSIONS, credential, requiring};
use super::super::resumption::{client, ways};
use crate::peer::Clock;
use crate::site::{BILLING, POLICY, Site};

/// The policy with CRLs of the root and of the intermediate.
pub(crate) fn policy_with_crls() -> String {
    POLICY.replace("[\"ca.pem\"]", "[\"ca.pem\"]\ncrls = [\"root.crl\", \"ca.crl\"]")
}

/// A site whose two CRLs are there and empty.
pub(crate) fn site_with_crls() -> Site {
    let site = Site::new();
    site.write_crl("root.crl", &site.root.crl().sign(&site.root.key));
    site.write_crl("ca.crl", &site.ca.crl().sign(&site.ca.key));
    site
}

/// What happens to a site between two handshakes, by the reason that it gives for a refusal.
struct Change {
    reason: Reason,
    happen: fn(&Site, &Leaf, &Clock),
}

fn rewrite(site: &Site, policy: &str) {
    site.write("policy.toml", policy.as_bytes());
}

fn records(line: &str) -> String {
    format!("{}\n{line}\n", policy_with_crls())
}

const CHANGES: [Change; 13] = [
    Change {
        reason: Reason::UnknownIssuer,
        happen: |site, _, _| {
            let other = Authority::root("other");
            site.write("ca.pem", certificates_pem([&other.certificate]).as_bytes());
        },
    },
    Change {
        reason: Reason::NotListed,
        happen: |site, _, _| rewrite(site, &policy_with_crls().replace("billing\" }", "x\" }")),
    },
    Change {
        reason: Reason::Denied,
        happen: |site, leaf, _| {
            let spki: String = leaf.key.spki_sha256().iter().map(|b| format!("{b:02x}")).collect();
            rewrite(site, &records(&format!("[[deny]]\nmatch = [{{ spki_sha256 = \"{spki}\" }}]")));
        },
    },
    Change {
        reason: Reason::ApprovalExpired,
        happen: |site, _, _| rewrite(site, &records("not_after = 2026-01-01T00:00:00Z")),
    },
    Change {
        reason: Reason::ApprovalNotYetValid,
        happen: |site, _, _| rewrite(site, &records("not_before = 2027-01-01T00:00:00Z")),
    },
    Change {
        reason: Reason::WrongIssuer,
        happen: |site, _, _| {
            rewrite(site, &records(&format!("issuer_spki_sha256 = \"{}\"", "ab".repeat(32))));
        },
    },
    Change {
        reason: Reason::Revoked,
        happen: |site, leaf, _| {
            let crl = site.ca.crl().revoke_certificate(&leaf.certificate);
            site.write_crl("ca.crl", &crl.sign(&site.ca.key));
        },
    },
    Change {
        reason: Reason::Revoked,
        happen: |site, _, _| {
            let crl = site.root.crl().revoke_certificate(&site.ca.certificate);
            site.write_crl("root.crl", &crl.sign(&site.root.key));
        },
    },
    Change {
        reason: Reason::RevocationUnknown,
        happen: |site, _, _| {
            // Somebody else signed it.
            site.write_crl("ca.crl", &site.ca.crl().sign(&site.root.key));
        },
    },
    Change {
        reason: Reason::CrlExpired,
        happen: |site, _, _| {
            site.write_crl("ca.crl", &site.ca.crl().next_update(NOW - 1).sign(&site.ca.key));
        },
    },
    // Time alone, without a reload that changes anything.
    Change { reason: Reason::CrlExpired, happen: |_, _, clock| clock.advance(31 * 86_400) },
    Change {
        reason: Reason::Expired,
        happen: |site, _, clock| {
            let later = NOW + 400 * 86_400;
            site.write_crl("root.crl", &site.root.crl().next_update(later).sign(&site.root.key));
            site.write_crl("ca.crl", &site.ca.crl().next_update(later).sign(&site.ca.key));
            clock.advance(91 * 86_400);
        },
    },
    Change {
        reason: Reason::NotYetValid,
        happen: |site, _, clock| {
            let earlier = NOW - 30 * 86_400;
            for (file, ca) in [("root.crl", &site.root), ("ca.crl", &site.ca)] {
                site.write_crl(file, &ca.crl().this_update(earlier).sign(&ca.key));
            }
            clock.advance(-2 * 86_400);
        },
    },
];

#[test]
fn class_02_what_changed_since_counts_for_an_old_session() {
    for change in CHANGES {
        for way in ways() {
            for version in VERSIONS {
                let site = site_with_crls();
                let (leaf, clock) = (site.leaf(BILLING), Clock::new());
                let verifier = Arc::new(site.verifier(&policy_with_crls()));
                let acceptor = requiring(&verifier).resumption(way.clone()).build().unwrap();
                let client = client(&site, &leaf, version, &clock);
                let connect = || Pair::new(&acceptor, &client, "server.example", &clock);
                assert_eq!(connect().talk(), None);
                (change.happen)(&site, &leaf, &clock);
                verifier.reload().unwrap();
                let mut again = connect();
                let seen = again.talk();
                let refusal = again.server.refusal().unwrap();
                assert_eq!(refusal.reason(), Some(change.reason), "{version:?} {way:?}");
                assert_eq!(refusal.cause(), Cause::Denied);
                assert_eq!(seen.map(Alert::from), Some(Alert::for_reason(change.reason)));
                assert_eq!(refusal.alert(), seen.map(Alert::from));
            }
        }
    }
}

#[test]
fn class_02_a_policy_that_says_the_same_again_keeps_its_sessions() {
    for way in ways() {
        for version in VERSIONS {
            let site = site_with_crls();
            let (leaf, clock) = (site.leaf(BILLING), Clock::new());
            let verifier = Arc::new(site.verifier(&policy_with_crls()));
            let acceptor = requiring(&verifier).resumption(way.clone()).build().unwrap();
            let client = client(&site, &leaf, version, &clock);
            let connect = || Pair::new(&acceptor, &client, "server.example", &clock);
            assert_eq!(connect().talk(), None);
            let generation = verifier.reload().unwrap();
            let mut again = connect();
            assert_eq!(again.talk(), None);
            let session = again.server.session().unwrap();
            assert!(session.is_resumed(), "{version:?} {way:?}");
            assert_eq!(session.verdict().unwrap().generation(), generation);
        }
    }
}

/// The entry of a server at one time and at another.
fn flips(verifier: &Arc<Verifier>) -> [Entry; 3] {
    let (credential, verifier) = (credential(), || Arc::clone(verifier));
    [
        Entry::without_client_auth(credential.clone()),
        Entry::optional(credential.clone(), verifier()),
        Entry::required(credential, verifier()),
    ]
}

fn serving(entry: &Entry, way: &Resumption) -> Acceptor {
    Acceptor::builder().default_entry(entry.clone()).resumption(way.clone()).build().unwrap()
}

#[test]
fn class_03_a_session_made_under_other_demands_does_not_count() {
    let site = Site::new();
    let (leaf, clock) = (site.leaf(BILLING), Clock::new());
    let verifier = Arc::new(site.verifier(POLICY));
    let entries = flips(&verifier);
    for way in ways() {
        for version in VERSIONS {
            for (before, old) in entries.iter().enumerate() {
                for (after, new) in entries.iter().enumerate() {
                    let client = client(&site, &leaf, version, &clock);
                    let connect =
                        |entry| Pair::new(&serving(entry, &way), &client, "server.example", &clock);
                    assert_eq!(connect(old).talk(), None);
                    let mut pair = connect(new);
                    assert_eq!(pair.talk(), None);
                    let session = pair.server.session().unwrap();
                    assert_eq!(session.is_resumed(), before == after, "{old:?} {new:?}");
                    let declined = (before != after).then_some(Declined::OtherEntry);
                    assert_eq!(session.declined(), declined);
                    let known = (after != 0).then_some("acme-billing");
                    assert_eq!(session.client(), known, "{old:?} {new:?}");
                }
            }
        }
    }
}

#[test]
fn class_03_nobodys_session_lets_nobody_in_where_somebody_is_required() {
    let site = Site::new();
    let clock = Clock::new();
    let verifier = Arc::new(site.verifier(POLICY));
    let [off, optional, required] = flips(&verifier);
    for way in ways() {
        for version in VERSIONS {
            for entry in [&off, &optional] {
                let client = crate::peer::Client::nobody(version, &clock);
                let connect =
                    |entry| Pair::new(&serving(entry, &way), &client, "server.example", &clock);
                let mut nobody = connect(entry);
                assert_eq!(nobody.talk(), None);
                assert!(nobody.server.session().unwrap().verdict().is_none());
                let mut pair = connect(&required);
                assert_eq!(pair.talk(), Some(AlertDescription::CertificateRequired));
                let refusal = pair.server.refusal().unwrap();
                assert_eq!(refusal.reason(), Some(Reason::NoCertificate));
                assert_eq!(refusal.alert(), Some(Alert::CERTIFICATE_REQUIRED));
            }
        }
    }
}

/// Everything that a session says of its client, but not of this handshake.
fn said(pair: &Pair) -> String {
    let State::Established(session) = pair.server.state() else { panic!("not in") };
    format!(
        "{:?}",
        (
            (session.client(), session.verdict(), session.client_auth(), session.leaf()),
            session.verdict().map(|v| (v.owner(), v.scopes().collect::<Vec<_>>(), v.rule())),
            session.verdict().and_then(|v| v.binding().map(|b| b.as_bytes().to_vec())),
            (session.chain().collect::<Vec<_>>(), session.server_name(), session.alpn()),
            (session.version(), session.cipher_suite(), session.cipher_suite_name()),
            (session.authenticated_at(), session.expires()),
        )
    )
}

#[test]
fn class_04_a_resumed_session_says_in_every_field_what_the_fresh_one_said() {
    let enforced = format!("{POLICY}owner = \"o@acme.example\"\nscopes = [\"pay\", \"read\"]\n");
    let issued = POLICY.replace("version = 1", "version = 1\nadmit = \"issued\"");
    let unlisted = POLICY.replace(BILLING, "spiffe://acme.example/other");
    let audited = unlisted.replace("version = 1", "version = 1\nmode = \"audit\"");
    let issued_to_nobody = unlisted.replace("version = 1", "version = 1\nadmit = \"issued\"");
    for policy in [POLICY, &enforced, &issued, &audited, &issued_to_nobody] {
        for way in ways() {
            for version in VERSIONS {
                let site = Site::new();
                let (leaf, clock) = (site.leaf(BILLING), Clock::new());
                let verifier = Arc::new(site.verifier(policy));
                for entry in &flips(&verifier)[1..] {
                    let builder = Acceptor::builder().default_entry(entry.clone());
                    let builder = builder.alpn(["h2", "http/1.1"]).resumption(way.clone());
                    let acceptor = builder.build().unwrap();
                    let mut client = client(&site, &leaf, version, &clock);
                    client.config.alpn_protocols = vec![b"http/1.1".to_vec()];
                    let connect = || Pair::new(&acceptor, &client, "server.example", &clock);
                    let mut fresh = connect();
                    assert_eq!(fresh.talk(), None);
                    for _ in 0..2 {
                        let mut again = connect();
                        assert_eq!(again.talk(), None);
                        assert!(again.server.session().unwrap().is_resumed());
                        assert_eq!(said(&again), said(&fresh), "{version:?} {way:?}");
                    }
                }
            }
        }
    }
}
