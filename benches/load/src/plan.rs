//! What is to be done, and how much of it.

use std::time::Duration;

use rustls::SupportedProtocolVersion;

use crate::Address;

/// What every connection does.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Where to.
    pub address: Address,
    /// Whom the server's certificate must name, and what the client asks for.
    pub server_name: String,
    /// The one version that is offered.
    pub version: Version,
    /// The handshakes that are wanted.
    pub kind: Kind,
    /// What the client has come for.
    pub errand: Errand,
    /// Connections at a time.
    pub at_once: usize,
}

/// What a client does once its handshake is done. Each ends when the server has closed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Errand {
    /// It says goodbye at once.
    Leave,
    /// One request, in HTTP/1.1.
    Get {
        /// What is asked for.
        path: String,
        /// What the server must answer with.
        status: u16,
    },
    /// It sends this, without the line's end, and says goodbye when a line has come that ends with
    /// it: some servers put the client's name in front.
    Echo(String),
}

/// A version of TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    /// TLS 1.2
    Tls12,
    /// TLS 1.3
    Tls13,
}

impl Version {
    pub(crate) fn rustls(self) -> &'static SupportedProtocolVersion {
        match self {
            Self::Tls12 => &rustls::version::TLS12,
            Self::Tls13 => &rustls::version::TLS13,
        }
    }
}

/// A kind of handshake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The client proves its identity anew.
    Full,
    /// The client goes on with a session of its own. The first connection of each has none: it is
    /// made before the clock runs.
    Resumed,
}

/// When it is over: whichever comes first.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// No connection begins after so long.
    pub time: Duration,
    /// Connections in all.
    pub connections: usize,
}
