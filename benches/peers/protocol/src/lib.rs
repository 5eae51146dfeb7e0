//! A process for each library, because their symbols clash; the driver makes them take turns.
//!
//! On its standard input a peer first gets the material, then one line for each turn: the word of
//! a scenario and a number of handshakes. It answers with a line of its own: its name once it has
//! shown on the material that it refuses whom it must, nanoseconds for one handshake after each
//! turn, or `error` and why. Peers do full handshakes only: s2n-tls resumes no client that has a
//! certificate (`tls/s2n_resume.c`), and BoringSSL sends no ticket before its first write.

mod child;
mod pipe;
mod serve;

pub use child::Child;
pub use pipe::Pipe;
pub use serve::serve;
