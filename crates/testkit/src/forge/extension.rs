//! X.509 extensions (RFC 5280 section 4.2), well formed by default and settable in every part.

use super::der;
use super::name::GeneralName;

/// The OIDs of the extensions this module writes.
pub mod id {
    /// subjectKeyIdentifier
    pub const SUBJECT_KEY_IDENTIFIER: &str = "2.5.29.14";
    /// keyUsage
    pub const KEY_USAGE: &str = "2.5.29.15";
    /// subjectAltName
    pub const SUBJECT_ALT_NAME: &str = "2.5.29.17";
    /// issuerAltName
    pub const ISSUER_ALT_NAME: &str = "2.5.29.18";
    /// basicConstraints
    pub const BASIC_CONSTRAINTS: &str = "2.5.29.19";
    /// cRLNumber
    pub const CRL_NUMBER: &str = "2.5.29.20";
    /// reasonCode (CRL entry)
    pub const REASON_CODE: &str = "2.5.29.21";
    /// invalidityDate (CRL entry)
    pub const INVALIDITY_DATE: &str = "2.5.29.24";
    /// deltaCRLIndicator
    pub const DELTA_CRL_INDICATOR: &str = "2.5.29.27";
    /// issuingDistributionPoint
    pub const ISSUING_DISTRIBUTION_POINT: &str = "2.5.29.28";
    /// certificateIssuer (CRL entry)
    pub const CERTIFICATE_ISSUER: &str = "2.5.29.29";
    /// nameConstraints
    pub const NAME_CONSTRAINTS: &str = "2.5.29.30";
    /// cRLDistributionPoints
    pub const CRL_DISTRIBUTION_POINTS: &str = "2.5.29.31";
    /// certificatePolicies
    pub const CERTIFICATE_POLICIES: &str = "2.5.29.32";
    /// policyMappings
    pub const POLICY_MAPPINGS: &str = "2.5.29.33";
    /// authorityKeyIdentifier
    pub const AUTHORITY_KEY_IDENTIFIER: &str = "2.5.29.35";
    /// policyConstraints
    pub const POLICY_CONSTRAINTS: &str = "2.5.29.36";
    /// extKeyUsage
    pub const EXTENDED_KEY_USAGE: &str = "2.5.29.37";
    /// freshestCRL
    pub const FRESHEST_CRL: &str = "2.5.29.46";
    /// inhibitAnyPolicy
    pub const INHIBIT_ANY_POLICY: &str = "2.5.29.54";
    /// authorityInfoAccess
    pub const AUTHORITY_INFO_ACCESS: &str = "1.3.6.1.5.5.7.1.1";
    /// An extension that nobody knows.
    pub const UNKNOWN: &str = "1.3.6.1.4.1.99999.1";
}

/// Bits of keyUsage.
pub mod usage {
    /// digitalSignature
    pub const DIGITAL_SIGNATURE: u8 = 0;
    /// nonRepudiation (contentCommitment)
    pub const NON_REPUDIATION: u8 = 1;
    /// keyEncipherment
    pub const KEY_ENCIPHERMENT: u8 = 2;
    /// dataEncipherment
    pub const DATA_ENCIPHERMENT: u8 = 3;
    /// keyAgreement
    pub const KEY_AGREEMENT: u8 = 4;
    /// keyCertSign
    pub const KEY_CERT_SIGN: u8 = 5;
    /// cRLSign
    pub const CRL_SIGN: u8 = 6;
    /// encipherOnly
    pub const ENCIPHER_ONLY: u8 = 7;
    /// decipherOnly
    pub const DECIPHER_ONLY: u8 = 8;
}

/// Purposes of extKeyUsage.
pub mod purpose {
    /// id-kp-serverAuth
    pub const SERVER_AUTH: &str = "1.3.6.1.5.5.7.3.1";
    /// id-kp-clientAuth
    pub const CLIENT_AUTH: &str = "1.3.6.1.5.5.7.3.2";
    /// id-kp-codeSigning
    pub const CODE_SIGNING: &str = "1.3.6.1.5.5.7.3.3";
    /// id-kp-OCSPSigning
    pub const OCSP_SIGNING: &str = "1.3.6.1.5.5.7.3.9";
    /// anyExtendedKeyUsage
    pub const ANY: &str = "2.5.29.37.0";
}

