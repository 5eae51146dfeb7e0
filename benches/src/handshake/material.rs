//! The certificates and keys of both ends.

use countersign_testkit::forge::{
    Authority, CertificateBuilder, GeneralName, Key, Name, extension,
};

use crate::world::uri;

/// Clients that come back.
const REGULARS: usize = 64;

/// Current for peers that ask the machine for the time, whenever this runs: 2020 to 2049.
const VALIDITY: (i64, i64) = (1_577_836_800, 2_493_072_000);

/// A certificate and its key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Client {
    /// DER.
    pub leaf: Vec<u8>,
    /// PKCS#8, DER.
    pub key: Vec<u8>,
}

/// What every peer is given; all keys are P-256.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Material {
    /// The authority that servers trust, DER.
    pub root: Vec<u8>,
    /// The authority of all clients, below the root, DER.
    pub intermediate: Vec<u8>,
    /// The server's certificate, for `localhost`, DER.
    pub server: Vec<u8>,
    /// The server's key, PKCS#8, DER.
    pub server_key: Vec<u8>,
    /// Regular clients first, then those that no server has seen; number `i` has the URI that
    /// [`uri`] gives for `i`.
    clients: Vec<Client>,
}

impl Material {
    /// New keys and certificates, with so many clients besides the regular ones.
    pub fn new(unseen: usize) -> Self {
        let root = Authority::root_with(Name::common("Acme Root"), Key::p256(), current);
        let ca = root.intermediate_with(Name::common("Acme Clients"), Key::p256(), current);
        let purpose = [extension::purpose::SERVER_AUTH];
        let server = root.leaf_with("localhost", |c| {
            current(c)
                .without(extension::id::EXTENDED_KEY_USAGE)
                .with(extension::extended_key_usage(&purpose))
                .san([GeneralName::dns("localhost")])
        });
        let client = |i| {
            let leaf = ca.leaf_with("service", |c| current(c).san([GeneralName::uri(uri(i))]));
            Client { key: leaf.key.pkcs8_der(), leaf: leaf.certificate }
        };
        Self {
            clients: (0..REGULARS + unseen).map(client).collect(),
            root: root.certificate,
            intermediate: ca.certificate,
            server_key: server.key.pkcs8_der(),
            server: server.certificate,
        }
    }

    /// All clients.
    pub fn clients(&self) -> &[Client] {
        &self.clients
    }

    /// Those that come back.
    pub fn regulars(&self) -> &[Client] {
        &self.clients[..REGULARS]
    }

    /// Those that come once.
    pub fn unseen(&self) -> &[Client] {
        &self.clients[REGULARS..]
    }

    /// One run of bytes, for another process: every item behind its length.
    pub fn to_bytes(&self) -> Vec<u8> {
        let fixed = [&self.root, &self.intermediate, &self.server, &self.server_key];
        let clients = self.clients.iter().flat_map(|client| [&client.leaf, &client.key]);
        let mut bytes = Vec::new();
        for item in fixed.into_iter().chain(clients) {
            let length = u32::try_from(item.len()).expect("certificates are small");
            bytes.extend(length.to_be_bytes());
            bytes.extend(item);
        }
        bytes
    }

    /// What [`to_bytes`](Self::to_bytes) wrote, or `None`.
    pub fn from_bytes(mut bytes: &[u8]) -> Option<Self> {
        let mut item = || {
            let (length, rest) = bytes.split_first_chunk()?;
            let (item, rest) = rest.split_at_checked(u32::from_be_bytes(*length) as usize)?;
            bytes = rest;
            Some(item.to_vec())
        };
        let [root, intermediate, server, server_key] = [item()?, item()?, item()?, item()?];
        let mut clients = Vec::new();
        while let Some(leaf) = item() {
            clients.push(Client { leaf, key: item()? });
        }
        (clients.len() >= REGULARS).then_some(Self {
            root,
            intermediate,
            server,
            server_key,
            clients,
        })
    }
}

fn current(certificate: CertificateBuilder) -> CertificateBuilder {
    certificate.validity(VALIDITY.0, VALIDITY.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_process_gets_the_same_bytes() {
        let material = Material::new(2);
        assert_eq!(material.unseen().len(), 2);
        assert_eq!(Material::from_bytes(&material.to_bytes()), Some(material));
        assert_eq!(Material::from_bytes(&[0, 0, 0, 9, 1]), None);
    }
}
