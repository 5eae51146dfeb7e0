//! Certificate revocation lists, with every field settable, up to millions of entries.

use super::algorithm::SignatureAlgorithm;
use super::distribution_point::IssuingDistributionPoint;
use super::extension::{Extension, id};
use super::key::Key;
use super::name::{GeneralName, Name};
use super::{NOW, der};

/// One revoked certificate.
#[derive(Clone, Debug)]
pub struct RevokedEntry {
    serial: Vec<u8>,
    date: Vec<u8>,
    extensions: Vec<Extension>,
}

impl RevokedEntry {
    /// A certificate by the content octets of its serial number, revoked an hour before [`NOW`].
    pub fn new(serial: &[u8]) -> Self {
        Self { serial: serial.to_vec(), date: der::time(NOW - 3_600), extensions: Vec::new() }
    }

    /// The serial number of this DER certificate.
    pub fn of(certificate: &[u8]) -> Self {
        Self::new(&serial_of(certificate))
    }

    /// When it was revoked, Unix time.
    #[must_use]
    pub fn date(mut self, unix: i64) -> Self {
        self.date = der::time(unix);
        self
    }

    /// CRLReason: 1 keyCompromise, 6 certificateHold, 8 removeFromCRL, …
    #[must_use]
    pub fn reason(self, code: u8) -> Self {
        self.with(Extension::new(id::REASON_CODE, der::enumerated(code)))
    }

    /// certificateIssuer, which indirect CRLs have; critical.
    #[must_use]
    pub fn certificate_issuer(self, names: &[GeneralName]) -> Self {
        let value = der::sequence(names);
        self.with(Extension::new(id::CERTIFICATE_ISSUER, value).critical())
    }

    /// invalidityDate, Unix time.
    #[must_use]
    pub fn invalidity_date(self, unix: i64) -> Self {
        self.with(Extension::new(id::INVALIDITY_DATE, der::generalized_time(unix)))
    }

    /// Appends an entry extension.
    #[must_use]
    pub fn with(mut self, extension: Extension) -> Self {
        self.extensions.push(extension);
        self
    }

    fn push_to(&self, out: &mut Vec<u8>) {
        let mut parts = vec![der::tlv(der::tag::INTEGER, &self.serial), self.date.clone()];
        if !self.extensions.is_empty() {
            parts.push(der::sequence(self.extensions.iter().map(Extension::der)));
        }
        out.extend(der::sequence(parts));
    }
}

/// Builds one CRL. What is not set has a sensible value; nothing is checked.
#[derive(Clone, Debug)]
pub struct CrlBuilder {
    version: Vec<u8>,
    algorithm: Option<SignatureAlgorithm>,
    inner_identifier: Option<Vec<u8>>,
    outer_identifier: Option<Vec<u8>>,
    issuer: Name,
    this_update: Vec<u8>,
    next_update: Vec<u8>,
    entries: Vec<u8>,
    empty_list: bool,
    extensions: Vec<Extension>,
}

impl CrlBuilder {
    /// A version 2 CRL of this issuer without entries or extensions, issued a day before [`NOW`],
    /// the next due 30 days after.
    pub fn new(issuer: Name) -> Self {
        Self {
            version: der::integer(1),
            algorithm: None,
            inner_identifier: None,
            outer_identifier: None,
            issuer,
            this_update: der::time(NOW - 86_400),
            next_update: der::time(NOW + 30 * 86_400),
            entries: Vec::new(),
            empty_list: false,
            extensions: Vec::new(),
        }
    }

    /// The version number as encoded: 1 is v2.
    #[must_use]
    pub fn version(mut self, version: i64) -> Self {
        self.version = der::integer(version);
        self
    }

