//! HTTP message signatures (RFC 9421) over forwarded certificates: that the proxy wrote them, about this
//! request, just now and once.

mod base;
mod checker;
mod keys;
mod nonces;
mod parameters;
mod request;
mod signer;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod vectors;

pub use checker::Checker;
pub(super) use checker::Places;
pub use keys::{KeyRing, SigningKey};
pub use nonces::NonceMemory;
pub use request::Request;
pub use signer::{Signed, Signer};

/// The label under which our signature stands among others.
pub(super) const LABEL: &str = "countersign";

pub(super) const SIGNATURE: &str = "signature";
pub(super) const SIGNATURE_INPUT: &str = "signature-input";

/// What a signature is for (RFC 9421 section 2.3): that this is the client's certificate, or that there
/// was none. A signature for one never counts for the other, nor one that was made for something else
/// with the same key.
const CERTIFICATE_TAG: &str = "countersign-client-cert";
const NOBODY_TAG: &str = "countersign-no-client-cert";
