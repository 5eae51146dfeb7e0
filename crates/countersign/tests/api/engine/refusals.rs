//! Every reason that a client can be refused for, by what it presents: in each version and under
//! each demand the client is told what the refusal says it was told, and the refusal says what
//! the verifier says.

use std::sync::Arc;

use countersign::engine::{Acceptor, Alert, Cause, Entry};
use countersign::{Reason, Verifier};
use countersign_testkit::forge::extension::{self, id, purpose, usage};
use countersign_testkit::forge::{
    Authority, CertificateBuilder, GeneralName, Key, KeyKind, Leaf, NOW, Name, der, rsa_spki, spki,
    tamper,
};

use super::pair::{Pair, VERSIONS, credential, moment};
use crate::peer::{Client, Clock};
use crate::site::{BILLING, POLICY, Site};

/// A client that is refused, and where.
struct Intruder {
    site: Site,
    policy: String,
    chain: Vec<Vec<u8>>,
    key: Key,
}

impl Intruder {
    /// One that is approved as yet.
    fn new(shape: impl FnOnce(CertificateBuilder) -> CertificateBuilder) -> Self {
        let site = Site::new();
        let Leaf { key, certificate } =
            site.ca.leaf_with("client", |c| shape(c.san([GeneralName::uri(BILLING)])));
        let chain = vec![certificate, site.ca.certificate.clone()];
        Self { site, policy: POLICY.to_owned(), chain, key }
    }

    /// One whose intermediate is another.
    fn below(shape: impl FnOnce(CertificateBuilder) -> CertificateBuilder) -> Self {
        let mut intruder = Self::new(|c| c);
        let ca = intruder.site.root.intermediate_with(Name::common("odd"), Key::p256(), shape);
        let leaf = ca.leaf_with("client", |c| c.san([GeneralName::uri(BILLING)]));
        (intruder.chain, intruder.key) = (vec![leaf.certificate, ca.certificate], leaf.key);
        intruder
    }

    fn under(mut self, policy: &str) -> Self {
        policy.clone_into(&mut self.policy);
        self
    }

    /// With CRLs; the intermediate's is this.
    fn with_crl(self, crl: impl FnOnce(&Self) -> Vec<u8>) -> Self {
        let root = &self.site.root;
        self.site.write_crl("root.crl", &root.crl().sign(&root.key));
        self.site.write_crl("ca.crl", &crl(&self));
        self.under(&super::classes::sessions::policy_with_crls())
    }

    fn with_record(self, line: &str) -> Self {
        let policy = format!("{POLICY}{line}\n");
        self.under(&policy)
    }

