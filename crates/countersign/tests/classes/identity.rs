//! Classes 30, 34: who the client is comes from its own certificate, and a pin is that certificate.

use countersign::Reason;
use countersign_testkit::forge::{
    Authority, GeneralName, Key, Leaf, NOW, Name, leaf_certificate, sha256,
};

use super::scene::{Scene, hex, permutations, slices, verify};

fn named(ca: &Authority, dns: &str) -> Vec<u8> {
    ca.leaf_with(dns, |c| c.san([GeneralName::dns(dns)])).certificate
}

#[test]
fn class_30_identity_comes_from_the_leaf_whatever_else_is_presented() {
    let root = Authority::root("root");
    let ca = root.intermediate("ca");
    let (approved, other) = (named(&ca, "approved.example"), named(&ca, "other.example"));
    let outsider = Leaf::self_signed("approved.example").certificate;
    let scene = Scene::listed(&root).client("approved", "dns = \"approved.example\"");
    let verifier = scene.verifier();
    let rest = |of: &Vec<u8>| {
        vec![of.clone(), ca.certificate.clone(), root.certificate.clone(), outsider.clone()]
    };
    for order in permutations(4) {
        let chain = |leaf: &Vec<u8>, rest: &[Vec<u8>]| {
            let mut chain = vec![leaf.clone()];
            chain.extend(order.iter().map(|n| rest[*n].clone()));
            chain
        };
        let good = chain(&approved, &rest(&other));
        let verdict = verify(&verifier, &slices(&good));
        assert!(verdict.is_allowed(), "{order:?}: {verdict}");
        assert_eq!(verdict.client(), Some("approved"));

        let verdict = verify(&verifier, &slices(&chain(&other, &rest(&approved))));
        assert_eq!(verdict.reason(), Reason::NotListed, "{order:?}: {verdict}");
        assert_eq!(verdict.client(), None);

        let verdict = verify(&verifier, &slices(&chain(&outsider, &rest(&approved))));
        assert!(!verdict.is_allowed(), "{order:?}: {verdict}");
        assert_eq!(verdict.client(), None);

        let verdict = verify(&verifier, &slices(&chain(&ca.certificate, &rest(&approved))));
        assert!(!verdict.is_allowed(), "{order:?}: {verdict}");
    }
}

#[test]
fn class_30_names_and_pins_of_an_issuer_are_not_the_clients() {
    let root = Authority::root("root");
    let ca = root.intermediate_with(Name::common("ca"), Key::p256(), |c| {
        c.san([GeneralName::dns("approved.example")])
    });
    let leaf = named(&ca, "other.example");
    let chain: [&[u8]; 2] = [&leaf, &ca.certificate];
    for rule in [
        "dns = \"approved.example\"".to_owned(),
        "subject = { cn = \"ca\" }".to_owned(),
        format!("cert_sha256 = \"{}\"", hex(&sha256(&ca.certificate))),
        format!("spki_sha256 = \"{}\"", hex(&ca.key.spki_sha256())),
        format!("spki_sha256 = \"{}\"", hex(&root.key.spki_sha256())),
    ] {
        let verdict = Scene::listed(&root).client("approved", &rule).verdict(&chain);
        assert_eq!(verdict.reason(), Reason::NotListed, "{rule}: {verdict}");
        let verdict = Scene::issued(&root).deny(&rule).verdict(&chain);
        assert!(verdict.is_allowed(), "a deny of the issuer's name is not the client's: {verdict}");
    }
}

#[test]
fn class_30_the_issuer_that_counts_is_the_one_that_signed_the_leaf() {
    let root = Authority::root("root");
    let (good, bad) = (root.intermediate("ca"), root.intermediate("ca"));
    let lines = format!("issuer_spki_sha256 = \"{}\"", hex(&good.key.spki_sha256()));
    let scene = Scene::listed(&root).client_with("client", "dns = \"client.example\"", &lines);
    let verifier = scene.verifier();
    let (by_good, by_bad) = (named(&good, "client.example"), named(&bad, "client.example"));
    for others in [[&good, &bad], [&bad, &good]] {
        let [first, second] = others.map(|ca| ca.certificate.as_slice());
        let verdict = verify(&verifier, &[&by_good, first, second]);
        assert!(verdict.is_allowed(), "{verdict}");
        let verdict = verify(&verifier, &[&by_bad, first, second]);
        assert_eq!(verdict.reason(), Reason::WrongIssuer, "{verdict}");
    }
}

