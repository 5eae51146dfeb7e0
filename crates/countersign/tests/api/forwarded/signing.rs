//! Signatures over forwarded certificates: what counts, and everything that does not.

use std::sync::Arc;
use std::time::Duration;

use countersign::forwarded::{
    Checker, Family, Forwarded, KeyRing, NonceMemory, Presented, Receiver, Rejection,
    RejectionKind, Request, Signer, SigningKey,
};
use countersign::{Reason, UnixTime};
use countersign_testkit::forge::{Authority, Key, KeyKind, certificates_pem, pem};

use super::written::{Headers, base64, headers, pairs, percent};
use crate::site::now;

const SECRET: [u8; 32] = [7; 32];

struct Edge {
    leaf: Vec<u8>,
    ca: Vec<u8>,
    signer: Signer,
    family: Family,
}

fn edge() -> Edge {
    let ca = Authority::root("root").intermediate("ca");
    let leaf = ca.leaf("client").certificate;
    let signer = Signer::new(SigningKey::hmac_sha256("edge-1", &SECRET).unwrap());
    Edge { leaf, ca: ca.certificate, signer, family: Family::rfc9440() }
}

fn request() -> Request<'static> {
    Request::new(b"GET", b"api.example", b"/accounts?id=1")
}

impl Edge {
    fn headers_of(&self, presented: Presented<'_>, request: &Request<'_>, at: UnixTime) -> Headers {
        let produced = self.family.produce(presented).unwrap();
        let signed = self.signer.sign(request, &produced, at).unwrap();
        let all = produced.fields().chain(signed.fields());
        all.map(|(name, value)| (name.to_owned(), value.as_bytes().to_vec())).collect()
    }

    /// The headers of the usual request.
    fn headers(&self) -> Headers {
        self.headers_of(Presented::Verified(&[&self.leaf, &self.ca]), &request(), now())
    }

    fn nobody(&self) -> Headers {
        self.headers_of(Presented::Nobody, &request(), now())
    }
}

fn memory() -> Arc<NonceMemory> {
    Arc::new(NonceMemory::new(10_000, UnixTime::MIN).unwrap())
}

fn checker() -> Checker {
    Checker::new(KeyRing::new().hmac_sha256("edge-1", &SECRET).unwrap(), memory())
}

fn receiver() -> Receiver {
    Receiver::signed(Family::rfc9440(), checker())
}

fn receive(headers: &Headers) -> Result<Forwarded, Rejection> {
    receive_at(&request(), headers, now())
}

fn receive_at(
    request: &Request<'_>,
    headers: &Headers,
    at: UnixTime,
) -> Result<Forwarded, Rejection> {
    receiver().receive(request, pairs(headers), at)
}

fn kind(received: Result<Forwarded, Rejection>) -> RejectionKind {
    let rejection = received.unwrap_err();
    assert!([Reason::BadSignature, Reason::Malformed].contains(&rejection.reason()));
    rejection.kind()
}

fn text(headers: &Headers, name: &str) -> String {
    let found = headers.iter().find(|(own, _)| own == name).unwrap();
    String::from_utf8(found.1.clone()).unwrap()
}

fn with(headers: &Headers, name: &str, value: &str) -> Headers {
    let replaced = |(own, old): &(String, Vec<u8>)| {
        (own.clone(), if own == name { value.as_bytes().to_vec() } else { old.clone() })
    };
    headers.iter().map(replaced).collect()
}

#[test]
fn what_a_proxy_signed_is_taken() {
    let edge = edge();
    let Forwarded::Certificate(chain) = receive(&edge.headers()).unwrap() else { panic!("nobody") };
    assert_eq!(chain.certificates().collect::<Vec<_>>(), [&edge.leaf[..], &edge.ca[..]]);
    assert_eq!(receive(&edge.nobody()), Ok(Forwarded::NoCertificate));
}

