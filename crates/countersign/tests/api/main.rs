//! The public API, as its users call it.
#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod caches;
mod digests;
mod engine;
mod forwarded;
mod handshake;
mod memory;
mod peer;
mod polling;
mod scopes;
mod site;
mod verifier;
