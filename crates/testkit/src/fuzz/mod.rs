//! What fuzzers start from and work on: seeds made by [`forge`](crate::forge), and forms in
//! which changed octets mean changed structures.

mod c_call_seeds;
mod forwarded_seeds;
mod handshake_seeds;
mod handshake_site;
pub mod loose;
mod scene;
mod scene_seeds;
mod seeds;

pub use handshake_seeds::a_hello;
pub use handshake_site::{guest, handshake_site};
pub use scene::{Role, SIGNERS, Scene, SceneWriter, signer};
pub use seeds::{Seed, TARGETS, seeds};

/// DER out of any octets: after an odd first octet as it is, after an even one in
/// [`loose`] form.
pub fn der_of(octets: &[u8]) -> Vec<u8> {
    match octets.split_first() {
        None => Vec::new(),
        Some((form, der)) if form & 1 == 1 => der.to_vec(),
        Some((_, loose)) => loose::decode(loose),
    }
}

/// Small changes to `seed`, the same in every run: what a fuzzer would try in its first moments,
/// for tests that run without one.
pub fn variations(seed: &[u8], count: usize) -> impl Iterator<Item = Vec<u8>> {
    // xorshift64: any fixed sequence will do.
    let mut state = 0x9e37_79b9_7f4a_7c15_u64 ^ seed.len() as u64;
    let mut random = move |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 33) as usize % below.max(1)
    };
    let seed = seed.to_vec();
    (0..count).map(move |_| {
        let mut octets = seed.clone();
        for _ in 0..=random(3) {
            let place = random(octets.len());
            match random(5) {
                0 if place < octets.len() => drop(octets.remove(place)),
                1 => octets.insert(place, random(256) as u8),
                2 => octets.truncate(place),
                3 if place < octets.len() => octets[place] = random(256) as u8,
                _ if place < octets.len() => octets[place] ^= 1 << random(8),
                _ => {}
            }
        }
        octets
    })
}
