//! Paths that multiply, and signatures tried in vain.

use super::{CERTIFICATES, Hostile, WorstCase};
use crate::forge::extension::{self, id};
use crate::forge::{
    Authority, Extension, GeneralName, Key, KeyKind, Name, authority_certificate, leaf_certificate,
    rsa_spki, sha256,
};

/// The kinds whose signatures cost the most to verify, each by its own arithmetic.
const KINDS: [KeyKind; 8] = [
    KeyKind::P256,
    KeyKind::P384,
    KeyKind::P521,
    KeyKind::Ed25519,
    KeyKind::Rsa4096,
    KeyKind::Rsa8192,
    KeyKind::MlDsa44,
    KeyKind::MlDsa87,
];

pub(super) fn cases() -> Vec<WorstCase> {
    let mut cases = Vec::new();
    for kind in KINDS {
        cases.push(different_keys(kind));
        cases.push(different_keys_below_the_hostile_ca(kind));
        cases.push(one_key_many_certificates(kind));
        cases.push(deep_and_valid(kind));
    }
    for kind in [KeyKind::P256, KeyKind::P521, KeyKind::Rsa8192] {
        cases.push(everyone_signs_everyone(kind));
        cases.push(ring(kind));
        cases.push(layers_without_an_anchor(kind));
        cases.push(many_anchors(kind, 300));
    }
    for kind in [KeyKind::P521, KeyKind::Ed25519, KeyKind::Rsa4096, KeyKind::MlDsa44] {
        cases.push(large_leaf(kind));
    }
    cases.push(layers_below_the_hostile_ca(2, 7));
    cases.push(layers_below_the_hostile_ca(3, 4));
    cases.push(layers_below_the_hostile_ca(7, 2));
    cases.push(anchors_times_candidates());
    cases.push(long_keys_that_differ_at_their_end(0));
    cases.push(long_keys_that_differ_at_their_end(5));
    cases
}

/// How many certificates of this kind go into one handshake beside the leaf.
fn candidates(kind: KeyKind) -> usize {
    match kind {
        KeyKind::MlDsa87 => 7,
        _ => CERTIFICATES - 1,
    }
}

/// A well-formed signature that is not valid for anything in the chain.
fn lie(kind: KeyKind) -> Vec<u8> {
    let liar = Key::seeded(kind, "liar");
    liar.sign(liar.algorithm(), b"something else")
}

/// An SPKI of a key of its own for every number; for RSA without any private key.
fn some_spki(kind: KeyKind, number: usize) -> Vec<u8> {
    let octets = match kind {
        KeyKind::Rsa4096 => 512,
        KeyKind::Rsa8192 => 1_024,
        _ => return Key::seeded(kind, &format!("candidate {number}")).spki().to_vec(),
    };
    let mut modulus = Vec::with_capacity(octets);
    let mut block = sha256(&number.to_be_bytes());
    while modulus.len() < octets {
        modulus.extend_from_slice(&block);
        block = sha256(&block);
    }
    modulus[0] |= 0x80;
    modulus[octets - 1] |= 1;
    rsa_spki(&modulus, &[1, 0, 1])
}

fn anchor(kind: KeyKind) -> Authority {
    Authority::root_with(Name::common("anchor"), Key::seeded(kind, "anchor"), |c| c)
}

/// An anchor of this name whose key has signed nothing here.
fn stranger(name: &Name, kind: KeyKind) -> Vec<u8> {
    let key = Key::seeded(kind, "stranger");
    authority_certificate(name, &key)
        .spki(&some_spki(kind, 1_000))
        .sign_with_garbage(key.algorithm(), &lie(kind))
}

/// The identifier that every candidate claims, so that none can be preferred by it.
fn claimed_key_id() -> Extension {
    extension::subject_key_identifier(&[7; 20])
}

/// Candidates that all bear the leaf's issuer name, each with another key, and none of them signed
/// anything.
fn different_keys(kind: KeyKind) -> WorstCase {
    let (anchor, key) = (anchor(kind), Key::seeded(kind, "leaf"));
    let leaf = leaf_certificate(&Name::common("leaf"), &key)
        .issuer(Name::common("ca"))
        .with(extension::authority_key_identifier(&[7; 20]))
        .sign_with_garbage(key.algorithm(), &lie(kind));
    let mut chain = vec![leaf];
    chain.extend((0..candidates(kind)).map(|number| {
        authority_certificate(&Name::common("ca"), &key)
            .spki(&some_spki(kind, number))
            .issuer(anchor.name.clone())
            .without(id::SUBJECT_KEY_IDENTIFIER)
            .with(claimed_key_id())
            .sign_with_garbage(key.algorithm(), &lie(kind))
    }));
    WorstCase::new(format!("different keys, {kind:?}"), chain, vec![anchor.certificate])
}

