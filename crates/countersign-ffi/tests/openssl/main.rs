//! The OpenSSL glue: the example server driven by `openssl s_client`, and programs in C that do
//! what no usual client does.
#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod client;
mod handshakes;
mod inside;
#[path = "../c/library.rs"]
mod library;
#[path = "../c/lines.rs"]
mod lines;
#[path = "../c/process.rs"]
mod process;
mod program;
mod resumption;
mod s_client;
mod server;
mod site;
