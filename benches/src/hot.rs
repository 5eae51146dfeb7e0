//! A thousand clients that keep coming back, to a verifier that lists many more.

use std::hint::black_box;

use countersign::Verifier;

use crate::world::{TIME, World};

/// Clients.
pub const CLIENTS: usize = 1_000;

/// Their chains, known to the verifier.
#[derive(Debug)]
pub struct Hot<'w> {
    chains: Vec<[&'w [u8]; 2]>,
    verifier: &'w Verifier,
}

impl<'w> Hot<'w> {
    /// Has each client come a few times.
    ///
    /// # Panics
    /// Where one is refused.
    pub fn new(world: &'w World, verifier: &'w Verifier) -> Self {
        let chains = shuffled(CLIENTS).into_iter().map(|i| world.chain(i)).collect();
        let hot = Self { chains, verifier };
        (0..4 * CLIENTS).for_each(|turn| hot.decide(turn));
        hot
    }

    /// One decision, on whose turn it is.
    ///
    /// # Panics
    /// Where it is a deny.
    pub fn decide(&self, turn: usize) {
        allow(self.verifier, &self.chains[turn % CLIENTS]);
    }
}

/// One decision on this chain.
///
/// # Panics
/// Where it is a deny.
pub fn allow(verifier: &Verifier, chain: &[&[u8]]) {
    assert!(black_box(verifier.verify(black_box(chain), TIME)).is_allowed());
}

/// Numbers below `n` in an order without a pattern, the same in every run.
pub fn shuffled(n: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..n).collect();
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    for i in (1..n).rev() {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        order.swap(i, (state >> 33) as usize % (i + 1));
    }
    order
}