#[test]
fn every_kind_of_key_signs_for_every_family_that_is_written() {
    let edge = edge();
    let mut keys = vec![(
        SigningKey::hmac_sha256("k", &SECRET).unwrap(),
        KeyRing::new().hmac_sha256("k", &SECRET).unwrap(),
    )];
    for kind in [KeyKind::P256, KeyKind::Ed25519] {
        let key = Key::generate(kind);
        let ring = || KeyRing::new().public_key("k", key.spki()).unwrap();
        keys.push((SigningKey::pkcs8("k", &key.pkcs8_der()).unwrap(), ring()));
        let private = pem("PRIVATE KEY", &key.pkcs8_der());
        let public = pem("PUBLIC KEY", key.spki());
        let ring = KeyRing::new().public_key("k", public.as_bytes()).unwrap();
        keys.push((SigningKey::pkcs8("k", private.as_bytes()).unwrap(), ring));
    }
    for (key, ring) in keys {
        let algorithm = key.algorithm();
        let signer = Signer::new(key);
        let checker_of = Checker::new(ring, memory());
        let receiver = Receiver::signed(Family::rfc9440(), checker_of);
        let edge = Edge {
            signer,
            leaf: edge.leaf.clone(),
            ca: edge.ca.clone(),
            family: Family::rfc9440(),
        };
        let received = receiver.receive(&request(), pairs(&edge.headers()), now());
        assert!(matches!(received, Ok(Forwarded::Certificate(_))), "{algorithm}: {received:?}");
    }
    for family in Family::all() {
        if family.produce(Presented::Nobody).is_err() {
            continue;
        }
        let receiver = Receiver::signed(family.clone(), checker());
        let signer = Signer::new(SigningKey::hmac_sha256("edge-1", &SECRET).unwrap());
        let edge = Edge { signer, leaf: edge.leaf.clone(), ca: edge.ca.clone(), family };
        for (headers, is_nobody) in [(edge.headers(), false), (edge.nobody(), true)] {
            let received = receiver.receive(&request(), pairs(&headers), now()).unwrap();
            assert_eq!(received == Forwarded::NoCertificate, is_nobody);
        }
    }
}

#[test]
fn keys_that_are_too_weak_or_of_other_kinds_are_refused() {
    let p384 = Key::seeded(KeyKind::P256, "x");
    assert!(SigningKey::hmac_sha256("k", &[7; 31]).is_err());
    assert!(KeyRing::new().hmac_sha256("k", &[7; 31]).is_err());
    for kind in [KeyKind::Rsa2048, KeyKind::P384] {
        let key = Key::seeded(kind, "other");
        assert!(KeyRing::new().public_key("k", key.spki()).is_err(), "{kind:?}");
        assert!(SigningKey::pkcs8("k", &key.pkcs8_der()).is_err(), "{kind:?}");
    }
    let two = pem("PUBLIC KEY", p384.spki()).repeat(2);
    assert!(KeyRing::new().public_key("k", two.as_bytes()).is_err());
    assert!(KeyRing::new().public_key("k", pem("CERTIFICATE", p384.spki()).as_bytes()).is_err());
    assert!(KeyRing::new().public_key("k", b"").is_err());
}

#[test]
fn an_unsigned_certificate_is_refused_and_so_is_its_unsigned_absence() {
    let edge = edge();
    let certificate = headers(&[("Client-Cert", &format!(":{}:", base64(&edge.leaf)))]);
    assert_eq!(kind(receive(&certificate)), RejectionKind::Unsigned);
    assert_eq!(kind(receive(&headers(&[]))), RejectionKind::Unsigned);
    for missing in ["signature", "signature-input"] {
        let mut partial = edge.headers();
        partial.retain(|(name, _)| name != missing);
        assert_eq!(kind(receive(&partial)), RejectionKind::Unsigned, "{missing}");
    }
    let others = with(&edge.headers(), "signature", "sig1=:AA==:");
    assert_eq!(kind(receive(&others)), RejectionKind::Unsigned);
}

#[test]
fn another_certificate_under_the_same_signature_is_refused() {
    let edge = edge();
    let item = |der: &[u8]| format!(":{}:", base64(der));
    let other = Authority::root("root").leaf("admin").certificate;
    let signed = edge.headers();
    let swapped = with(&signed, "client-cert", &item(&other));
    assert_eq!(kind(receive(&swapped)), RejectionKind::BadSignature);
    let swapped = with(&signed, "client-cert-chain", &item(&other));
    assert_eq!(kind(receive(&swapped)), RejectionKind::BadSignature);
    let mut longer = signed.clone();
    longer.push(("client-cert-chain".to_owned(), item(&other).into_bytes()));
    assert_eq!(kind(receive(&longer)), RejectionKind::BadSignature);
    let shorter: Headers =
        signed.iter().filter(|(n, _)| n != "client-cert-chain").cloned().collect();
    assert!(receive(&shorter).is_err());
}

