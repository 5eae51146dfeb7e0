//! A large CRL and the numbers on it.

use countersign::crl::LoadedCrl;
use countersign_testkit::forge::Authority;
use webpki::{CertRevocationList, OwnedCertRevocationList};

use crate::listed::mix;

/// Sixteen octets, as serial numbers of a modern CA are; not in order.
fn serial(i: u64) -> [u8; 16] {
    let [high, low] = [mix(2 * i) >> 1 | 1 << 62, mix(2 * i + 1)];
    (u128::from(high) << 64 | u128::from(low)).to_be_bytes()
}

/// A CRL of this authority with so many entries, DER.
pub fn signed(root: &Authority, entries: usize) -> Vec<u8> {
    root.crl().revoke_all((0..entries as u64).map(serial)).sign(&root.key)
}

/// The same CRL, ready for look-ups by both.
#[derive(Debug)]
pub struct Crls {
    ours: LoadedCrl,
    webpki: CertRevocationList<'static>,
}

impl Crls {
    /// From DER.
    ///
    /// # Panics
    /// Where it is none.
    pub fn new(der: &[u8]) -> Self {
        Self {
            ours: LoadedCrl::from_der(der.to_vec()).expect("a CRL"),
            webpki: OwnedCertRevocationList::from_der(der).expect("a CRL").into(),
        }
    }

    /// Whether ours has the number that `turn` stands for, on the CRL or beyond it.
    pub fn ours(&self, turn: u64) -> bool {
        self.ours.entries_of(&serial(turn)).next().is_some()
    }

    /// The same by rustls-webpki.
    pub fn webpki(&self, turn: u64) -> bool {
        self.webpki.find_serial(&serial(turn)).is_ok_and(|found| found.is_some())
    }
}
