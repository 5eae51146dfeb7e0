//! Class 32: a cache that forgets an input gives one client another's answer.

use countersign::{Reason, UnixTime, Verifier};
use countersign_testkit::forge::{Authority, GeneralName, Key, NOW, Name};

use super::scene::{Scene, said, slices, verify};

struct Family {
    root: Authority,
    ca: Authority,
    chain: Vec<Vec<u8>>,
}

fn family() -> Family {
    let root = Authority::root("root");
    let ca = root.intermediate_with(Name::common("ca"), Key::p256(), |c| {
        c.validity(NOW - 1_000, NOW + 2_000)
    });
    let leaf = ca.leaf_with("client", |c| {
        c.validity(NOW - 500, NOW + 1_000).san([GeneralName::dns("client.example")])
    });
    let chain = vec![leaf.certificate, ca.certificate.clone()];
    Family { root, ca, chain }
}

fn scene(family: &Family) -> Scene {
    let Family { root, ca, .. } = family;
    Scene::listed(root)
        .client("client", "dns = \"client.example\"")
        .crl(&root.crl().next_update(NOW + 800).sign(&root.key))
        .crl(&ca.crl().next_update(NOW + 900).sign(&ca.key))
}

/// A verifier that remembers this chain.
fn warmed(scene: &Scene, chain: &[Vec<u8>]) -> Verifier {
    let verifier = scene.verifier();
    assert!(verify(&verifier, &slices(chain)).is_allowed());
    assert!(verify(&verifier, &slices(chain)).is_cached(), "the chain is remembered");
    verifier
}

#[test]
fn class_32_changing_any_byte_of_a_remembered_chain_gives_the_fresh_answer() {
    let family = family();
    let scene = scene(&family);
    let (warm, fresh) = (warmed(&scene, &family.chain), scene.fresh());
    for certificate in 0..family.chain.len() {
        for place in 0..family.chain[certificate].len() {
            let mut chain = family.chain.clone();
            chain[certificate][place] ^= 1 << (place % 8);
            let (remembered, anew) =
                (verify(&warm, &slices(&chain)), verify(&fresh, &slices(&chain)));
            let what = format!("byte {place} of certificate {certificate}");
            assert_eq!(said(&remembered), said(&anew), "{what}");
            assert!(!remembered.is_cached(), "{what}");
            assert!(!remembered.is_allowed(), "{what}: {remembered}");
        }
    }
    assert!(verify(&warm, &slices(&family.chain)).is_cached(), "the good chain survived it all");
}

#[test]
fn class_32_changing_the_shape_of_a_remembered_chain_gives_the_fresh_answer() {
    let family = family();
    let scene = scene(&family);
    let (warm, fresh) = (warmed(&scene, &family.chain), scene.fresh());
    let [leaf, ca] = [&family.chain[0], &family.chain[1]];
    let twin = family.root.intermediate("ca").certificate;
    let (head, tail) = leaf.split_at(leaf.len() - 1);
    let joined = [&leaf[..], ca].concat();
    let moved = [tail, &ca[..]].concat();
    let shapes: [&[&[u8]]; 10] = [
        &[leaf],
        &[ca],
        &[ca, leaf],
        &[leaf, ca, ca],
        &[leaf, leaf, ca],
        &[leaf, &twin],
        &[leaf, &twin, ca],
        &[leaf, &[], ca],
        &[&joined],
        &[head, &moved],
    ];
    for (n, shape) in shapes.iter().enumerate() {
        let (remembered, anew) = (verify(&warm, shape), verify(&fresh, shape));
        assert_eq!(said(&remembered), said(&anew), "shape {n}");
        assert!(!remembered.is_cached(), "shape {n}");
    }
}

#[test]
fn class_32_a_remembered_chain_is_judged_by_the_time_now() {
    let family = family();
    let scene = scene(&family);
    let (warm, fresh) = (warmed(&scene, &family.chain), scene.fresh());
    let mut seen = Vec::new();
    for offset in [-1_001, -1_000, -501, -500, 0, 800, 801, 900, 901, 1_000, 1_001, 2_000, 2_001] {
        let now = UnixTime::from_secs(NOW + offset);
        let remembered = warm.verify(&slices(&family.chain), now);
        assert_eq!(said(&remembered), said(&fresh.verify(&slices(&family.chain), now)), "{offset}");
        seen.push((offset, remembered.reason()));
        assert!(verify(&warm, &slices(&family.chain)).is_allowed(), "back to now");
    }
    assert!(seen.contains(&(-501, Reason::NotYetValid)), "{seen:?}");
    assert!(seen.contains(&(800, Reason::Allowed)), "{seen:?}");
    assert!(seen.contains(&(801, Reason::CrlExpired)), "{seen:?}");
}

