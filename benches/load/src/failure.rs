//! What goes wrong: for the person at the bench, and for one connection.

use std::error::Error;
use std::fmt;
use std::io;

use rustls::AlertDescription;

/// What cannot be done as it was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misuse(String);

impl Misuse {
    pub(crate) fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }
}

impl fmt::Display for Misuse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Error for Misuse {}

/// Why a connection was of no use.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Failure {
    /// The socket could not be connected.
    Unreachable(String),
    /// The server refused by an alert.
    Alert(String),
    /// The server answered with another status.
    Status(u16),
    /// A full handshake where a resumed one was wanted, or the other way round.
    Kind,
    /// Nothing came for too long.
    Silence,
    /// The server closed before it had answered.
    Closed,
    /// The server's side of TLS was not acceptable, its certificate for example.
    Tls(String),
}

impl Failure {
    /// Whether the server has said that it does not want this client: by an alert, or by the
    /// status 400 (nginx by itself) or 403.
    pub fn is_refusal(&self) -> bool {
        matches!(self, Self::Alert(_) | Self::Status(400 | 403))
    }
}

impl From<rustls::Error> for Failure {
    fn from(error: rustls::Error) -> Self {
        match error {
            rustls::Error::AlertReceived(alert) => Self::Alert(name(alert)),
            error => Self::Tls(error.to_string()),
        }
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        if let Some(tls) = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
            return tls.clone().into();
        }
        match error.kind() {
            io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => Self::Silence,
            _ => Self::Closed,
        }
    }
}

fn name(alert: AlertDescription) -> String {
    format!("{alert:?}")
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreachable(why) => write!(f, "not connected: {why}"),
            Self::Alert(alert) => write!(f, "refused by the alert {alert}"),
            Self::Status(status) => write!(f, "answered with {status}"),
            Self::Kind => f.write_str("not the kind of handshake that was wanted"),
            Self::Silence => f.write_str("nothing came for too long"),
            Self::Closed => f.write_str("closed before it had answered"),
            Self::Tls(why) => f.write_str(why),
        }
    }
}
