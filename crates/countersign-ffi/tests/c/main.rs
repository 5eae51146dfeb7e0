//! The C ABI as C programs meet it: installed into a prefix, built against by other people's
//! compilers, run, and talked to by other people's TLS.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod chains;
mod clients;
mod crowds;
mod guide;
mod header;
mod installation;
mod lines;
mod openssl;
mod packaging;
mod process;
mod server;
mod world;
