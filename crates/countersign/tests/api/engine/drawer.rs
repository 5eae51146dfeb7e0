//! A client that keeps its sessions in one drawer: whatever it got from one server it offers to
//! every other, and it never remembers which key exchange a server wants.

use std::sync::Arc;

use rustls::NamedGroup;
use rustls::client::{
    ClientSessionMemoryCache, ClientSessionStore, Resumption, Tls12ClientSessionValue,
    Tls13ClientSessionValue,
};
use rustls::pki_types::ServerName;

use crate::peer::Client;

#[derive(Debug)]
struct Drawer(ClientSessionMemoryCache);

fn one() -> ServerName<'static> {
    ServerName::try_from("drawer.example").unwrap()
}

impl ClientSessionStore for Drawer {
    fn set_kx_hint(&self, _: ServerName<'static>, _: NamedGroup) {}

    fn kx_hint(&self, _: &ServerName<'_>) -> Option<NamedGroup> {
        None
    }

    fn set_tls12_session(&self, _: ServerName<'static>, value: Tls12ClientSessionValue) {
        self.0.set_tls12_session(one(), value);
    }

    fn tls12_session(&self, _: &ServerName<'_>) -> Option<Tls12ClientSessionValue> {
        self.0.tls12_session(&one())
    }

    fn remove_tls12_session(&self, _: &ServerName<'static>) {
        self.0.remove_tls12_session(&one());
    }

    fn insert_tls13_ticket(&self, _: ServerName<'static>, value: Tls13ClientSessionValue) {
        self.0.insert_tls13_ticket(one(), value);
    }

    fn take_tls13_ticket(&self, _: &ServerName<'static>) -> Option<Tls13ClientSessionValue> {
        self.0.take_tls13_ticket(&one())
    }
}

impl Client {
    /// The same client with an empty drawer for all its sessions.
    pub(crate) fn with_one_drawer(mut self) -> Self {
        self.config.resumption =
            Resumption::store(Arc::new(Drawer(ClientSessionMemoryCache::new(8))));
        self
    }
}
