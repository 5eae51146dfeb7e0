//! Certificates, with every field settable.

use super::algorithm::SignatureAlgorithm;
use super::extension::{self, Extension};
use super::key::{Key, sha256};
use super::name::{GeneralName, Name};
use super::{NOW, der};

/// Builds one certificate. What is not set has a sensible value; nothing is checked.
///
/// ```
/// use countersign_testkit::forge::{CertificateBuilder, Key, Name};
/// let key = Key::p256();
/// let der = CertificateBuilder::new(Name::common("self"), key.spki()).sign(&key);
/// assert_eq!(der[0], 0x30);
/// ```
#[derive(Clone, Debug)]
pub struct CertificateBuilder {
    version: Vec<u8>,
    serial: Vec<u8>,
    algorithm: Option<SignatureAlgorithm>,
    inner_identifier: Option<Vec<u8>>,
    outer_identifier: Option<Vec<u8>>,
    issuer: Name,
    validity: Vec<u8>,
    subject: Name,
    spki: Vec<u8>,
    unique_ids: Vec<u8>,
    extensions: Vec<Extension>,
    raw_extensions: Option<Vec<u8>>,
    after_extensions: Vec<u8>,
}

impl CertificateBuilder {
    /// A version 3 certificate for this name and SubjectPublicKeyInfo, self-issued until
    /// [`issuer`](Self::issuer) is set, current from a day before [`NOW`] to 90 days after, with a
    /// serial number that follows from name and key, and no extensions.
    pub fn new(subject: Name, spki: &[u8]) -> Self {
        let mut serial = sha256(&der::concat([&subject.der()[..], spki]))[..16].to_vec();
        serial[0] = serial[0] & 0x7f | 0x40;
        let builder = Self {
            version: Vec::new(),
            serial,
            algorithm: None,
            inner_identifier: None,
            outer_identifier: None,
            issuer: subject.clone(),
            validity: Vec::new(),
            subject,
            spki: spki.to_vec(),
            unique_ids: Vec::new(),
            extensions: Vec::new(),
            raw_extensions: None,
            after_extensions: Vec::new(),
        };
        builder.version(2).validity(NOW - 86_400, NOW + 90 * 86_400)
    }

    /// The version number as encoded: 2 is v3. 0 is written although DER forbids that default.
    #[must_use]
    pub fn version(mut self, version: i64) -> Self {
        self.version = der::constructed(0, &der::integer(version));
        self
    }

    /// Leaves the version out, which means v1.
    #[must_use]
    pub fn without_version(mut self) -> Self {
        self.version.clear();
        self
    }

    /// The content octets of the serial number, minimal or not.
    #[must_use]
    pub fn serial(mut self, content: &[u8]) -> Self {
        self.serial = content.to_vec();
        self
    }

    /// The signature algorithm, if not the one the issuer's key suggests.
    #[must_use]
    pub fn algorithm(mut self, algorithm: SignatureAlgorithm) -> Self {
        self.algorithm = Some(algorithm);
        self
    }

    /// Any AlgorithmIdentifier inside the part that is signed.
    #[must_use]
    pub fn inner_identifier(mut self, der: &[u8]) -> Self {
        self.inner_identifier = Some(der.to_vec());
        self
    }

    /// Any AlgorithmIdentifier beside the signature.
    #[must_use]
    pub fn outer_identifier(mut self, der: &[u8]) -> Self {
        self.outer_identifier = Some(der.to_vec());
        self
    }

    /// The issuer's name.
    #[must_use]
    pub fn issuer(mut self, issuer: Name) -> Self {
        self.issuer = issuer;
        self
    }

    /// The subject's name.
    #[must_use]
    pub fn subject(mut self, subject: Name) -> Self {
        self.subject = subject;
        self
    }

    /// First and last second of validity, Unix time.
    #[must_use]
    pub fn validity(self, not_before: i64, not_after: i64) -> Self {
        self.validity_raw(&der::sequence([der::time(not_before), der::time(not_after)]))
    }

