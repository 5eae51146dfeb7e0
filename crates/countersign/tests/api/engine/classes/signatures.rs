//! Class 7: CertificateVerify under the name of another scheme, or by another key.

use std::sync::Arc;

use countersign::Reason;
use countersign::engine::{Alert, Cause};
use countersign_testkit::forge::{GeneralName, Key, KeyKind, Name, SignatureAlgorithm as Signed};
use rustls::sign::{Signer, SigningKey};
use rustls::{
    AlertDescription, Error, ProtocolVersion, SignatureAlgorithm, SignatureScheme as Scheme,
};

use super::super::pair::{Pair, VERSIONS, requiring};
use crate::peer::{Client, Clock};
use crate::site::{BILLING, POLICY, Site};

/// Signs in one way and says that it was another.
#[derive(Clone, Debug)]
struct Liar {
    key: Key,
    signs: Signed,
    says: Scheme,
}

impl SigningKey for Liar {
    fn choose_scheme(&self, _: &[Scheme]) -> Option<Box<dyn Signer>> {
        Some(Box::new(self.clone()))
    }

    fn algorithm(&self) -> SignatureAlgorithm {
        SignatureAlgorithm::Anonymous
    }
}

impl Signer for Liar {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, Error> {
        Ok(self.key.sign(self.signs, message))
    }

    fn scheme(&self) -> Scheme {
        self.says
    }
}

/// What keys sign, and the schemes of which that is the truth: RFC 8446 section 4.2.3.
const SIGNATURES: [(KeyKind, Signed, Scheme); 15] = [
    (KeyKind::P256, Signed::EcdsaSha256, Scheme::ECDSA_NISTP256_SHA256),
    (KeyKind::P256, Signed::EcdsaSha384, Scheme::ECDSA_NISTP384_SHA384),
    (KeyKind::P384, Signed::EcdsaSha384, Scheme::ECDSA_NISTP384_SHA384),
    (KeyKind::P384, Signed::EcdsaSha256, Scheme::ECDSA_NISTP256_SHA256),
    (KeyKind::P521, Signed::EcdsaSha512, Scheme::ECDSA_NISTP521_SHA512),
    (KeyKind::Ed25519, Signed::Ed25519, Scheme::ED25519),
    (KeyKind::Rsa2048, Signed::RsaPssSha256, Scheme::RSA_PSS_SHA256),
    (KeyKind::Rsa2048, Signed::RsaPssSha384, Scheme::RSA_PSS_SHA384),
    (KeyKind::Rsa2048, Signed::RsaPssSha512, Scheme::RSA_PSS_SHA512),
    (KeyKind::Rsa2048, Signed::RsaPkcs1Sha256, Scheme::RSA_PKCS1_SHA256),
    (KeyKind::Rsa2048, Signed::RsaPkcs1Sha384, Scheme::RSA_PKCS1_SHA384),
    (KeyKind::Rsa2048, Signed::RsaPkcs1Sha512, Scheme::RSA_PKCS1_SHA512),
    (KeyKind::MlDsa44, Signed::MlDsa44, Scheme::ML_DSA_44),
    (KeyKind::MlDsa65, Signed::MlDsa65, Scheme::ML_DSA_65),
    (KeyKind::MlDsa87, Signed::MlDsa87, Scheme::ML_DSA_87),
];

/// Schemes that nothing here signs.
const OTHERS: [Scheme; 5] = [
    Scheme::RSA_PKCS1_SHA1,
    Scheme::ECDSA_SHA1_Legacy,
    Scheme::ED448,
    Scheme::Unknown(0),
    Scheme::Unknown(0x0809),
];

/// Whether a signature of this kind, under its own name, is one that this version may have here.
/// TLS 1.3 ties a curve to each ECDSA scheme and knows no PKCS #1 in handshakes; ML-DSA came after
/// TLS 1.2.
fn is_sound(kind: KeyKind, scheme: Scheme, version: ProtocolVersion) -> bool {
    let tls13 = version == ProtocolVersion::TLSv1_3;
    let aws = cfg!(feature = "aws-lc-rs");
    match (kind, scheme) {
        (_, Scheme::RSA_PKCS1_SHA256 | Scheme::RSA_PKCS1_SHA384 | Scheme::RSA_PKCS1_SHA512) => {
            !tls13
        }
        (KeyKind::P256, Scheme::ECDSA_NISTP384_SHA384)
        | (KeyKind::P384, Scheme::ECDSA_NISTP256_SHA256) => !tls13,
        (KeyKind::P521, _) => aws,
        (KeyKind::MlDsa44 | KeyKind::MlDsa65 | KeyKind::MlDsa87, _) => tls13 && aws,
        _ => true,
    }
}

#[test]
fn class_07_a_signature_counts_only_under_its_own_scheme() {
    let site = Site::new();
    let clock = Clock::new();
    let verifier = Arc::new(site.verifier(POLICY));
    let acceptor = requiring(&verifier).build().unwrap();
    let mut sound = 0;
    for (kind, signs, truth) in SIGNATURES {
        let key = Key::seeded(kind, "client");
        let leaf = site
            .ca
            .leaf_for(&Name::common("client"), key.clone(), |c| c.san([GeneralName::uri(BILLING)]));
        let names = SIGNATURES.into_iter().map(|(_, _, scheme)| scheme).chain(OTHERS);
        for says in names {
            for version in VERSIONS {
                let liar = Arc::new(Liar { key: key.clone(), signs, says });
                let client = Client::nobody(version, &clock).signing(&site.chain(&leaf), liar);
                let mut pair = Pair::new(&acceptor, &client, "server.example", &clock);
                let seen = pair.talk();
                let expected = says == truth && is_sound(kind, truth, version.version);
                let what = format!("{kind:?} {signs:?} as {says:?} in {version:?}: {seen:?}");
                assert_eq!(pair.is_established(), expected, "{what}");
                sound += u32::from(expected);
                let Some(refusal) = pair.server.refusal() else { continue };
                match refusal.cause() {
                    Cause::Protocol => {}
                    Cause::Denied => {
                        let seen = seen.map(Alert::from);
                        assert_eq!(refusal.alert(), seen, "{what} {refusal}");
                    }
                    other => panic!("{what}: {other:?} {refusal}"),
                }
            }
        }
    }
    assert!(sound >= 16, "{sound}");
}

#[test]
fn class_07_a_certificate_is_worth_nothing_without_its_key() {
    let site = Site::new();
    let clock = Clock::new();
    let verifier = Arc::new(site.verifier(POLICY));
    let acceptor = requiring(&verifier).build().unwrap();
    let (victim, thief) = (site.leaf(BILLING), Key::p256());
    for version in VERSIONS {
        let stealing = Client::nobody(version, &clock).presenting(&site.chain(&victim), &thief);
        let owning = Client::nobody(version, &clock).presenting(&site.chain(&victim), &victim.key);
        // Once before anything about the victim is remembered, and once after.
        for _ in 0..2 {
            let mut pair = Pair::new(&acceptor, &stealing, "server.example", &clock);
            assert_eq!(pair.talk(), Some(AlertDescription::DecryptError));
            let refusal = pair.server.refusal().unwrap();
            assert_eq!(refusal.alert(), Some(Alert::DECRYPT_ERROR));
            assert_eq!(refusal.reason(), Some(Reason::BadSignature));
            assert_eq!(refusal.verdict().unwrap().chain_index(), Some(0));
            assert_eq!(Pair::new(&acceptor, &owning, "server.example", &clock).talk(), None);
        }
    }
}
