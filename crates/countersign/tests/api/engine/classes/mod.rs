//! One regression test per class of failure seen in real systems, where the handshake is the place
//! of the defence; each is named after its class. Those of the decision alone stand in
//! `tests/classes`.

mod bytes;
mod entries;
mod messages;
mod names;
mod post_handshake;
mod progress;
pub(crate) mod sessions;
mod signatures;
mod swaps;
mod usage;
mod versions;