    /// Leaves the version out, which means v1.
    #[must_use]
    pub fn without_version(mut self) -> Self {
        self.version.clear();
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

    /// When it was issued, Unix time.
    #[must_use]
    pub fn this_update(mut self, unix: i64) -> Self {
        self.this_update = der::time(unix);
        self
    }

    /// When the next is due, Unix time.
    #[must_use]
    pub fn next_update(mut self, unix: i64) -> Self {
        self.next_update = der::time(unix);
        self
    }

    /// Leaves nextUpdate out.
    #[must_use]
    pub fn without_next_update(mut self) -> Self {
        self.next_update.clear();
        self
    }

    /// Revokes the certificate with these content octets of a serial number.
    #[must_use]
    pub fn revoke(self, serial: &[u8]) -> Self {
        self.entry(&RevokedEntry::new(serial))
    }

    /// Revokes this DER certificate.
    #[must_use]
    pub fn revoke_certificate(self, certificate: &[u8]) -> Self {
        self.entry(&RevokedEntry::of(certificate))
    }

    /// Appends an entry.
    #[must_use]
    pub fn entry(mut self, entry: &RevokedEntry) -> Self {
        entry.push_to(&mut self.entries);
        self
    }

    /// Appends an entry per serial number (content octets), all of one date: no allocation for
    /// each, so that a million take a moment.
    #[must_use]
    pub fn revoke_all<I>(mut self, serials: I) -> Self
    where
        I: IntoIterator,
        I::Item: AsRef<[u8]>,
    {
        let date = der::time(NOW - 3_600);
        for serial in serials {
            let serial = serial.as_ref();
            der::push_header(&mut self.entries, der::tag::SEQUENCE, 2 + serial.len() + date.len());
            der::push_header(&mut self.entries, der::tag::INTEGER, serial.len());
            self.entries.extend_from_slice(serial);
            self.entries.extend_from_slice(&date);
        }
        self
    }

    /// Writes the list of entries even when it is empty, which RFC 5280 section 5.1.2.6 forbids.
    #[must_use]
    pub fn with_empty_list(mut self) -> Self {
        self.empty_list = true;
        self
    }

    /// Appends a CRL extension.
    #[must_use]
    pub fn with(mut self, extension: Extension) -> Self {
        self.extensions.push(extension);
        self
    }

    /// Removes every CRL extension with this OID.
    #[must_use]
    pub fn without(mut self, oid: &str) -> Self {
        self.extensions.retain(|extension| !extension.is(oid));
        self
    }

    /// Replaces cRLNumber.
    #[must_use]
    pub fn crl_number(self, number: i64) -> Self {
        self.without(id::CRL_NUMBER).with(Extension::new(id::CRL_NUMBER, der::integer(number)))
    }

    /// Appends issuingDistributionPoint.
    #[must_use]
    pub fn scope(self, scope: &IssuingDistributionPoint) -> Self {
        self.with(scope.extension())
    }

    /// Appends deltaCRLIndicator; critical.
    #[must_use]
    pub fn delta_of(self, base_crl_number: i64) -> Self {
        let value = der::integer(base_crl_number);
        self.with(Extension::new(id::DELTA_CRL_INDICATOR, value).critical())
    }

    /// The DER CRL, signed by `issuer`.
    pub fn sign(&self, issuer: &Key) -> Vec<u8> {
        let algorithm = self.algorithm.unwrap_or_else(|| issuer.algorithm());
        let tbs = self.to_be_signed(algorithm);
        let signature = issuer.sign(algorithm, &tbs);
        self.assemble(&tbs, algorithm, &der::bit_string(&signature))
    }

    /// The DER CRL with any bytes as its signature (a whole BIT STRING); `algorithm` is only named.
    pub fn sign_with_garbage(&self, algorithm: SignatureAlgorithm, bit_string: &[u8]) -> Vec<u8> {
        let algorithm = self.algorithm.unwrap_or(algorithm);
        self.assemble(&self.to_be_signed(algorithm), algorithm, bit_string)
    }

    fn to_be_signed(&self, algorithm: SignatureAlgorithm) -> Vec<u8> {
        let identifier = self.inner_identifier.clone().unwrap_or_else(|| algorithm.identifier());
        let issuer = self.issuer.der();
        let mut extensions = Vec::new();
        if !self.extensions.is_empty() {
            let list = der::sequence(self.extensions.iter().map(Extension::der));
            extensions = der::constructed(0, &list);
        }
        let mut list_header = Vec::new();
        if !self.entries.is_empty() || self.empty_list {
            der::push_header(&mut list_header, der::tag::SEQUENCE, self.entries.len());
        }
        der::sequence([
            &self.version,
            &identifier,
            &issuer,
            &self.this_update,
            &self.next_update,
            &list_header,
            &self.entries,
            &extensions,
        ])
    }

    fn assemble(&self, tbs: &[u8], algorithm: SignatureAlgorithm, bit_string: &[u8]) -> Vec<u8> {
        let identifier = self.outer_identifier.clone().unwrap_or_else(|| algorithm.identifier());
        der::sequence([tbs, &identifier, bit_string])
    }
}

/// The content octets of a DER certificate's serial number.
///
/// # Panics
/// When `certificate` is not a certificate with an explicit version.
pub fn serial_of(certificate: &[u8]) -> Vec<u8> {
    let tbs = der::children(certificate)[0];
    der::content(der::children(tbs)[1]).to_vec()
}