    /// The intruder that is refused for this reason, and the place in its chain that it is about, if
    /// it is about one. `None` for reasons that no certificate in a handshake has.
    fn of(reason: Reason) -> Option<(Self, Option<usize>)> {
        let leaf = Some(0);
        Some(match reason {
            Reason::NotListed => (Self::new(|c| c).under(&POLICY.replace("billing", "x")), None),
            Reason::Denied => {
                let intruder = Self::new(|c| c);
                let denied: String =
                    intruder.key.spki_sha256().iter().map(|byte| format!("{byte:02x}")).collect();
                let rule = format!("[[deny]]\nmatch = [{{ spki_sha256 = \"{denied}\" }}]");
                (intruder.with_record(&rule), None)
            }
            Reason::ApprovalExpired => {
                (Self::new(|c| c).with_record("not_after = 2026-01-01T00:00:00Z"), None)
            }
            Reason::ApprovalNotYetValid => {
                (Self::new(|c| c).with_record("not_before = 2027-01-01T00:00:00Z"), None)
            }
            Reason::WrongIssuer => {
                let line = format!("issuer_spki_sha256 = \"{}\"", "ab".repeat(32));
                (Self::new(|c| c).with_record(&line), None)
            }
            Reason::Expired => (Self::new(|c| c.validity(NOW - 99, NOW - 1)), leaf),
            Reason::NotYetValid => (Self::new(|c| c.validity(NOW + 1, NOW + 99)), leaf),
            Reason::Revoked => {
                let crl =
                    |i: &Self| i.site.ca.crl().revoke_certificate(&i.chain[0]).sign(&i.site.ca.key);
                (Self::new(|c| c).with_crl(crl), leaf)
            }
            Reason::RevocationUnknown => {
                (Self::new(|c| c).with_crl(|i| i.site.ca.crl().sign(&i.site.root.key)), leaf)
            }
            Reason::CrlExpired => {
                let crl = |i: &Self| i.site.ca.crl().next_update(NOW - 1).sign(&i.site.ca.key);
                (Self::new(|c| c).with_crl(crl), leaf)
            }
            Reason::UnknownIssuer => {
                let mut intruder = Self::new(|c| c);
                let other = Authority::root("stranger");
                let stranger = other.leaf_with("client", |c| c.san([GeneralName::uri(BILLING)]));
                (intruder.chain, intruder.key) = (vec![stranger.certificate], stranger.key);
                (intruder, leaf)
            }
            Reason::BadSignature => {
                let mut intruder = Self::new(|c| c);
                intruder.chain[0] = tamper::break_signature(&intruder.chain[0]);
                (intruder, leaf)
            }
            Reason::NotForClientAuth => {
                let server = extension::extended_key_usage(&[purpose::SERVER_AUTH]);
                (Self::new(|c| c.without(id::EXTENDED_KEY_USAGE).with(server)), leaf)
            }
            Reason::KeyUsage => {
                let other = extension::key_usage(&[usage::KEY_AGREEMENT]);
                (Self::new(|c| c.without(id::KEY_USAGE).with(other)), leaf)
            }
            Reason::CriticalExtension => {
                (Self::new(|c| c.with(extension::unknown().critical())), leaf)
            }
            Reason::WeakKey => {
                let weak = rsa_spki(&[0xff; 128], &[1, 0, 1]);
                (Self::new(|c| c.spki(&weak)), leaf)
            }
            Reason::UnsupportedAlgorithm => {
                let mut intruder = Self::new(|c| c);
                let (key, other) = (Key::p256(), Key::seeded(KeyKind::P256, "other"));
                let dsa = spki(&der::sequence([der::oid("1.2.840.10040.4.1")]), other.spki());
                let odd = intruder.site.ca.leaf_for(&Name::common("client"), key, |c| {
                    c.spki(&dsa).san([GeneralName::uri(BILLING)])
                });
                intruder.chain[0] = odd.certificate;
                (intruder, leaf)
            }
            Reason::Malformed => {
                let mut intruder = Self::new(|c| c);
                intruder.chain[0] = tamper::pad_outer_length(&intruder.chain[0]);
                (intruder, leaf)
            }
            Reason::LimitExceeded => {
                let mut intruder = Self::new(|c| c);
                let last = intruder.chain[1].clone();
                intruder.chain.resize(17, last);
                (intruder, None)
            }
            Reason::NotACa => (Self::below(|c| c.without(id::BASIC_CONSTRAINTS)), Some(1)),
            Reason::PathLength => {
                let mut intruder = Self::new(|c| c);
                let site = &intruder.site;
                let short = site.root.intermediate_with(Name::common("s"), Key::p256(), |c| {
                    c.without(id::BASIC_CONSTRAINTS).with(extension::ca(Some(0)))
                });
                let lower = short.intermediate("lower");
                let leaf = lower.leaf_with("client", |c| c.san([GeneralName::uri(BILLING)]));
                intruder.chain = vec![leaf.certificate, lower.certificate, short.certificate];
                intruder.key = leaf.key;
                (intruder, Some(1))
            }
            Reason::NameConstraint => {
                let only = extension::name_constraints(&[GeneralName::uri("other.example")], &[]);
                (Self::below(|c| c.with(only.critical())), leaf)
            }
            Reason::CertificatePolicy => {
                let explicit = extension::policy_constraints(Some(0), None);
                (Self::below(|c| c.with(explicit)), leaf)
            }
            _ => return None,
        })
    }

