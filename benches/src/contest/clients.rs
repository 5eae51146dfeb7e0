//! The client that every server is met with.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use countersign_testkit::AnyServer;
use rustls::client::{ResolvesClientCert, Resumption};
use rustls::crypto::aws_lc_rs::{cipher_suite, kx_group};
use rustls::crypto::{CryptoProvider, aws_lc_rs as provider};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, ServerName};
use rustls::sign::CertifiedKey;
use rustls::{ClientConfig, ClientConnection, SignatureScheme};

use super::{Client, Family, Group, Material, Situation, Suites, Version, Visitor};

/// Clients that offer one version, one group, and the suites of the situation. They do not look at
/// the server's certificate: their time is not measured, but the bench waits for it.
#[derive(Debug)]
pub struct Clients {
    config: Arc<ClientConfig>,
    identities: Arc<Identities>,
    name: ServerName<'static>,
}

impl Clients {
    /// For one server: tickets of another would be of no use.
    ///
    /// # Panics
    /// Where rustls refuses the keys.
    pub fn new(material: &Material, situation: Situation) -> Self {
        let family = material.family(situation.chain);
        let identities = match situation.visitor {
            Visitor::Returning | Visitor::Resuming => Identities::new(family, family.regulars()),
            Visitor::New => Identities::once(family, family.unseen()),
        };
        Self::with(identities, situation)
    }

    /// A client that presents this chain, in DER, and signs with this key, in PKCS#8, whether or
    /// not they are of one client.
    ///
    /// # Panics
    /// Where rustls refuses the key.
    pub fn presenting(chain: &[&[u8]], key: &[u8]) -> Self {
        Self::with(Identities::one(certified(chain, key)), Situation::USUAL)
    }

    /// A client without a certificate.
    pub fn anonymous() -> Self {
        Self::with(Identities::default(), Situation::USUAL)
    }

    fn with(identities: Identities, situation: Situation) -> Self {
        let identities = Arc::new(identities);
        let (version, suite) = match situation.version {
            Version::Tls12 => {
                (&rustls::version::TLS12, cipher_suite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256)
            }
            Version::Tls13 => (&rustls::version::TLS13, cipher_suite::TLS13_AES_128_GCM_SHA256),
        };
        let group = match situation.group {
            Group::X25519 => kx_group::X25519,
            Group::X25519MlKem768 => kx_group::X25519MLKEM768,
        };
        let mut groups = vec![group];
        if situation.version == Version::Tls12 {
            // There, the groups are also those that the server's own key may be of.
            groups.push(kx_group::SECP256R1);
        }
        let all = provider::default_provider();
        let cipher_suites = match situation.suites {
            Suites::Aes128 => vec![suite],
            Suites::All => all.cipher_suites,
        };
        let provider = CryptoProvider { cipher_suites, kx_groups: groups, ..all };
        let resumption = match situation.visitor {
            Visitor::Returning | Visitor::New => Resumption::disabled(),
            Visitor::Resuming => Resumption::in_memory_sessions(8),
        };
        let mut config = ClientConfig::builder_with_provider(provider.into())
            .with_protocol_versions(&[version])
            .expect("suites of this version")
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(AnyServer::default()))
            .with_client_cert_resolver(identities.clone());
        config.resumption = resumption;
        let name = ServerName::try_from("localhost").expect("a name");
        Self { config: Arc::new(config), identities, name }
    }

    /// The next client in turn.
    ///
    /// # Panics
    /// Where rustls refuses the configuration.
    pub fn connect(&self) -> ClientConnection {
        ClientConnection::new(Arc::clone(&self.config), self.name.clone()).expect("a client")
    }

    /// The certificate that was the last to be presented, DER.
    pub fn presented(&self) -> Option<&[u8]> {
        self.identities.last()
    }
}

/// Certificates in turn.
#[derive(Debug, Default)]
struct Identities {
    keys: Vec<Arc<CertifiedKey>>,
    next: AtomicUsize,
    repeat: bool,
}

impl Identities {
    fn new(family: &Family, clients: &[Client]) -> Self {
        let keys = clients.iter().map(|client| identity(family, client)).collect();
        Self { keys, next: AtomicUsize::new(0), repeat: true }
    }

    fn one(key: CertifiedKey) -> Self {
        Self { keys: vec![Arc::new(key)], next: AtomicUsize::new(0), repeat: true }
    }

    fn once(family: &Family, clients: &[Client]) -> Self {
        Self { repeat: false, ..Self::new(family, clients) }
    }

    fn last(&self) -> Option<&[u8]> {
        let turn = self.next.load(Ordering::Relaxed).checked_sub(1)?;
        Some(&self.keys[turn % self.keys.len()].cert[0])
    }
}

fn identity(family: &Family, client: &Client) -> Arc<CertifiedKey> {
    let key = certified(&[&client.leaf, &family.intermediate], &client.key);
    key.keys_match().expect("a key that fits its certificate");
    Arc::new(key)
}

fn certified(chain: &[&[u8]], key: &[u8]) -> CertifiedKey {
    let chain = chain.iter().map(|der| CertificateDer::from(der.to_vec())).collect();
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.to_vec()));
    CertifiedKey::new(
        chain,
        provider::sign::any_supported_type(&key).expect("a key of the provider's kinds"),
    )
}

impl ResolvesClientCert for Identities {
    fn resolve(&self, _: &[&[u8]], _: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        if self.keys.is_empty() {
            return None;
        }
        let turn = self.next.fetch_add(1, Ordering::Relaxed);
        assert!(self.repeat || turn < self.keys.len(), "more handshakes than new clients");
        Some(Arc::clone(&self.keys[turn % self.keys.len()]))
    }

    fn has_certs(&self) -> bool {
        true
    }
}
