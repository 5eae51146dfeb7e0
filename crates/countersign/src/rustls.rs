//! `ClientCertVerifier`, for servers with their own rustls loop.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use ::rustls::client::danger::HandshakeSignatureValid;
use ::rustls::pki_types::{CertificateDer, UnixTime as PkiTime};
use ::rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use ::rustls::{
    CertificateError, DigitallySignedStruct, DistinguishedName, Error, PeerMisbehaved,
    SignatureScheme,
};
use arrayvec::ArrayVec;
use once_cell::race::OnceBox;

use crate::cert::Certificate;
use crate::clock::UnixTime;
use crate::crypto::{PublicKey, TlsVersion, supported_tls_schemes};
use crate::limits;
use crate::reason::Reason;
use crate::verifier::{Considered, Verifier};

/// A [`Verifier`] as rustls wants it.
///
/// The reason of a refusal chooses the alert (see [`alert_error`]); the full verdict goes to the
/// verifier's journal. Resumed sessions are not shown to a `ClientCertVerifier`: a server that
/// resumes must call [`Verifier::reauthorize`] itself, or turn resumption off
/// (`ServerConfig::send_tls13_tickets = 0` and `session_storage = NoServerSessionStorage`).
///
/// ```no_run
/// use std::sync::Arc;
/// use countersign::{Verifier, rustls::ClientVerifier};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let (certificates, key) = (vec![], rustls::pki_types::PrivatePkcs8KeyDer::from(vec![]).into());
/// let verifier = Arc::new(Verifier::from_file("policy.toml")?);
/// let config = rustls::ServerConfig::builder()
///     .with_client_cert_verifier(Arc::new(ClientVerifier::new(verifier)))
///     .with_single_cert(certificates, key)?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct ClientVerifier {
    verifier: Arc<Verifier>,
    mandatory: bool,
    hints: Option<Hints>,
}

impl ClientVerifier {
    /// Client certificates required; the anchors' names are sent as hints.
    pub fn new(verifier: Arc<Verifier>) -> Self {
        Self { verifier, mandatory: true, hints: Some(Hints::default()) }
    }

    /// Whether the CertificateRequest names the trust anchors. On, clients with several
    /// certificates choose the right one; off, the handshake is smaller and tells an outsider
    /// nothing about who is trusted. Default: on.
    #[must_use]
    pub fn with_root_hints(mut self, on: bool) -> Self {
        self.hints = on.then(Hints::default);
        self
    }

    /// Lets clients connect without a certificate. The application must then look at
    /// `peer_certificates()` itself: such a client is nobody.
    #[must_use]
    pub fn optional(mut self) -> Self {
        self.mandatory = false;
        self
    }

    /// The verdict on what rustls was shown, not recorded.
    pub(crate) fn consider(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: PkiTime,
    ) -> Considered {
        // One more than the limit is enough for the verifier to see that it is exceeded.
        let mut chain = ArrayVec::<&[u8], { limits::CHAIN_CERTIFICATES + 1 }>::new();
        chain.push(end_entity.as_ref());
        chain.extend(intermediates.iter().map(AsRef::as_ref).take(limits::CHAIN_CERTIFICATES));
        let now = UnixTime::from_secs(i64::try_from(now.as_secs()).unwrap_or(i64::MAX));
        self.verifier.consider(&chain, now)
    }

    pub(crate) fn verifier(&self) -> &Verifier {
        &self.verifier
    }

    /// Runs `check` with the leaf's key, parsed before where the verifier remembers the leaf.
    fn with_leaf_key<T>(&self, leaf: &[u8], check: impl Fn(&PublicKey) -> T) -> Result<T, Error> {
        if let Some(result) = self.verifier.leaf_key(leaf, &check) {
            return Ok(result);
        }
        let certificate = Certificate::parse(leaf)
            .map_err(|_| Error::InvalidCertificate(CertificateError::BadEncoding))?;
        let key = PublicKey::parse(&certificate.spki())
            .map_err(|_| Error::InvalidCertificate(CertificateError::InvalidPurpose))?;
        Ok(check(&key))
    }

    fn verify_signature(
        &self,
        version: TlsVersion,
        message: &[u8],
        leaf: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let check =
            |key: &PublicKey| key.verify_tls(version, signed.scheme, message, signed.signature());
        match self.with_leaf_key(leaf, check)? {
            Ok(()) => Ok(HandshakeSignatureValid::assertion()),
            Err(crate::crypto::VerifyError::Mismatch) => {
                Err(PeerMisbehaved::SignedHandshakeWithUnadvertisedSigScheme.into())
            }
            Err(_) => Err(Error::InvalidCertificate(CertificateError::BadSignature)),
        }
    }
}

