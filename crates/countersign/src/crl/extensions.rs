//! The extensions of a CRL (RFC 5280 section 5.2): each one understood, or noted as critical and
//! not understood.

use arrayvec::ArrayVec;

use crate::cert::{DistributionPointName, authority_key_id};
use crate::der::{Reader, minimal_integer, named_bits, read_all, tag};
use crate::error::Malformed;
use crate::limits;

/// Every extension that matters for what a CRL covers, read.
#[derive(Clone, Debug, Default)]
pub(super) struct CrlExtensions<'a> {
    pub(super) authority_key_id: Option<&'a [u8]>,
    pub(super) number: Option<&'a [u8]>,
    pub(super) issuing_distribution_point: Option<IssuingDistributionPoint<'a>>,
    pub(super) is_delta: bool,
    pub(super) unknown_critical: bool,
}

/// issuingDistributionPoint (RFC 5280 section 5.2.5): which certificates a CRL is about.
#[derive(Clone, Copy, Debug)]
pub struct IssuingDistributionPoint<'a> {
    /// Where the CRL is from; a certificate that is covered names the same place.
    pub name: Option<DistributionPointName<'a>>,
    /// The one kind of certificate that it is about; `None` is every kind.
    pub only: Option<CertificateKind>,
    /// The reasons it is about, as ReasonFlags with bit 0 at 0x8000; `None` is every reason.
    pub only_some_reasons: Option<u16>,
    /// Whether it may list certificates of other issuers.
    pub is_indirect: bool,
    /// The extension's value.
    pub(super) der: &'a [u8],
}

/// What a CRL can be limited to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CertificateKind {
    /// Certificates of end entities.
    User,
    /// Certificates of CAs.
    Ca,
    /// Attribute certificates.
    Attribute,
}

/// Every reason of ReasonFlags: bits 1 to 8 (bit 0 is unused), bit 0 being 0x8000.
pub(crate) const ALL_REASONS: u16 = 0x7f80;

/// Last octet of 2.5.29.n.
mod id_ce {
    pub(super) const CRL_NUMBER: u8 = 20;
    pub(super) const DELTA_CRL_INDICATOR: u8 = 27;
    pub(super) const ISSUING_DISTRIBUTION_POINT: u8 = 28;
    pub(super) const AUTHORITY_KEY_ID: u8 = 35;
}

impl<'a> CrlExtensions<'a> {
    /// Reads `[0] EXPLICIT Extensions`, where there are any.
    pub(super) fn read(r: &mut Reader<'a>, version_2: bool) -> Result<Self, Malformed> {
        let what = "CRL extensions: not well formed";
        let mut extensions = Self::default();
        if !r.is_empty() {
            if !version_2 {
                return Err(Malformed::new("CRL extensions: in version 1"));
            }
            r.nested(tag::context_constructed(0), what, |r| {
                r.nested(tag::SEQUENCE, what, |list| extensions.read_list(list))
            })?;
        }
        // "CRL issuers conforming to this profile MUST include this extension in all CRLs"; in
        // version 1, which has no extensions, they cannot.
        if version_2 && extensions.number.is_none() {
            return Err(Malformed::new("CRL number: missing"));
        }
        Ok(extensions)
    }

    fn read_list(&mut self, list: &mut Reader<'a>) -> Result<(), Malformed> {
        let mut seen: ArrayVec<&[u8], { limits::EXTENSIONS }> = ArrayVec::new();
        loop {
            let what = "CRL extension: not well formed";
            let (oid, critical, value) = list.nested(tag::SEQUENCE, what, |r| {
                Ok((r.oid(what)?, r.default_false(what)?, r.read(tag::OCTET_STRING, what)?))
            })?;
            if seen.contains(&oid) {
                return Err(Malformed::new("CRL extension: present twice"));
            }
            seen.try_push(oid).map_err(|_| Malformed::new("CRL extension: too many"))?;
            match *oid {
                [0x55, 0x1d, id] => self.understand(id, critical, value)?,
                _ => self.unknown_critical |= critical,
            }
            if list.is_empty() {
                return Ok(());
            }
        }
    }

