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
    pub(super) fn is_ca(&self) -> bool {
        self.basic_constraints.is_some_and(|constraints| constraints.ca)
    }

    /// Reads the content octets of `Extensions`, a non-empty list, into what is empty yet.
    pub(super) fn read(&mut self, content: &'a [u8]) -> Result<(), Malformed> {
        let mut seen = Seen::default();
        let mut list = Reader::new(content);
        loop {
            let (oid, critical, value) = match common(&mut list) {
                Some(extension) => extension,
                None => extension(&mut list)?,
            };
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

/// OBJECT IDENTIFIER, whether it is critical, and the value.
type Extension<'a> = (&'a [u8], bool, &'a [u8]);

/// The next extension.
fn extension<'a>(list: &mut Reader<'a>) -> Result<Extension<'a>, Malformed> {
    let what = "extension: not well formed";
    list.nested(tag::SEQUENCE, what, |r| {
        Ok((r.oid(what)?, r.default_false(what)?, r.read(tag::OCTET_STRING, what)?))
    })
}

/// The same for 2.5.29.n of less than 128 octets, which nearly all are: their lengths take an octet
/// each, so everything is in its place, which saves 3 % of the parse of a leaf. Reads nothing of others.
#[inline]
fn common<'a>(list: &mut Reader<'a>) -> Option<Extension<'a>> {
    let [tag::SEQUENCE, length @ 0..0x80, content @ ..] = list.remaining() else { return None };
    let (content, rest) = content.split_at_checked(usize::from(*length))?;
    let [tag::OID, 3, oid @ ..] = content else { return None };
    let (oid @ [0x55, 0x1d, 0..0x80], behind) = oid.split_first_chunk::<3>()? else { return None };
    let (critical, length, value) = match behind {
        [tag::BOOLEAN, 1, 0xff, tag::OCTET_STRING, length, value @ ..] => (true, length, value),
        [tag::OCTET_STRING, length, value @ ..] => (false, length, value),
        _ => return None,
    };
    // What is inside of less than 128 octets has less, so its length takes one octet.
    if value.len() != usize::from(*length) {
        return None;
    }
    *list = Reader::new(rest);
    Some((oid, critical, value))
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

#[cfg(test)]
mod tests {
    use super::*;

    const WHOLE: [&[u8]; 3] = [
        &[0x30, 10, 6, 3, 0x55, 0x1d, 15, 4, 3, 3, 1, 6, 0x30],
        &[0x30, 13, 6, 3, 0x55, 0x1d, 15, 1, 1, 0xff, 4, 3, 3, 1, 6],
        &[0x30, 13, 6, 8, 0x2b, 6, 1, 5, 5, 7, 1, 1, 4, 1, 9],
    ];

    #[test]
    fn what_is_common_is_read_as_anything_else_is() {
        for (der, is_common) in WHOLE.into_iter().zip([true, true, false]) {
            let (mut one, mut other) = (Reader::new(der), Reader::new(der));
            let read = extension(&mut other).unwrap();
            assert_eq!(common(&mut one), is_common.then_some(read));
            let left = if is_common { other.remaining() } else { der };
            assert_eq!(one.remaining(), left);
        }
    }

    #[test]
    fn a_length_of_several_octets_is_none_of_one() {
        // 0x81 says that one more octet is of the length, and not that 129 octets follow.
        let mut der = vec![0x30, 0x81, 6, 3, 0x55, 0x1d, 15, 4, 122];
        der.resize(2 + 0x81, 0);
        assert_eq!(common(&mut Reader::new(&der)), None);
    }

    /// Any octet may be any other, and the end may be missing.
    #[test]
    fn what_is_not_well_formed_is_not_common() {
        let mut times = 0;
        for whole in WHOLE {
            let places =
                (0..whole.len()).flat_map(|at| (0..=u8::MAX).map(move |octet| (at, octet)));
            for (at, octet) in places {
                let mut der = whole.to_vec();
                der[at] = octet;
                for end in 0..=der.len() {
                    let (mut one, mut other) = (Reader::new(&der[..end]), Reader::new(&der[..end]));
                    let Some(read) = common(&mut one) else { continue };
                    assert_eq!(extension(&mut other), Ok(read), "{:x?}", &der[..end]);
                    assert_eq!(one.remaining(), other.remaining());
                    times += 1;
                }
            }
        }
        assert!(times > 1_000, "{times}");
    }
}
