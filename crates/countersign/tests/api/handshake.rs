//! Real handshakes over rustls, both ends in memory: who gets in, and which alert the others see.

use std::sync::Arc;

use countersign::rustls::ClientVerifier;
use countersign::{UnixTime, Verifier};
use countersign_testkit::forge::extension::{self, purpose};
use countersign_testkit::forge::{Authority, GeneralName, Key, KeyKind, Leaf, NOW, Name};
use rustls::version::{TLS12, TLS13};
use rustls::{
    AlertDescription, ClientConnection, Error, ServerConfig, ServerConnection,
    SupportedProtocolVersion,
};

use crate::peer::{Client, Clock, private_key, provider};
use crate::site::{BILLING, POLICY, Site};

fn server(
    verifier: ClientVerifier,
    version: &'static SupportedProtocolVersion,
) -> ServerConnection {
    let own = Authority::root("server");
    let leaf = own.leaf_with("server", |c| {
        c.without("2.5.29.37")
            .with(extension::extended_key_usage(&[purpose::SERVER_AUTH]))
            .san([GeneralName::dns("server.example")])
    });
    let config = ServerConfig::builder_with_details(provider(), Clock::new())
        .with_protocol_versions(&[version])
        .unwrap()
        .with_client_cert_verifier(Arc::new(verifier))
        .with_single_cert(vec![leaf.certificate.into()], private_key(&leaf.key))
        .unwrap();
    ServerConnection::new(Arc::new(config)).unwrap()
}

/// A client with these certificates and this key, or with none.
fn client(
    identity: Option<(Vec<Vec<u8>>, &Key)>,
    version: &'static SupportedProtocolVersion,
) -> ClientConnection {
    let nobody = Client::nobody(version, &Clock::new());
    let client = match identity {
        None => nobody,
        Some((chain, key)) => {
            let chain: Vec<&[u8]> = chain.iter().map(Vec::as_slice).collect();
            nobody.presenting(&chain, key)
        }
    };
    client.connect("server.example")
}

/// Carries bytes both ways until neither end has more to say. What the server made of it, and
/// the alert the client saw.
fn handshake(
    server: &mut ServerConnection,
    client: &mut ClientConnection,
) -> (Result<(), Error>, Option<AlertDescription>) {
    let mut verdict = Ok(());
    let mut alert = None;
    loop {
        let mut wire = Vec::new();
        while client.wants_write() {
            client.write_tls(&mut wire).unwrap();
        }
        let mut wire = &wire[..];
        while verdict.is_ok() && !wire.is_empty() {
            server.read_tls(&mut wire).unwrap();
            verdict = server.process_new_packets().map(|_| ());
        }
        let mut back = Vec::new();
        while server.wants_write() {
            server.write_tls(&mut back).unwrap();
        }
        if back.is_empty() {
            return (verdict, alert);
        }
        client.read_tls(&mut &back[..]).unwrap();
        if let Err(Error::AlertReceived(received)) = client.process_new_packets() {
            alert = Some(received);
        }
    }
}

struct Scene {
    site: Site,
    verifier: Arc<Verifier>,
}

impl Scene {
    fn new(policy: &str) -> Self {
        let site = Site::new();
        let verifier = Arc::new(site.verifier(policy));
        Self { site, verifier }
    }

    /// The alert that a client with this chain and key sees under each version; `None` is in.
    fn alerts(&self, chain: &[&[u8]], key: &Key) -> [Option<AlertDescription>; 2] {
        [&TLS12, &TLS13].map(|version| {
            let chain = chain.iter().map(|der| der.to_vec()).collect();
            let mut server = server(ClientVerifier::new(Arc::clone(&self.verifier)), version);
            let mut client = client(Some((chain, key)), version);
            let (verdict, alert) = handshake(&mut server, &mut client);
            assert_eq!(verdict.is_ok(), alert.is_none(), "{verdict:?} {alert:?}");
            assert_eq!(verdict.is_ok(), !server.is_handshaking(), "in means done");
            alert
        })
    }

    fn alerts_of(&self, leaf: &Leaf) -> [Option<AlertDescription>; 2] {
        self.alerts(&self.site.chain(leaf), &leaf.key)
    }
}

const IN: [Option<AlertDescription>; 2] = [None, None];

fn both(alert: AlertDescription) -> [Option<AlertDescription>; 2] {
    [Some(alert), Some(alert)]
}

#[test]
fn an_approved_client_gets_in_fresh_and_remembered() {
    let scene = Scene::new(POLICY);
    let leaf = scene.site.leaf(BILLING);
    assert_eq!(scene.alerts_of(&leaf), IN);
    assert_eq!(scene.alerts_of(&leaf), IN);
    assert_eq!(scene.verifier.metrics().chain_hits(), 3);
}

#[test]
fn every_kind_of_key_signs_its_handshake() {
    let scene = Scene::new(POLICY);
    let mut kinds = vec![KeyKind::P256, KeyKind::P384, KeyKind::Ed25519, KeyKind::Rsa2048];
    // ring has no P-521.
    kinds.extend(cfg!(feature = "aws-lc-rs").then_some(KeyKind::P521));
    for kind in kinds {
        let leaf = scene.site.ca.leaf_for(&Name::common("client"), Key::generate(kind), |c| {
            c.san([GeneralName::uri(BILLING)])
        });
        assert_eq!(scene.alerts_of(&leaf), IN, "{kind:?}");
        assert_eq!(scene.alerts_of(&leaf), IN, "{kind:?}, with the key remembered");
    }
}

