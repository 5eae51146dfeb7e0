//! A client's memory of sessions that offers each of them to every server name.
//!
//! Honest clients keep the sessions of each name apart. That a server takes one of another name all
//! the same is a class of failure of its own (nginx CVE-2025-23419, Apache CVE-2025-23048), so
//! the demo's client tries.

use rustls::NamedGroup;
use rustls::client::{
    ClientSessionMemoryCache, ClientSessionStore, Tls12ClientSessionValue, Tls13ClientSessionValue,
};
use rustls::pki_types::{DnsName, ServerName};

/// Keeps every session under one name.
#[derive(Debug)]
pub(super) struct Everywhere(ClientSessionMemoryCache);

impl Default for Everywhere {
    fn default() -> Self {
        Self(ClientSessionMemoryCache::new(8))
    }
}

fn one_name() -> ServerName<'static> {
    ServerName::DnsName(DnsName::try_from("localhost").expect("a DNS name"))
}

impl ClientSessionStore for Everywhere {
    fn set_kx_hint(&self, _: ServerName<'static>, group: NamedGroup) {
        self.0.set_kx_hint(one_name(), group);
    }

    fn kx_hint(&self, _: &ServerName<'_>) -> Option<NamedGroup> {
        self.0.kx_hint(&one_name())
    }

    fn set_tls12_session(&self, _: ServerName<'static>, value: Tls12ClientSessionValue) {
        self.0.set_tls12_session(one_name(), value);
    }

    fn tls12_session(&self, _: &ServerName<'_>) -> Option<Tls12ClientSessionValue> {
        self.0.tls12_session(&one_name())
    }

    fn remove_tls12_session(&self, _: &ServerName<'static>) {
        self.0.remove_tls12_session(&one_name());
    }

    fn insert_tls13_ticket(&self, _: ServerName<'static>, value: Tls13ClientSessionValue) {
        self.0.insert_tls13_ticket(one_name(), value);
    }

    fn take_tls13_ticket(&self, _: &ServerName<'static>) -> Option<Tls13ClientSessionValue> {
        self.0.take_tls13_ticket(&one_name())
    }
}
