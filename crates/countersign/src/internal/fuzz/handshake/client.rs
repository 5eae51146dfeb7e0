//! The clients: rustls', made to present whatever they are told to and to offer any session they
//! ever got.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{
    ClientSessionStore, ResolvesClientCert, Resumption, Tls12ClientSessionValue,
    Tls13ClientSessionValue,
};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime as PkiTime};
use rustls::sign::CertifiedKey;
use rustls::time_provider::TimeProvider;
use rustls::version::{TLS12, TLS13};
use rustls::{
    ClientConfig, DigitallySignedStruct, Error, NamedGroup, SignatureScheme,
    SupportedProtocolVersion,
};

use super::oracle::Mint;

/// What the client that is at work knows, and what all clients of one version remember.
#[derive(Debug, Default)]
pub(super) struct Wallet {
    sessions: Vec<Kept>,
    /// Calendar time.
    pub(super) unix: i64,
    /// What the client shows that is asked.
    pub(super) shows: Option<Arc<CertifiedKey>>,
    /// A session of any server name will do.
    pub(super) anywhere: bool,
    /// What a session is worth that comes in now. `None` where there must not be one.
    pub(super) mint: Option<Mint>,
    /// Sessions that come in now are not kept.
    pub(super) discards: bool,
    /// What the session is worth that was offered last.
    pub(super) offered: Option<Mint>,
}

#[derive(Debug)]
struct Kept {
    name: ServerName<'static>,
    session: Session,
    mint: Mint,
}

#[derive(Debug)]
enum Session {
    Tls12(Tls12ClientSessionValue),
    Tls13(Tls13ClientSessionValue),
}

impl Wallet {
    fn keep(&mut self, name: ServerName<'static>, session: Session) {
        if self.discards {
            return;
        }
        let mint = self.mint.clone().expect("no session for a client that is not in");
        self.sessions.push(Kept { name, session, mint });
    }

    /// The last session that may be offered to `name`.
    fn find(&self, name: &ServerName<'_>) -> Option<usize> {
        self.sessions.iter().rposition(|kept| self.anywhere || kept.name == *name)
    }
}

/// A wallet in the hands of rustls.
#[derive(Clone, Debug, Default)]
pub(super) struct Shared(Arc<Mutex<Wallet>>);

impl Shared {
    pub(super) fn lock(&self) -> MutexGuard<'_, Wallet> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A configuration that works with this wallet, in this version alone.
    pub(super) fn config(
        &self,
        provider: &Arc<CryptoProvider>,
        is_tls13: bool,
    ) -> Result<ClientConfig, Error> {
        let version: &'static SupportedProtocolVersion = if is_tls13 { &TLS13 } else { &TLS12 };
        let shared = Arc::new(self.clone());
        let mut config =
            ClientConfig::builder_with_details(Arc::clone(provider), Arc::clone(&shared) as _)
                .with_protocol_versions(&[version])?
                .dangerous()
                .with_custom_certificate_verifier(Arc::new(AnyServer))
                .with_client_cert_resolver(Arc::clone(&shared) as _);
        config.resumption = Resumption::store(shared);
        Ok(config)
    }
}

impl TimeProvider for Shared {
    fn current_time(&self) -> Option<PkiTime> {
        let since = Duration::from_secs(self.lock().unix.unsigned_abs());
        Some(PkiTime::since_unix_epoch(since))
    }
}

impl ResolvesClientCert for Shared {
    fn resolve(&self, _: &[&[u8]], _: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        self.lock().shows.clone()
    }

    fn has_certs(&self) -> bool {
        true
    }
}

impl ClientSessionStore for Shared {
    fn set_kx_hint(&self, _: ServerName<'static>, _: NamedGroup) {}

    fn kx_hint(&self, _: &ServerName<'_>) -> Option<NamedGroup> {
        None
    }

    fn set_tls12_session(&self, name: ServerName<'static>, value: Tls12ClientSessionValue) {
        self.lock().keep(name, Session::Tls12(value));
    }

    fn tls12_session(&self, name: &ServerName<'_>) -> Option<Tls12ClientSessionValue> {
        let mut wallet = self.lock();
        let kept = &wallet.sessions[wallet.find(name)?];
        let Session::Tls12(session) = &kept.session else { return None };
        let (session, mint) = (session.clone(), kept.mint.clone());
        wallet.offered = Some(mint);
        Some(session)
    }

    fn remove_tls12_session(&self, name: &ServerName<'static>) {
        let mut wallet = self.lock();
        if let Some(place) = wallet.find(name) {
            wallet.sessions.remove(place);
        }
    }

    fn insert_tls13_ticket(&self, name: ServerName<'static>, value: Tls13ClientSessionValue) {
        self.lock().keep(name, Session::Tls13(value));
    }

    fn take_tls13_ticket(&self, name: &ServerName<'static>) -> Option<Tls13ClientSessionValue> {
        let mut wallet = self.lock();
        let place = wallet.find(name)?;
        if !matches!(wallet.sessions[place].session, Session::Tls13(_)) {
            return None;
        }
        let kept = wallet.sessions.remove(place);
        wallet.offered = Some(kept.mint);
        match kept.session {
            Session::Tls13(session) => Some(session),
            Session::Tls12(_) => None,
        }
    }
}

/// The server's end of the question is not asked here.
#[derive(Debug)]
struct AnyServer;

impl ServerCertVerifier for AnyServer {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: PkiTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        vec![SignatureScheme::ED25519, SignatureScheme::ECDSA_NISTP256_SHA256]
    }
}
