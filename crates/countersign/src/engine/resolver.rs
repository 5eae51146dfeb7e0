//! The server's certificate, once rustls agrees on the name; and the connection's clock.

use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::{DnsName, UnixTime as PkiTime};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::time_provider::TimeProvider;

use super::exchange;
use super::names::NameTable;

/// Hands out an entry's certificate if rustls reads the hello as we did.
#[derive(Debug)]
pub(super) struct EntryResolver {
    pub(super) names: Arc<NameTable>,
    pub(super) entry: usize,
    pub(super) credential: Arc<dyn ResolvesServerCert>,
}

impl ResolvesServerCert for EntryResolver {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        // The hello after a HelloRetryRequest comes through here too.
        let name = hello.server_name().map(DnsName::try_from).transpose().ok();
        let agreed = name.map(|name| self.names.find(name.as_ref()));
        if agreed != Some(Some(self.entry)) {
            exchange::with(|e| e.misread_name = true);
            return None;
        }
        self.credential.resolve(hello)
    }
}

/// The time that the connection's caller gave; none outside a connection.
#[derive(Debug)]
pub(super) struct CallersClock;

impl TimeProvider for CallersClock {
    fn current_time(&self) -> Option<PkiTime> {
        let seconds = exchange::with(|e| e.now.as_secs())?;
        Some(PkiTime::since_unix_epoch(Duration::from_secs(u64::try_from(seconds).ok()?)))
    }
}
