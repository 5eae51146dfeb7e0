//! The C ABI of countersign.
//!
//! The header `include/countersign.h` is generated from this crate by `cargo xtask header` and is
//! what callers read; its first comment has the conventions. What is Rust's alone:
//!
//! - Every export runs in `boundary::call`, which catches panics and turns a failure into a
//!   status. What it writes for the caller is a deny before anything else is done.
//! - A parameter from C is never a Rust enum, because C can pass any number.
//! - A handle is an `Arc` or a `Box` of the core's own type, behind a pointer whose type has no
//!   contents.
#![allow(unsafe_code, reason = "C has no references")]
#![allow(non_camel_case_types, reason = "these names are C's")]
#![allow(clippy::missing_safety_doc, reason = "the header's conventions say what callers owe")]
#![deny(unsafe_op_in_unsafe_fn)]

// The header has things in the order of these groups.

// What everything is made of.
mod boundary;
mod bytes;
mod handle;
mod sized;
mod text;

// The library.
mod process;

mod status;

mod error;

// The decision.
mod verifier_config;

mod verifier;

mod reload;

mod verdict;

mod scope;

mod reason;

mod journal;
mod metrics;

// The handshake.
mod moment;

mod engine;

// Behind a proxy.
mod forwarded;

#[cfg(feature = "internal")]
#[doc(hidden)]
pub mod internal;

pub use bytes::csn_bytes;
pub use engine::*;
pub use error::csn_error;
pub use forwarded::*;
pub use journal::{csn_journal_entry, csn_journal_fn};
pub use metrics::{csn_metrics, csn_verifier_metrics, csn_verifier_metrics_text};
pub use moment::{csn_moment, csn_moment_now};
pub use process::{csn_process_init, csn_version};
pub use reason::{
    csn_decision, csn_reason, csn_reason_alert, csn_reason_from_token, csn_reason_http_status,
    csn_reason_text, csn_reason_token, csn_reason_x509_error,
};
pub use reload::{csn_reload_outcome, csn_verifier_reload_if_changed};
pub use scope::csn_verdict_require_scope;
pub use status::{csn_status, csn_status_text};
pub use verdict::csn_verdict;
pub use verifier::*;
pub use verifier_config::*;
