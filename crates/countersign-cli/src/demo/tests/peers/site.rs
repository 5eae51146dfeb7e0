//! A server for the programs, and what they need to reach it.

use std::path::PathBuf;
use std::sync::Arc;

use countersign::Verifier;
use countersign::engine::{Acceptor, ClientAuth, Entry, Resumption, TicketKeys};
use tempfile::TempDir;

use crate::demo::cases::{MAIN, REPORTS};
use crate::demo::server::{Handshake, Server};
use crate::demo::world::World;

/// The demo's world on disk, and its policy.
pub(super) struct Site {
    folder: TempDir,
    world: World,
    verifier: Arc<Verifier>,
}

impl Site {
    pub(super) fn new() -> Self {
        let (world, folder) = (World::make().unwrap(), tempfile::tempdir().unwrap());
        world.write_to(folder.path()).unwrap();
        let verifier = Arc::new(Verifier::from_file(folder.path().join("policy.toml")).unwrap());
        Self { folder, world, verifier }
    }

    pub(super) fn file(&self, name: impl AsRef<str>) -> PathBuf {
        self.folder.path().join(name.as_ref())
    }

    /// A server that demands this of its clients.
    pub(super) fn serve(&self, demand: ClientAuth, way: Way) -> Server {
        Server::start(self.acceptor(demand, way), in_kind).unwrap()
    }

    /// The same, but before the first client is answered, `leaver` is revoked and the policy
    /// reloaded.
    pub(super) fn serve_until_the_leaver_leaves(self: Arc<Self>, way: Way) -> Server {
        let acceptor = self.acceptor(ClientAuth::Required, way);
        let mut first = true;
        let answer = move |line| {
            if std::mem::take(&mut first) {
                self.world.publish_crl(self.folder.path(), true).unwrap();
                self.verifier.reload().unwrap();
            }
            in_kind(line)
        };
        Server::start(acceptor, answer).unwrap()
    }

    /// A server with the demo's two names, each with its policy and the same tickets.
    pub(super) fn serve_two_names(&self) -> Server {
        let entry = |policy: &str, name: &str| {
            let verifier = Arc::new(Verifier::from_file(self.file(policy)).unwrap());
            Entry::required(self.world.credential().unwrap(), verifier).named(name)
        };
        let acceptor = Acceptor::builder()
            .entry(entry("policy.toml", MAIN))
            .entry(entry("reports.toml", REPORTS))
            .resumption(Way::Tickets.resumption());
        Server::start(acceptor.build().unwrap(), in_kind).unwrap()
    }

    fn acceptor(&self, demand: ClientAuth, way: Way) -> Acceptor {
        let (credential, verifier) = (self.world.credential().unwrap(), Arc::clone(&self.verifier));
        let entry = match demand {
            ClientAuth::Off => Entry::without_client_auth(credential),
            ClientAuth::Optional => Entry::optional(credential, verifier),
            ClientAuth::Required => Entry::required(credential, verifier),
        };
        // Some clients keep a certificate to themselves whose issuer the server does not name.
        let entry = entry.root_hints(false).named(MAIN);
        Acceptor::builder().entry(entry).resumption(way.resumption()).build().unwrap()
    }
}

/// An echo; who speaks HTTP gets it as a page.
fn in_kind(line: String) -> String {
    if line.starts_with("GET ") { format!("HTTP/1.0 200 OK\r\n\r\n{line}") } else { line }
}

/// Where sessions are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    Nowhere,
    /// With the client.
    Tickets,
    /// With the server.
    Cache,
}

impl Way {
    /// Those that resume.
    pub(super) const BOTH: [Self; 2] = [Self::Tickets, Self::Cache];

    fn resumption(self) -> Resumption {
        match self {
            Self::Nowhere => Resumption::off(),
            Self::Tickets => Resumption::tickets(Arc::new(TicketKeys::per_process().unwrap())),
            Self::Cache => Resumption::cache(64),
        }
    }
}

pub(super) fn next(server: &Server) -> Handshake {
    server.next_handshake().unwrap()
}
