//! countersign, the one that is measured.
//!
//! Everything that the harness knows of our engine is in this file.

use std::fmt::Write as _;
use std::sync::Arc;

use countersign::engine::{
    Acceptor, Connection, Credential, Entry, Resumption, State, TicketKeys, TlsVersion,
};
use countersign::rustls::ClientVerifier;
use countersign::{Moment, Verifier};
use countersign_testkit::PolicyDir;
use rustls::pki_types::PrivatePkcs8KeyDer;

use super::{Failure, Library, Material, Progress, Server, ServerSide, Tickets};
use crate::world::uri;

/// Our engine: no socket, no clock, no buffers but the caller's.
#[derive(Clone, Copy, Debug)]
pub struct Countersign;

impl Library for Countersign {
    fn name(&self) -> String {
        "countersign".into()
    }

    fn server(&self, material: &Material, tickets: Tickets) -> Box<dyn Server> {
        Box::new(acceptor(material, tickets).expect("a configuration that is in order"))
    }
}

fn acceptor(material: &Material, tickets: Tickets) -> Result<Acceptor, countersign::Error> {
    let key = PrivatePkcs8KeyDer::from(material.server_key.clone());
    let credential = Credential::from_der(vec![material.server.clone()], key.into())?;
    let resumption = match tickets {
        Tickets::Off => Resumption::off(),
        Tickets::On => Resumption::tickets(Arc::new(TicketKeys::per_process()?)),
    };
    Acceptor::builder()
        .default_entry(Entry::required(credential, Arc::new(verifier(material))))
        .versions([TlsVersion::Tls13])
        .resumption(resumption)
        .build()
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

impl Server for Acceptor {
    fn accept(&self) -> Box<dyn ServerSide> {
        Box::new(self.accept(Moment::now()))
    }
}

impl ServerSide for Connection {
    fn step(&mut self, input: &mut [u8], output: &mut Vec<u8>) -> Result<Progress, Failure> {
        let _whole_flights_are_used_up = self.feed(input, Moment::now());
        let start = output.len();
        output.resize(start + self.pending_output(), 0);
        self.poll_output(&mut output[start..]);
        match self.state() {
            State::Established(_) => Ok(Progress::Established),
            State::Refused(refusal) => Err(refusal.to_string().into()),
            _ => Ok(Progress::Handshaking),
        }
    }

    fn client(&self) -> Option<Vec<u8>> {
        match self.state() {
            State::Established(session) => session.leaf().map(<[u8]>::to_vec),
            _ => None,
        }
    }
}
