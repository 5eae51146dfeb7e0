//! The policy's digest: the same where the same bytes were loaded, else another.

use std::collections::HashSet;
use std::fs;

use countersign::{Verifier, VerifierBuilder};
use countersign_testkit::forge::certificates_pem;

use crate::site::{POLICY, Site};

const LISTS: &str =
    "crls = [\"ca.crl\"]\n[lists]\nclients = [\"clients.txt\"]\ndeny = [\"deny.txt\"]\n";

const NAMED: [&str; 4] = ["ca.pem", "ca.crl", "clients.txt", "deny.txt"];

fn site() -> Site {
    let site = Site::new();
    site.write_crl("ca.crl", &site.ca.crl().sign(&site.ca.key));
    site.write("clients.txt", b"uri:spiffe://acme.example/till till\n");
    site.write("deny.txt", b"uri:spiffe://acme.example/thief\n");
    site
}

fn policy() -> String {
    POLICY.replace("[[client]]", &format!("{LISTS}[[client]]"))
}

fn digest(builder: VerifierBuilder) -> [u8; 32] {
    builder.build().unwrap().policy_digest()
}

#[test]
fn the_same_bytes_elsewhere_have_the_same_digest() {
    let (here, there) = (site(), site());
    for name in NAMED {
        there.write(name, &fs::read(here.path().join(name)).unwrap());
    }
    let digest = here.verifier(&policy()).policy_digest();
    assert_eq!(there.verifier(&policy()).policy_digest(), digest);
    let in_memory = Verifier::from_toml(policy(), there.path()).unwrap();
    assert_eq!(in_memory.policy_digest(), digest);
    let again = here.verifier(&policy());
    again.reload().unwrap();
    assert_eq!((again.generation(), again.policy_digest()), (2, digest));
}

#[test]
fn a_byte_more_anywhere_makes_another() {
    let site = site();
    let verifier = site.verifier(&policy());
    let mut digests = HashSet::from([verifier.policy_digest()]);
    for name in NAMED.into_iter().chain(["policy.toml"]) {
        let bytes = [&fs::read(site.path().join(name)).unwrap()[..], b"\n"].concat();
        site.write(name, &bytes);
        verifier.reload().unwrap();
        assert!(digests.insert(verifier.policy_digest()), "{name}");
    }
    let before = verifier.policy_digest();
    site.write("policy.toml", b"version = 2");
    verifier.reload().unwrap_err();
    assert_eq!(verifier.policy_digest(), before, "it is that of the policy in force");
}

#[test]
fn what_comes_from_memory_counts() {
    let site = site();
    let builder = || Verifier::builder_from_toml(policy(), site.path());
    let crl = || site.root.crl().sign(&site.root.key);
    let (der, pem) = (site.ca.certificate.clone(), certificates_pem([&site.ca.certificate]));
    let digests = [
        digest(builder()),
        digest(builder().anchors(der.clone())),
        digest(builder().anchors(pem.clone())),
        digest(builder().anchors(der.clone()).anchors(pem.clone())),
        digest(builder().anchors(pem).anchors(der)),
        digest(builder().crls(crl())),
    ];
    assert_eq!(HashSet::from(digests).len(), digests.len());
}

#[test]
fn bytes_cannot_move_from_one_file_into_another() {
    let site = Site::new();
    let lists = "[lists]\nclients = [\"a.txt\", \"b.txt\"]\n[[client]]";
    let verifier = site.verifier(&{
        site.write("a.txt", b"dns:a.example a\ndns:b.example b\n");
        site.write("b.txt", b"");
        POLICY.replace("[[client]]", lists)
    });
    let together = verifier.policy_digest();
    site.write("a.txt", b"dns:a.example a\n");
    site.write("b.txt", b"dns:b.example b\n");
    verifier.reload().unwrap();
    assert_ne!(verifier.policy_digest(), together);
}