#[test]
fn a_client_cannot_claim_to_be_nobody_or_somebody() {
    let edge = edge();
    let signed = edge.headers();
    let only_signature: Headers =
        signed.iter().filter(|(name, _)| !name.starts_with("client-cert")).cloned().collect();
    assert!(receive(&only_signature).is_err());
    let mut somebody = edge.nobody();
    somebody.push(("Client-Cert".to_owned(), format!(":{}:", base64(&edge.leaf)).into_bytes()));
    assert_eq!(kind(receive(&somebody)), RejectionKind::BadSignature);
    // A chain that was not there, beside a certificate that was signed alone.
    let presented = Presented::Verified(&[&edge.leaf]);
    let mut longer = edge.headers_of(presented, &request(), now());
    longer.push(("Client-Cert-Chain".to_owned(), format!(":{}:", base64(&edge.ca)).into_bytes()));
    assert_eq!(kind(receive(&longer)), RejectionKind::BadSignature);
    // The tag is what tells both apart for families that have a word for nobody.
    let family = Family::nginx();
    let forged = headers(&[
        ("ssl-client-verify", "SUCCESS"),
        ("ssl-client-cert", &percent(&certificates_pem([&edge.leaf]), "")),
    ]);
    let edge = Edge { family: family.clone(), ..edge };
    let mut headers = edge.nobody();
    headers.retain(|(name, _)| name.starts_with("signature"));
    headers.extend(forged);
    let received = Receiver::signed(family, checker()).receive(&request(), pairs(&headers), now());
    assert_eq!(kind(received), RejectionKind::BadSignature);
}

#[test]
fn a_signature_for_another_request_is_refused() {
    let edge = edge();
    for (method, authority, target) in [
        ("POST", "api.example", "/accounts?id=1"),
        ("get", "api.example", "/accounts?id=1"),
        ("GET", "other.example", "/accounts?id=1"),
        ("GET", "api.example:8443", "/accounts?id=1"),
        ("GET", "api.example", "/accounts?id=2"),
        ("GET", "api.example", "/accounts"),
        ("GET", "api.example", "/Accounts?id=1"),
        ("GET", "api.example", "/admin?id=1"),
        ("GET", "api.example", "/accounts%3Fid=1"),
    ] {
        let other = Request::new(method.as_bytes(), authority.as_bytes(), target.as_bytes());
        let received = receive_at(&other, &edge.headers(), now());
        assert_eq!(kind(received), RejectionKind::BadSignature, "{method} {authority}{target}");
    }
    let same = Request::new(b"GET", b"API.example", b"/accounts?id=1");
    assert!(receive_at(&same, &edge.headers(), now()).is_ok());
}

#[test]
fn a_request_that_would_not_stay_on_its_line_is_neither_signed_nor_checked() {
    let edge = edge();
    let produced = edge.family.produce(Presented::Nobody).unwrap();
    for (method, authority, target) in [
        ("GET\n", "a", "/"),
        ("", "a", "/"),
        ("GET", "", "/"),
        ("GET", "a\n\"@path\": /x", "/"),
        ("GET", "a", "/\n"),
        ("GET", "a", "/?\r\n"),
        ("GET", "a", "/ x"),
        ("GET", "a", "/\u{e9}"),
    ] {
        let odd = Request::new(method.as_bytes(), authority.as_bytes(), target.as_bytes());
        assert!(edge.signer.sign(&odd, &produced, now()).is_err(), "{odd:?}");
        assert_eq!(kind(receive_at(&odd, &edge.headers(), now())), RejectionKind::Malformed);
    }
}

#[test]
fn a_signature_counts_in_its_time_only() {
    let edge = edge();
    let after =
        |seconds: i64| receive_at(&request(), &edge.headers(), now().saturating_add(seconds));
    // 30 seconds of lifetime, 5 of skew, at both ends.
    for seconds in [-5, 0, 30, 35] {
        assert!(after(seconds).is_ok(), "{seconds}");
    }
    for seconds in [-6, 36, 3_600, i64::MAX, -3_600] {
        assert_eq!(kind(after(seconds)), RejectionKind::Stale, "{seconds}");
    }
    // The receiver's own bound holds however long a proxy says.
    let key = SigningKey::hmac_sha256("edge-1", &SECRET).unwrap();
    let edge = Edge { signer: Signer::new(key).lifetime(Duration::from_secs(86_400)), ..edge };
    let after = |seconds: i64| {
        let checker = checker().max_age(Duration::from_secs(10)).max_skew(Duration::ZERO);
        let at = now().saturating_add(seconds);
        Receiver::signed(Family::rfc9440(), checker).receive(&request(), pairs(&edge.headers()), at)
    };
    assert!(after(10).is_ok());
    assert_eq!(kind(after(11)), RejectionKind::Stale);
    assert_eq!(kind(after(-1)), RejectionKind::Stale);
}

#[test]
fn a_signature_counts_once() {
    let edge = edge();
    let receiver = receiver();
    let receive = |headers: &Headers| receiver.receive(&request(), pairs(headers), now());
    let signed = edge.headers();
    assert!(receive(&signed).is_ok());
    assert_eq!(kind(receive(&signed)), RejectionKind::Replayed);
    assert!(receive(&edge.headers()).is_ok(), "the next one is another");
    let nobody = edge.nobody();
    assert!(receive(&nobody).is_ok());
    assert_eq!(kind(receive(&nobody)), RejectionKind::Replayed);
}

