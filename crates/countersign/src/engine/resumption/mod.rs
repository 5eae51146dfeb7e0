//! Sessions that resume, and who is let in by them.
//!
//! rustls decides whether a session *can* resume (suite, name, secrets). Whether it *may* is decided
//! here, before rustls sees it: a ticket or a cached session is opened, its entry and its time are
//! compared, and the identity in it is authorised again under the policy in force. What does not
//! pass is declined, not refused: a full handshake follows, in which the client can show another
//! certificate and, where it is refused, is told why. So a resumed session is never worth more than
//! a fresh one.

mod callbacks;
mod envelope;
mod gate;
mod keys;
mod secrets;

use std::sync::Arc;

use rustls::server::{
    NoServerSessionStorage, ServerConfig, ServerSessionMemoryCache, StoresServerSessions,
};

use crate::limits::CACHED_SESSIONS;
use callbacks::{Cache, Tickets};

pub(super) use gate::Gate;
pub use keys::TicketKeys;

/// Whether and how sessions resume.
///
/// ```
/// use std::sync::Arc;
/// use countersign::engine::{Resumption, TicketKeys};
///
/// # fn main() -> Result<(), countersign::Error> {
/// let here = Resumption::tickets(Arc::new(TicketKeys::per_process()?));
/// let nowhere = Resumption::off();
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Resumption(Kind);

#[derive(Clone, Debug)]
enum Kind {
    Off,
    Tickets(Arc<TicketKeys>),
    Cache(Arc<dyn StoresServerSessions>),
}

impl Resumption {
    /// Every connection does a full handshake.
    pub fn off() -> Self {
        Self(Kind::Off)
    }

    /// The client keeps the session, sealed under `keys`. Servers that share a secret resume each
    /// other's sessions.
    pub fn tickets(keys: Arc<TicketKeys>) -> Self {
        Self(Kind::Tickets(keys))
    }

    /// The server keeps at most `sessions`, about 2 kB each, and up to 12 kB for a client with a long
    /// chain, and never more than [`CACHED_SESSIONS`]; in TLS 1.3 each is good for one resumption. Nothing
    /// outlives the process.
    pub fn cache(sessions: usize) -> Self {
        Self(Kind::Cache(ServerSessionMemoryCache::new(sessions.min(CACHED_SESSIONS))))
    }

    /// Sets a configuration of rustls up for sessions that pass `gate`; `each` of them after a full
    /// handshake.
    pub(super) fn install(&self, config: &mut ServerConfig, gate: Gate, each: usize) {
        config.session_storage = Arc::new(NoServerSessionStorage {});
        config.send_tls13_tickets = each;
        // A client may ask for more, for connections at the same time (RFC 9149).
        config.max_tls13_tickets = each.max(MOST_TICKETS);
        match &self.0 {
            Kind::Off => {
                config.send_tls13_tickets = 0;
                config.max_tls13_tickets = 0;
            }
            Kind::Tickets(keys) => {
                config.ticketer = Arc::new(Tickets { gate, keys: Arc::clone(keys) });
            }
            Kind::Cache(store) => {
                config.session_storage = Arc::new(Cache { gate, store: Arc::clone(store) });
            }
        }
    }
}

/// Most TLS 1.3 tickets for one handshake, however many a client asks for. A ticket costs 3 µs and
/// with a client's chain in it 1.3 kB.
const MOST_TICKETS: usize = 4;
