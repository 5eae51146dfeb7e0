//! A chain, its anchors and its CRLs out of any octets, with signatures that hold.
//!
//! A scene is a time and then items. An item is an octet (what it is, who signs it) and the
//! [`loose`](super::loose) form of what is signed, a TBSCertificate or a TBSCertList. The
//! signature is made here, by one of a few keys that are the same in every run: a fuzzer cannot
//! guess signatures, and without good ones it would never get past them.

use std::sync::OnceLock;

use super::loose;
use crate::forge::{Key, KeyKind, NOW, der};

/// What a peer presents, and what it is judged by.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scene {
    /// DER certificates, leaf first.
    pub chain: Vec<Vec<u8>>,
    /// DER certificates.
    pub anchors: Vec<Vec<u8>>,
    /// DER CRLs.
    pub crls: Vec<Vec<u8>>,
    /// When, Unix time.
    pub now: i64,
}

/// What an item is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The next certificate of the chain.
    Presented = 0,
    /// A trust anchor.
    Anchor = 1,
    /// A CRL.
    Crl = 2,
}

/// The keys that sign items.
pub const SIGNERS: usize = 6;

/// Bit 7 of an item: its signature is broken.
const BROKEN: u8 = 0x80;
const MOST_ITEMS: usize = 20;
/// One step of the octet of time.
const TIME_STEP: i64 = 86_400;

/// The signing key of this number, below [`SIGNERS`].
pub fn signer(number: usize) -> &'static Key {
    static KEYS: OnceLock<Vec<Key>> = OnceLock::new();
    let keys = KEYS.get_or_init(|| {
        let kind = |n| if n < 4 { KeyKind::P256 } else { KeyKind::Ed25519 };
        (0..SIGNERS).map(|n| Key::seeded(kind(n), &format!("fuzz {n}"))).collect()
    });
    &keys[number % SIGNERS]
}

impl Scene {
    /// The scene that these octets stand for; there always is one.
    pub fn decode(octets: &[u8]) -> Self {
        let (time, mut rest) = octets.split_first().unwrap_or((&0, &[]));
        let now = NOW + i64::from(*time as i8) * TIME_STEP;
        let mut scene = Self { now, ..Self::default() };
        for _ in 0..MOST_ITEMS {
            let Some((item, after)) = rest.split_first() else { break };
            let (to_be_signed, after) = loose::decode_one(after);
            rest = after;
            let signed = sign(&to_be_signed, *item);
            match item & 3 {
                1 => scene.anchors.push(signed),
                2 => scene.crls.push(signed),
                _ => scene.chain.push(signed),
            }
        }
        scene
    }
}

fn sign(to_be_signed: &[u8], item: u8) -> Vec<u8> {
    let key = signer(usize::from(item >> 2 & 0x1f));
    let algorithm = key.algorithm();
    let mut signature = key.sign(algorithm, to_be_signed);
    if item & BROKEN != 0
        && let Some(last) = signature.last_mut()
    {
        *last ^= 1;
    }
    der::sequence([to_be_signed, &algorithm.identifier(), &der::bit_string(&signature)])
}

/// Writes scenes.
#[derive(Clone, Debug)]
pub struct SceneWriter {
    octets: Vec<u8>,
}

impl SceneWriter {
    /// A scene so many days after [`NOW`].
    pub fn at_day(day: i8) -> Self {
        Self { octets: vec![day as u8] }
    }

    /// Adds a finished certificate or CRL, to be signed again by this key.
    #[must_use]
    pub fn item(mut self, role: Role, signer: usize, signed: &[u8]) -> Self {
        self.octets.push(role as u8 | ((signer % SIGNERS) as u8) << 2);
        self.octets.extend(loose::encode(der::children(signed)[0]));
        self
    }

    /// The same with a signature that does not hold.
    #[must_use]
    pub fn broken_item(self, role: Role, signer: usize, signed: &[u8]) -> Self {
        let mark = self.octets.len();
        let mut writer = self.item(role, signer, signed);
        writer.octets[mark] |= BROKEN;
        writer
    }

    /// The octets.
    pub fn finish(self) -> Vec<u8> {
        self.octets
    }
}
