//! Distribution points (RFC 5280 sections 4.2.1.13 and 5.2.5): where a CRL says it is from, and
//! where a certificate says its CRLs are. Compared, never fetched.

use super::general_name::kind;
use super::name::{Name, Rdn};
use crate::der::{Reader, Tlv, check_oid, named_bits, read_all, tag};
use crate::error::Malformed;

const WHAT: &str = "distribution point: not well formed";

/// The name of a distribution point.
#[derive(Clone, Copy, Debug)]
pub enum DistributionPointName<'a> {
    /// fullName: content octets of a non-empty `GeneralNames`.
    Full(LocationNames<'a>),
    /// nameRelativeToCRLIssuer.
    Relative(Rdn<'a>),
}

impl<'a> DistributionPointName<'a> {
    /// From the content octets of the `DistributionPointName` choice.
    pub(crate) fn from_content(content: &'a [u8]) -> Result<Self, Malformed> {
        read_all(content, WHAT, |r| {
            let choice = r.read_tlv(WHAT)?;
            match choice.tag {
                0xa0 => Ok(Self::Full(LocationNames::from_content(choice.content)?)),
                0xa1 => Ok(Self::Relative(Rdn::from_content(choice.content)?)),
                _ => Err(Malformed::new(WHAT)),
            }
        })
    }
}

/// A non-empty sequence of names that say where something is. Their text is opaque: an LDAP URL
/// need not be the kind of URI that identifies a client.
#[derive(Clone, Copy, Debug)]
pub struct LocationNames<'a> {
    content: &'a [u8],
}

impl<'a> LocationNames<'a> {
    pub(crate) fn from_content(content: &'a [u8]) -> Result<Self, Malformed> {
        let mut names = Reader::new(content);
        loop {
            check_general_name(names.read_tlv(WHAT)?)?;
            if names.is_empty() {
                return Ok(Self { content });
            }
        }
    }

    /// Each name's DER.
    pub(crate) fn iter(&self) -> impl Iterator<Item = Tlv<'a>> + Clone + use<'a> {
        let mut names = Reader::new(self.content);
        core::iter::from_fn(move || names.read_tlv("checked").ok())
    }

    /// The directory names among them.
    pub(crate) fn directory_names(&self) -> impl Iterator<Item = Name<'a>> + use<'a> {
        self.iter()
            .filter(|tlv| tlv.tag == kind::DIRECTORY)
            .filter_map(|tlv| Name::from_der(tlv.content).ok())
    }

    /// Whether some name is in both: the same DER, or equal directory names.
    pub(crate) fn share_one_with(&self, other: &LocationNames<'_>) -> bool {
        self.iter().any(|ours| other.iter().any(|theirs| ours.der == theirs.der))
            || self.directory_names().any(|a| other.directory_names().any(|b| a == b))
    }
}

/// One distribution point of a certificate.
#[derive(Clone, Copy, Debug)]
pub struct DistributionPoint<'a> {
    /// Where its CRLs are.
    pub name: Option<DistributionPointName<'a>>,
    /// The reasons its CRLs cover, as ReasonFlags with bit 0 at 0x8000; `None` is all.
    pub reasons: Option<u16>,
    /// Who signs its CRLs, where that is not the certificate's issuer.
    pub crl_issuer: Option<LocationNames<'a>>,
}

/// cRLDistributionPoints: a non-empty list.
#[derive(Clone, Copy, Debug)]
pub struct DistributionPoints<'a> {
    content: &'a [u8],
}

impl<'a> DistributionPoints<'a> {
    pub(super) fn read(r: &mut Reader<'a>) -> Result<Self, Malformed> {
        let content = r.read(tag::SEQUENCE, WHAT)?;
        let mut points = Reader::new(content);
        loop {
            point(&mut points)?;
            if points.is_empty() {
                return Ok(Self { content });
            }
        }
    }

    /// How many octets they have, for pricing what is done with them.
    pub(crate) fn der_len(&self) -> usize {
        self.content.len()
    }

    /// The points, in the order of the certificate.
    pub fn iter(&self) -> impl Iterator<Item = DistributionPoint<'a>> + Clone + use<'a> {
        let mut points = Reader::new(self.content);
        core::iter::from_fn(move || point(&mut points).ok())
    }
}

fn point<'a>(r: &mut Reader<'a>) -> Result<DistributionPoint<'a>, Malformed> {
    r.nested(tag::SEQUENCE, WHAT, |r| {
        let name = r.read_optional(tag::context_constructed(0), WHAT)?;
        let reasons = r.read_optional(tag::context(1), WHAT)?;
        let crl_issuer = r.read_optional(tag::context_constructed(2), WHAT)?;
        // "a DistributionPoint MUST NOT consist of only the reasons field"
        if name.is_none() && crl_issuer.is_none() {
            return Err(Malformed::new(WHAT));
        }
        Ok(DistributionPoint {
            name: name.map(DistributionPointName::from_content).transpose()?,
            reasons: reasons.map(|bits| named_bits(bits, WHAT)).transpose()?,
            crl_issuer: crl_issuer.map(LocationNames::from_content).transpose()?,
        })
    })
}

/// Checks the structure of a `GeneralName` whose text is opaque.
pub(super) fn check_general_name(tlv: Tlv<'_>) -> Result<(), Malformed> {
    match tlv.tag {
        kind::DIRECTORY => Name::from_der(tlv.content).map(|_| ()),
        kind::REGISTERED_ID => check_oid(tlv.content, WHAT),
        kind::DNS | kind::EMAIL | kind::URI if tlv.content.is_ascii() => Ok(()),
        kind::IP | kind::OTHER | kind::X400 | kind::EDI_PARTY => Ok(()),
        _ => Err(Malformed::new(WHAT)),
    }
}
