//! The certificates and keys of both ends.

use countersign_testkit::forge::{
    Authority, CertificateBuilder, GeneralName, Key, Name, extension,
};
use serde::{Deserialize, Serialize};

use super::Chain;
use crate::world::uri;

/// Clients that come back.
const REGULARS: usize = 64;

/// Current for peers that ask the machine for the time, whenever this runs: 2020 to 2049.
const VALIDITY: (i64, i64) = (1_577_836_800, 2_493_072_000);

/// A certificate and its key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Client {
    /// DER.
    pub leaf: Vec<u8>,
    /// PKCS#8, DER.
    pub key: Vec<u8>,
}

/// An authority and its clients, all with the same kind of key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Family {
    /// The authority that servers trust, DER.
    pub root: Vec<u8>,
    /// The authority of all clients, below the root, DER.
    pub intermediate: Vec<u8>,
    /// Regular clients first, then those that no server has seen; number `i` has the URI that
    /// [`uri`] gives for `i`.
    pub clients: Vec<Client>,
}

/// What every peer is given.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Material {
    /// The server's certificate, P-256, for `localhost`, DER.
    pub server: Vec<u8>,
    /// The server's key, PKCS#8, DER.
    pub server_key: Vec<u8>,
    families: Vec<(Chain, Family)>,
}

impl Material {
    /// New keys and certificates of all kinds, with so many clients of P-256 besides the regular ones.
    pub fn new(unseen: usize) -> Self {
        Self::of(&Chain::ALL, unseen)
    }

    /// Those of some kinds.
    pub fn of(chains: &[Chain], unseen: usize) -> Self {
        let purpose = [extension::purpose::SERVER_AUTH];
        let authority = Authority::root_with(Name::common("Acme Servers"), Key::p256(), current);
        let server = authority.leaf_with("localhost", |c| {
            current(c)
                .without(extension::id::EXTENDED_KEY_USAGE)
                .with(extension::extended_key_usage(&purpose))
                .san([GeneralName::dns("localhost")])
        });
        let family = |chain: &Chain| {
            let unseen = if *chain == Chain::P256 { unseen } else { 0 };
            (*chain, Family::new(*chain, REGULARS + unseen))
        };
        let families = chains.iter().map(family).collect();
        Self { families, server_key: server.key.pkcs8_der(), server: server.certificate }
    }

    /// The kinds that there are.
    pub fn chains(&self) -> Vec<Chain> {
        self.families.iter().map(|(chain, _)| *chain).collect()
    }

    /// Those with this kind of key.
    ///
    /// # Panics
    /// Where there are none.
    pub fn family(&self, chain: Chain) -> &Family {
        let family = self.families.iter().find(|(kind, _)| *kind == chain);
        &family.expect("a kind that was asked for").1
    }
}

impl Family {
    fn new(chain: Chain, clients: usize) -> Self {
        let kind = chain.key_kind();
        // To make an RSA key takes as long as a thousand handshakes: its clients share a few.
        let keys = if kind.is_rsa() { 4 } else { clients };
        let keys: Vec<Key> = (0..keys).map(|_| Key::generate(kind)).collect();
        let root = Authority::root_with(Name::common("Acme Root"), Key::generate(kind), current);
        let name = Name::common("Acme Clients");
        let ca = root.intermediate_with(name, Key::generate(kind), current);
        let client = |i: usize| {
            let shape = |c| current(c).san([GeneralName::uri(uri(i))]);
            let leaf = ca.leaf_for(&Name::common("service"), keys[i % keys.len()].clone(), shape);
            Client { key: leaf.key.pkcs8_der(), leaf: leaf.certificate }
        };
        Self {
            clients: (0..clients).map(client).collect(),
            root: root.certificate,
            intermediate: ca.certificate,
        }
    }

    /// Those that come back.
    pub fn regulars(&self) -> &[Client] {
        &self.clients[..REGULARS]
    }

    /// Those that come once.
    pub fn unseen(&self) -> &[Client] {
        &self.clients[REGULARS..]
    }
}

fn current(certificate: CertificateBuilder) -> CertificateBuilder {
    certificate.validity(VALIDITY.0, VALIDITY.1)
}
