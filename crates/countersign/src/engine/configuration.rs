//! What all connections of an acceptor share.

use std::sync::Arc;
use std::time::Duration;

use rustls::ServerConfig;

use super::entry::ClientAuth;
use super::names::NameTable;
use crate::verifier::Verifier;

/// An acceptor's entries, made ready.
pub(super) struct Configuration {
    /// Leads to positions in `entries`.
    pub(super) names: Arc<NameTable>,
    pub(super) entries: Vec<ConfiguredEntry>,
    pub(super) handshake_time: Duration,
    /// TLS 1.3 is among the versions: whoever offers it gets it.
    pub(super) has_tls13: bool,
}

/// An entry as connections use it.
pub(super) struct ConfiguredEntry {
    pub(super) config: Arc<ServerConfig>,
    pub(super) verifier: Option<Arc<Verifier>>,
    pub(super) client_auth: ClientAuth,
}