    /// Any bytes as Validity.
    #[must_use]
    pub fn validity_raw(mut self, der: &[u8]) -> Self {
        self.validity = der.to_vec();
        self
    }

    /// Any bytes as SubjectPublicKeyInfo.
    #[must_use]
    pub fn spki(mut self, der: &[u8]) -> Self {
        self.spki = der.to_vec();
        self
    }

    /// issuerUniqueID
    #[must_use]
    pub fn issuer_unique_id(mut self, bytes: &[u8]) -> Self {
        self.unique_ids.extend(der::primitive(1, &der::concat([&[0], bytes])));
        self
    }

    /// subjectUniqueID
    #[must_use]
    pub fn subject_unique_id(mut self, bytes: &[u8]) -> Self {
        self.unique_ids.extend(der::primitive(2, &der::concat([&[0], bytes])));
        self
    }

    /// Appends an extension, even if one with its OID is there already.
    #[must_use]
    pub fn with(mut self, extension: Extension) -> Self {
        self.extensions.push(extension);
        self
    }

    /// Removes every extension with this OID.
    #[must_use]
    pub fn without(mut self, oid: &str) -> Self {
        self.extensions.retain(|extension| !extension.is(oid));
        self
    }

    /// Removes every extension.
    #[must_use]
    pub fn without_extensions(mut self) -> Self {
        self.extensions.clear();
        self
    }

    /// Appends subjectAltName.
    #[must_use]
    pub fn san(self, names: impl IntoIterator<Item = GeneralName>) -> Self {
        self.with(extension::subject_alt_name(names))
    }

    /// Any bytes where `[3] Extensions` stands.
    #[must_use]
    pub fn extensions_raw(mut self, der: &[u8]) -> Self {
        self.raw_extensions = Some(der.to_vec());
        self
    }

    /// Any bytes after the last field of the part that is signed.
    #[must_use]
    pub fn after_extensions(mut self, bytes: &[u8]) -> Self {
        self.after_extensions = bytes.to_vec();
        self
    }

    /// The DER TBSCertificate that names `algorithm`.
    pub fn to_be_signed(&self, algorithm: SignatureAlgorithm) -> Vec<u8> {
        let identifier = self.inner_identifier.clone().unwrap_or_else(|| algorithm.identifier());
        der::sequence([
            self.version.clone(),
            der::tlv(der::tag::INTEGER, &self.serial),
            identifier,
            self.issuer.der(),
            self.validity.clone(),
            self.subject.der(),
            self.spki.clone(),
            self.unique_ids.clone(),
            self.extensions_der(),
            self.after_extensions.clone(),
        ])
    }

    fn extensions_der(&self) -> Vec<u8> {
        if let Some(raw) = &self.raw_extensions {
            return raw.clone();
        }
        if self.extensions.is_empty() {
            return Vec::new();
        }
        let list = der::sequence(self.extensions.iter().map(Extension::der));
        der::constructed(3, &list)
    }

    /// The DER certificate, signed by `issuer`.
    pub fn sign(&self, issuer: &Key) -> Vec<u8> {
        let algorithm = self.algorithm.unwrap_or_else(|| issuer.algorithm());
        let tbs = self.to_be_signed(algorithm);
        let signature = issuer.sign(algorithm, &tbs);
        self.assemble(&tbs, algorithm, &signature)
    }

    /// The DER certificate with any bytes as its signature; `algorithm` is only named.
    pub fn sign_with_garbage(&self, algorithm: SignatureAlgorithm, signature: &[u8]) -> Vec<u8> {
        let algorithm = self.algorithm.unwrap_or(algorithm);
        self.assemble(&self.to_be_signed(algorithm), algorithm, signature)
    }

    fn assemble(&self, tbs: &[u8], algorithm: SignatureAlgorithm, signature: &[u8]) -> Vec<u8> {
        let identifier = self.outer_identifier.clone().unwrap_or_else(|| algorithm.identifier());
        der::sequence([tbs, &identifier, &der::bit_string(signature)])
    }
}
