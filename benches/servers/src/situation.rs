//! Under which circumstances they are compared.

use countersign_load::{Kind, Version};

use crate::contestant::Contestant;
use crate::site::REVOKED;

/// What all have in common who are compared with each other.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Situation {
    pub(crate) version: Version,
    pub(crate) kind: Kind,
    /// Whether the servers hand out tickets. The examples always do.
    pub(crate) has_tickets: bool,
    pub(crate) crls: Crls,
    pub(crate) over: Over,
    /// The first of them is whom the others stand beside.
    pub(crate) contestants: &'static [Contestant],
}

/// What is revoked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Crls {
    /// Nothing, nowhere.
    None,
    /// The CRL of the clients' authority is long; that of the root is empty.
    Large,
}

/// What the bytes go over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Over {
    /// A socket in the server's folder.
    Unix,
    /// TCP, for the examples and the proxy, which have nothing else.
    Loopback,
}

use Contestant::{
    Epoll, ModuleByHandshake, ModuleByRequest, Openssl, Serve, Stock, StockAgain, StockProxy, Tokio,
};

const BOTH_MODES: &[Contestant] = &[Stock, StockAgain, ModuleByHandshake, ModuleByRequest];
const MODULE: &[Contestant] = &[Stock, ModuleByHandshake];
const EXAMPLES: &[Contestant] = &[Stock, Epoll, Openssl, Tokio];
const PROXIES: &[Contestant] = &[StockProxy, Serve];

const FIRST: Situation = Situation {
    version: Version::Tls13,
    kind: Kind::Full,
    has_tickets: false,
    crls: Crls::None,
    over: Over::Unix,
    contestants: BOTH_MODES,
};

const TICKETS: Situation = Situation { has_tickets: true, contestants: MODULE, ..FIRST };

const LOOPBACK: Situation = Situation { over: Over::Loopback, contestants: EXAMPLES, ..TICKETS };

const PROXIED: Situation = Situation { contestants: PROXIES, ..LOOPBACK };

/// All of them.
pub(crate) const ALL: &[Situation] = &[
    FIRST,
    Situation { crls: Crls::Large, ..FIRST },
    TICKETS,
    Situation { kind: Kind::Resumed, ..TICKETS },
    Situation { version: Version::Tls12, contestants: MODULE, ..FIRST },
    Situation { version: Version::Tls12, kind: Kind::Resumed, ..TICKETS },
    LOOPBACK,
    Situation { kind: Kind::Resumed, ..LOOPBACK },
    PROXIED,
    Situation { kind: Kind::Resumed, ..PROXIED },
];

/// Those for a look.
pub(crate) const CORE: &[Situation] = &[Situation { contestants: MODULE, ..FIRST }, LOOPBACK];

impl Situation {
    /// A headline.
    pub(crate) fn title(&self) -> String {
        let version = match self.version {
            Version::Tls12 => "TLS 1.2",
            Version::Tls13 => "TLS 1.3",
        };
        let kind = match (self.kind, self.has_tickets) {
            (Kind::Full, false) => "full handshakes",
            (Kind::Full, true) => "full handshakes with tickets",
            (Kind::Resumed, _) => "resumed handshakes",
        };
        let crls = match self.crls {
            Crls::None => String::new(),
            Crls::Large => format!(", a CRL of {REVOKED} entries"),
        };
        let over = match self.over {
            Over::Unix => "unix sockets",
            Over::Loopback => "TCP",
        };
        let who = if self.contestants == PROXIES { "Proxies" } else { "Servers" };
        format!("{who} under load: {version}, {kind}{crls}, over {over}")
    }
}
