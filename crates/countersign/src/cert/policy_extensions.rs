//! certificatePolicies, policyMappings, policyConstraints (RFC 5280 sections 4.2.1.4, 4.2.1.5,
//! 4.2.1.11) as read; they are processed in `path::policies`.

use crate::der::{Reader, small_uint, tag};
use crate::error::Malformed;

/// certificatePolicies: a non-empty list of policies, none of them twice.
#[derive(Clone, Copy, Debug)]
pub struct CertificatePolicies<'a> {
    content: &'a [u8],
}

impl<'a> CertificatePolicies<'a> {
    pub(super) fn read(r: &mut Reader<'a>) -> Result<Self, Malformed> {
        let what = "certificate policies: not a well-formed list";
        let content = r.read(tag::SEQUENCE, what)?;
        let mut policies = Reader::new(content);
        loop {
            policy(&mut policies)?;
            if policies.is_empty() {
                return Ok(Self { content });
            }
        }
    }

    /// The policies, as OBJECT IDENTIFIER content octets; qualifiers are not interpreted. A
    /// policy listed twice is found by whoever builds the graph, who sorts them anyway.
    pub fn iter(&self) -> impl Iterator<Item = &'a [u8]> + Clone + use<'a> {
        let mut policies = Reader::new(self.content);
        core::iter::from_fn(move || policy(&mut policies).ok())
    }
}

fn policy<'a>(r: &mut Reader<'a>) -> Result<&'a [u8], Malformed> {
    let what = "certificate policies: policy information";
    r.nested(tag::SEQUENCE, what, |r| {
        let oid = r.oid(what)?;
        if !r.is_empty() {
            let mut qualifiers = Reader::new(r.read(tag::SEQUENCE, what)?);
            loop {
                qualifiers.nested(tag::SEQUENCE, what, |r| {
                    r.oid(what)?;
                    r.read_tlv(what)
                })?;
                if qualifiers.is_empty() {
                    break;
                }
            }
        }
        Ok(oid)
    })
}

/// policyMappings: a non-empty list of pairs.
#[derive(Clone, Copy, Debug)]
pub struct PolicyMappings<'a> {
    content: &'a [u8],
}

impl<'a> PolicyMappings<'a> {
    pub(super) fn read(r: &mut Reader<'a>) -> Result<Self, Malformed> {
        let what = "policy mappings: not a well-formed list";
        let content = r.read(tag::SEQUENCE, what)?;
        let mut mappings = Reader::new(content);
        loop {
            mapping(&mut mappings)?;
            if mappings.is_empty() {
                return Ok(Self { content });
            }
        }
    }

    /// Pairs of issuerDomainPolicy and subjectDomainPolicy, as OBJECT IDENTIFIER content octets.
    pub fn iter(&self) -> impl Iterator<Item = (&'a [u8], &'a [u8])> + Clone + use<'a> {
        let mut mappings = Reader::new(self.content);
        core::iter::from_fn(move || mapping(&mut mappings).ok())
    }
}

fn mapping<'a>(r: &mut Reader<'a>) -> Result<(&'a [u8], &'a [u8]), Malformed> {
    let what = "policy mappings: mapping";
    r.nested(tag::SEQUENCE, what, |r| Ok((r.oid(what)?, r.oid(what)?)))
}

/// policyConstraints: how many more certificates until each takes effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PolicyConstraints {
    /// requireExplicitPolicy.
    pub require_explicit: Option<u32>,
    /// inhibitPolicyMapping.
    pub inhibit_mapping: Option<u32>,
}

impl PolicyConstraints {
    pub(super) fn read(r: &mut Reader<'_>) -> Result<Self, Malformed> {
        let what = "policy constraints: not well formed";
        r.nested(tag::SEQUENCE, what, |r| {
            let mut count = |n| {
                let content = r.read_optional(tag::context(n), what)?;
                let checked = content.map(|c| crate::der::minimal_integer(c, what)).transpose()?;
                checked.map(|c| small_uint(c, what)).transpose()
            };
            let constraints = Self { require_explicit: count(0)?, inhibit_mapping: count(1)? };
            // "conforming CAs MUST NOT issue certificates where policy constraints is an empty
            // sequence"
            if constraints.require_explicit.is_none() && constraints.inhibit_mapping.is_none() {
                return Err(Malformed::new("policy constraints: empty"));
            }
            Ok(constraints)
        })
    }
}