/// anyPolicy
pub const ANY_POLICY: &str = "2.5.29.32.0";

/// One extension. The constructors set the criticality that RFC 5280 asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Extension {
    oid: Vec<u8>,
    critical: Vec<u8>,
    value: Vec<u8>,
    raw: Option<Vec<u8>>,
}

impl Extension {
    /// A non-critical extension of this OID and these octets inside its OCTET STRING.
    pub fn new(oid: &str, value: Vec<u8>) -> Self {
        Self { oid: der::oid(oid), critical: Vec::new(), value, raw: None }
    }

    /// Exactly these bytes in the list of extensions, well-formed or not.
    pub fn raw(der: &[u8]) -> Self {
        let mut extension = Self::new(id::UNKNOWN, Vec::new());
        extension.raw = Some(der.to_vec());
        extension
    }

    /// The same, critical.
    #[must_use]
    pub fn critical(mut self) -> Self {
        self.critical = der::boolean(true);
        self
    }

    /// The same, not critical.
    #[must_use]
    pub fn not_critical(mut self) -> Self {
        self.critical.clear();
        self
    }

    /// The same with exactly these bytes where the criticality stands: an explicit FALSE, say,
    /// which DER forbids.
    #[must_use]
    pub fn critical_raw(mut self, der: &[u8]) -> Self {
        self.critical = der.to_vec();
        self
    }

    /// The same with bytes appended to its value.
    #[must_use]
    pub fn trailing(mut self, bytes: &[u8]) -> Self {
        self.value.extend_from_slice(bytes);
        self
    }

    /// Whether this is the extension with that OID.
    pub fn is(&self, oid: &str) -> bool {
        self.raw.is_none() && self.oid == der::oid(oid)
    }

    /// The DER Extension.
    pub fn der(&self) -> Vec<u8> {
        self.raw.clone().unwrap_or_else(|| {
            der::sequence([&self.oid, &self.critical, &der::octet_string(&self.value)])
        })
    }
}

/// A CA's basicConstraints; critical.
pub fn ca(path_len: Option<u32>) -> Extension {
    basic_constraints(true, path_len.map(i64::from))
}

/// basicConstraints; critical. A negative path length can be written too.
pub fn basic_constraints(is_ca: bool, path_len: Option<i64>) -> Extension {
    let mut parts = Vec::new();
    if is_ca {
        parts.push(der::boolean(true));
    }
    parts.extend(path_len.map(der::integer));
    Extension::new(id::BASIC_CONSTRAINTS, der::sequence(parts)).critical()
}

/// keyUsage of these [`usage`] bits; critical.
pub fn key_usage(bits: &[u8]) -> Extension {
    Extension::new(id::KEY_USAGE, der::named_bits(bits)).critical()
}

/// extKeyUsage of these [`purpose`]s.
pub fn extended_key_usage(purposes: &[&str]) -> Extension {
    let value = der::sequence(purposes.iter().map(|oid| der::oid(oid)));
    Extension::new(id::EXTENDED_KEY_USAGE, value)
}

/// subjectAltName
pub fn subject_alt_name(names: impl IntoIterator<Item = GeneralName>) -> Extension {
    Extension::new(id::SUBJECT_ALT_NAME, der::sequence(names))
}

/// issuerAltName
pub fn issuer_alt_name(names: impl IntoIterator<Item = GeneralName>) -> Extension {
    Extension::new(id::ISSUER_ALT_NAME, der::sequence(names))
}

/// subjectKeyIdentifier
pub fn subject_key_identifier(key_id: &[u8]) -> Extension {
    Extension::new(id::SUBJECT_KEY_IDENTIFIER, der::octet_string(key_id))
}

/// authorityKeyIdentifier of a key identifier only.
pub fn authority_key_identifier(key_id: &[u8]) -> Extension {
    let value = der::sequence([der::primitive(0, key_id)]);
    Extension::new(id::AUTHORITY_KEY_IDENTIFIER, value)
}