impl ClientCertVerifier for ClientVerifier {
    fn client_auth_mandatory(&self) -> bool {
        self.mandatory
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        self.hints.as_ref().map_or(&[], |hints| hints.current(&self.verifier))
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: PkiTime,
    ) -> Result<ClientCertVerified, Error> {
        let considered = self.consider(end_entity, intermediates, now);
        self.verifier.record(&considered, Some(end_entity));
        if considered.verdict.is_allowed() {
            return Ok(ClientCertVerified::assertion());
        }
        Err(Error::InvalidCertificate(alert_error(considered.verdict.reason())))
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.verify_signature(TlsVersion::Tls12, message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.verify_signature(TlsVersion::Tls13, message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        supported_tls_schemes().to_vec()
    }
}

/// The rustls error whose alert fits a reason (RFC 8446 section 6.2): `access_denied` where the
/// certificate is good and the client is not approved, and otherwise what is wrong with the
/// certificate. rustls ties alerts to its own error kinds, so a kind stands for its alert here;
/// the reason itself is in the journal.
pub fn alert_error(reason: Reason) -> CertificateError {
    match reason {
        // access_denied
        Reason::NotListed
        | Reason::Denied
        | Reason::ApprovalExpired
        | Reason::ApprovalNotYetValid
        | Reason::WrongIssuer
        | Reason::OutOfScope => CertificateError::ApplicationVerificationFailure,
        // unknown_ca
        Reason::UnknownIssuer => CertificateError::UnknownIssuer,
        Reason::RevocationUnknown => CertificateError::UnknownRevocationStatus,
        Reason::CrlExpired => CertificateError::ExpiredRevocationList,
        // certificate_expired
        Reason::Expired => CertificateError::Expired,
        Reason::NotYetValid => CertificateError::NotValidYet,
        // certificate_revoked
        Reason::Revoked => CertificateError::Revoked,
        // unsupported_certificate
        Reason::NotForClientAuth
        | Reason::KeyUsage
        | Reason::UnsupportedAlgorithm
        | Reason::WeakKey => CertificateError::InvalidPurpose,
        // bad_certificate
        Reason::CriticalExtension => CertificateError::UnhandledCriticalExtension,
        Reason::Malformed
        | Reason::LimitExceeded
        | Reason::BadSignature
        | Reason::NotACa
        | Reason::PathLength
        | Reason::NameConstraint
        | Reason::CertificatePolicy => CertificateError::BadEncoding,
        // certificate_unknown; none of these is a verdict on a presented chain
        Reason::Allowed
        | Reason::AllowedAudit
        | Reason::NoCertificate
        | Reason::SessionStale
        | Reason::Internal => CertificateError::Other(::rustls::OtherError(Arc::new(
            crate::Error::new(crate::ErrorKind::Usage, reason.describe()),
        ))),
    }
}

/// The anchors' names under each generation that changed them.
///
/// rustls borrows the names for as long as the verifier lives, so a reload may add to them and
/// must not take any away; lists that did not change are not added again.
#[derive(Debug, Default)]
struct Hints {
    first: OnceBox<HintList>,
}

#[derive(Debug)]
struct HintList {
    subjects: Vec<DistinguishedName>,
    /// The latest generation this list is known to hold for.
    generation: AtomicU64,
    next: OnceBox<HintList>,
}

impl Hints {
    fn current(&self, verifier: &Verifier) -> &[DistinguishedName] {
        let generation = verifier.generation();
        let mut list = self.first.get_or_init(|| HintList::read(verifier, generation));
        while let Some(next) = list.next.get() {
            list = next;
        }
        if list.generation.load(Ordering::Relaxed) != generation {
            let newer = HintList::read(verifier, generation);
            if newer.names_the_same(list) {
                list.generation.store(generation, Ordering::Relaxed);
            } else {
                list = list.next.get_or_init(|| newer);
            }
        }
        &list.subjects
    }
}

impl HintList {
    fn read(verifier: &Verifier, generation: u64) -> Box<Self> {
        let subjects = verifier.anchor_subjects().into_iter().map(DistinguishedName::from);
        Box::new(Self {
            subjects: subjects.collect(),
            generation: AtomicU64::new(generation),
            next: OnceBox::new(),
        })
    }
    fn names_the_same(&self, other: &Self) -> bool {
        self.subjects.iter().map(AsRef::as_ref).eq(other.subjects.iter().map(AsRef::<[u8]>::as_ref))
    }
}
