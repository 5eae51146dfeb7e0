//! X.509 certificates: one parse, every field borrowed, every extension accounted for.

mod ascii;
mod distribution;
mod extensions;
mod general_name;
mod name;
mod name_constraints;
mod policy_extensions;
#[cfg(test)]
mod tests;
mod text;
mod usage;

pub use distribution::{
    DistributionPoint, DistributionPointName, DistributionPoints, LocationNames,
};
pub(crate) use extensions::Extensions;
pub use general_name::{GeneralName, GeneralNames};
pub(crate) use general_name::{is_host_name, is_local_part, kind, uri_host};
pub use name::{Attribute, Name, Rdn};
pub use name_constraints::{NameConstraints, Subtree};
pub use policy_extensions::{CertificatePolicies, PolicyConstraints, PolicyMappings};
pub(crate) use text::is_printable_string;
pub use usage::{BasicConstraints, ExtendedKeyUsage, KeyUsage};
pub(crate) use usage::{authority_key_id, purpose};

use crate::clock::Window;
use crate::der::{Reader, Tlv, read_all, tag};
use crate::error::Malformed;
use crate::limits;

/// A certificate, borrowed from its DER.
///
/// Parsing is one pass without allocation. Once this value exists, every field was well formed
/// (RFC 5280 section 4 over strict X.690 DER).
///
/// ```
/// # use countersign::cert::Certificate;
/// let malformed = Certificate::parse(b"not DER").unwrap_err();
/// assert_eq!(malformed.what(), "certificate: not a DER sequence");
/// ```
#[derive(Clone, Debug)]
pub struct Certificate<'a> {
    der: &'a [u8],
    tbs: &'a [u8],
    serial: &'a [u8],
    signature_algorithm: &'a [u8],
    signature: &'a [u8],
    issuer: Name<'a>,
    validity: Window,
    subject: Name<'a>,
    spki: Spki<'a>,
    extensions: Extensions<'a>,
}

/// A SubjectPublicKeyInfo.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spki<'a> {
    /// All octets, tag and length included; what an SPKI pin hashes.
    pub der: &'a [u8],
    /// Content octets of the AlgorithmIdentifier.
    pub algorithm: &'a [u8],
    /// Octets of the BIT STRING.
    pub key: &'a [u8],
}

impl<'a> Spki<'a> {
    pub(crate) fn read(r: &mut Reader<'a>) -> Result<Self, Malformed> {
        let what = "public key: not well formed";
        let spki = r.read_der(tag::SEQUENCE, what)?;
        read_all(spki.content, what, |r| {
            let algorithm = r.read(tag::SEQUENCE, what)?;
            check_algorithm(algorithm, what)?;
            Ok(Self { der: spki.der, algorithm, key: r.octet_aligned_bits(what)? })
        })
    }
}

impl<'a> Certificate<'a> {
    /// Parses one certificate.
    ///
    /// # Errors
    /// Anything that is not strict DER of a well-formed certificate, and which part of it is not.
    pub fn parse(der: &'a [u8]) -> Result<Self, Malformed> {
        let what = "certificate: not a DER sequence";
        let mut input = Reader::new(der);
        let content = input.read(tag::SEQUENCE, what)?;
        input.finish("certificate: trailing octets")?;
        let (tbs, algorithm, signature) =
            read_all(content, "certificate: trailing octets inside", |r| {
                let tbs = r.read_der(tag::SEQUENCE, "certificate: no TBSCertificate")?;
                let what = "signature algorithm: not well formed";
                let algorithm = r.read(tag::SEQUENCE, what)?;
                check_algorithm(algorithm, what)?;
                Ok((tbs, algorithm, r.octet_aligned_bits("signature: not a BIT STRING of octets")?))
            })?;
        Self::read_tbs(der, tbs, algorithm, signature)
    }

