//! The OpenSSL glue: the example server driven by `openssl s_client`, and programs in C that do
//! what no usual client does.

mod client;
mod handshakes;
mod inside;
#[path = "../c/lines.rs"]
mod lines;
mod program;
mod resumption;
mod server;
mod site;
