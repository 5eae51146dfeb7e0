//! Test material made to order, for countersign's own tests, benches and fuzzers.
//!
//! It knows nothing of countersign, so that what it makes cannot share a mistake with what reads it.

#![forbid(unsafe_code)]

mod any_server;
mod c_scene;
pub mod forge;
pub mod fuzz;
mod policy_dir;
pub mod stopwatch;
pub mod vectors;
pub mod worst;

pub use any_server::AnyServer;
pub use c_scene::CScene;
pub use policy_dir::PolicyDir;
