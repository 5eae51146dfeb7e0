//! A server name's entry: what the server shows, what it demands of the client, who judges.

use core::fmt;
use std::path::Path;
use std::sync::Arc;

use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{NoClientAuth, ResolvesServerCert};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{ServerConfig, SupportedProtocolVersion};
use zeroize::Zeroizing;

use super::identify::Identify;
use super::resolver::{CallersClock, EntryResolver};
use crate::crypto::tls_provider;
use crate::error::{Error, ErrorKind};
use crate::pem;
use crate::verifier::Verifier;

/// What a server demands of its clients.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum ClientAuth {
    /// Nobody is asked for a certificate.
    Off = 0,
    /// A client may come without a certificate and is nobody then; one that it shows must be
    /// allowed.
    Optional = 1,
    /// Only clients that are allowed get in.
    Required = 2,
}

/// What the server shows: a certificate chain and its key, or whoever chooses them.
#[derive(Clone, Debug)]
pub struct Credential(Arc<dyn ResolvesServerCert>);

impl Credential {
    /// From PEM files, as web servers have them: the chain, leaf first, and its private key.
    ///
    /// # Errors
    /// A file that cannot be read or holds something else, or a key of another certificate.
    pub fn from_files(chain: impl AsRef<Path>, key: impl AsRef<Path>) -> Result<Self, Error> {
        let (chain, key) = (chain.as_ref(), key.as_ref());
        let read = |path: &Path| std::fs::read(path).map_err(|e| Error::io(path, e));
        let certificates = pem::certificates(&read(chain)?).map_err(|e| e.in_file(chain))?;
        let private_key = private_key(&Zeroizing::new(read(key)?)).map_err(|e| e.in_file(key))?;
        Self::from_der(certificates, private_key).map_err(|e| e.in_file(key))
    }

    /// From PEM texts: the chain, leaf first, and its private key.
    ///
    /// # Errors
    /// A text that holds something else, or a key of another certificate.
    pub fn from_pem(chain: &[u8], key: &[u8]) -> Result<Self, Error> {
        Self::from_der(pem::certificates(chain)?, private_key(key)?)
    }

    /// From DER: the chain, leaf first, and its private key.
    ///
    /// # Errors
    /// A key that is not supported, or not the leaf's.
    pub fn from_der(chain: Vec<Vec<u8>>, key: PrivateKeyDer<'static>) -> Result<Self, Error> {
        let unusable = |error: rustls::Error| {
            Error::config(format!("the server's certificate and key cannot be used: {error}"))
        };
        let chain = chain.into_iter().map(CertificateDer::from).collect();
        let provider = tls_provider(None).map_err(no_group)?;
        let key = CertifiedKey::from_der(chain, key, &provider).map_err(unusable)?;
        Ok(Self(Arc::new(SingleCertAndKey::from(key))))
    }

    /// From rustls' trait, for certificates that change or are chosen by the client's algorithms.
    pub fn from_resolver(resolver: Arc<dyn ResolvesServerCert>) -> Self {
        Self(resolver)
    }
}

fn private_key(text: &[u8]) -> Result<PrivateKeyDer<'static>, Error> {
    PrivateKeyDer::from_pem_slice(text).map_err(|_| {
        Error::config("no private key: expected a PEM block of PKCS #8, PKCS #1 or SEC 1")
    })
}

pub(super) fn no_group(group: rustls::NamedGroup) -> Error {
    Error::new(ErrorKind::Usage, format!("the crypto provider has no key exchange {group:?}"))
}

/// One entry of an [`Acceptor`](super::Acceptor): server names, what is shown for them, and what
/// is demanded.
///
/// ```no_run
/// use std::sync::Arc;
/// use countersign::Verifier;
/// use countersign::engine::{Credential, Entry};
///
/// # fn main() -> Result<(), countersign::Error> {
/// let payments = Arc::new(Verifier::from_file("payments.toml")?);
/// let credential = Credential::from_files("api.pem", "api.key")?;
/// let entry = Entry::required(credential, payments).named("api.example").named("*.api.example");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Entry {
    pub(super) names: Vec<String>,
    credential: Credential,
    pub(super) verifier: Option<Arc<Verifier>>,
    pub(super) client_auth: ClientAuth,
    root_hints: bool,
}

impl Entry {
    /// Only clients that `verifier` allows get in.
    pub fn required(credential: Credential, verifier: Arc<Verifier>) -> Self {
        Self::new(credential, ClientAuth::Required, Some(verifier))
    }

    /// A client without a certificate gets in as nobody; one that shows a certificate gets in if
    /// `verifier` allows it.
    pub fn optional(credential: Credential, verifier: Arc<Verifier>) -> Self {
        Self::new(credential, ClientAuth::Optional, Some(verifier))
    }

    /// Clients are not asked who they are.
    pub fn without_client_auth(credential: Credential) -> Self {
        Self::new(credential, ClientAuth::Off, None)
    }

    fn new(
        credential: Credential,
        client_auth: ClientAuth,
        verifier: Option<Arc<Verifier>>,
    ) -> Self {
        Self { names: Vec::new(), credential, verifier, client_auth, root_hints: true }
    }

    /// Adds a server name, or a wildcard for one label (`*.api.example`).
    #[must_use]
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.names.push(name.into());
        self
    }

    /// Whether the CertificateRequest names the trust anchors. On, a client with several
    /// certificates chooses the right one; off, the handshake is smaller and tells an outsider
    /// nothing about who is trusted. Default: on.
    #[must_use]
    pub fn root_hints(mut self, on: bool) -> Self {
        self.root_hints = on;
        self
    }

    /// A configuration of rustls for this entry. Early data is off, as it is unless turned on.
    pub(super) fn config(
        &self,
        provider: &Arc<CryptoProvider>,
        versions: &[&'static SupportedProtocolVersion],
        resolver: EntryResolver,
    ) -> Result<ServerConfig, Error> {
        let builder =
            ServerConfig::builder_with_details(Arc::clone(provider), Arc::new(CallersClock))
                .with_protocol_versions(versions)
                .map_err(|e| Error::new(ErrorKind::Usage, e.to_string()))?;
        let mandatory = self.client_auth == ClientAuth::Required;
        let builder = builder.with_client_cert_verifier(match &self.verifier {
            Some(verifier) => {
                Arc::new(Identify::new(Arc::clone(verifier), mandatory, self.root_hints))
            }
            None => Arc::new(NoClientAuth),
        });
        let mut config = builder.with_cert_resolver(Arc::new(resolver));
        config.ignore_client_order = true;
        config.cert_compressors = Vec::new();
        Ok(config)
    }

    pub(super) fn credential(&self) -> Arc<dyn ResolvesServerCert> {
        Arc::clone(&self.credential.0)
    }
}

impl fmt::Display for ClientAuth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Off => "off",
            Self::Optional => "optional",
            Self::Required => "required",
        })
    }
}