    /// Written so that the certificate, half a kilobyte, is put together once, at the end, and not
    /// moved from closure to closure.
    #[inline]
    fn read_tbs(
        der: &'a [u8],
        tbs: Tlv<'a>,
        signature_algorithm: &'a [u8],
        signature: &'a [u8],
    ) -> Result<Self, Malformed> {
        let r = &mut Reader::new(tbs.content);
        let version = version(r)?;
        let serial = r.integer("serial number: not a minimal INTEGER")?;
        let what = "signature algorithm: inner and outer differ";
        if r.read(tag::SEQUENCE, what)? != signature_algorithm {
            return Err(Malformed::new(what));
        }
        let issuer = Name::read(r, tag::SEQUENCE)?;
        let validity = validity(r)?;
        let subject = Name::read(r, tag::SEQUENCE)?;
        let spki = Spki::read(r)?;
        unique_ids(r, version)?;
        let mut extensions = Extensions::default();
        read_extensions(r, version, &mut extensions)?;
        r.finish("certificate: trailing fields")?;
        check_consistency(serial, &issuer, &subject, &extensions)?;
        Ok(Self {
            der,
            tbs: tbs.der,
            serial,
            signature_algorithm,
            signature,
            issuer,
            validity,
            subject,
            spki,
            extensions,
        })
    }

    /// All octets of the certificate.
    pub fn der(&self) -> &'a [u8] {
        self.der
    }

    /// All octets of the TBSCertificate: what the issuer signed.
    pub fn tbs(&self) -> &'a [u8] {
        self.tbs
    }

    /// INTEGER content octets of the serial number: positive (zero in old self-issued roots), at
    /// most 20 octets, with the sign octet where DER needs one.
    pub fn serial(&self) -> &'a [u8] {
        self.serial
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

    /// Whom it is about.
    pub fn subject(&self) -> Name<'a> {
        self.subject
    }

    /// Whether issuer and subject are the same name (RFC 5280 section 3.2).
    pub fn is_self_issued(&self) -> bool {
        self.issuer == self.subject
    }

    /// When it is valid, inclusive at both ends.
    pub fn validity(&self) -> Window {
        self.validity
    }

    /// The subject's public key.
    pub fn spki(&self) -> Spki<'a> {
        self.spki
    }

    /// basicConstraints.
    pub fn basic_constraints(&self) -> Option<BasicConstraints> {
        self.extensions.basic_constraints
    }

    /// Whether basicConstraints say that the subject is a CA.
    pub fn is_ca(&self) -> bool {
        self.extensions.is_ca()
    }

    /// keyUsage.
    pub fn key_usage(&self) -> Option<KeyUsage> {
        self.extensions.key_usage
    }

    /// extendedKeyUsage.
    pub fn extended_key_usage(&self) -> Option<ExtendedKeyUsage<'a>> {
        self.extensions.extended_key_usage
    }

    /// subjectAltName.
    pub fn subject_alt_names(&self) -> Option<GeneralNames<'a>> {
        self.extensions.subject_alt_names
    }

    /// nameConstraints.
    pub fn name_constraints(&self) -> Option<NameConstraints<'a>> {
        self.extensions.name_constraints
    }

    /// certificatePolicies.
    pub fn certificate_policies(&self) -> Option<CertificatePolicies<'a>> {
        self.extensions.certificate_policies
    }

    /// policyMappings.
    pub fn policy_mappings(&self) -> Option<PolicyMappings<'a>> {
        self.extensions.policy_mappings
    }

    /// policyConstraints.
    pub fn policy_constraints(&self) -> Option<PolicyConstraints> {
        self.extensions.policy_constraints
    }

    /// inhibitAnyPolicy.
    pub fn inhibit_any_policy(&self) -> Option<u32> {
        self.extensions.inhibit_any_policy
    }

    /// The key identifier of authorityKeyIdentifier.
    pub fn authority_key_id(&self) -> Option<&'a [u8]> {
        self.extensions.authority_key_id
    }

    /// subjectKeyIdentifier.
    pub fn subject_key_id(&self) -> Option<&'a [u8]> {
        self.extensions.subject_key_id
    }

    /// cRLDistributionPoints.
    pub fn crl_distribution_points(&self) -> Option<DistributionPoints<'a>> {
        self.extensions.crl_distribution_points
    }

    /// Whether a critical extension is present that this library does not understand. Such a
    /// certificate is in no valid path.
    pub fn has_unknown_critical_extension(&self) -> bool {
        self.extensions.unknown_critical
    }
}