/// A certificate that says everything the pinned one says, with another key.
fn impostor(pinned: &Leaf, key: &Key) -> Vec<u8> {
    leaf_certificate(&Name::common("pinned"), key)
        .without(countersign_testkit::forge::extension::id::SUBJECT_KEY_IDENTIFIER)
        .with(countersign_testkit::forge::extension::subject_key_identifier(&pinned.key.key_id()))
        .serial(&countersign_testkit::forge::serial_of(&pinned.certificate))
        .sign(key)
}

#[test]
fn class_34_a_pin_accepts_nothing_but_the_pinned_key_or_certificate() {
    let root = Authority::root("root");
    let pinned = Leaf::self_signed("pinned");
    let stranger = Key::p256();
    let copy = impostor(&pinned, &stranger);
    // What the pinned key could vouch for if it were taken for a CA.
    let below = leaf_certificate(&Name::common("below"), &stranger)
        .issuer(Name::common("pinned"))
        .sign(&pinned.key);
    let by_key = format!("spki_sha256 = \"{}\"", hex(&pinned.key.spki_sha256()));
    let by_certificate = format!("cert_sha256 = \"{}\"", hex(&sha256(&pinned.certificate)));
    let renewed =
        leaf_certificate(&Name::common("pinned"), &pinned.key).serial(&[9]).sign(&pinned.key);
    for (rule, renewed_expected) in [(&by_key, true), (&by_certificate, false)] {
        let scene = Scene::listed(&root).client_with("pinned", rule, "trust = \"pinned\"");
        let verifier = scene.verifier();
        let verdict = verify(&verifier, &[&pinned.certificate]);
        assert!(verdict.is_allowed(), "{rule}: {verdict}");
        for der in [&copy, &below] {
            for chain in [vec![&der[..]], vec![&der[..], &pinned.certificate]] {
                let verdict = verify(&verifier, &chain);
                assert!(!verdict.is_allowed(), "{rule}: {verdict}");
                assert_eq!(verdict.client(), None);
            }
        }
        let verdict = verify(&verifier, &[&renewed]);
        assert_eq!(verdict.is_allowed(), renewed_expected, "{rule}: {verdict}");
    }
}

#[test]
fn class_34_a_leaf_as_trust_anchor_vouches_for_nobody() {
    let pinned = Leaf::self_signed("pinned");
    let stranger = Key::p256();
    let below = leaf_certificate(&Name::common("below"), &stranger)
        .issuer(Name::common("pinned"))
        .sign(&pinned.key);
    let scene = Scene::anchored("issued", &[&pinned.certificate]);
    // Whether such an anchor is an error or merely useless, nobody gets in by it.
    if let Ok(verifier) = scene.build() {
        for chain in [vec![&below[..]], vec![&below[..], &pinned.certificate]] {
            let verdict = verify(&verifier, &chain);
            assert!(!verdict.is_allowed(), "{verdict}");
        }
        let copy = impostor(&pinned, &stranger);
        assert!(!verify(&verifier, &[&copy]).is_allowed());
    }
}

#[test]
fn class_34_a_pin_still_holds_what_the_certificate_says_of_itself() {
    use countersign_testkit::forge::extension::{self, id, purpose, usage};
    let root = Authority::root("root");
    let key = Key::p256();
    let rule = format!("spki_sha256 = \"{}\"", hex(&key.spki_sha256()));
    let scene = Scene::listed(&root).client_with("pinned", &rule, "trust = \"pinned\"");
    let verifier = scene.verifier();
    let base = || leaf_certificate(&Name::common("pinned"), &key);
    for (certificate, reason) in [
        (base(), Reason::Allowed),
        (base().validity(NOW - 9, NOW - 1), Reason::Expired),
        (base().validity(NOW + 1, NOW + 9), Reason::NotYetValid),
        (base().with(extension::unknown().critical()), Reason::CriticalExtension),
        (
            base()
                .without(id::EXTENDED_KEY_USAGE)
                .with(extension::extended_key_usage(&[purpose::SERVER_AUTH])),
            Reason::NotForClientAuth,
        ),
        (
            base().without(id::KEY_USAGE).with(extension::key_usage(&[usage::KEY_AGREEMENT])),
            Reason::KeyUsage,
        ),
    ] {
        let verdict = verify(&verifier, &[&certificate.sign(&key)]);
        assert_eq!(verdict.reason(), reason, "{verdict}");
    }
    let denied = Scene::listed(&root)
        .client_with("pinned", &rule, "trust = \"pinned\"")
        .deny("subject = { cn = \"pinned\" }");
    assert_eq!(denied.verdict(&[&base().sign(&key)]).reason(), Reason::Denied);
}
