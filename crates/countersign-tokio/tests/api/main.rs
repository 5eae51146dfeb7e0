//! The acceptor and its streams, against clients of rustls', in memory and over loopback.
#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

#[path = "../../../countersign/tests/api/peer.rs"]
mod peer;
#[path = "../../../countersign/tests/api/site.rs"]
#[expect(dead_code, reason = "shared with the engine's tests, which use all of it")]
mod site;

#[path = "../../../countersign/tests/api/engine/protection.rs"]
#[expect(dead_code, reason = "shared with the engine's tests, which use all of it")]
mod protection;
#[path = "../../../countersign/tests/api/engine/wire.rs"]
#[expect(dead_code, reason = "shared with the engine's tests, which use all of it")]
mod wire;

mod drip;
mod ends;
mod flow;
mod leases;
mod many;
mod outcomes;
mod readme;
mod scene;
mod timing;
