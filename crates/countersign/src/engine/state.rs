//! What a connection says of itself.

use super::refusal::Refusal;
use super::session::Session;

/// What a call to [`Connection::feed`](super::Connection::feed) did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub struct Progress {
    /// Bytes at the front of the input that are done with. The others belong to a record that is
    /// not here in full, or wait for plaintext to be read: give them again, unchanged and in
    /// front of what comes next.
    pub used: usize,
    /// What the connection needs to go on. Output may wait besides.
    pub waits_for: WaitsFor,
}

/// What a connection needs to go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum WaitsFor {
    /// More bytes from the peer.
    Input,
    /// The plaintext that is there to be read, before more input is taken.
    Read,
    /// The output to be sent, before more input is taken.
    Send,
    /// [`Connection::close`](super::Connection::close): the peer sends no more. What is still to be written can be.
    Close,
    /// Nothing: it is over once its output is sent.
    Nothing,
}

/// Where a connection is.
#[derive(Debug)]
#[non_exhaustive]
pub enum State<'c> {
    /// It waits for the peer's hello.
    Accepting,
    /// The hello has chosen an entry; the handshake goes on.
    Negotiating,
    /// The client is in.
    Established(Session<'c>),
    /// The client is not.
    Refused(&'c Refusal),
    /// It was established and is over, perhaps within one call: what comes behind a handshake may come with
    /// its last message.
    Closed(&'c Closed),
}

/// How an established connection ended.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Closed {
    /// Both sides said so.
    Cleanly,
    /// The peer's bytes ended without a word: what it sent last may be missing.
    Truncated,
    /// The peer broke the protocol, or a record did not decrypt.
    Failed(Box<str>),
}
