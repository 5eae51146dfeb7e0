//! Anchors and CRLs from memory, for callers who hold them there.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use countersign::{ErrorKind, Reason, Verifier, VerifierBuilder};
use countersign_testkit::forge::{Leaf, certificates_pem, pem};

use crate::site::{BILLING, Site, now};

/// Names no file at all.
const POLICY: &str = r#"
version = 1
[[client]]
id = "acme-billing"
match = [ { uri = "spiffe://acme.example/billing" } ]
"#;

fn policy() -> VerifierBuilder {
    Verifier::builder_from_toml(POLICY, "/nowhere")
}

fn reason(verifier: &Verifier, site: &Site, leaf: &Leaf) -> Reason {
    verifier.verify(&site.chain(leaf), now()).reason()
}

/// CRLs of both authorities; the intermediate's revokes these.
fn crls(site: &Site, revoked: &[&Leaf]) -> Vec<u8> {
    let of_ca =
        revoked.iter().fold(site.ca.crl(), |crl, leaf| crl.revoke_certificate(&leaf.certificate));
    let of_root = site.root.crl().sign(&site.root.key);
    [pem("X509 CRL", &of_root), pem("X509 CRL", &of_ca.sign(&site.ca.key))].concat().into_bytes()
}

#[test]
fn anchors_may_come_from_memory_in_pem_or_der() {
    let site = Site::new();
    let leaf = site.leaf(BILLING);
    let root = &site.root.certificate;
    for anchors in [root.clone(), certificates_pem([root]).into_bytes()] {
        let verifier = policy().anchors(anchors).build().unwrap();
        assert_eq!(reason(&verifier, &site, &leaf), Reason::Allowed);
        verifier.reload().unwrap();
        assert_eq!(reason(&verifier, &site, &leaf), Reason::Allowed, "they stay");
    }
}

#[test]
fn crls_from_memory_are_required_like_those_in_files() {
    let site = Site::new();
    let (leaf, other) = (site.leaf(BILLING), site.leaf(BILLING));
    let with = |crls| policy().anchors(site.root.certificate.clone()).crls(crls).build().unwrap();
    let verifier = with(crls(&site, &[&other]));
    assert_eq!(reason(&verifier, &site, &leaf), Reason::Allowed);
    assert_eq!(reason(&verifier, &site, &other), Reason::Revoked);
    let of_the_root_alone = with(site.root.crl().sign(&site.root.key));
    assert_eq!(reason(&of_the_root_alone, &site, &leaf), Reason::RevocationUnknown);
}

/// Not even while a reload is at it: from memory, so that there are thousands.
#[test]
fn nobody_who_saw_a_policy_is_told_of_the_one_before() {
    let site = Site::new();
    let (leaf, anchor) = (site.leaf(BILLING), site.root.certificate.clone());
    let knowing = policy().anchors(anchor.clone());
    let other = POLICY.replace("billing\" }", "gone\" }");
    let unknowing = Verifier::builder_from_toml(other, "/nowhere").anchors(anchor);
    let verifier = knowing.clone().build().unwrap();
    let (done, heard) = (AtomicBool::new(false), AtomicU64::new(0));
    std::thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let (chain, mut last) = (site.chain(&leaf), 0);
            while !done.load(Ordering::Relaxed) {
                let seen = verifier.verify(&chain, now()).generation();
                let told = verifier.verify_with(&chain, now(), |told| told.generation);
                assert!(last <= seen && seen <= told, "{told} after {seen} after {last}");
                last = told;
                heard.store(last, Ordering::Relaxed);
            }
        });
        for _ in 0..2_000 {
            verifier.reload_from(unknowing.clone()).unwrap();
            let generation = verifier.reload_from(knowing.clone()).unwrap();
            // There is something to be told of only once the client is remembered.
            while heard.load(Ordering::Relaxed) < generation && !reader.is_finished() {
                std::thread::yield_now();
            }
        }
        done.store(true, Ordering::Relaxed);
        reader.join().unwrap();
    });
}

#[test]
fn what_is_wrong_in_memory_is_said_like_what_is_wrong_in_files() {
    let site = Site::new();
    let garbage = || b"garbage".to_vec();
    for (builder, expected) in [
        (policy().anchors(garbage()), "anchors from memory: no certificate"),
        (policy().anchors(vec![0x30, 0x80, 0, 0]), "anchors from memory: "),
        (
            policy().anchors(site.root.certificate.clone()).crls(garbage()),
            "CRLs from memory: no CRL",
        ),
        (policy(), "1:1: no `anchors` under [trust]"),
        (Verifier::builder_from_toml(b"version = 1\n\xff", ""), "2:1: a policy is UTF-8 text"),
        (policy().crls(crls(&site, &[])), "1:1: no `anchors` under [trust]"),
    ] {
        let error = builder.build().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
        assert!(error.to_string().starts_with(expected), "{error}");
    }
}

#[test]
fn another_policy_from_memory_is_put_in_force_whole_or_not_at_all() {
    let site = Site::new();
    let leaf = site.leaf(BILLING);
    let root = || site.root.certificate.clone();
    let verifier = policy().anchors(root()).build().unwrap();
    verifier.reload_from(policy().anchors(b"garbage".to_vec())).unwrap_err();
    assert_eq!(reason(&verifier, &site, &leaf), Reason::Allowed);
    assert_eq!((verifier.generation(), verifier.metrics().failed_reloads()), (1, 1));
    // What did not get into force is not read again either.
    assert_eq!(verifier.reload().unwrap(), 2);
    let revoking = policy().anchors(root()).crls(crls(&site, &[&leaf]));
    assert_eq!(verifier.reload_from(revoking).unwrap(), 3);
    assert_eq!(reason(&verifier, &site, &leaf), Reason::Revoked);
    assert_eq!(verifier.reload().unwrap(), 4);
    assert_eq!(reason(&verifier, &site, &leaf), Reason::Revoked);
}
