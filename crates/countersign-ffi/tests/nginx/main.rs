//! The nginx modules: the distribution's nginx, and a current one where its source can be had, driven
//! by curl, `openssl s_client` and a client of our own.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod build;
mod client;
mod configuration;
mod curl;
mod defences;
mod faults;
mod handshakes;
#[path = "../c/library.rs"]
mod library;
#[path = "../c/lines.rs"]
mod lines;
mod load;
mod locations;
mod logs;
mod memory;
mod names;
mod nginx;
mod policies;
#[path = "../c/process.rs"]
mod process;
#[path = "../openssl/s_client.rs"]
mod s_client;
mod sessions;
mod site;
mod stale;
mod stream;
