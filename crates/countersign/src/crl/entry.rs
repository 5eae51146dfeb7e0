//! One entry of a CRL (RFC 5280 sections 5.1.2.6 and 5.3).

use arrayvec::ArrayVec;

use crate::cert::LocationNames;
use crate::clock::UnixTime;
use crate::der::{Reader, read_all, tag};
use crate::error::Malformed;
use crate::limits;

/// One revoked certificate.
#[derive(Clone, Copy, Debug)]
pub struct Entry<'a> {
    /// INTEGER content octets of the serial number. Any INTEGER: old CAs issued negative ones,
    /// and one such entry must not take the rest of the CRL away.
    pub serial: &'a [u8],
    /// When it was revoked.
    pub revoked_at: UnixTime,
    /// Why, where the CRL says so.
    pub reason: Option<ReasonCode>,
    /// Since when the key may have been compromised, where the CRL says so.
    pub invalid_since: Option<UnixTime>,
    /// Who issued the certificate, in an indirect CRL; holds for the entries after it too.
    pub certificate_issuer: Option<LocationNames<'a>>,
    /// Whether a critical extension is present that this library does not understand.
    pub has_unknown_critical_extension: bool,
    pub(super) has_extensions: bool,
}

/// CRLReason (RFC 5280 section 5.3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
#[non_exhaustive]
pub enum ReasonCode {
    /// No particular reason.
    Unspecified = 0,
    /// The subject's key is known or suspected to be in other hands.
    KeyCompromise = 1,
    /// The CA's key is.
    CaCompromise = 2,
    /// The subject's name or affiliation changed.
    AffiliationChanged = 3,
    /// Replaced by another certificate.
    Superseded = 4,
    /// No longer needed.
    CessationOfOperation = 5,
    /// Revoked for the time being.
    CertificateHold = 6,
    /// In a delta CRL: no longer on hold, or expired. Never revokes.
    RemoveFromCrl = 8,
    /// A privilege in it was withdrawn.
    PrivilegeWithdrawn = 9,
    /// The attribute authority's key is in other hands.
    AaCompromise = 10,
}

impl ReasonCode {
    fn from_code(code: u8) -> Option<Self> {
        Some(match code {
            0 => Self::Unspecified,
            1 => Self::KeyCompromise,
            2 => Self::CaCompromise,
            3 => Self::AffiliationChanged,
            4 => Self::Superseded,
            5 => Self::CessationOfOperation,
            6 => Self::CertificateHold,
            8 => Self::RemoveFromCrl,
            9 => Self::PrivilegeWithdrawn,
            10 => Self::AaCompromise,
            _ => return None,
        })
    }
}

const REASON_CODE: &[u8] = &[0x55, 0x1d, 21];
const INVALIDITY_DATE: &[u8] = &[0x55, 0x1d, 24];
const CERTIFICATE_ISSUER: &[u8] = &[0x55, 0x1d, 29];

impl<'a> Entry<'a> {
    #[inline]
    pub(super) fn read(r: &mut Reader<'a>) -> Result<Self, Malformed> {
        r.nested(tag::SEQUENCE, "CRL entry: not a sequence", |r| {
            let mut entry = Self {
                serial: r.integer("CRL entry: serial number is not a minimal INTEGER")?,
                revoked_at: r.time("CRL entry: revocation date")?,
                reason: None,
                invalid_since: None,
                certificate_issuer: None,
                has_unknown_critical_extension: false,
                has_extensions: false,
            };
            if !r.is_empty() {
                entry.read_extensions(r.read(tag::SEQUENCE, "CRL entry: extensions")?)?;
            }
            Ok(entry)
        })
    }

    /// Whether this entry says that its certificate is revoked.
    pub fn revokes(&self) -> bool {
        self.reason != Some(ReasonCode::RemoveFromCrl)
    }

    fn read_extensions(&mut self, content: &'a [u8]) -> Result<(), Malformed> {
        self.has_extensions = true;
        let mut seen: ArrayVec<&[u8], { limits::CRL_ENTRY_EXTENSIONS }> = ArrayVec::new();
        let mut list = Reader::new(content);
        loop {
            let what = "CRL entry: extension";
            let (oid, critical, value) = list.nested(tag::SEQUENCE, what, |r| {
                Ok((r.oid(what)?, r.default_false(what)?, r.read(tag::OCTET_STRING, what)?))
            })?;
            if seen.contains(&oid) {
                return Err(Malformed::new("CRL entry: extension present twice"));
            }
            seen.try_push(oid).map_err(|_| Malformed::new("CRL entry: too many extensions"))?;
            self.understand(oid, critical, value)?;
            if list.is_empty() {
                return Ok(());
            }
        }
    }

    fn understand(&mut self, oid: &[u8], critical: bool, value: &'a [u8]) -> Result<(), Malformed> {
        match oid {
            REASON_CODE => self.reason = Some(reason_code(value)?),
            INVALIDITY_DATE => self.invalid_since = Some(invalidity_date(value)?),
            CERTIFICATE_ISSUER => {
                let what = "CRL entry: certificate issuer";
                let names = read_all(value, what, |r| r.read(tag::SEQUENCE, what))?;
                self.certificate_issuer = Some(LocationNames::from_content(names)?);
            }
            _ => self.has_unknown_critical_extension |= critical,
        }
        Ok(())
    }
}

fn reason_code(value: &[u8]) -> Result<ReasonCode, Malformed> {
    let what = "CRL entry: reason code";
    match read_all(value, what, |r| r.read(tag::ENUMERATED, what))? {
        [code] => ReasonCode::from_code(*code).ok_or(Malformed::new(what)),
        _ => Err(Malformed::new(what)),
    }
}

fn invalidity_date(value: &[u8]) -> Result<UnixTime, Malformed> {
    let what = "CRL entry: invalidity date";
    // GeneralizedTime only (RFC 5280 section 5.3.2).
    if value.first() != Some(&tag::GENERALIZED_TIME) {
        return Err(Malformed::new(what));
    }
    read_all(value, what, |r| r.time(what))
}
