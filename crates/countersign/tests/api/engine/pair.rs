//! A server and a client in memory, and what passes between them.

use std::io::{Read as _, Write as _};
use std::sync::Arc;
use std::time::Duration;

use countersign::engine::{
    Acceptor, AcceptorBuilder, Connection, Credential, Entry, State, WaitsFor,
};
use countersign::{Moment, UnixTime, Verifier};
use countersign_testkit::forge::extension::{self, purpose};
use countersign_testkit::forge::{Authority, GeneralName};
use rustls::version::{TLS12, TLS13};
use rustls::{AlertDescription, ClientConnection, Error, SupportedProtocolVersion};

use crate::peer::{Client, Clock, private_key};
use crate::site::{BILLING, POLICY, Site};

/// Both versions, for tests that hold for each.
pub(crate) const VERSIONS: [&SupportedProtocolVersion; 2] = [&TLS12, &TLS13];

/// The time on a clock, as connections take it.
pub(crate) fn moment(clock: &Clock) -> Moment {
    let unix = UnixTime::from_secs(clock.seconds());
    Moment { unix, elapsed: Duration::from_secs(clock.seconds().unsigned_abs()) }
}

/// What the server shows.
pub(crate) fn credential() -> Credential {
    credential_behind(&[])
}

/// What the server shows, with these bytes for a second certificate where there are any.
pub(crate) fn credential_behind(filler: &[u8]) -> Credential {
    let own = Authority::root("server");
    let leaf = own.leaf_with("server", |c| {
        c.without("2.5.29.37")
            .with(extension::extended_key_usage(&[purpose::SERVER_AUTH]))
            .san([GeneralName::dns("server.example")])
    });
    let key = private_key(&leaf.key);
    let filler = (!filler.is_empty()).then(|| filler.to_vec());
    Credential::from_der(std::iter::once(leaf.certificate).chain(filler).collect(), key).unwrap()
}

/// A builder whose default entry requires clients that `verifier` allows.
pub(crate) fn requiring(verifier: &Arc<Verifier>) -> AcceptorBuilder {
    Acceptor::builder().default_entry(Entry::required(credential(), Arc::clone(verifier)))
}

/// What became of a client: the alert that it saw, or none.
pub(crate) type Seen = Option<AlertDescription>;

/// A connection, both ends of it.
pub(crate) struct Pair {
    pub(crate) server: Connection,
    pub(crate) client: ClientConnection,
    pub(crate) clock: Arc<Clock>,
    /// Bytes for the server that it has not used.
    pub(crate) input: Vec<u8>,
    /// How many bytes at most arrive at the server at once.
    pub(crate) piece: usize,
    /// What the server received in plaintext, in all.
    pub(crate) received: Vec<u8>,
    /// What the client received in plaintext, in all.
    pub(crate) answered: Vec<u8>,
    /// The client's own failure.
    pub(crate) client_error: Option<Error>,
}

/// A client that is in.
pub(crate) fn established(version: &'static SupportedProtocolVersion) -> Pair {
    let site = Site::new();
    let acceptor = requiring(&Arc::new(site.verifier(POLICY))).build().unwrap();
    let (leaf, clock) = (site.leaf(BILLING), Clock::new());
    let client = Client::nobody(version, &clock).presenting(&site.chain(&leaf), &leaf.key);
    let mut pair = Pair::new(&acceptor, &client, "server.example", &clock);
    assert_eq!(pair.talk(), None);
    pair
}

impl Pair {
    pub(crate) fn new(
        acceptor: &Acceptor,
        client: &Client,
        server_name: &str,
        clock: &Arc<Clock>,
    ) -> Self {
        Self {
            server: acceptor.accept(moment(clock)),
            client: client.connect(server_name),
            clock: Arc::clone(clock),
            input: Vec::new(),
            piece: usize::MAX,
            received: Vec::new(),
            answered: Vec::new(),
            client_error: None,
        }
    }

    pub(crate) fn now(&self) -> Moment {
        moment(&self.clock)
    }

    /// What the client has to say, on its way.
    pub(crate) fn client_speaks(&mut self) -> Vec<u8> {
        let mut wire = Vec::new();
        while self.client.wants_write() {
            self.client.write_tls(&mut wire).unwrap();
        }
        wire
    }

    /// Bytes arrive at the server, in pieces; whatever plaintext comes out is kept.
    pub(crate) fn server_hears(&mut self, bytes: &[u8]) {
        for piece in bytes.chunks(self.piece.min(bytes.len().max(1))) {
            self.input.extend_from_slice(piece);
            self.server_works();
        }
    }

    pub(crate) fn server_works(&mut self) {
        loop {
            let progress = self.server.feed(&mut self.input, moment(&self.clock));
            self.input.drain(..progress.used);
            match progress.waits_for {
                WaitsFor::Read => self.received.extend(self.server.take_plaintext()),
                _ => break,
            }
        }
    }

    /// What the server has to say arrives at the client. Whether it said anything.
    pub(crate) fn client_hears(&mut self) -> bool {
        let wire = self.server.take_output();
        self.client_hears_of(&wire)
    }

    /// Bytes arrive at the client. Whether there were any.
    pub(crate) fn client_hears_of(&mut self, wire: &[u8]) -> bool {
        let mut rest = wire;
        while !rest.is_empty() {
            self.client.read_tls(&mut rest).unwrap();
            if let Err(error) = self.client.process_new_packets() {
                self.client_error.get_or_insert(error);
            }
            self.client_reads();
        }
        !wire.is_empty()
    }

    fn client_reads(&mut self) {
        let mut buffer = [0; 4_096];
        while let Ok(length @ 1..) = self.client.reader().read(&mut buffer) {
            self.answered.extend_from_slice(&buffer[..length]);
        }
    }

    /// Carries bytes both ways until neither end has more to say.
    pub(crate) fn run(&mut self) {
        self.run_with(|wire| wire);
    }

    /// The same, with somebody on the way who changes what the client says.
    pub(crate) fn run_with(&mut self, mut change: impl FnMut(Vec<u8>) -> Vec<u8>) {
        loop {
            let wire = change(self.client_speaks());
            let said = !wire.is_empty();
            self.server_hears(&wire);
            if !self.client_hears() && !said {
                return;
            }
        }
    }

    /// The alert that the client saw.
    pub(crate) fn seen(&self) -> Seen {
        match &self.client_error {
            None => None,
            Some(Error::AlertReceived(alert)) => Some(*alert),
            Some(other) => panic!("the client failed by itself: {other}"),
        }
    }

    pub(crate) fn is_established(&self) -> bool {
        matches!(self.server.state(), State::Established(_))
    }

    /// A handshake, and a line there and back. The alert that the client saw instead, if it did.
    pub(crate) fn talk(&mut self) -> Seen {
        self.run();
        if self.is_established() {
            assert_eq!(self.seen(), None, "the server says yes and the client no");
            self.echo(b"halt, who goes there");
        } else {
            assert!(self.received.is_empty(), "plaintext of a client that is not in");
        }
        self.seen()
    }

    fn echo(&mut self, line: &[u8]) {
        self.received.clear();
        self.answered.clear();
        self.client.writer().write_all(line).unwrap();
        self.run();
        assert_eq!(self.received, line);
        assert_eq!(self.server.write(line), line.len());
        self.run();
        assert_eq!(self.answered, line);
    }
}
