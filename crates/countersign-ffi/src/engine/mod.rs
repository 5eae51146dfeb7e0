//! The handshake engine as C calls it.

// The header has things in the order of these groups.
mod credential;
mod ticket_keys;

mod acceptor_config;

mod acceptor;

mod connection;

mod session;

mod refusal;

pub use acceptor::*;
pub use acceptor_config::*;
pub use connection::*;
pub use credential::*;
pub use refusal::*;
pub use session::*;
pub use ticket_keys::*;
