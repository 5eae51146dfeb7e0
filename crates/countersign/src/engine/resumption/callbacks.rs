//! rustls' two ways to keep a session, both through the gate.

use std::sync::Arc;

use rustls::server::{ProducesTickets, StoresServerSessions};

use super::gate::{Gate, unreadable};
use super::keys::TicketKeys;
use crate::engine::exchange;
use crate::limits;

/// Sessions that the client keeps.
#[derive(Debug)]
pub(super) struct Tickets {
    pub(super) gate: Gate,
    pub(super) keys: Arc<TicketKeys>,
}

impl ProducesTickets for Tickets {
    fn enabled(&self) -> bool {
        true
    }

    /// Seconds that the client is told. RFC 8446 section 4.6.1: no more than seven days.
    fn lifetime(&self) -> u32 {
        const SEVEN_DAYS: u32 = 604_800;
        let lifetime = self.gate.lifetime().min(self.keys.lifetime());
        u32::try_from(lifetime.as_secs()).unwrap_or(SEVEN_DAYS).min(SEVEN_DAYS)
    }

    fn encrypt(&self, state: &[u8]) -> Option<Vec<u8>> {
        let header = self.gate.header(state)?;
        let now = exchange::with(|exchange| exchange.now)?;
        self.keys.seal(now, &[&header, state])
    }

    fn decrypt(&self, ticket: &[u8]) -> Option<Vec<u8>> {
        let (tickets, now) = exchange::with(|exchange| {
            exchange.tickets += 1;
            (exchange.tickets, exchange.now)
        })?;
        let is_tried = tickets <= limits::TICKETS_TRIED;
        let Some(kept) = is_tried.then(|| self.keys.open(now, ticket)).flatten() else {
            unreadable();
            return None;
        };
        self.gate.open(&kept)
    }
}

/// Sessions that the server keeps.
#[derive(Debug)]
pub(super) struct Cache {
    pub(super) gate: Gate,
    pub(super) store: Arc<dyn StoresServerSessions>,
}

impl StoresServerSessions for Cache {
    fn put(&self, id: Vec<u8>, state: Vec<u8>) -> bool {
        let Some(mut kept) = self.gate.header(&state) else { return false };
        kept.extend_from_slice(&state);
        self.store.put(id, kept)
    }

    fn get(&self, id: &[u8]) -> Option<Vec<u8>> {
        // An unknown id says nothing: TLS 1.3 clients send one at random (RFC 8446 section 4.1.2).
        self.store.get(id).and_then(|kept| self.gate.open(&kept))
    }

    fn take(&self, id: &[u8]) -> Option<Vec<u8>> {
        let kept = self.store.take(id);
        if kept.is_none() {
            unreadable();
        }
        self.gate.open(&kept?)
    }

    fn can_cache(&self) -> bool {
        self.store.can_cache()
    }
}
