//! Certificate revocation lists: one strict pass over all of a CRL (RFC 5280 section 5), and the
//! same CRL with an index for look-ups.

mod entry;
mod extensions;
mod index;
mod loaded;

pub use entry::{Entry, ReasonCode};
pub(crate) use extensions::ALL_REASONS;
pub use extensions::{CertificateKind, IssuingDistributionPoint};
pub use loaded::LoadedCrl;

use crate::cert::{Name, check_algorithm};
use crate::clock::UnixTime;
use crate::der::{Reader, read_all, tag};
use crate::error::Malformed;
use extensions::CrlExtensions;

/// A CRL, borrowed from its DER.
///
/// Parsing is one pass without allocation that checks every entry: one malformed entry makes the
/// whole CRL malformed, because what cannot be read might be the entry that matters. Version 1
/// (which `openssl ca -gencrl` writes unless told otherwise) and version 2 are accepted; version 2
/// must have a CRL number that is not critical (RFC 5280 section 5.2.3).
///
/// ```
/// # use countersign::crl::Crl;
/// let malformed = Crl::parse(b"not DER").unwrap_err();
/// assert_eq!(malformed.what(), "CRL: not a DER sequence");
/// ```
#[derive(Clone, Debug)]
pub struct Crl<'a> {
    der: &'a [u8],
    tbs: &'a [u8],
    signature_algorithm: &'a [u8],
    signature: &'a [u8],
    issuer: Name<'a>,
    this_update: UnixTime,
    next_update: Option<UnixTime>,
    revoked: &'a [u8],
    entries: EntryFacts,
    extensions: CrlExtensions<'a>,
}

/// What was noticed on the way over the entries.
#[derive(Clone, Copy, Debug, Default)]
struct EntryFacts {
    count: usize,
    unknown_critical: bool,
    name_issuers: bool,
}

/// Version number as encoded (RFC 5280 section 5.1.2.1); version 1 is the absence of it.
const V2: &[u8] = &[1];

impl<'a> Crl<'a> {
    /// Parses one CRL.
    ///
    /// # Errors
    /// Anything that is not strict DER of a well-formed CRL, and which part of it is not.
    pub fn parse(der: &'a [u8]) -> Result<Self, Malformed> {
        let what = "CRL: not a DER sequence";
        let mut input = Reader::new(der);
        let content = input.read(tag::SEQUENCE, what)?;
        input.finish("CRL: trailing octets")?;
        read_all(content, "CRL: trailing octets inside", |r| {
            let tbs = r.read_der(tag::SEQUENCE, "CRL: no TBSCertList")?;
            let what = "CRL signature algorithm: not well formed";
            let algorithm = r.read(tag::SEQUENCE, what)?;
            check_algorithm(algorithm, what)?;
            let signature = r.octet_aligned_bits("CRL signature: not a BIT STRING of octets")?;
            let crl = Self::parse_tbs(tbs.content, algorithm)?;
            Ok(Self { der, tbs: tbs.der, signature, ..crl })
        })
    }

    fn parse_tbs(content: &'a [u8], algorithm: &'a [u8]) -> Result<Self, Malformed> {
        read_all(content, "CRL: trailing fields", |r| {
            let version_2 = version_2(r)?;
            let what = "CRL signature algorithm: inner and outer differ";
            if r.read(tag::SEQUENCE, what)? != algorithm {
                return Err(Malformed::new(what));
            }
            let issuer = Name::read(r, tag::SEQUENCE)?;
            if issuer.is_empty() {
                return Err(Malformed::new("CRL issuer: empty"));
            }
            let this_update = r.time("CRL thisUpdate: not a time in seconds and Z")?;
            let next_update = next_update(r)?;
            let what = "CRL entries: not a sequence";
            let revoked = r.read_optional(tag::SEQUENCE, what)?.unwrap_or(&[]);
            let entries = check_entries(revoked, version_2)?;
            let extensions = CrlExtensions::read(r, version_2)?;
            Ok(Self {
                der: &[],
                tbs: &[],
                signature_algorithm: algorithm,
                signature: &[],
                issuer,
                this_update,
                next_update,
                revoked,
                entries,
                extensions,
            })
        })
    }

