//! countersign, the one that is measured.
//!
//! Everything that the harness knows of our engine is in this file.

use std::fmt::Write as _;
use std::sync::Arc;

use countersign::rustls::ClientVerifier;
use countersign::{UnixTime, Verifier};
use countersign_testkit::PolicyDir;
use rustls::HandshakeKind;
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::server::UnbufferedServerConnection;
use rustls::time_provider::{DefaultTimeProvider, TimeProvider as _};
use rustls::unbuffered::{ConnectionState, EncodeError, EncodeTlsData, UnbufferedStatus};

use super::rustls_peers::server_config;
use super::{Failure, Library, Material, Progress, Server, ServerSide, Tickets};
use crate::world::uri;

/// Our verifier in rustls' unbuffered API: no socket, no buffers but the caller's.
#[derive(Clone, Copy, Debug)]
pub struct Countersign;

impl Library for Countersign {
    fn name(&self) -> String {
        "countersign".into()
    }

    fn server(&self, material: &Material, tickets: Tickets) -> Box<dyn Server> {
        let verifier = Arc::new(verifier(material));
        let adapter = Arc::new(ClientVerifier::new(Arc::clone(&verifier)));
        let config = Arc::new(server_config(default_provider(), adapter, material, tickets));
        Box::new(Context { config, verifier })
    }
}

/// A policy that trusts the root and lists every client.
fn verifier(material: &Material) -> Verifier {
    let folder = PolicyDir::new();
    folder.write_certificates("ca.pem", [&material.root]);
    let mut list = String::new();
    for i in 0..material.clients().len() {
        writeln!(list, "uri:{} client-{i}", uri(i)).expect("a String takes all");
    }
    folder.write("clients.txt", list);
    let policy =
        "version = 1\n[trust]\nanchors = [\"ca.pem\"]\n[lists]\nclients = [\"clients.txt\"]\n";
    Verifier::from_toml(policy, folder.path()).expect("a policy that is in order")
}

/// Our verifier, for servers with their own rustls loop.
pub(super) fn client_verifier(material: &Material) -> ClientVerifier {
    ClientVerifier::new(Arc::new(verifier(material)))
}

struct Context {
    config: Arc<ServerConfig>,
    verifier: Arc<Verifier>,
}

impl Server for Context {
    fn accept(&self) -> Box<dyn ServerSide> {
        let connection = UnbufferedServerConnection::new(Arc::clone(&self.config));
        Box::new(Side {
            connection: connection.expect("a connection"),
            verifier: Arc::clone(&self.verifier),
            established: false,
        })
    }
}

struct Side {
    connection: UnbufferedServerConnection,
    verifier: Arc<Verifier>,
    established: bool,
}

impl ServerSide for Side {
    fn step(&mut self, input: &mut [u8], output: &mut Vec<u8>) -> Result<Progress, Failure> {
        let mut read = 0;
        loop {
            let UnbufferedStatus { discard, state } =
                self.connection.process_tls_records(&mut input[read..]);
            read += discard;
            match state? {
                ConnectionState::EncodeTlsData(mut records) => encode(&mut records, output)?,
                ConnectionState::TransmitTlsData(sent) => sent.done(),
                ConnectionState::BlockedHandshake => return Ok(Progress::Handshaking),
                ConnectionState::WriteTraffic(_) => break,
                other => return Err(format!("{other:?} in a handshake").into()),
            }
        }
        if !self.established && self.connection.handshake_kind() == Some(HandshakeKind::Resumed) {
            self.authorize_again()?;
        }
        self.established = true;
        Ok(Progress::Established)
    }
}

/// The first attempt has no room at all and learns how much is needed.
fn encode<D>(records: &mut EncodeTlsData<'_, D>, output: &mut Vec<u8>) -> Result<(), Failure> {
    if let Err(EncodeError::InsufficientSize(needed)) = records.encode(&mut []) {
        let start = output.len();
        output.resize(start + needed.required_size, 0);
        records.encode(&mut output[start..])?;
    }
    Ok(())
}

impl Side {
    /// A resumed client is judged by the policy in force now, on the chain in its ticket.
    fn authorize_again(&self) -> Result<(), Failure> {
        let chain = self.connection.peer_certificates().unwrap_or_default();
        let chain: Vec<&[u8]> = chain.iter().map(AsRef::as_ref).collect();
        let now = DefaultTimeProvider.current_time().ok_or("no time")?;
        let verdict = self.verifier.verify(&chain, UnixTime::from_secs(now.as_secs() as i64));
        if verdict.is_allowed() { Ok(()) } else { Err(verdict.reason().token().into()) }
    }
}
