//! rustls, with its buffered API as most servers use it, and several ways to verify clients.

use std::sync::Arc;

use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::{self, CryptoProvider, WebPkiSupportedAlgorithms};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::server::{NoServerSessionStorage, WebPkiClientVerifier};
use rustls::{
    DigitallySignedStruct, DistinguishedName, Error, RootCertStore, ServerConfig, ServerConnection,
    SignatureScheme,
};

use super::ours::client_verifier;
use super::{
    Chain, ChainVerifier, Failure, Family, Group, Library, Material, Progress, Server, ServerSide,
    Situation,
};

/// Who verifies the client's chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Check {
    /// rustls' own `WebPkiClientVerifier`.
    WebPki,
    /// Nobody: any chain will do, though the handshake's signature must be its leaf's.
    Nothing,
    /// `countersign::rustls::ClientVerifier`.
    Countersign,
}

/// rustls on some provider.
#[derive(Clone, Copy, Debug)]
pub struct Rustls {
    /// Who verifies the client's chain.
    pub check: Check,
    /// ring instead of aws-lc-rs.
    pub on_ring: bool,
}

impl Rustls {
    /// rustls as it comes: the peer whose rate counts.
    pub const USUAL: Self = Self { check: Check::WebPki, on_ring: false };

    fn provider(self) -> CryptoProvider {
        if self.on_ring {
            crypto::ring::default_provider()
        } else {
            crypto::aws_lc_rs::default_provider()
        }
    }

    fn client_verifier(self, family: &Family) -> Result<Arc<dyn ClientCertVerifier>, Failure> {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from(family.root.clone()))?;
        let provider = self.provider();
        Ok(match self.check {
            Check::WebPki => {
                WebPkiClientVerifier::builder_with_provider(roots.into(), provider.into())
                    .build()?
            }
            Check::Nothing => Arc::new(AnyChain {
                hints: roots.subjects(),
                algorithms: provider.signature_verification_algorithms,
            }),
            Check::Countersign => Arc::new(client_verifier(family)?),
        })
    }
}

impl Library for Rustls {
    fn name(&self) -> String {
        let check = match self.check {
            Check::WebPki => "WebPkiClientVerifier",
            Check::Nothing => "no chain verification",
            Check::Countersign => "countersign's ClientVerifier",
        };
        let provider = if self.on_ring { " on ring" } else { "" };
        format!("rustls{provider}, {check}")
    }

    fn server(
        &self,
        material: &Material,
        situation: Situation,
    ) -> Result<Box<dyn Server>, Failure> {
        if self.on_ring && situation.group == Group::X25519MlKem768 {
            return Err("ring has no ML-KEM".into());
        }
        let verifier = self.client_verifier(material.family(situation.chain))?;
        let config = server_config(self.provider(), verifier, material, situation)?;
        Ok(Box::new(Context(Arc::new(config))))
    }

    fn verifier(&self, family: &Family, _: Chain) -> Result<Box<dyn ChainVerifier>, Failure> {
        Ok(Box::new(Verifier(self.client_verifier(family)?)))
    }
}

/// What all servers on rustls have in common: stateless tickets, one a handshake, or none.
fn server_config(
    provider: CryptoProvider,
    verifier: Arc<dyn ClientCertVerifier>,
    material: &Material,
    situation: Situation,
) -> Result<ServerConfig, Failure> {
    let chain = vec![CertificateDer::from(material.server.clone())];
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(material.server_key.clone()));
    let mut config = ServerConfig::builder_with_provider(provider.into())
        .with_safe_default_protocol_versions()?
        .with_client_cert_verifier(verifier)
        .with_single_cert(chain, key)?;
    config.session_storage = Arc::new(NoServerSessionStorage {});
    config.send_tls13_tickets = usize::from(situation.tickets);
    if situation.tickets {
        config.ticketer = crypto::aws_lc_rs::Ticketer::new()?;
    }
    Ok(config)
}

struct Verifier(Arc<dyn ClientCertVerifier>);

impl ChainVerifier for Verifier {
    fn is_good(&self, leaf: &[u8], intermediate: &[u8]) -> bool {
        let intermediates = [CertificateDer::from(intermediate)];
        self.0.verify_client_cert(&leaf.into(), &intermediates, UnixTime::now()).is_ok()
    }
}

struct Context(Arc<ServerConfig>);

impl Server for Context {
    fn accept(&self) -> Box<dyn ServerSide> {
        Box::new(Side(ServerConnection::new(Arc::clone(&self.0)).expect("a connection")))
    }
}

struct Side(ServerConnection);

impl ServerSide for Side {
    fn step(&mut self, input: &mut [u8], output: &mut Vec<u8>) -> Result<Progress, Failure> {
        let mut input = &input[..];
        while !input.is_empty() {
            self.0.read_tls(&mut input)?;
            self.0.process_new_packets()?;
        }
        while self.0.wants_write() {
            self.0.write_tls(output)?;
        }
        let handshaking = self.0.is_handshaking();
        Ok(if handshaking { Progress::Handshaking } else { Progress::Established })
    }

    fn client(&self) -> Option<Vec<u8>> {
        self.0.peer_certificates()?.first().map(|leaf| leaf.to_vec())
    }
}

/// The floor under every verifier on rustls.
#[derive(Debug)]
struct AnyChain {
    hints: Vec<DistinguishedName>,
    algorithms: WebPkiSupportedAlgorithms,
}

impl ClientCertVerifier for AnyChain {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &self.hints
    }

    fn verify_client_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        leaf: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        crypto::verify_tls12_signature(message, leaf, signed, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        leaf: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        crypto::verify_tls13_signature(message, leaf, signed, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}
