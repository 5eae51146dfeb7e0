//! The client's certificate: rustls asks, the verifier judges, the exchange keeps the verdict.

use std::sync::Arc;

use rustls::client::danger::HandshakeSignatureValid;
use rustls::pki_types::{CertificateDer, UnixTime as PkiTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{DigitallySignedStruct, DistinguishedName, Error, SignatureScheme};

use super::exchange::{self, Identity, Origin};
use crate::clock::UnixTime;
use crate::reason::Decision;
use crate::rustls::{ClientVerifier, alert_error};
use crate::verdict::VerdictRecord;
use crate::verifier::Verifier;

/// A [`ClientVerifier`] that leaves its verdicts with the connection.
#[derive(Debug)]
pub(super) struct Identify {
    pub(super) judge: ClientVerifier,
}

impl Identify {
    pub(super) fn new(verifier: Arc<Verifier>, mandatory: bool, hints: bool) -> Self {
        let judge = ClientVerifier::new(verifier).with_root_hints(hints);
        Self { judge: if mandatory { judge } else { judge.optional() } }
    }
}

impl ClientCertVerifier for Identify {
    /// Asked twice: when a connection is made (see `Negotiation::new`),
    /// and when the certificate is to be asked for, which is always in an exchange.
    fn offer_client_auth(&self) -> bool {
        exchange::with(|exchange| exchange.is_asked_for = true).is_some()
    }

    fn client_auth_mandatory(&self) -> bool {
        self.judge.client_auth_mandatory()
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        self.judge.root_hint_subjects()
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: PkiTime,
    ) -> Result<ClientCertVerified, Error> {
        let considered = self.judge.consider(end_entity, intermediates, now);
        let verdict = considered.verdict.to_record();
        let reason = verdict.reason();
        // Whoever is refused is refused now; who is allowed has still to prove its key.
        if !verdict.is_allowed() {
            self.judge.verifier().record(&considered, Some(end_entity));
        }
        let pending = considered.into();
        let kept = exchange::with(|exchange| {
            // Whatever a ticket said before, this certificate is who the client says it is now.
            exchange.identity = None;
            if !verdict.is_allowed() {
                exchange.denied = Some(Box::new(verdict));
                return;
            }
            exchange.identity = Some(Box::new(Identity {
                leaf: end_entity.as_ref().into(),
                verdict,
                pending,
                authenticated_at: exchange.now,
                origin: Origin::Presented,
            }));
        });
        match kept {
            Some(()) if reason.decision() == Decision::Allow => Ok(ClientCertVerified::assertion()),
            Some(()) => Err(Error::InvalidCertificate(alert_error(reason))),
            None => Err(Error::General("no connection asks for this client".to_owned())),
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.judge.verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.judge.verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.judge.supported_verify_schemes()
    }
}

/// The verdict on a client that showed no certificate: counted and journalled like any other.
pub(super) fn without_certificate(verifier: &Verifier, now: UnixTime) -> VerdictRecord {
    verifier.verify(&[], now).to_record()
}
