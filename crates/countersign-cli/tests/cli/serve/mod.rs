//! `countersign serve` between real clients and a real server behind, on loopback.
#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod fleet;
mod http;
mod limits;
mod policy;
mod process;
mod scene;
mod starting;
mod tcp;
mod upstream;
