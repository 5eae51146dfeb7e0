//! The client that every server is met with.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use countersign_testkit::AnyServer;
use rustls::client::{ResolvesClientCert, Resumption};
use rustls::crypto::{CryptoProvider, aws_lc_rs as provider};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, ServerName};
use rustls::sign::CertifiedKey;
use rustls::{ClientConfig, ClientConnection, SignatureScheme};

use super::{Client, Material, Scenario};

/// Clients that offer TLS 1.3 with X25519 and AES-128-GCM and nothing else, so that every server
/// does the same work. They do not look at the server's certificate: their time is not measured,
/// but the bench waits for it.
#[derive(Debug)]
pub struct Clients {
    config: Arc<ClientConfig>,
    name: ServerName<'static>,
}

impl Clients {
    /// For one server: tickets of another would be of no use.
    ///
    /// # Panics
    /// Where rustls refuses the keys.
    pub fn new(material: &Material, scenario: Scenario) -> Self {
        let identities = match scenario {
            Scenario::Full | Scenario::Resumed => Identities::new(material, material.regulars()),
            Scenario::NewClient => Identities::once(material, material.unseen()),
        };
        let provider = CryptoProvider {
            cipher_suites: vec![provider::cipher_suite::TLS13_AES_128_GCM_SHA256],
            kx_groups: vec![provider::kx_group::X25519],
            ..provider::default_provider()
        };
        let mut config = ClientConfig::builder_with_provider(provider.into())
            .with_protocol_versions(&[&rustls::version::TLS13])
            .expect("the suite is one of TLS 1.3")
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(AnyServer::default()))
            .with_client_cert_resolver(Arc::new(identities));
        config.resumption = match scenario {
            Scenario::Full | Scenario::NewClient => Resumption::disabled(),
            Scenario::Resumed => Resumption::in_memory_sessions(8),
        };
        let name = ServerName::try_from("localhost").expect("a name");
        Self { config: Arc::new(config), name }
    }

    /// The next client in turn.
    ///
    /// # Panics
    /// Where rustls refuses the configuration.
    pub fn connect(&self) -> ClientConnection {
        ClientConnection::new(Arc::clone(&self.config), self.name.clone()).expect("a client")
    }
}

/// Certificates in turn.
#[derive(Debug)]
struct Identities {
    keys: Vec<Arc<CertifiedKey>>,
    next: AtomicUsize,
    repeat: bool,
}

impl Identities {
    fn new(material: &Material, clients: &[Client]) -> Self {
        let keys = clients.iter().map(|client| identity(material, client)).collect();
        Self { keys, next: AtomicUsize::new(0), repeat: true }
    }

    fn once(material: &Material, clients: &[Client]) -> Self {
        Self { repeat: false, ..Self::new(material, clients) }
    }
}

fn identity(material: &Material, client: &Client) -> Arc<CertifiedKey> {
    let chain = [&client.leaf, &material.intermediate];
    let chain = chain.map(|der| CertificateDer::from(der.clone())).to_vec();
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(client.key.clone()));
    let key = CertifiedKey::from_der(chain, key, &provider::default_provider());
    Arc::new(key.expect("a key that fits its certificate"))
}

impl ResolvesClientCert for Identities {
    fn resolve(&self, _: &[&[u8]], _: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        let turn = self.next.fetch_add(1, Ordering::Relaxed);
        assert!(self.repeat || turn < self.keys.len(), "more handshakes than new clients");
        Some(Arc::clone(&self.keys[turn % self.keys.len()]))
    }

    fn has_certs(&self) -> bool {
        true
    }
}
