//! The policy decides over a forwarded certificate as it does in a handshake.

use std::sync::Arc;

use countersign::forwarded::{
    Checker, Family, KeyRing, NonceMemory, Presented, Receiver, Request, Signer, SigningKey, Strip,
};
use countersign::{Reason, UnixTime};
use countersign_testkit::forge::{Authority, GeneralName, Leaf};

use super::written::{Headers, all, base64, headers, pairs};
use crate::site::{BILLING, POLICY, Site, now};

fn request() -> Request<'static> {
    Request::new(b"GET", b"api.example", b"/")
}

/// Headers of RFC 9440 about this leaf and the site's intermediate.
fn about(site: &Site, leaf: &Leaf) -> Headers {
    let item = |der: &[u8]| format!(":{}:", base64(der));
    headers(&[
        ("Client-Cert", &item(&leaf.certificate)),
        ("Client-Cert-Chain", &item(&site.ca.certificate)),
    ])
}

#[test]
fn the_same_policy_decides() {
    let site = Site::new();
    let verifier = site.verifier(POLICY);
    let receiver = Receiver::trusting_the_network(Family::rfc9440());
    let judge = |headers: &Headers, at| receiver.judge(&verifier, &request(), pairs(headers), at);
    let approved = site.leaf(BILLING);
    let verdict = judge(&about(&site, &approved), now());
    assert_eq!((verdict.reason(), verdict.client()), (Reason::Allowed, Some("acme-billing")));
    let direct = verifier.verify(&site.chain(&approved), now());
    assert_eq!((direct.rule(), direct.client_id()), (verdict.rule(), verdict.client_id()));
    assert!(judge(&about(&site, &approved), now()).is_cached());

    let listed = judge(&about(&site, &site.leaf("spiffe://acme.example/other")), now());
    assert_eq!(listed.reason(), Reason::NotListed);
    let stranger = Authority::root("root").intermediate("ca");
    let forged = stranger.leaf_with("client", |c| c.san([GeneralName::uri(BILLING)]));
    let path = judge(&about(&site, &forged), now());
    assert!(!path.is_allowed() && path.reason() != Reason::Malformed, "{path}");
    let later = judge(&about(&site, &approved), UnixTime::MAX);
    assert_eq!(later.reason(), Reason::Expired);
    assert_eq!(judge(&headers(&[]), now()).reason(), Reason::NoCertificate);
}

#[test]
fn a_proxy_says_nothing_of_a_client_whom_the_policy_did_not_let_in() {
    let site = Site::new();
    let verifier = site.verifier(POLICY);
    for (uri, is_somebody) in [(BILLING, true), ("spiffe://acme.example/other", false)] {
        let leaf = site.leaf(uri);
        let chain = site.chain(&leaf);
        let verdict = verifier.verify(&chain, now());
        let presented = Presented::by(&verdict, &chain);
        assert_eq!(matches!(presented, Presented::Verified(_)), is_somebody);
        let family = Family::haproxy();
        let produced = family.produce(presented).unwrap();
        let (name, used) = produced.fields().next().unwrap();
        assert_eq!((name, used == "1"), ("x-ssl-client-used", is_somebody));
    }
    let verdict = verifier.verify(&[], now());
    assert!(matches!(Presented::by(&verdict, &[]), Presented::Nobody));
}

#[test]
fn headers_that_do_not_count_are_a_deny_that_is_counted() {
    let site = Site::new();
    let verifier = site.verifier(POLICY);
    let receiver = Receiver::trusting_the_network(Family::rfc9440());
    let mut list = about(&site, &site.leaf(BILLING));
    list.push(list[0].clone());
    let verdict = receiver.judge(&verifier, &request(), pairs(&list), now());
    assert_eq!((verdict.reason(), verdict.client()), (Reason::Malformed, None));
    assert!(verdict.detail().contains("given more than once"), "{}", verdict.detail());
    assert_eq!(verifier.metrics().decisions(Reason::Malformed), 1);
}

#[test]
fn every_family_leads_to_the_same_verdict() {
    let site = Site::new();
    // A leaf of the anchor itself: some families carry nothing but the leaf.
    let serial = [0x1f, 0x02];
    let shape = |c: countersign_testkit::forge::CertificateBuilder| {
        c.serial(&serial).san([GeneralName::uri(BILLING)])
    };
    let leaf = site.root.leaf_with("client", shape).certificate;
    let verifier = site.verifier(POLICY);
    for written in all(&leaf, &site.ca.certificate, &serial) {
        let receiver = Receiver::trusting_the_network(written.family);
        let verdict = receiver.judge(&verifier, &request(), pairs(&written.headers), now());
        assert_eq!(verdict.client(), Some("acme-billing"), "{}: {verdict}", written.what);
    }
}

#[test]
fn a_stolen_certificate_gets_nobody_in_behind_a_proxy_that_signs() {
    let site = Site::new();
    let verifier = site.verifier(POLICY);
    let (family, secret, request) = (Family::rfc9440(), [7; 32], request());
    let signer = Signer::new(SigningKey::hmac_sha256("edge-1", &secret).unwrap());
    let ring = KeyRing::new().hmac_sha256("edge-1", &secret).unwrap();
    let memory = Arc::new(NonceMemory::new(1_000, UnixTime::MIN).unwrap());
    let receiver = Receiver::signed(family.clone(), Checker::new(ring, memory));
    let judge = |headers: &Headers| receiver.judge(&verifier, &request, pairs(headers), now());

    // What an attacker sends past the proxy: the approved client's certificate is public.
    let stolen = about(&site, &site.leaf(BILLING));
    assert_eq!(judge(&stolen).reason(), Reason::BadSignature);

    // And through it, with a certificate of his own or none: the proxy drops what he sends.
    let strip = Strip::all();
    let mut through = stolen.clone();
    through.retain(|(name, value)| !strip.drops(name.as_bytes(), value));
    assert!(through.is_empty());
    let produced = family.produce(Presented::Nobody).unwrap();
    let signed = signer.sign(&request, &produced, now()).unwrap();
    let set = produced.fields().chain(signed.fields());
    through.extend(set.map(|(name, value)| (name.to_owned(), value.as_bytes().to_vec())));
    assert_eq!(judge(&through).reason(), Reason::NoCertificate);
    // A proxy that forgot to: its signature is not over what he sent.
    through.extend(stolen);
    assert_eq!(judge(&through).reason(), Reason::BadSignature);
}
