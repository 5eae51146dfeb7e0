//! countersign, the one that is measured.
//!
//! Everything that the harness knows of our engine is in this file.

use std::fmt::Write as _;
use std::sync::Arc;

use countersign::engine::{
    Acceptor, Connection, Credential, Entry, Resumption, State, TicketKeys, TlsVersion,
};
use countersign::rustls::ClientVerifier;
use countersign::{Moment, UnixTime, Verifier};
use countersign_testkit::PolicyDir;
use rustls::pki_types::PrivatePkcs8KeyDer;

use super::{
    Chain, ChainVerifier, Failure, Family, Library, Material, Progress, Server, ServerSide,
    Situation, Version,
};
use crate::world::uri;

/// Our engine: no socket, no clock, no buffers but the caller's.
#[derive(Clone, Copy, Debug)]
pub struct Countersign;

impl Library for Countersign {
    fn name(&self) -> String {
        "countersign".into()
    }

    fn server(
        &self,
        material: &Material,
        situation: Situation,
    ) -> Result<Box<dyn Server>, Failure> {
        Ok(Box::new(acceptor(material, situation)?))
    }

    fn verifier(&self, family: &Family, _: Chain) -> Result<Box<dyn ChainVerifier>, Failure> {
        let forgetful =
            |builder: countersign::VerifierBuilder| builder.chain_cache(0, 0).fact_cache(0);
        Ok(Box::new(verifier(family, forgetful)?))
    }
}

fn acceptor(material: &Material, situation: Situation) -> Result<Acceptor, countersign::Error> {
    let key = PrivatePkcs8KeyDer::from(material.server_key.clone());
    let credential = Credential::from_der(vec![material.server.clone()], key.into())?;
    let resumption = if situation.tickets {
        Resumption::tickets(Arc::new(TicketKeys::per_process()?))
    } else {
        Resumption::off()
    };
    let version = match situation.version {
        Version::Tls12 => TlsVersion::Tls12,
        Version::Tls13 => TlsVersion::Tls13,
    };
    let verifier = verifier(material.family(situation.chain), |builder| builder)?;
    Acceptor::builder()
        .default_entry(Entry::required(credential, Arc::new(verifier)))
        .versions([version])
        .resumption(resumption)
        .tickets(1)
        .build()
}

/// A policy that trusts the root and lists every client.
fn verifier(
    family: &Family,
    set_up: impl FnOnce(countersign::VerifierBuilder) -> countersign::VerifierBuilder,
) -> Result<Verifier, countersign::Error> {
    let folder = PolicyDir::new();
    folder.write_certificates("ca.pem", [&family.root]);
    let mut list = String::new();
    for i in 0..family.clients.len() {
        writeln!(list, "uri:{} client-{i}", uri(i)).expect("a String takes all");
    }
    folder.write("clients.txt", list);
    let policy =
        "version = 1\n[trust]\nanchors = [\"ca.pem\"]\n[lists]\nclients = [\"clients.txt\"]\n";
    set_up(Verifier::builder_from_toml(policy, folder.path())).build()
}

/// Our verifier, for servers with their own rustls loop.
pub(super) fn client_verifier(family: &Family) -> Result<ClientVerifier, countersign::Error> {
    Ok(ClientVerifier::new(Arc::new(verifier(family, |builder| builder)?)))
}

impl ChainVerifier for Verifier {
    fn is_good(&self, leaf: &[u8], intermediate: &[u8]) -> bool {
        self.verify(&[leaf, intermediate], UnixTime::now()).is_allowed()
    }
}

impl Server for Acceptor {
    fn accept(&self) -> Box<dyn ServerSide> {
        Box::new(self.accept(Moment::now()))
    }
}

impl ServerSide for Connection {
    fn step(&mut self, input: &mut [u8], output: &mut Vec<u8>) -> Result<Progress, Failure> {
        let _whole_flights_are_used_up = self.feed(input, Moment::now());
        output.extend_from_slice(self.output());
        self.consume_output(self.pending_output());
        match self.state() {
            State::Established(_) => Ok(Progress::Established),
            State::Refused(refusal) => Err(refusal.to_string().into()),
            State::Closed(closed) => Err(format!("it is over: {closed:?}").into()),
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
