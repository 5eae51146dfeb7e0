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
mod identity;
mod pem;

// L2: keys, caches, paths
mod cache;
mod crypto;
mod path;
mod revocation;
mod sigcache;
mod trust;

// L4: deciding
mod chaincache;

// L3: the policy
mod policy;

pub use clock::{UnixTime, Window};
pub use error::{Error, ErrorKind, Malformed};
pub use metrics::MetricsSnapshot;
pub use reason::{Decision, Reason};
