//! A connection: both ends of it, and what each has said to the other.

use std::sync::Arc;

use rustls::pki_types::ServerName;
use rustls::{ClientConnection, Error};

use super::operation::Visit;
use super::oracle::{Door, Instant, Mint, door_of};
use super::scene::{Scene, Tally};
use super::site::Client;
use super::wire::Wellformed;
use crate::engine::Connection;

pub(super) struct Pair {
    pub(super) server: Connection,
    pub(super) client: ClientConnection,
    pub(super) visit: Visit,
    pub(super) name: &'static str,
    pub(super) door: Option<&'static Door>,
    pub(super) accepted: u64,
    /// What the session that the client offered is worth.
    pub(super) offered: Option<Mint>,
    /// What the sessions are worth that this connection makes, once its client is in.
    pub(super) minted: Option<Mint>,
    /// It was in and out again before anybody could look.
    pub(super) is_unseen: bool,
    /// When the server was at work on the handshake.
    pub(super) instants: Vec<Instant>,
    /// What the client said and the server has not got yet; and what it said in all.
    pub(super) wire: Vec<u8>,
    pub(super) said: Vec<u8>,
    /// What the server got and has not used.
    pub(super) input: Vec<u8>,
    pub(super) output: Wellformed,
    pub(super) client_wrote: usize,
    pub(super) server_wrote: usize,
    pub(super) client_read: usize,
    /// The client's own failure.
    pub(super) client_error: Option<Error>,
    /// The server may see what the client did not say.
    pub(super) is_tampered: bool,
    pub(super) input_ended: bool,
    pub(super) server_closed: bool,
    pub(super) client_closed: bool,
    pub(super) tally: Tally,
}

impl Pair {
    pub(super) fn new(
        server: Connection,
        visit: Visit,
        name: &'static str,
        scene: &Scene<'_>,
    ) -> Self {
        let visit = Visit { guest: visit.guest % scene.site.guests.len(), ..visit };
        let of_version = client_of(scene, visit);
        let mut wallet = of_version.wallet.lock();
        wallet.unix = scene.unix;
        wallet.anywhere = visit.anywhere;
        wallet.offered = None;
        drop(wallet);
        let config = if visit.remembers { &of_version.config } else { &of_version.forgetful };
        let to = ServerName::try_from(name).expect("a name or an address");
        let client = ClientConnection::new(Arc::clone(config), to).expect("a client");
        let mut pair = Self {
            server,
            client,
            visit,
            name,
            door: door_of(visit.front, name),
            accepted: scene.elapsed,
            offered: of_version.wallet.lock().offered.take(),
            minted: None,
            is_unseen: false,
            instants: Vec::new(),
            wire: Vec::new(),
            said: Vec::new(),
            input: Vec::new(),
            output: Wellformed::new(),
            client_wrote: 0,
            server_wrote: 0,
            client_read: 0,
            client_error: None,
            is_tampered: false,
            input_ended: false,
            server_closed: false,
            client_closed: false,
            tally: Tally::default(),
        };
        pair.client_speaks();
        pair
    }

    /// What the client has to say is on its way.
    pub(super) fn client_speaks(&mut self) {
        let before = self.wire.len();
        while self.client.wants_write() {
            self.client.write_tls(&mut self.wire).expect("a vector takes everything");
        }
        self.said.extend_from_slice(&self.wire[before..]);
    }
}

/// The clients of the version that a visitor speaks.
pub(super) fn client_of<'h>(scene: &Scene<'h>, visit: Visit) -> &'h Client {
    &scene.site.clients[usize::from(visit.is_tls13)]
}
