//! What is done in a turn.

use std::fmt;

use countersign_testkit::forge::KeyKind;
use serde::{Deserialize, Serialize};

/// What the client brings along.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Visitor {
    /// A client that connects again and again, with a full handshake each time.
    Returning,
    /// A client never seen before, under an intermediate that is.
    New,
    /// A client with a ticket.
    Resuming,
}

/// The version of TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Version {
    /// With extended master secret and ECDHE.
    Tls12,
    /// RFC 8446.
    Tls13,
}

/// The cipher suites that the client offers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Suites {
    /// AES-128-GCM with SHA-256 and nothing else, so that every server does the same work.
    Aes128,
    /// All that rustls has, AES-256-GCM with SHA-384 first, as the clients of OpenSSL and Java have
    /// it: which one to take is then a part of what a server does well or not.
    All,
}

/// The key exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Group {
    /// RFC 7748.
    X25519,
    /// With ML-KEM-768, draft-ietf-tls-ecdhe-mlkem.
    X25519MlKem768,
}

/// The keys of a client's chain, from the leaf to the root.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Chain {
    /// ECDSA.
    P256,
    /// PKCS#1 in certificates, PSS in the handshake of TLS 1.3.
    Rsa2048,
    /// RFC 8032.
    Ed25519,
}

impl Chain {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::P256, Self::Rsa2048, Self::Ed25519];

    pub(crate) fn key_kind(self) -> KeyKind {
        match self {
            Self::P256 => KeyKind::P256,
            Self::Rsa2048 => KeyKind::Rsa2048,
            Self::Ed25519 => KeyKind::Ed25519,
        }
    }
}

/// A handshake, in all that makes one differ from another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Situation {
    /// Who comes.
    pub visitor: Visitor,
    /// The version of TLS.
    pub version: Version,
    /// What the client leaves to the server to choose from.
    pub suites: Suites,
    /// The key exchange.
    pub group: Group,
    /// The keys of the client's chain. The server's is P-256 always.
    pub chain: Chain,
    /// Whether the server gives the client a ticket, one for each handshake.
    pub tickets: bool,
}

impl Situation {
    /// What everything else is a variation of.
    pub const USUAL: Self = Self {
        visitor: Visitor::Returning,
        version: Version::Tls13,
        suites: Suites::Aes128,
        group: Group::X25519,
        chain: Chain::P256,
        tickets: false,
    };

    /// A client never seen before.
    pub const NEW: Self = Self { visitor: Visitor::New, ..Self::USUAL };

    /// A client with a ticket, who gets another.
    pub const RESUMED: Self = Self { visitor: Visitor::Resuming, tickets: true, ..Self::USUAL };
}

impl fmt::Display for Situation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.visitor {
            Visitor::Returning => "full, a client that comes back",
            Visitor::New => "full, a new client under a known intermediate",
            Visitor::Resuming => "resumed",
        })?;
        f.write_str(match self.version {
            Version::Tls12 => "; TLS 1.2",
            Version::Tls13 => "; TLS 1.3",
        })?;
        f.write_str(match self.group {
            Group::X25519 => ", X25519",
            Group::X25519MlKem768 => ", X25519MLKEM768",
        })?;
        if self.visitor != Visitor::Resuming {
            write!(f, ", {}", self.chain)?;
        }
        if self.suites == Suites::All {
            f.write_str(", any suite")?;
        }
        f.write_str(if self.tickets { ", a ticket" } else { "" })
    }
}

impl fmt::Display for Chain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::P256 => "P-256",
            Self::Rsa2048 => "RSA-2048",
            Self::Ed25519 => "Ed25519",
        })
    }
}

/// What of a connection's heap: the server's end, in a full handshake.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Heaped {
    /// Calls to allocate, up to the end of the handshake.
    Calls,
    /// Bytes that these calls asked for.
    Allocated,
    /// Bytes held at the end of the handshake.
    Idle,
    /// Bytes held at once in the handshake, at most.
    Peak,
}

/// What can be asked of a peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Task {
    /// Nanoseconds of the server's time for one handshake.
    Handshake(Situation),
    /// Nanoseconds to verify a chain of a leaf and an intermediate, from their DER, with nothing
    /// remembered but the root.
    Verify(Chain),
    /// What a connection takes from the heap.
    Heap(Heaped),
}

impl fmt::Display for Task {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Handshake(situation) => situation.fmt(f),
            Self::Verify(chain) => write!(f, "leaf and intermediate, {chain}"),
            Self::Heap(Heaped::Calls) => f.write_str("allocations"),
            Self::Heap(Heaped::Allocated) => f.write_str("bytes allocated"),
            Self::Heap(Heaped::Idle) => f.write_str("established, idle"),
            Self::Heap(Heaped::Peak) => f.write_str("peak"),
        }
    }
}
