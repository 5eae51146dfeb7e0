//! Client certificates in HTTP headers, for servers behind a proxy that ends TLS.
//!
//! A proxy [`Strip`]s what its clients send under the headers' names, [produces](Family::produce) the
//! headers of one [`Family`] and, best, [signs](Signer) them. The server behind it has a [`Receiver`] that
//! reads that family and no other, checks the signature, and lets the policy decide over the certificate
//! itself. Header names and values are bytes: nothing here knows of an HTTP library.
//!
//! ```
//! # use countersign_testkit::forge::Authority;
//! use std::sync::Arc;
//! use countersign::forwarded::{
//!     Checker, Family, KeyRing, NonceMemory, Presented, Receiver, Request, Signer, SigningKey, Strip,
//! };
//! use countersign::{UnixTime, Verifier};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let root = Authority::root("root");
//! # let leaf = root.leaf("client").certificate;
//! # let policy = "version = 1\nadmit = \"issued\"";
//! # let verifier = Verifier::builder_from_toml(policy, ".").anchors(root.certificate.clone()).build()?;
//! # let now = UnixTime::from_secs(countersign_testkit::forge::NOW);
//! let (family, secret) = (Family::rfc9440(), [7; 32]);
//! let request = Request::new(b"GET", b"api.example", b"/accounts?id=1");
//!
//! // At the proxy. Whatever the client sent under these names goes, always.
//! let mut headers = vec![("Accept", "*/*".to_owned()), ("client_cert", ":MIIB:".to_owned())];
//! let strip = Strip::all();
//! headers.retain(|(name, value)| !strip.drops(name.as_bytes(), value.as_bytes()));
//! let chain: [&[u8]; 1] = [&leaf];
//! let verdict = verifier.verify(&chain, now);
//! let produced = family.produce(Presented::by(&verdict, &chain))?;
//! let signer = Signer::new(SigningKey::hmac_sha256("edge-1", &secret)?);
//! let signed = signer.sign(&request, &produced, now)?;
//! let set = produced.fields().chain(signed.fields()).map(|(name, value)| (name, value.to_owned()));
//! headers.extend(set);
//!
//! // At the server behind it.
//! let keys = KeyRing::new().hmac_sha256("edge-1", &secret)?;
//! let memory = Arc::new(NonceMemory::new(65_536, now)?);
//! let receiver = Receiver::signed(family, Checker::new(keys, memory));
//! let bytes = || headers.iter().map(|(name, value)| (name.as_bytes(), value.as_bytes()));
//! assert!(receiver.judge(&verifier, &request, bytes(), now).is_allowed());
//! // The same request again is somebody else's.
//! assert!(!receiver.judge(&verifier, &request, bytes(), now).is_allowed());
//! # Ok(())
//! # }
//! ```

mod armor;
mod chain;
mod family;
mod field;
mod percent;
mod produced;
mod receiver;
mod rejection;
mod signature;
mod strip;
mod structured;

pub use chain::{ClientChain, Forwarded, Statement};
pub use family::Family;
pub use produced::{Presented, Produced, Unproducible};
pub use receiver::Receiver;
pub use rejection::{Rejection, RejectionKind};
pub use signature::{Checker, KeyRing, NonceMemory, Request, Signed, Signer, SigningKey};
pub use strip::Strip;