    /// All octets of the CRL.
    pub fn der(&self) -> &'a [u8] {
        self.der
    }

    /// All octets of the TBSCertList: what the issuer signed.
    pub fn tbs(&self) -> &'a [u8] {
        self.tbs
    }

    /// Content octets of the signature's AlgorithmIdentifier; inner and outer are the same.
    pub fn signature_algorithm(&self) -> &'a [u8] {
        self.signature_algorithm
    }

    /// The issuer's signature.
    pub fn signature(&self) -> &'a [u8] {
        self.signature
    }

    /// Who issued it.
    pub fn issuer(&self) -> Name<'a> {
        self.issuer
    }

    /// When it was issued.
    pub fn this_update(&self) -> UnixTime {
        self.this_update
    }

    /// When the next one comes at the latest. RFC 5280 section 5.1.2.5 requires it; a CRL without
    /// one parses, and is never fresh.
    pub fn next_update(&self) -> Option<UnixTime> {
        self.next_update
    }

    /// The entries, in the order of the CRL.
    pub fn entries(&self) -> impl Iterator<Item = Entry<'a>> + Clone + use<'a> {
        let mut entries = Reader::new(self.revoked);
        // Checked when this value was made, so nothing but the end stops it.
        core::iter::from_fn(move || Entry::read(&mut entries).ok())
    }

    /// How many entries there are.
    pub fn entry_count(&self) -> usize {
        self.entries.count
    }

    /// The key identifier of authorityKeyIdentifier.
    pub fn authority_key_id(&self) -> Option<&'a [u8]> {
        self.extensions.authority_key_id
    }

    /// CRLNumber: INTEGER content octets. Always there in version 2.
    pub fn number(&self) -> Option<&'a [u8]> {
        self.extensions.number
    }

    /// issuingDistributionPoint: what the CRL is about. Absent: every certificate of the issuer.
    pub fn issuing_distribution_point(&self) -> Option<IssuingDistributionPoint<'a>> {
        self.extensions.issuing_distribution_point
    }

    /// Whether it holds only what changed since another CRL (deltaCRLIndicator).
    pub fn is_delta(&self) -> bool {
        self.extensions.is_delta
    }

    /// Whether the CRL or one of its entries has a critical extension that this library does not
    /// understand. Such a CRL says nothing about certificates that it does not list.
    pub fn has_unknown_critical_extension(&self) -> bool {
        self.extensions.unknown_critical || self.entries.unknown_critical
    }

    /// Whether an entry names its certificate's issuer, as entries of an indirect CRL do.
    pub fn has_entries_that_name_issuers(&self) -> bool {
        self.entries.name_issuers
    }
}

fn version_2(r: &mut Reader<'_>) -> Result<bool, Malformed> {
    if r.peek_tag() != Some(tag::INTEGER) {
        return Ok(false);
    }
    let what = "CRL version: not 2";
    if r.integer(what)? == V2 { Ok(true) } else { Err(Malformed::new(what)) }
}

fn next_update(r: &mut Reader<'_>) -> Result<Option<UnixTime>, Malformed> {
    match r.peek_tag() {
        Some(tag::UTC_TIME | tag::GENERALIZED_TIME) => {
            r.time("CRL nextUpdate: not a time in seconds and Z").map(Some)
        }
        _ => Ok(None),
    }
}

fn check_entries(revoked: &[u8], version_2: bool) -> Result<EntryFacts, Malformed> {
    let mut facts = EntryFacts::default();
    let mut entries = Reader::new(revoked);
    while !entries.is_empty() {
        let entry = Entry::read(&mut entries)?;
        if entry.has_extensions && !version_2 {
            return Err(Malformed::new("CRL entry: extensions in version 1"));
        }
        facts.count += 1;
        facts.unknown_critical |= entry.has_unknown_critical_extension;
        facts.name_issuers |= entry.certificate_issuer.is_some();
    }
    Ok(facts)
}

#[cfg(test)]
mod tests;