/// The same, and the hostile CA vouches for every candidate: nothing but the leaf's own signature
/// is wrong, and every key has to be tried to know.
fn different_keys_below_the_hostile_ca(kind: KeyKind) -> WorstCase {
    let (hostile, key) = (Hostile::new(), Key::seeded(kind, "leaf"));
    let mut case = different_keys(kind);
    case.name = format!("different keys below the hostile CA, {kind:?}");
    case.anchors = vec![hostile.root.certificate.clone()];
    case.chain.truncate(candidates(kind));
    for (number, der) in case.chain.iter_mut().enumerate().skip(1) {
        *der = authority_certificate(&Name::common("ca"), &key)
            .spki(&some_spki(kind, number))
            .issuer(hostile.ca.name.clone())
            .without(id::SUBJECT_KEY_IDENTIFIER)
            .with(claimed_key_id())
            .sign(&hostile.ca.key);
    }
    case.chain.push(hostile.ca.certificate);
    case
}

/// Candidates that all hold the key that did sign the leaf, and that the anchor did not sign.
fn one_key_many_certificates(kind: KeyKind) -> WorstCase {
    let (anchor, key) = (anchor(kind), Key::seeded(kind, "ca"));
    let leaf = leaf_certificate(&Name::common("leaf"), &Key::seeded(kind, "leaf"))
        .issuer(Name::common("ca"))
        .sign(&key);
    let mut chain = vec![leaf];
    chain.extend((0..candidates(kind)).map(|number| {
        authority_certificate(&Name::common("ca"), &key)
            .issuer(anchor.name.clone())
            .serial(&[1, number as u8])
            .sign_with_garbage(key.algorithm(), &lie(kind))
    }));
    WorstCase::new(format!("one key, many certificates, {kind:?}"), chain, vec![anchor.certificate])
}

/// A path of fifteen intermediates in which every signature is good.
fn deep_and_valid(kind: KeyKind) -> WorstCase {
    let root = anchor(kind);
    let mut issuer = root.clone();
    let mut chain = Vec::new();
    for level in 0..candidates(kind) {
        let key = Key::seeded(kind, &format!("level {level}"));
        issuer = issuer.intermediate_with(Name::common(&format!("level {level}")), key, |c| c);
        chain.insert(0, issuer.certificate.clone());
    }
    let leaf = issuer.leaf_for(&Name::common("leaf"), Key::seeded(kind, "leaf"), |c| c);
    chain.insert(0, leaf.certificate);
    WorstCase::new(format!("deep and valid, {kind:?}"), chain, vec![root.certificate])
}

/// Fifteen certificates of one name and one key: each has issued each, in 15! orders, and the
/// anchor has that name too.
fn everyone_signs_everyone(kind: KeyKind) -> WorstCase {
    let (name, key) = (Name::common("everyone"), Key::seeded(kind, "everyone"));
    let leaf = leaf_certificate(&Name::common("leaf"), &key).issuer(name.clone()).sign(&key);
    let mut chain = vec![leaf];
    chain
        .extend((0..CERTIFICATES - 1).map(|number| {
            authority_certificate(&name, &key).serial(&[1, number as u8]).sign(&key)
        }));
    let anchor = stranger(&name, kind);
    WorstCase::new(format!("everyone signs everyone, {kind:?}"), chain, vec![anchor])
}

/// Fifteen certificates of one name, or of one name in every layer of so many, whose long keys have
/// to be compared to their end to tell them apart. Nothing is signed by anyone.
fn long_keys_that_differ_at_their_end(layers: usize) -> WorstCase {
    let key = Key::seeded(KeyKind::P256, "leaf");
    let name = |number: usize| match layers {
        0 => Name::common("everyone"),
        _ if number / 3 == layers => Name::common("anchor"),
        _ => Name::common(&format!("layer {}", number / 3)),
    };
    let leaf = leaf_certificate(&Name::common("leaf"), &key)
        .issuer(name(0))
        .sign_with_garbage(key.algorithm(), &lie(KeyKind::P256));
    let mut chain = vec![leaf];
    chain.extend((0..CERTIFICATES - 1).map(|number| {
        let mut modulus = vec![0xc3; 3_800];
        modulus[3_799] = 2 * number as u8 + 1;
        authority_certificate(&name(number), &key)
            .spki(&rsa_spki(&modulus, &[1, 0, 1]))
            .issuer(name(number + 3))
            .sign_with_garbage(key.algorithm(), &lie(KeyKind::P256))
    }));
    let anchor = stranger(&name(3 * layers), KeyKind::P256);
    let name = format!("long keys that differ at their end, {layers} layers");
    WorstCase::new(name, chain, vec![anchor])
}

/// Fifteen authorities, each issued by the next, the last by the first.
fn ring(kind: KeyKind) -> WorstCase {
    let member = |number: usize| {
        let number = number % (CERTIFICATES - 1);
        let name = Name::common(&format!("member {number}"));
        (name, Key::seeded(kind, &format!("member {number}")))
    };
    let (first, key) = member(0);
    let leaf = leaf_certificate(&Name::common("leaf"), &key).issuer(first).sign(&key);
    let mut chain = vec![leaf];
    chain.extend((0..CERTIFICATES - 1).map(|number| {
        let ((name, key), (issuer, issuer_key)) = (member(number), member(number + 1));
        authority_certificate(&name, &key).issuer(issuer).sign(&issuer_key)
    }));
    WorstCase::new(format!("ring, {kind:?}"), chain, vec![anchor(kind).certificate])
}

