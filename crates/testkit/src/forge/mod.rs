//! Certificates and CRLs made to order: any field can be wrong.
//!
//! [`Authority`] makes usual certificates in a line; [`CertificateBuilder`] and [`CrlBuilder`] set
//! every field; [`extension`] and [`distribution_point`] write extensions; [`der`] writes anything
//! else; [`tamper`] changes what is finished.

pub mod algorithm;
mod authority;
mod certificate;
mod crl;
pub mod der;
pub mod distribution_point;
pub mod extension;
mod key;
pub mod name;
mod pem;
pub mod tamper;
#[cfg(test)]
mod tests;

pub use algorithm::SignatureAlgorithm;
pub use authority::{Authority, Leaf, authority_certificate, crl_at, leaf_certificate};
pub use certificate::CertificateBuilder;
pub use crl::{CrlBuilder, RevokedEntry, serial_of};
pub use extension::Extension;
pub use key::{Key, KeyKind, rsa_spki, sha256, spki};
pub use name::{GeneralName, Name};
pub use pem::{certificates_pem, pem};

/// The time that everything here is current at: 2026-11-23T12:00:00Z, Unix time.
pub const NOW: i64 = 1_795_435_200;
