//! The demo's machinery: its clients against rustls' own verifier, which knows a good path from
//! a bad one; its server against other clients.

mod machinery;
mod peers;
mod stream;
