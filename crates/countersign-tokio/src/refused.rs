//! Why there is no stream.

use core::fmt;
use std::io;

use countersign::engine::{Cause, Refusal};
use countersign::{Reason, VerdictRecord};

/// Why a connection was not accepted. Nothing of what the peer sent got out.
///
/// ```
/// use countersign_tokio::Refused;
///
/// fn log(refused: &Refused) {
///     match (refused.verdict(), refused) {
///         (Some(verdict), _) => eprintln!("denied: {}: {}", verdict.reason(), verdict.detail()),
///         (None, Refused::Handshake(refusal)) => eprintln!("{refusal}"),
///         (None, other) => eprintln!("the connection broke: {other}"),
///     }
/// }
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub enum Refused {
    /// The handshake was refused: the client is not allowed in, or it broke the protocol, was too
    /// slow, gave up.
    Handshake(Box<Refusal>),
    /// The socket failed.
    Io(io::Error),
}

impl Refused {
    /// What the engine says, unless it was the socket.
    pub fn refusal(&self) -> Option<&Refusal> {
        match self {
            Self::Handshake(refusal) => Some(refusal),
            Self::Io(_) => None,
        }
    }

    /// The verdict on the client, where there is one: it denies.
    pub fn verdict(&self) -> Option<&VerdictRecord> {
        self.refusal()?.verdict()
    }

    /// The verdict's reason.
    pub fn reason(&self) -> Option<Reason> {
        self.refusal()?.reason()
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Handshake(refusal) => refusal.fmt(f),
            Self::Io(error) => write!(f, "the connection broke during its handshake: {error}"),
        }
    }
}

impl core::error::Error for Refused {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            // Its own sentence is already the refusal's.
            Self::Handshake(_) => None,
            Self::Io(error) => Some(error),
        }
    }
}

impl From<io::Error> for Refused {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// For functions that speak `io::Error`: the kind says what it is about, and the error carries the
/// whole.
impl From<Refused> for io::Error {
    fn from(refused: Refused) -> Self {
        let kind = match &refused {
            Refused::Io(_) => None,
            Refused::Handshake(refusal) => Some(match refusal.cause() {
                Cause::Denied => io::ErrorKind::PermissionDenied,
                Cause::TooSlow => io::ErrorKind::TimedOut,
                Cause::Truncated => io::ErrorKind::UnexpectedEof,
                _ => io::ErrorKind::InvalidData,
            }),
        };
        match (refused, kind) {
            (Refused::Io(error), _) => error,
            (refused, kind) => Self::new(kind.unwrap_or(io::ErrorKind::Other), refused),
        }
    }
}