/// What RFC 5280 demands of the fields together.
fn check_consistency(
    serial: &[u8],
    issuer: &Name<'_>,
    subject: &Name<'_>,
    extensions: &Extensions<'_>,
) -> Result<(), Malformed> {
    if serial.len() > limits::SERIAL_OCTETS || serial[0] & 0x80 != 0 {
        return Err(Malformed::new("serial number: negative or longer than 20 octets"));
    }
    // Section 4.1.2.2 wants it positive; old tools number their self-signed roots 0.
    if serial == [0] && issuer != subject {
        return Err(Malformed::new("serial number: zero"));
    }
    if issuer.is_empty() {
        return Err(Malformed::new("issuer: empty"));
    }
    if subject.is_empty() {
        if extensions.is_ca() {
            return Err(Malformed::new("subject: empty in a CA certificate"));
        }
        // Section 4.2.1.6.
        if !extensions.subject_alt_names_critical {
            return Err(Malformed::new("subject: empty without a critical alternative name"));
        }
    }
    // Section 4.2.1.10: "MUST be used only in a CA certificate".
    if extensions.name_constraints.is_some() && !extensions.is_ca() {
        return Err(Malformed::new("name constraints: in a certificate that is no CA's"));
    }
    Ok(())
}

/// Version numbers as encoded (RFC 5280 section 4.1.2.1).
const V1: u8 = 0;
const V2: u8 = 1;
const V3: u8 = 2;

fn version(r: &mut Reader<'_>) -> Result<u8, Malformed> {
    let what = "version: not 2 or 3";
    if r.peek_tag() != Some(tag::context_constructed(0)) {
        return Ok(V1);
    }
    r.nested(tag::context_constructed(0), what, |r| match r.integer(what)? {
        // Version 1 is the default, which DER leaves out.
        [version @ (V2 | V3)] => Ok(*version),
        _ => Err(Malformed::new(what)),
    })
}

fn validity(r: &mut Reader<'_>) -> Result<Window, Malformed> {
    let what = "validity: not two times in seconds and Z";
    r.nested(tag::SEQUENCE, what, |r| {
        Ok(Window { not_before: r.time(what)?, not_after: r.time(what)? })
    })
}

fn unique_ids(r: &mut Reader<'_>, version: u8) -> Result<(), Malformed> {
    for n in [1, 2] {
        let what = "unique identifier: not allowed, or not a BIT STRING";
        match r.read_optional(tag::context(n), what)? {
            None => {}
            Some([0, ..] | [1..=7, _, ..]) if version >= V2 => {}
            Some(_) => return Err(Malformed::new(what)),
        }
    }
    Ok(())
}

fn read_extensions<'a>(
    r: &mut Reader<'a>,
    version: u8,
    extensions: &mut Extensions<'a>,
) -> Result<(), Malformed> {
    let what = "extensions: not well formed";
    if r.is_empty() {
        return Ok(());
    }
    if version != V3 {
        return Err(Malformed::new("extensions: in a certificate that is not version 3"));
    }
    r.nested(tag::context_constructed(3), what, |r| extensions.read(r.read(tag::SEQUENCE, what)?))
}

/// The content octets of an AlgorithmIdentifier: an OBJECT IDENTIFIER and at most one more.
pub(crate) fn check_algorithm(content: &[u8], what: &'static str) -> Result<(), Malformed> {
    read_all(content, what, |r| {
        r.oid(what)?;
        if !r.is_empty() {
            r.read_tlv(what)?;
        }
        Ok(())
    })
}
