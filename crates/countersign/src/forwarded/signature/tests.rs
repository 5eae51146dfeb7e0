//! Signatures that verify and yet do not count: whoever has the key may sign anything.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::parameters::{Component, Parameters};
use super::request::{Derived, Request};
use super::{CERTIFICATE_TAG, Checker, KeyRing, NOBODY_TAG, NonceMemory, base, parameters};
use crate::clock::UnixTime;
use crate::crypto::MessageSigner;
use crate::forwarded::{Family, Receiver, Rejection, RejectionKind};

const NOW: UnixTime = UnixTime::from_secs(1_800_000_000);
const SECRET: [u8; 32] = [7; 32];

const NOBODY: Parameters<'_> = Parameters {
    created: NOW,
    expires: NOW.saturating_add(30),
    nonce: "0123456789abcdefghijkl",
    algorithm: "hmac-sha256",
    key_id: "edge-1",
    tag: NOBODY_TAG,
};

const REQUIRED: [Component<'_>; 4] = [
    Component::Derived(Derived::Method),
    Component::Derived(Derived::Authority),
    Component::Derived(Derived::Path),
    Component::Derived(Derived::Query),
];

fn request() -> Request<'static> {
    Request::new(b"GET", b"api.example", b"/a?b")
}

/// What becomes of a request without a certificate that carries this header, under a signature over
/// these components.
fn received(
    components: &[Component<'_>],
    parameters: &Parameters<'_>,
    header: Option<(&str, &'static str)>,
) -> Result<(), Rejection> {
    let mut input = String::new();
    parameters::write(components, parameters, &mut input);
    let mut signed = Vec::new();
    let values = |name: &str| {
        header
            .into_iter()
            .filter(move |(own, _)| *own == name)
            .map(|(_, value)| value.as_bytes())
            .collect::<Vec<_>>()
            .into_iter()
    };
    base::write(components, &request(), values, input.as_bytes(), &mut signed).unwrap();
    let signature = MessageSigner::hmac(&SECRET).unwrap().sign(&signed).unwrap();
    let input = format!("countersign={input}");
    let signature = format!("countersign=:{}:", STANDARD.encode(&signature));
    let keys = KeyRing::new().hmac_sha256("edge-1", &SECRET).unwrap();
    let memory = Arc::new(NonceMemory::new(64, UnixTime::MIN).unwrap());
    let checker = Checker::new(keys, memory).requires("Content-Digest").unwrap();
    let receiver = Receiver::signed(Family::rfc9440(), checker);
    let both = [("signature-input", &*input), ("signature", &*signature)];
    let headers = both.into_iter().chain(header);
    let pairs = headers.map(|(name, value)| (name.as_bytes(), value.as_bytes()));
    receiver.receive(&request(), pairs, NOW).map(drop)
}

const DIGEST: Option<(&str, &str)> = Some(("content-digest", "sha-256=:AA==:"));

fn with_digest() -> Vec<Component<'static>> {
    let mut components = REQUIRED.to_vec();
    components.push(Component::Field("content-digest"));
    components
}

#[test]
fn one_over_all_that_it_must_cover_counts_in_any_order() {
    let mut components = with_digest();
    assert_eq!(received(&components, &NOBODY, DIGEST), Ok(()));
    components.reverse();
    assert_eq!(received(&components, &NOBODY, DIGEST), Ok(()));
}

#[test]
fn one_that_leaves_out_anything_is_refused() {
    for left_out in 0..5 {
        let mut components = with_digest();
        components.remove(left_out);
        let rejection = received(&components, &NOBODY, DIGEST).unwrap_err();
        assert_eq!(rejection.what(), "it does not cover all it must", "{left_out}");
    }
}

#[test]
fn one_for_another_purpose_is_refused() {
    for tag in [CERTIFICATE_TAG, "", "web-bot-auth"] {
        let parameters = Parameters { tag, ..NOBODY };
        let rejection = received(&with_digest(), &parameters, DIGEST).unwrap_err();
        assert_eq!(rejection.what(), "a signature for something else", "{tag}");
    }
}

#[test]
fn one_that_names_another_algorithm_is_refused() {
    for algorithm in ["ed25519", "ecdsa-p256-sha256", "hmac-sha512", ""] {
        let parameters = Parameters { algorithm, ..NOBODY };
        let rejection = received(&with_digest(), &parameters, DIGEST).unwrap_err();
        assert_eq!(rejection.kind(), RejectionKind::UnknownKey, "{algorithm}");
    }
}

#[test]
fn one_with_a_nonce_that_could_come_twice_is_refused() {
    let long = "x".repeat(65);
    for nonce in ["", "1", &long[..21], &long] {
        let parameters = Parameters { nonce, ..NOBODY };
        let rejection = received(&with_digest(), &parameters, DIGEST).unwrap_err();
        assert_eq!(rejection.kind(), RejectionKind::Malformed, "{nonce}");
    }
}

#[test]
fn one_that_ends_before_it_begins_is_refused() {
    let parameters = Parameters { expires: NOW.saturating_add(-1), ..NOBODY };
    let rejection = received(&with_digest(), &parameters, DIGEST).unwrap_err();
    assert_eq!(rejection.kind(), RejectionKind::Stale);
}