    fn verifier(&self) -> Arc<Verifier> {
        Arc::new(self.site.verifier(&self.policy))
    }
}

/// Reasons that are not about a certificate that is presented.
const ELSEWHERE: [Reason; 6] = [
    Reason::Allowed,
    Reason::AllowedAudit,
    Reason::NoCertificate,
    Reason::OutOfScope,
    Reason::SessionStale,
    Reason::Internal,
];

#[test]
fn each_reason_is_told_to_the_client_as_the_refusal_says() {
    for reason in Reason::ALL {
        let Some((intruder, chain_index)) = Intruder::of(*reason) else {
            assert!(ELSEWHERE.contains(reason), "{reason} has no intruder");
            continue;
        };
        let clock = Clock::new();
        let verifier = intruder.verifier();
        let chain: Vec<&[u8]> = intruder.chain.iter().map(Vec::as_slice).collect();
        let expected = verifier.verify(&chain, moment(&clock).unix).to_record();
        assert_eq!((expected.reason(), expected.chain_index()), (*reason, chain_index));
        for entry in [Entry::required, Entry::optional] {
            let entry = entry(credential(), Arc::clone(&verifier));
            let acceptor = Acceptor::builder().default_entry(entry).build().unwrap();
            for version in VERSIONS {
                let client = Client::nobody(version, &clock).presenting(&chain, &intruder.key);
                let mut pair = Pair::new(&acceptor, &client, "server.example", &clock);
                let seen = pair.talk().map(Alert::from);
                let refusal = pair.server.refusal().unwrap();
                assert_eq!(refusal.cause(), Cause::Denied);
                assert_eq!(refusal.verdict(), Some(&expected), "{version:?}");
                assert_eq!(refusal.alert(), seen, "{reason} {version:?}");
                assert_eq!(seen, Some(Alert::for_reason(*reason)), "{reason} {version:?}");
                assert_eq!(refusal.detail(), expected.detail());
                assert!(pair.server.session().is_none() && pair.server.lease().is_none());
                assert_eq!(pair.server.read(&mut [0; 16]), 0);
                assert_eq!(pair.server.write(b"hello"), 0);
            }
        }
    }
}

#[test]
fn what_is_not_asked_for_is_not_judged() {
    for reason in Reason::ALL {
        let Some((intruder, _)) = Intruder::of(*reason) else { continue };
        let clock = Clock::new();
        let entry = Entry::without_client_auth(credential());
        let acceptor = Acceptor::builder().default_entry(entry).build().unwrap();
        let chain: Vec<&[u8]> = intruder.chain.iter().map(Vec::as_slice).collect();
        for version in VERSIONS {
            let client = Client::nobody(version, &clock).presenting(&chain, &intruder.key);
            let mut pair = Pair::new(&acceptor, &client, "server.example", &clock);
            assert_eq!(pair.talk(), None, "{reason}");
            let session = pair.server.session().unwrap();
            assert!(session.verdict().is_none() && session.leaf().is_none());
        }
    }
}

#[test]
fn a_client_without_a_certificate_is_told_that_one_is_required() {
    let site = Site::new();
    let clock = Clock::new();
    let verifier = Arc::new(site.verifier(POLICY));
    let entry = Entry::required(credential(), Arc::clone(&verifier));
    let acceptor = Acceptor::builder().default_entry(entry).build().unwrap();
    for version in VERSIONS {
        let client = Client::nobody(version, &clock);
        let mut pair = Pair::new(&acceptor, &client, "server.example", &clock);
        let seen = pair.talk().map(Alert::from);
        let refusal = pair.server.refusal().unwrap();
        assert_eq!(refusal.reason(), Some(Reason::NoCertificate));
        assert_eq!(refusal.verdict().unwrap().chain_index(), None);
        assert_eq!(seen, Some(Alert::CERTIFICATE_REQUIRED), "{version:?}");
        assert_eq!(refusal.alert(), seen);
    }
    assert_eq!(verifier.metrics().decisions(Reason::NoCertificate), 2);
}
