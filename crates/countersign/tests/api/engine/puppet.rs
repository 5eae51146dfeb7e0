//! A TLS 1.3 client that says what it is told to, with Finished to match.

use std::sync::Arc;

use countersign::engine::Acceptor;

use super::pair::Pair;
use super::protection::{Protection, Secrets};
use super::wire::{self, content, handshake};
use crate::peer::{Client, Clock};

/// A client whose handshake messages can be rewritten with its own secrets, just before it sends
/// the last of them.
pub(crate) struct Puppet {
    pub(crate) pair: Pair,
    /// What both sides have said so far.
    transcript: Vec<u8>,
    /// Certificate and CertificateVerify.
    pub(crate) identity: [Vec<u8>; 2],
    protection: Protection,
    secrets: Arc<Secrets>,
}

impl Puppet {
    pub(crate) fn new(acceptor: &Acceptor, mut client: Client, clock: &Arc<Clock>) -> Self {
        let secrets = Arc::new(Secrets::default());
        client.config.key_log = Arc::clone(&secrets) as _;
        let mut pair = Pair::new(acceptor, &client, "server.example", clock);
        let hello = pair.client_speaks();
        pair.server_hears(&hello);
        let answer = pair.server.take_output();
        pair.client.read_tls(&mut &answer[..]).unwrap();
        pair.client.process_new_packets().unwrap();
        let mut transcript = wire::records(&hello)[0].body.clone();
        let mut theirs = secrets.protection("SERVER_HANDSHAKE_TRAFFIC_SECRET");
        for record in wire::records(&answer) {
            match record.kind {
                content::HANDSHAKE => transcript.extend(record.body),
                content::APPLICATION_DATA => transcript.extend(theirs.open(&record).1),
                _ => {}
            }
        }
        let mut ours = secrets.protection("CLIENT_HANDSHAKE_TRAFFIC_SECRET");
        let flight = wire::records(&pair.client_speaks());
        let protected = flight.iter().filter(|r| r.kind == content::APPLICATION_DATA);
        let said: Vec<u8> = protected.flat_map(|record| ours.open(record).1).collect();
        let [certificate, verify, finished] = wire::messages(&said).try_into().unwrap();
        assert_eq!(
            [certificate[0], verify[0], finished[0]],
            [handshake::CERTIFICATE, handshake::CERTIFICATE_VERIFY, handshake::FINISHED]
        );
        let protection = secrets.protection("CLIENT_HANDSHAKE_TRAFFIC_SECRET");
        Self { pair, transcript, identity: [certificate, verify], protection, secrets }
    }

    /// Says these messages, each in a record of its own.
    pub(crate) fn say(&mut self, message: &[u8]) {
        self.transcript.extend(message);
        let record = self.protection.seal(content::HANDSHAKE, message);
        self.pair.server_hears(&record);
    }

    /// Says Finished, and in the same breath a piece of a message under the keys that follow.
    pub(crate) fn finish_and_begin(&mut self, piece: &[u8]) {
        let finished = self.protection.finished(&self.transcript);
        let mut next = self.secrets.protection("CLIENT_TRAFFIC_SECRET_0");
        let records = [
            self.protection.seal(content::HANDSHAKE, &finished),
            next.seal(content::HANDSHAKE, piece),
        ];
        self.pair.server_hears(&records.concat());
    }

    /// Says a Finished that fits to all that was said.
    pub(crate) fn finish(&mut self) {
        let finished = self.protection.finished(&self.transcript);
        self.say(&finished);
    }
}
