//! The extensions of a certificate: each one understood, or noted as critical and not understood.

use arrayvec::ArrayVec;

use super::distribution::DistributionPoints;
use super::general_name::GeneralNames;
use super::name_constraints::NameConstraints;
use super::policy_extensions::{CertificatePolicies, PolicyConstraints, PolicyMappings};
use super::usage::{self, BasicConstraints, ExtendedKeyUsage, KeyUsage, whole};
use crate::der::{Reader, tag};
use crate::error::Malformed;
use crate::limits;

/// Every extension RFC 5280 defines, read.
#[derive(Clone, Debug, Default)]
pub(crate) struct Extensions<'a> {
    pub(crate) basic_constraints: Option<BasicConstraints>,
    pub(crate) key_usage: Option<KeyUsage>,
    pub(crate) extended_key_usage: Option<ExtendedKeyUsage<'a>>,
    pub(crate) subject_alt_names: Option<GeneralNames<'a>>,
    pub(crate) subject_alt_names_critical: bool,
    pub(crate) name_constraints: Option<NameConstraints<'a>>,
    pub(crate) certificate_policies: Option<CertificatePolicies<'a>>,
    pub(crate) policy_mappings: Option<PolicyMappings<'a>>,
    pub(crate) policy_constraints: Option<PolicyConstraints>,
    pub(crate) inhibit_any_policy: Option<u32>,
    pub(crate) authority_key_id: Option<&'a [u8]>,
    pub(crate) subject_key_id: Option<&'a [u8]>,
    pub(crate) crl_distribution_points: Option<DistributionPoints<'a>>,
    /// A critical extension is present that is not understood here.
    pub(crate) unknown_critical: bool,
}

/// Last octet of 2.5.29.n.
mod id_ce {
    pub(super) const SUBJECT_DIRECTORY_ATTRIBUTES: u8 = 9;
    pub(super) const SUBJECT_KEY_ID: u8 = 14;
    pub(super) const KEY_USAGE: u8 = 15;
    pub(super) const SUBJECT_ALT_NAME: u8 = 17;
    pub(super) const ISSUER_ALT_NAME: u8 = 18;
    pub(super) const BASIC_CONSTRAINTS: u8 = 19;
    pub(super) const NAME_CONSTRAINTS: u8 = 30;
    pub(super) const CRL_DISTRIBUTION_POINTS: u8 = 31;
    pub(super) const CERTIFICATE_POLICIES: u8 = 32;
    pub(super) const POLICY_MAPPINGS: u8 = 33;
    pub(super) const AUTHORITY_KEY_ID: u8 = 35;
    pub(super) const POLICY_CONSTRAINTS: u8 = 36;
    pub(super) const EXTENDED_KEY_USAGE: u8 = 37;
    pub(super) const FRESHEST_CRL: u8 = 46;
    pub(super) const INHIBIT_ANY_POLICY: u8 = 54;
}

/// id-pe-authorityInfoAccess and id-pe-subjectInfoAccess, 1.3.6.1.5.5.7.1.{1,11}.
const AUTHORITY_INFO_ACCESS: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 1, 1];
const SUBJECT_INFO_ACCESS: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 1, 11];

/// The extensions that were met so far: none twice, and not too many of the unusual ones.
#[derive(Default)]
struct Seen<'a> {
    /// 2.5.29.n with n below 64, which nearly all are, by a bit each.
    common: u64,
    others: ArrayVec<&'a [u8], { limits::EXTENSIONS }>,
}

impl<'a> Seen<'a> {
    fn add(&mut self, oid: &'a [u8]) -> Result<(), Malformed> {
        const TWICE: Malformed = Malformed::new("extension: present twice");
        if let [0x55, 0x1d, id @ 0..64] = *oid {
            let bit = 1 << id;
            let new = self.common & bit == 0;
            self.common |= bit;
            return if new { Ok(()) } else { Err(TWICE) };
        }
        if self.others.contains(&oid) {
            return Err(TWICE);
        }
        self.others.try_push(oid).map_err(|_| Malformed::new("extension: too many"))
    }
}

