//! Mutual-TLS client verification: only the clients you approved get in, and you can see why.
#![forbid(unsafe_code)]

// L0: words and bounds
mod budget;
mod clock;
mod error;
pub mod limits;
mod metrics;
mod reason;

// L1: bytes to structures
pub mod cert;
pub mod crl;
mod der;
mod hex;
mod identity;
pub mod pem;
mod secret_file;

// L2: keys, caches, paths
mod cache;
mod crypto;
mod path;
mod revocation;
mod sigcache;
mod trust;

// L3: the policy
mod policy;

// L4: the decision
mod binding;
mod chaincache;
mod decide;
mod footprint;
mod journal;
mod outcome;
mod snapshot;
mod verdict;
mod verifier;

// L5: the handshake engine, adapters, forwarded certificates
pub mod engine;
pub mod forwarded;
#[cfg(feature = "internal")]
#[doc(hidden)]
pub mod internal;
pub mod rustls;

pub use binding::Binding;
pub use clock::{Moment, UnixTime, Window};
pub use error::{Error, ErrorKind, Malformed};
pub use footprint::Footprint;
pub use journal::{Journal, JournalEntry};
pub use metrics::MetricsSnapshot;
pub use reason::{Decision, Reason};
pub use verdict::{Particulars, Verdict, VerdictRecord};
pub use verifier::{OutOfScope, Reload, Verifier, VerifierBuilder};

/// The README's snippet, compiled with the documentation tests.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;
