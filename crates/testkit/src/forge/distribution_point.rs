//! Where a certificate's CRLs are, and what a CRL covers.

use super::der;
use super::extension::{Extension, id};
use super::name::GeneralName;

/// Bits of ReasonFlags.
pub mod reason_flag {
    /// keyCompromise
    pub const KEY_COMPROMISE: u8 = 1;
    /// cACompromise
    pub const CA_COMPROMISE: u8 = 2;
    /// affiliationChanged
    pub const AFFILIATION_CHANGED: u8 = 3;
    /// superseded
    pub const SUPERSEDED: u8 = 4;
    /// cessationOfOperation
    pub const CESSATION_OF_OPERATION: u8 = 5;
    /// certificateHold
    pub const CERTIFICATE_HOLD: u8 = 6;
    /// privilegeWithdrawn
    pub const PRIVILEGE_WITHDRAWN: u8 = 7;
    /// aACompromise
    pub const AA_COMPROMISE: u8 = 8;
}

/// A DistributionPointName, encoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PointName(Vec<u8>);

impl PointName {
    /// fullName
    pub fn full(names: &[GeneralName]) -> Self {
        Self(der::constructed(0, &der::concat(names)))
    }

    /// nameRelativeToCRLIssuer of one attribute: OID, string tag, content.
    pub fn relative(oid: &str, tag: u8, value: &[u8]) -> Self {
        let attribute = der::sequence([der::oid(oid), der::tlv(tag, value)]);
        Self(der::constructed(1, &attribute))
    }
}

/// One DistributionPoint of a certificate.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DistributionPoint {
    name: Option<PointName>,
    reasons: Option<Vec<u8>>,
    crl_issuer: Vec<GeneralName>,
}

impl DistributionPoint {
    /// A point with a name.
    pub fn named(name: PointName) -> Self {
        Self { name: Some(name), ..Self::default() }
    }

    /// A point of one URI.
    pub fn uri(uri: &str) -> Self {
        Self::named(PointName::full(&[GeneralName::uri(uri)]))
    }

    /// Restricts the point to these [`reason_flag`]s.
    #[must_use]
    pub fn reasons(mut self, flags: &[u8]) -> Self {
        self.reasons = Some(flags.to_vec());
        self
    }

    /// Names another CRL issuer.
    #[must_use]
    pub fn crl_issuer(mut self, names: &[GeneralName]) -> Self {
        self.crl_issuer = names.to_vec();
        self
    }

    fn der(&self) -> Vec<u8> {
        let mut parts = Vec::new();
        parts.extend(self.name.as_ref().map(|name| der::constructed(0, &name.0)));
        let reasons = self.reasons.as_ref();
        parts.extend(reasons.map(|flags| der::primitive(1, &der::named_bits_content(flags))));
        if !self.crl_issuer.is_empty() {
            parts.push(der::constructed(2, &der::concat(&self.crl_issuer)));
        }
        der::sequence(parts)
    }
}

/// cRLDistributionPoints
pub fn crl_distribution_points(points: &[DistributionPoint]) -> Extension {
    let value = der::sequence(points.iter().map(DistributionPoint::der));
    Extension::new(id::CRL_DISTRIBUTION_POINTS, value)
}

/// freshestCRL
pub fn freshest_crl(points: &[DistributionPoint]) -> Extension {
    let value = der::sequence(points.iter().map(DistributionPoint::der));
    Extension::new(id::FRESHEST_CRL, value)
}

/// issuingDistributionPoint of a CRL; critical as an extension. The default covers everything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IssuingDistributionPoint {
    /// distributionPoint
    pub name: Option<PointName>,
    /// onlyContainsUserCerts
    pub only_user_certificates: bool,
    /// onlyContainsCACerts
    pub only_ca_certificates: bool,
    /// onlySomeReasons, as [`reason_flag`]s
    pub only_some_reasons: Option<Vec<u8>>,
    /// indirectCRL
    pub indirect: bool,
    /// onlyContainsAttributeCerts
    pub only_attribute_certificates: bool,
}

impl IssuingDistributionPoint {
    /// The extension.
    pub fn extension(&self) -> Extension {
        let mut parts = Vec::new();
        let flag = |n: u8, value: bool, parts: &mut Vec<Vec<u8>>| {
            if value {
                parts.push(der::primitive(n, &[0xff]));
            }
        };
        parts.extend(self.name.as_ref().map(|name| der::constructed(0, &name.0)));
        flag(1, self.only_user_certificates, &mut parts);
        flag(2, self.only_ca_certificates, &mut parts);
        let reasons = self.only_some_reasons.as_ref();
        parts.extend(reasons.map(|flags| der::primitive(3, &der::named_bits_content(flags))));
        flag(4, self.indirect, &mut parts);
        flag(5, self.only_attribute_certificates, &mut parts);
        Extension::new(id::ISSUING_DISTRIBUTION_POINT, der::sequence(parts)).critical()
    }
}
