//! Whole families of certificates in a line each.

use super::certificate::CertificateBuilder;
use super::crl::CrlBuilder;
use super::distribution_point::{DistributionPoint, crl_distribution_points};
use super::extension::{self, purpose, usage};
use super::key::{Key, KeyKind};
use super::name::Name;

/// A certification authority: its name, its key and its certificate.
///
/// ```
/// use countersign_testkit::forge::{Authority, GeneralName};
/// let root = Authority::root("root");
/// let ca = root.intermediate("ca");
/// let leaf = ca.leaf_with("client", |c| c.san([GeneralName::dns("client.example")]));
/// let chain = [leaf.certificate, ca.certificate];
/// # assert_eq!(chain.len(), 2);
/// ```
#[derive(Clone, Debug)]
pub struct Authority {
    /// Its subject.
    pub name: Name,
    /// Its key pair.
    pub key: Key,
    /// Its certificate, DER.
    pub certificate: Vec<u8>,
}

/// An end-entity certificate and its key.
#[derive(Clone, Debug)]
pub struct Leaf {
    /// Its key pair.
    pub key: Key,
    /// Its certificate, DER.
    pub certificate: Vec<u8>,
}

impl Authority {
    /// A self-signed authority with a fresh P-256 key.
    pub fn root(cn: &str) -> Self {
        Self::root_with(Name::common(cn), Key::p256(), |c| c)
    }

    /// A self-signed authority whose P-256 key is the same in every run.
    pub fn seeded_root(cn: &str) -> Self {
        Self::root_with(Name::common(cn), Key::seeded(KeyKind::P256, cn), |c| c)
    }

    /// A self-signed authority, its certificate changed by `shape`.
    pub fn root_with(
        name: Name,
        key: Key,
        shape: impl FnOnce(CertificateBuilder) -> CertificateBuilder,
    ) -> Self {
        let builder = authority_certificate(&name, &key);
        let certificate = shape(builder).sign(&key);
        Self { name, key, certificate }
    }

    /// An authority below this one with a fresh P-256 key.
    pub fn intermediate(&self, cn: &str) -> Self {
        self.intermediate_with(Name::common(cn), Key::p256(), |c| c)
    }

    /// An authority below this one, its certificate changed by `shape`.
    pub fn intermediate_with(
        &self,
        name: Name,
        key: Key,
        shape: impl FnOnce(CertificateBuilder) -> CertificateBuilder,
    ) -> Self {
        let builder = self.issued(authority_certificate(&name, &key));
        let certificate = shape(builder).sign(&self.key);
        Self { name, key, certificate }
    }

    /// A client certificate with a fresh P-256 key, digitalSignature and clientAuth, and no SAN.
    pub fn leaf(&self, cn: &str) -> Leaf {
        self.leaf_with(cn, |c| c)
    }

    /// A client certificate with a fresh P-256 key, changed by `shape`.
    pub fn leaf_with(
        &self,
        cn: &str,
        shape: impl FnOnce(CertificateBuilder) -> CertificateBuilder,
    ) -> Leaf {
        self.leaf_for(&Name::common(cn), Key::p256(), shape)
    }

    /// A client certificate for this name and key, changed by `shape`.
    pub fn leaf_for(
        &self,
        name: &Name,
        key: Key,
        shape: impl FnOnce(CertificateBuilder) -> CertificateBuilder,
    ) -> Leaf {
        let builder = self.issued(leaf_certificate(name, &key));
        let certificate = shape(builder).sign(&self.key);
        Leaf { key, certificate }
    }

    /// `builder` with this authority as its issuer, by name and key identifier.
    pub fn issued(&self, builder: CertificateBuilder) -> CertificateBuilder {
        builder
            .issuer(self.name.clone())
            .with(extension::authority_key_identifier(&self.key.key_id()))
    }

    /// An empty CRL of this authority, current at [`NOW`](super::NOW).
    pub fn crl(&self) -> CrlBuilder {
        CrlBuilder::new(self.name.clone())
            .with(extension::authority_key_identifier(&self.key.key_id()))
            .crl_number(1)
    }
}

impl Leaf {
    /// A self-signed client certificate with a fresh P-256 key.
    pub fn self_signed(cn: &str) -> Self {
        let (name, key) = (Name::common(cn), Key::p256());
        let certificate = leaf_certificate(&name, &key).sign(&key);
        Self { key, certificate }
    }
}

/// The usual certificate of an authority, not yet issued.
pub fn authority_certificate(name: &Name, key: &Key) -> CertificateBuilder {
    CertificateBuilder::new(name.clone(), key.spki())
        .with(extension::ca(None))
        .with(extension::key_usage(&[usage::KEY_CERT_SIGN, usage::CRL_SIGN]))
        .with(extension::subject_key_identifier(&key.key_id()))
}

/// The usual certificate of a client, not yet issued.
pub fn leaf_certificate(name: &Name, key: &Key) -> CertificateBuilder {
    CertificateBuilder::new(name.clone(), key.spki())
        .with(extension::key_usage(&[usage::DIGITAL_SIGNATURE]))
        .with(extension::extended_key_usage(&[purpose::CLIENT_AUTH]))
        .with(extension::subject_key_identifier(&key.key_id()))
}

/// cRLDistributionPoints of one URI.
pub fn crl_at(uri: &str) -> extension::Extension {
    crl_distribution_points(&[DistributionPoint::uri(uri)])
}
