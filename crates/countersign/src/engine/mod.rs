//! The handshake engine: bytes from a peer in, bytes to send out, and a session whose client is
//! known; without a socket, a thread or a clock.
//!
//! An [`Acceptor`] is made once from [`Entry`]s, one for each server name with its certificate, its
//! policy and its demands. For each connection it makes a [`Connection`], which is fed what the
//! peer sent and gives what is to be sent back. TLS 1.2 and 1.3 are rustls'; who gets in is decided
//! here.
//!
//! ```text
//!  peer's bytes ─► Accepting ─── hello: which entry? ───────────────► unrecognized_name
//!                      │
//!                      ▼
//!                 Negotiating ── a ticket? entry, time, trust, policy: else a full handshake
//!                      │      ── a certificate? the verifier's verdict ──► its alert
//!                      ▼
//!                 Established ── plaintext both ways; a Session says whose
//! ```
//!
//! No plaintext comes out of a connection before there is a verdict that allows its client.
//!
//! ```no_run
//! use std::io::{Read, Write};
//! use std::sync::Arc;
//! use countersign::engine::{Acceptor, Credential, Entry, State};
//! use countersign::{Moment, Verifier};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let verifier = Arc::new(Verifier::from_file("policy.toml")?);
//! let credential = Credential::from_files("server.pem", "server.key")?;
//! let acceptor = Acceptor::builder().default_entry(Entry::required(credential, verifier)).build()?;
//!
//! let (mut socket, _) = std::net::TcpListener::bind("localhost:8443")?.accept()?;
//! let mut connection = acceptor.accept(Moment::now());
//! let (mut input, mut filled) = (vec![0; countersign::limits::HANDSHAKE_BYTES], 0);
//! while connection.is_handshaking() {
//!     let received = socket.read(&mut input[filled..])?;
//!     filled += received;
//!     if received == 0 {
//!         connection.end_of_input(Moment::now());
//!     }
//!     let used = connection.feed(&mut input[..filled], Moment::now()).used;
//!     input.copy_within(used..filled, 0);
//!     filled -= used;
//!     socket.write_all(&connection.take_output())?;
//! }
//! match connection.state() {
//!     State::Established(session) => println!("{:?} is in", session.client()),
//!     State::Refused(refusal) => println!("{refusal}"),
//!     _ => println!("closed"),
//! }
//! # Ok(())
//! # }
//! ```

mod acceptor;
mod alert;
mod configuration;
mod connection;
mod drive;
mod entry;
mod established;
mod exchange;
mod hello;
mod identify;
mod lease;
mod names;
mod negotiation;
mod output;
mod records;
mod refusal;
mod resolver;
mod resumption;
mod session;
mod state;

pub use acceptor::{Acceptor, AcceptorBuilder};
pub use alert::Alert;
pub use connection::Connection;
pub use entry::{ClientAuth, Credential, Entry};
pub use exchange::Declined;
pub use lease::Lease;
pub use refusal::{Cause, Refusal};
pub use resumption::{Resumption, TicketKeys};
pub use session::{Session, Step, Steps, TlsVersion};
pub use state::{Closed, Progress, State, WaitsFor};
