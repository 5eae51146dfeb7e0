//! `countersign serve` between real clients and a real server behind, on loopback.

mod http;
mod policy;
mod process;
mod scene;
mod starting;
mod tcp;
mod upstream;