/// authorityKeyIdentifier of an issuer and serial (content octets), with a key identifier or
/// without.
pub fn authority_certificate(
    key_id: Option<&[u8]>,
    issuer: &[GeneralName],
    serial: &[u8],
) -> Extension {
    let mut parts = Vec::new();
    parts.extend(key_id.map(|id| der::primitive(0, id)));
    parts.push(der::constructed(1, &der::concat(issuer)));
    parts.push(der::primitive(2, serial));
    Extension::new(id::AUTHORITY_KEY_IDENTIFIER, der::sequence(parts))
}

/// One subtree of a name constraint.
pub fn subtree(base: &GeneralName) -> Vec<u8> {
    der::sequence([base])
}

/// One subtree with minimum and maximum, which RFC 5280 forbids (section 4.2.1.10).
pub fn subtree_between(base: &GeneralName, minimum: Option<i64>, maximum: Option<i64>) -> Vec<u8> {
    let mut parts = vec![base.der().to_vec()];
    parts.extend(minimum.map(|n| der::primitive(0, der::content(&der::integer(n)))));
    parts.extend(maximum.map(|n| der::primitive(1, der::content(&der::integer(n)))));
    der::sequence(parts)
}

/// nameConstraints with whole bases; critical. An empty list is left out.
pub fn name_constraints(permitted: &[GeneralName], excluded: &[GeneralName]) -> Extension {
    let subtrees = |names: &[GeneralName]| names.iter().map(subtree).collect::<Vec<_>>();
    name_constraint_subtrees(&subtrees(permitted), &subtrees(excluded))
}

/// nameConstraints of encoded subtrees; critical. An empty list is left out.
pub fn name_constraint_subtrees(permitted: &[Vec<u8>], excluded: &[Vec<u8>]) -> Extension {
    let mut parts = Vec::new();
    for (n, subtrees) in [(0, permitted), (1, excluded)] {
        if !subtrees.is_empty() {
            parts.push(der::constructed(n, &der::concat(subtrees)));
        }
    }
    Extension::new(id::NAME_CONSTRAINTS, der::sequence(parts)).critical()
}

/// certificatePolicies without qualifiers.
pub fn certificate_policies(policies: &[&str]) -> Extension {
    let value = der::sequence(policies.iter().map(|oid| der::sequence([der::oid(oid)])));
    Extension::new(id::CERTIFICATE_POLICIES, value)
}

/// policyMappings from issuer's to subject's policy; critical.
pub fn policy_mappings(pairs: &[(&str, &str)]) -> Extension {
    let pair = |(from, to): &(&str, &str)| der::sequence([der::oid(from), der::oid(to)]);
    Extension::new(id::POLICY_MAPPINGS, der::sequence(pairs.iter().map(pair))).critical()
}

/// policyConstraints; critical.
pub fn policy_constraints(
    require_explicit_policy: Option<i64>,
    inhibit_policy_mapping: Option<i64>,
) -> Extension {
    let mut parts = Vec::new();
    for (n, skip) in [(0, require_explicit_policy), (1, inhibit_policy_mapping)] {
        parts.extend(skip.map(|skip| der::primitive(n, der::content(&der::integer(skip)))));
    }
    Extension::new(id::POLICY_CONSTRAINTS, der::sequence(parts)).critical()
}

/// inhibitAnyPolicy; critical.
pub fn inhibit_any_policy(skip_certificates: i64) -> Extension {
    Extension::new(id::INHIBIT_ANY_POLICY, der::integer(skip_certificates)).critical()
}

/// authorityInfoAccess of access methods and locations.
pub fn authority_info_access(descriptions: &[(&str, GeneralName)]) -> Extension {
    let describe = |(method, location): &(&str, GeneralName)| {
        der::sequence([&der::oid(method)[..], location.der()])
    };
    Extension::new(id::AUTHORITY_INFO_ACCESS, der::sequence(descriptions.iter().map(describe)))
}

/// An extension that nobody knows; not critical.
pub fn unknown() -> Extension {
    Extension::new(id::UNKNOWN, der::null())
}
