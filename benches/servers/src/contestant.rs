//! Who is compared.

use countersign_load::Errand;

/// A server program, set up in one way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Contestant {
    /// nginx with `ssl_verify_client on`: what the others stand beside.
    Stock,
    /// The same once more shows what a ratio is worth.
    StockAgain,
    /// nginx with the module, in the mode `handshake`.
    ModuleByHandshake,
    /// nginx with the module, in the mode `request`.
    ModuleByRequest,
    /// `bindings/c/epoll_server.c`: `csn_*` alone.
    Epoll,
    /// `bindings/c/openssl_server.c`: OpenSSL with the glue.
    Openssl,
    /// `hyper` of the crate for tokio.
    Tokio,
    /// nginx with `ssl_verify_client on` before a server of plain HTTP, which it tells of the client.
    StockProxy,
    /// `countersign serve` before the same.
    Serve,
}

impl Contestant {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Stock => "nginx, ssl_verify_client on",
            Self::StockAgain => "the same nginx once more",
            Self::ModuleByHandshake => "nginx, countersign_mode handshake",
            Self::ModuleByRequest => "nginx, countersign_mode request",
            Self::Epoll => "epoll_server in C",
            Self::Openssl => "openssl_server with the glue",
            Self::Tokio => "hyper on tokio",
            Self::StockProxy => "nginx, ssl_verify_client on, proxy_pass",
            Self::Serve => "countersign serve",
        }
    }

    /// Whether a policy of ours decides.
    pub(crate) fn is_ours(self) -> bool {
        !matches!(self, Self::Stock | Self::StockAgain | Self::StockProxy)
    }

    /// What its clients do: only an answer shows who is in, whatever the mode and the version.
    pub(crate) fn errand(self) -> Errand {
        match self {
            Self::Epoll | Self::Openssl => Errand::Echo("is anybody there?".into()),
            _ => Errand::Get { path: "/".into(), status: 200 },
        }
    }
}