#[test]
fn class_32_a_clients_approval_is_judged_by_the_time_now() {
    let family = family();
    let lines = "not_before = 2026-11-23T11:59:00Z\nnot_after = 2026-11-23T12:01:00Z";
    let scene =
        Scene::listed(&family.root).client_with("client", "dns = \"client.example\"", lines);
    let (warm, fresh) = (warmed(&scene, &family.chain), scene.fresh());
    for (offset, reason) in [
        (-61, Reason::ApprovalNotYetValid),
        (-60, Reason::Allowed),
        (60, Reason::Allowed),
        (61, Reason::ApprovalExpired),
    ] {
        let now = UnixTime::from_secs(NOW + offset);
        for verifier in [&warm, &fresh] {
            let verdict = verifier.verify(&slices(&family.chain), now);
            assert_eq!(verdict.reason(), reason, "{offset}: {verdict}");
        }
    }
}

/// One change to the files of a policy, and what is said afterwards.
fn after(change: impl FnOnce(&Scene, &Family)) -> (Reason, Reason) {
    let family = family();
    let scene = scene(&family);
    let file = scene.dir.write("policy.toml", scene.policy());
    let verifier = Verifier::from_file(&file).expect("a sound policy");
    for _ in 0..2 {
        assert!(verify(&verifier, &slices(&family.chain)).is_allowed());
    }
    change(&scene, &family);
    let before = verify(&verifier, &slices(&family.chain)).reason();
    let generation = verifier.generation();
    assert_eq!(verifier.reload().expect("a sound policy"), generation + 1);
    let reloaded = verify(&verifier, &slices(&family.chain));
    let fresh = Verifier::from_file(&file).expect("a sound policy");
    assert_eq!(said(&reloaded), said(&verify(&fresh, &slices(&family.chain))));
    assert_eq!(reloaded.generation(), generation + 1);
    (before, reloaded.reason())
}

#[test]
fn class_32_nothing_remembered_outlives_its_policy() {
    let allowed = Reason::Allowed;
    assert_eq!(after(|_, _| ()), (allowed, allowed), "nothing changed");
    let new_anchor = after(|scene, _| {
        let stranger = Authority::root("root");
        scene.dir.write_certificates("ca.pem", [&stranger.certificate]);
    });
    assert_eq!(new_anchor.0, allowed);
    assert_ne!(new_anchor.1, allowed, "another anchor of the same name");
    let revoked_leaf = after(|scene, family| {
        let crl = family.ca.crl().revoke_certificate(&family.chain[0]).sign(&family.ca.key);
        scene.dir.write_crl("1.crl", &crl);
    });
    assert_eq!(revoked_leaf, (allowed, Reason::Revoked));
    let revoked_ca = after(|scene, family| {
        let crl = family.root.crl().revoke_certificate(&family.chain[1]).sign(&family.root.key);
        scene.dir.write_crl("0.crl", &crl);
    });
    assert_eq!(revoked_ca, (allowed, Reason::Revoked));
    let stale = after(|scene, family| {
        scene.dir.write_crl("1.crl", &family.ca.crl().next_update(NOW - 1).sign(&family.ca.key));
    });
    assert_eq!(stale, (allowed, Reason::CrlExpired));
    let delisted = after(|scene, _| {
        let policy = scene.policy().replace("client.example", "other.example");
        scene.dir.write("policy.toml", policy);
    });
    assert_eq!(delisted, (allowed, Reason::NotListed));
    let denied = after(|scene, _| {
        let policy = scene.policy() + "[[deny]]\nmatch = [{ dns = \"client.example\" }]\n";
        scene.dir.write("policy.toml", policy);
    });
    assert_eq!(denied, (allowed, Reason::Denied));
}

#[test]
fn class_32_two_verifiers_share_nothing() {
    let family = family();
    let open = scene(&family);
    let closed = Scene::listed(&family.root).client("other", "dns = \"other.example\"");
    let (open, closed) = (warmed(&open, &family.chain), closed.verifier());
    assert_eq!(verify(&closed, &slices(&family.chain)).reason(), Reason::NotListed);
    assert!(verify(&open, &slices(&family.chain)).is_allowed());
}
