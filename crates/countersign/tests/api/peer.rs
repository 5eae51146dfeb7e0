//! A TLS client of rustls' for tests: takes any server, presents what it is told to, and remembers
//! its sessions.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering::Relaxed};
use std::time::Duration;

use countersign_testkit::AnyServer;
use countersign_testkit::forge::{Key, NOW};
use rustls::client::{ClientSessionMemoryCache, ResolvesClientCert, Resumption};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, ServerName, UnixTime};
use rustls::sign::{CertifiedKey, SigningKey};
use rustls::time_provider::TimeProvider;
use rustls::{ClientConfig, ClientConnection, SignatureScheme, SupportedProtocolVersion};

/// The crypto provider of both ends.
pub(crate) fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::aws_lc_rs::default_provider())
}

pub(crate) fn private_key(key: &Key) -> PrivateKeyDer<'static> {
    PrivatePkcs8KeyDer::from(key.pkcs8_der()).into()
}

/// A clock that moves when it is told to. It starts at the time everything is current at.
#[derive(Debug)]
pub(crate) struct Clock(AtomicI64);

impl Clock {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self(AtomicI64::new(NOW)))
    }

    pub(crate) fn seconds(&self) -> i64 {
        self.0.load(Relaxed)
    }

    pub(crate) fn advance(&self, seconds: i64) {
        self.0.fetch_add(seconds, Relaxed);
    }
}

impl TimeProvider for Clock {
    fn current_time(&self) -> Option<UnixTime> {
        let since = Duration::from_secs(self.seconds().unsigned_abs());
        Some(UnixTime::since_unix_epoch(since))
    }
}

/// Presents its certificate and signs with its key, whether or not they belong together.
#[derive(Debug)]
struct Insistent(Arc<CertifiedKey>);

impl ResolvesClientCert for Insistent {
    fn resolve(&self, _: &[&[u8]], _: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0))
    }

    fn has_certs(&self) -> bool {
        true
    }
}

/// One client: whatever it does comes from its configuration and the sessions it remembers.
#[derive(Clone)]
pub(crate) struct Client {
    pub(crate) config: ClientConfig,
}

impl Client {
    /// A client without a certificate.
    pub(crate) fn nobody(version: &'static SupportedProtocolVersion, clock: &Arc<Clock>) -> Self {
        Self::speaking(&[version], clock)
    }

    /// A client without a certificate that offers these versions.
    pub(crate) fn speaking(
        versions: &[&'static SupportedProtocolVersion],
        clock: &Arc<Clock>,
    ) -> Self {
        let clock = Arc::clone(clock);
        let mut config = ClientConfig::builder_with_details(provider(), clock)
            .with_protocol_versions(versions)
            .unwrap()
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(AnyServer::default()))
            .with_no_client_auth();
        let memory = Arc::new(ClientSessionMemoryCache::new(32));
        config.resumption = Resumption::store(memory);
        Self { config }
    }

    /// The same client, sessions included, with this chain and key.
    pub(crate) fn presenting(self, chain: &[&[u8]], key: &Key) -> Self {
        let signer =
            rustls::crypto::aws_lc_rs::sign::any_supported_type(&private_key(key)).unwrap();
        self.signing(chain, signer)
    }

    /// The same client, sessions included, with this chain and whatever signs.
    pub(crate) fn signing(mut self, chain: &[&[u8]], signer: Arc<dyn SigningKey>) -> Self {
        let chain = chain.iter().map(|der| CertificateDer::from(der.to_vec())).collect();
        let identity = Arc::new(CertifiedKey::new(chain, signer));
        // rustls keeps sessions apart by the resolver that they were made with.
        self.config.client_auth_cert_resolver = Arc::new(Insistent(identity));
        self
    }

    pub(crate) fn connect(&self, server_name: &str) -> ClientConnection {
        let name = ServerName::try_from(server_name.to_owned()).unwrap();
        ClientConnection::new(Arc::new(self.config.clone()), name).unwrap()
    }
}