impl<'a> Extensions<'a> {
    /// Reads the content octets of `Extensions`, a non-empty list, into what is empty yet.
    pub(super) fn read(&mut self, content: &'a [u8]) -> Result<(), Malformed> {
        let mut seen = Seen::default();
        let mut list = Reader::new(content);
        loop {
            let what = "extension: not well formed";
            let (oid, critical, value) = list.nested(tag::SEQUENCE, what, |r| {
                Ok((r.oid(what)?, r.default_false(what)?, r.read(tag::OCTET_STRING, what)?))
            })?;
            seen.add(oid)?;
            self.understand(oid, critical, value)?;
            if list.is_empty() {
                return Ok(());
            }
        }
    }

    fn understand(&mut self, oid: &[u8], critical: bool, value: &'a [u8]) -> Result<(), Malformed> {
        match *oid {
            [0x55, 0x1d, id] => self.understand_ce(id, critical, value),
            _ if oid == AUTHORITY_INFO_ACCESS || oid == SUBJECT_INFO_ACCESS => {
                never_critical(critical)?;
                whole(value, usage::check_info_access)
            }
            _ => {
                self.unknown_critical |= critical;
                Ok(())
            }
        }
    }

    fn understand_ce(&mut self, id: u8, critical: bool, value: &'a [u8]) -> Result<(), Malformed> {
        match id {
            id_ce::BASIC_CONSTRAINTS => {
                self.basic_constraints = Some(whole(value, BasicConstraints::read)?);
            }
            id_ce::KEY_USAGE => self.key_usage = Some(whole(value, KeyUsage::read)?),
            id_ce::EXTENDED_KEY_USAGE => {
                self.extended_key_usage = Some(whole(value, ExtendedKeyUsage::read)?);
            }
            id_ce::SUBJECT_ALT_NAME => {
                self.subject_alt_names = Some(alt_names(value)?);
                self.subject_alt_names_critical = critical;
            }
            id_ce::NAME_CONSTRAINTS => {
                self.name_constraints = Some(whole(value, NameConstraints::read)?);
            }
            id_ce::CERTIFICATE_POLICIES => {
                self.certificate_policies = Some(whole(value, CertificatePolicies::read)?);
            }
            id_ce::POLICY_MAPPINGS => {
                self.policy_mappings = Some(whole(value, PolicyMappings::read)?);
            }
            id_ce::POLICY_CONSTRAINTS => {
                always_critical(critical)?;
                self.policy_constraints = Some(whole(value, PolicyConstraints::read)?);
            }
            id_ce::INHIBIT_ANY_POLICY => {
                always_critical(critical)?;
                self.inhibit_any_policy = Some(whole(value, usage::skip_certs)?);
            }
            id_ce::AUTHORITY_KEY_ID => {
                never_critical(critical)?;
                self.authority_key_id = whole(value, usage::authority_key_id)?;
            }
            id_ce::SUBJECT_KEY_ID => {
                never_critical(critical)?;
                self.subject_key_id = Some(whole(value, usage::key_id)?);
            }
            id_ce::CRL_DISTRIBUTION_POINTS => {
                self.crl_distribution_points = Some(whole(value, DistributionPoints::read)?);
            }
            id_ce::FRESHEST_CRL => {
                never_critical(critical)?;
                whole(value, DistributionPoints::read)?;
            }
            // Says nothing that a path or an identity depends on.
            id_ce::ISSUER_ALT_NAME => drop(alt_names(value)?),
            id_ce::SUBJECT_DIRECTORY_ATTRIBUTES => never_critical(critical)?,
            _ => self.unknown_critical |= critical,
        }
        Ok(())
    }
}

fn alt_names(value: &[u8]) -> Result<GeneralNames<'_>, Malformed> {
    let what = "alternative name: not a sequence";
    whole(value, |r| GeneralNames::from_content(r.read(tag::SEQUENCE, what)?))
}

/// "Conforming CAs MUST mark this extension as non-critical."
fn never_critical(critical: bool) -> Result<(), Malformed> {
    if critical {
        return Err(Malformed::new("extension: critical, which its definition forbids"));
    }
    Ok(())
}

/// "Conforming CAs MUST mark this extension as critical."
fn always_critical(critical: bool) -> Result<(), Malformed> {
    if !critical {
        return Err(Malformed::new("extension: not critical, which its definition requires"));
    }
    Ok(())
}