#[test]
fn each_reason_has_its_alert() {
    let scene = Scene::new(POLICY);
    let ca = &scene.site.ca;
    let billing = || [GeneralName::uri(BILLING)];
    let stranger = scene.site.leaf("spiffe://acme.example/other");
    assert_eq!(scene.alerts_of(&stranger), both(AlertDescription::AccessDenied));
    let own = Leaf::self_signed("client");
    assert_eq!(scene.alerts(&[&own.certificate], &own.key), both(AlertDescription::UnknownCA));
    let expired = ca.leaf_with("client", |c| c.san(billing()).validity(0, NOW - 1));
    assert_eq!(scene.alerts_of(&expired), both(AlertDescription::CertificateExpired));
    let server_only = ca.leaf_with("client", |c| {
        c.san(billing())
            .without("2.5.29.37")
            .with(extension::extended_key_usage(&[purpose::SERVER_AUTH]))
    });
    assert_eq!(scene.alerts_of(&server_only), both(AlertDescription::UnsupportedCertificate));
    let odd = ca.leaf_with("client", |c| c.san(billing()).with(extension::unknown().critical()));
    assert_eq!(scene.alerts_of(&odd), both(AlertDescription::BadCertificate));
    let impostor = Authority::root("root").intermediate("ca");
    let forged = impostor.leaf_with("client", |c| c.san(billing()));
    let chain = [&forged.certificate[..], &impostor.certificate];
    assert_eq!(scene.alerts(&chain, &forged.key), both(AlertDescription::BadCertificate));
}

#[test]
fn a_revoked_client_sees_that_it_is() {
    let site = Site::new();
    let leaf = site.leaf(BILLING);
    site.write_crl("root.crl", &site.root.crl().sign(&site.root.key));
    let crl = site.ca.crl().revoke_certificate(&leaf.certificate);
    site.write_crl("ca.crl", &crl.sign(&site.ca.key));
    let crls = "anchors = [\"ca.pem\"]\ncrls = [\"root.crl\", \"ca.crl\"]";
    let policy = POLICY.replace("anchors = [\"ca.pem\"]", crls);
    let verifier = Arc::new(site.verifier(&policy));
    let scene = Scene { site, verifier };
    assert_eq!(scene.alerts_of(&leaf), both(AlertDescription::CertificateRevoked));
}

#[test]
fn an_approved_certificate_is_worth_nothing_without_its_key() {
    let scene = Scene::new(POLICY);
    let leaf = scene.site.leaf(BILLING);
    let thief = Key::p256();
    let theft = || scene.alerts(&scene.site.chain(&leaf), &thief);
    assert_eq!(theft(), both(AlertDescription::DecryptError));
    assert_eq!(scene.alerts_of(&leaf), IN);
    assert_eq!(theft(), both(AlertDescription::DecryptError), "with the verdict remembered");
}

#[test]
fn without_a_certificate_nobody_gets_in_unless_it_is_optional() {
    let scene = Scene::new(POLICY);
    let required = || ClientVerifier::new(Arc::clone(&scene.verifier));
    for version in [&TLS12, &TLS13] {
        let (verdict, alert) =
            handshake(&mut server(required(), version), &mut client(None, version));
        assert!(verdict.is_err() && alert.is_some(), "{version:?}");
        let mut lax = server(required().optional(), version);
        let (verdict, alert) = handshake(&mut lax, &mut client(None, version));
        assert_eq!((verdict, alert), (Ok(()), None));
        assert!(lax.peer_certificates().is_none());
    }
}

#[test]
fn hints_name_the_anchors_in_force_or_nobody() {
    use rustls::server::danger::ClientCertVerifier as _;
    let scene = Scene::new(POLICY);
    let verifier = ClientVerifier::new(Arc::clone(&scene.verifier));
    let names = |v: &ClientVerifier| -> Vec<Vec<u8>> {
        v.root_hint_subjects().iter().map(|n| n.as_ref().to_vec()).collect()
    };
    assert_eq!(names(&verifier), [scene.site.root.name.der()]);
    let other = Authority::root("other");
    let pem = countersign_testkit::forge::certificates_pem([&other.certificate]);
    scene.site.write("ca.pem", pem.as_bytes());
    scene.verifier.reload().unwrap();
    assert_eq!(names(&verifier), [other.name.der()]);
    assert!(names(&verifier.with_root_hints(false)).is_empty());
}

#[test]
fn a_chain_of_more_certificates_than_the_limit_is_refused() {
    let scene = Scene::new(POLICY);
    let leaf = scene.site.leaf(BILLING);
    let mut chain = scene.site.chain(&leaf).to_vec();
    chain.resize(40, &scene.site.root.certificate);
    let verdict = scene.verifier.verify(&chain[..16], UnixTime::from_secs(NOW));
    assert!(verdict.is_allowed());
    assert_eq!(scene.alerts(&chain, &leaf.key), both(AlertDescription::BadCertificate));
}