    fn understand(&mut self, id: u8, critical: bool, value: &'a [u8]) -> Result<(), Malformed> {
        match id {
            id_ce::CRL_NUMBER => {
                // "MUST mark this extension as non-critical" (section 5.2.3).
                if critical {
                    return Err(Malformed::new("CRL number: critical"));
                }
                self.number = Some(number(value, "CRL number: not a non-negative INTEGER")?);
            }
            id_ce::DELTA_CRL_INDICATOR => {
                number(value, "delta CRL indicator: not a non-negative INTEGER")?;
                self.is_delta = true;
            }
            id_ce::ISSUING_DISTRIBUTION_POINT => {
                let point = IssuingDistributionPoint::from_der(value)?;
                self.issuing_distribution_point = Some(point);
            }
            id_ce::AUTHORITY_KEY_ID => {
                let what = "authority key identifier: trailing octets";
                self.authority_key_id = read_all(value, what, authority_key_id)?;
            }
            _ => self.unknown_critical |= critical,
        }
        Ok(())
    }
}

/// INTEGER (0..MAX) of at most 20 octets (RFC 5280 section 5.2.3).
fn number<'a>(value: &'a [u8], what: &'static str) -> Result<&'a [u8], Malformed> {
    let content = read_all(value, what, |r| r.read(tag::INTEGER, what))?;
    let content = minimal_integer(content, what)?;
    // Twenty octets with the top bit set carry a sign octet in front.
    if content[0] & 0x80 != 0 || content.len() > 21 || content.len() == 21 && content[0] != 0 {
        return Err(Malformed::new(what));
    }
    Ok(content)
}

impl<'a> IssuingDistributionPoint<'a> {
    /// From the value of the extension.
    pub(super) fn from_der(der: &'a [u8]) -> Result<Self, Malformed> {
        let what = "issuing distribution point: not well formed";
        let content = read_all(der, what, |r| r.read(tag::SEQUENCE, what))?;
        // "MUST NOT issue CRLs where the DER encoding of the IDP is an empty sequence"
        if content.is_empty() {
            return Err(Malformed::new("issuing distribution point: empty"));
        }
        read_all(content, what, |r| {
            let name = r.read_optional(tag::context_constructed(0), what)?;
            let (user, ca) = (flag(r, 1)?, flag(r, 2)?);
            let reasons = r.read_optional(tag::context(3), what)?;
            let (is_indirect, attribute) = (flag(r, 4)?, flag(r, 5)?);
            Ok(Self {
                name: name.map(DistributionPointName::from_content).transpose()?,
                only: one_kind(user, ca, attribute)?,
                only_some_reasons: reasons.map(|bits| named_bits(bits, what)).transpose()?,
                is_indirect,
                der,
            })
        })
    }
}

/// "At most one of onlyContainsUserCerts, onlyContainsCACerts, and onlyContainsAttributeCerts may
/// be set to TRUE."
fn one_kind(user: bool, ca: bool, attribute: bool) -> Result<Option<CertificateKind>, Malformed> {
    match (user, ca, attribute) {
        (false, false, false) => Ok(None),
        (true, false, false) => Ok(Some(CertificateKind::User)),
        (false, true, false) => Ok(Some(CertificateKind::Ca)),
        (false, false, true) => Ok(Some(CertificateKind::Attribute)),
        _ => Err(Malformed::new("issuing distribution point: limited to two kinds")),
    }
}

/// `[n] BOOLEAN DEFAULT FALSE`: present only where true.
fn flag(r: &mut Reader<'_>, n: u8) -> Result<bool, Malformed> {
    let what = "issuing distribution point: not a canonical BOOLEAN";
    match r.read_optional(tag::context(n), what)? {
        None => Ok(false),
        Some([0xff]) => Ok(true),
        Some(_) => Err(Malformed::new(what)),
    }
}
