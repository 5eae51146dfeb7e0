//! One regression test per class of failure seen in real systems, as far as the decision can show
//! it; each is named after its class. They go through the public API, from a policy file on disk
//! to a verdict.

#![forbid(unsafe_code)]

mod caches;
mod configuration;
mod defects;
mod evasion;
mod forwarded;
mod identity;
mod name_constraints;
mod names;
mod revocation;
mod scene;
mod signatures;
mod text;
mod work;