#[test]
fn what_does_not_verify_takes_no_room() {
    let edge = edge();
    let memory = Arc::new(NonceMemory::new(1, UnixTime::MIN).unwrap());
    let ring = KeyRing::new().hmac_sha256("edge-1", &SECRET).unwrap();
    let receiver = Receiver::signed(Family::rfc9440(), Checker::new(ring, memory));
    let receive = |headers: &Headers| receiver.receive(&request(), pairs(headers), now());
    for _ in 0..1_000 {
        let signed = edge.headers();
        let forged = with(
            &signed,
            "signature",
            "countersign=:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=:",
        );
        assert_eq!(kind(receive(&forged)), RejectionKind::BadSignature);
    }
    assert!(receive(&edge.headers()).is_ok());
    let refused = (0..1_000).filter_map(|_| receive(&edge.headers()).err());
    let kinds: Vec<_> = refused.map(|rejection| rejection.kind()).collect();
    assert!(kinds.contains(&RejectionKind::MemoryFull), "it closes when it is full");
}

#[test]
fn only_keys_on_the_ring_count_and_only_for_their_algorithm() {
    let edge = edge();
    let ring = |ring: KeyRing| {
        let receiver = Receiver::signed(Family::rfc9440(), Checker::new(ring, memory()));
        kind(receiver.receive(&request(), pairs(&edge.headers()), now()))
    };
    assert_eq!(ring(KeyRing::new()), RejectionKind::UnknownKey);
    let other = KeyRing::new().hmac_sha256("edge-2", &SECRET).unwrap();
    assert_eq!(ring(other), RejectionKind::UnknownKey);
    let other = KeyRing::new().hmac_sha256("edge-1", &[8; 32]).unwrap();
    assert_eq!(ring(other), RejectionKind::BadSignature);
    let key = Key::seeded(KeyKind::Ed25519, "edge");
    let other = KeyRing::new().public_key("edge-1", key.spki()).unwrap();
    assert_eq!(ring(other), RejectionKind::UnknownKey);
}

#[test]
fn any_change_to_a_signature_is_refused() {
    let edge = edge();
    let receiver = receiver();
    let signed = edge.headers();
    for name in ["signature-input", "signature"] {
        let value = text(&signed, name);
        for at in 0..value.len() {
            for byte in *b"aZ0\"(;,= @\\:" {
                let mut changed = value.clone().into_bytes();
                if core::mem::replace(&mut changed[at], byte) == byte {
                    continue;
                }
                let changed = with(&signed, name, core::str::from_utf8(&changed).unwrap());
                let received = receiver.receive(&request(), pairs(&changed), now());
                assert!(received.is_err(), "{changed:?}");
            }
            let cut = with(&signed, name, &value[..at]);
            assert!(receiver.receive(&request(), pairs(&cut), now()).is_err(), "{name}: {at}");
        }
    }
    assert!(receiver.receive(&request(), pairs(&signed), now()).is_ok());
}

#[test]
fn a_signature_that_covers_less_is_refused_though_it_verifies() {
    // Whoever holds the key signs as he likes; a receiver still knows what it wants covered.
    let edge = edge();
    let wants_digest = || checker().requires("Content-Digest").unwrap();
    let receiver = Receiver::signed(Family::rfc9440(), wants_digest());
    let mut headers = edge.headers();
    headers.push(("content-digest".to_owned(), b"sha-256=:AA==:".to_vec()));
    let received = receiver.receive(&request(), pairs(&headers), now());
    assert_eq!(kind(received), RejectionKind::BadSignature);
    assert!(checker().requires("a b").is_err());
}

#[test]
fn a_clients_own_signature_may_stand_beside() {
    let edge = edge();
    for before in [true, false] {
        let mut headers = edge.headers();
        let own = [
            ("Signature-Input", "sig1=(\"date\" \"@authority\");keyid=\"a,countersign=(b\""),
            ("Signature", "sig1=:AAAA:"),
        ];
        for (name, value) in own {
            let place = if before { 0 } else { headers.len() };
            headers.insert(place, (name.to_owned(), value.as_bytes().to_vec()));
        }
        assert!(receive(&headers).is_ok(), "{before}");
    }
    let mut twice = edge.headers();
    twice.push(("signature".to_owned(), text(&twice, "signature").into_bytes()));
    assert_eq!(kind(receive(&twice)), RejectionKind::Malformed);
}