/// `width` certificates of one name and key in each of `depth` layers, every layer signed by the
/// next: `width` to the power of `depth` paths. Returned from the leaf's issuers upwards.
fn layers(kind: KeyKind, width: usize, depth: usize, top: &Authority) -> (Authority, Vec<Vec<u8>>) {
    let mut issuer = top.clone();
    let mut certificates = Vec::new();
    for layer in 0..depth {
        let name = Name::common(&format!("layer {layer}"));
        let key = Key::seeded(kind, &format!("layer {layer}"));
        let twins: Vec<_> = (0..width)
            .map(|twin| {
                issuer.intermediate_with(name.clone(), key.clone(), |c| {
                    c.serial(&[1, layer as u8, twin as u8])
                })
            })
            .collect();
        certificates.splice(0..0, twins.iter().map(|t| t.certificate.clone()));
        issuer = Authority { name, key, certificate: twins[0].certificate.clone() };
    }
    (issuer, certificates)
}

/// Three to the fifth paths that all end at a key that only claims to be the anchor.
fn layers_without_an_anchor(kind: KeyKind) -> WorstCase {
    let impostor = Authority::root_with(Name::common("anchor"), Key::seeded(kind, "liar"), |c| c);
    let (issuer, certificates) = layers(kind, 3, 5, &impostor);
    let leaf = issuer.leaf_for(&Name::common("leaf"), Key::seeded(kind, "leaf"), |c| c);
    let chain = [vec![leaf.certificate], certificates].concat();
    let real = stranger(&Name::common("anchor"), kind);
    WorstCase::new(format!("layers without an anchor, {kind:?}"), chain, vec![real])
}

/// Paths that all reach the anchor, every signature good, and that all fail for the one name in the
/// leaf that the anchor excluded.
fn layers_below_the_hostile_ca(width: usize, depth: usize) -> WorstCase {
    let hostile = Hostile::constrained(|c| {
        c.with(extension::name_constraints(&[], &[GeneralName::dns("forbidden.example")]))
    });
    let (issuer, certificates) = layers(KeyKind::P256, width, depth, &hostile.ca);
    let key = Key::seeded(KeyKind::P256, "leaf");
    let leaf = issuer
        .leaf_for(&Name::common("leaf"), key, |c| c.san([GeneralName::dns("forbidden.example")]));
    let mut case = hostile.case(format!("layers {width}^{depth} below the hostile CA"), &leaf);
    case.chain.splice(1..1, certificates);
    case
}

/// Anchors of one name, and a leaf that names it and that none of them signed.
fn many_anchors(kind: KeyKind, count: usize) -> WorstCase {
    let name = Name::common("anchor");
    let anchors = same_name_anchors(kind, count);
    let key = Key::seeded(kind, "leaf");
    let leaf = leaf_certificate(&Name::common("leaf"), &key)
        .issuer(name)
        .sign_with_garbage(key.algorithm(), &lie(kind));
    WorstCase::new(format!("{count} anchors of one name, {kind:?}"), vec![leaf], anchors)
}

fn same_name_anchors(kind: KeyKind, count: usize) -> Vec<Vec<u8>> {
    let key = Key::seeded(kind, "leaf");
    let signature = lie(kind);
    let make = |number: usize| {
        authority_certificate(&Name::common("anchor"), &key)
            .spki(&some_spki(kind, number))
            .serial(&[1, (number >> 8) as u8, number as u8])
            .sign_with_garbage(key.algorithm(), &signature)
    };
    (0..count).map(make).collect()
}

/// Every candidate did sign the leaf and names every anchor as its issuer.
fn anchors_times_candidates() -> WorstCase {
    let mut case = one_key_many_certificates(KeyKind::P256);
    case.name = "100 anchors of one name, 15 candidates".into();
    case.anchors = same_name_anchors(KeyKind::P256, 100);
    case
}

/// A leaf so large that hashing it for every candidate costs as much as the arithmetic.
fn large_leaf(kind: KeyKind) -> WorstCase {
    let mut case = different_keys(kind);
    case.name = format!("large leaf, different keys, {kind:?}");
    while case.size() > super::BYTES - 24_000 {
        case.chain.pop();
    }
    let padding = super::BYTES - case.size() - 64;
    let key = Key::seeded(kind, "leaf");
    case.chain[0] = leaf_certificate(&Name::common("leaf"), &key)
        .issuer(Name::common("ca"))
        .with(Extension::new(id::UNKNOWN, vec![0; padding]))
        .sign_with_garbage(key.algorithm(), &lie(kind));
    case
}
