mod cases;
mod hostile;
mod properties;
mod reference;

use std::sync::LazyLock;

use countersign_testkit::forge::extension::{self, ANY_POLICY};
use countersign_testkit::forge::{CertificateBuilder, Key, Name, SignatureAlgorithm};

use super::{PolicySettings, check_with};
use crate::budget::Budget;
use crate::cert::Certificate;
use crate::path::constraints::Violation;
use crate::reason::Reason;

/// More than any test here may need.
const AMPLE_NS: u64 = 1_000_000_000;

static KEY: LazyLock<Key> = LazyLock::new(Key::p256);

const EXPLICIT: PolicySettings = PolicySettings {
    require_explicit_policy: true,
    inhibit_any_policy: false,
    inhibit_policy_mapping: false,
};

/// What one certificate says of policies. Policies are numbers; 0 is anyPolicy.
#[derive(Clone, Debug, Default)]
struct Link {
    policies: Option<Vec<usize>>,
    mappings: Vec<(usize, usize)>,
    require_explicit: Option<u32>,
    inhibit_mapping: Option<u32>,
    inhibit_any: Option<u32>,
    self_issued: bool,
}

const ANY: usize = 0;

fn oid(policy: usize) -> String {
    if policy == ANY { ANY_POLICY.to_owned() } else { format!("1.3.6.1.4.1.99999.7.{policy}") }
}

/// A certificate that asserts these policies.
fn asserts(policies: impl IntoIterator<Item = usize>) -> Link {
    Link { policies: Some(policies.into_iter().collect()), ..Link::default() }
}

impl Link {
    fn maps(mut self, mappings: impl IntoIterator<Item = (usize, usize)>) -> Self {
        self.mappings.extend(mappings);
        self
    }

    fn requires_policy_after(mut self, certificates: u32) -> Self {
        self.require_explicit = Some(certificates);
        self
    }

    fn inhibits_mapping_after(mut self, certificates: u32) -> Self {
        self.inhibit_mapping = Some(certificates);
        self
    }

    fn inhibits_any_after(mut self, certificates: u32) -> Self {
        self.inhibit_any = Some(certificates);
        self
    }

    fn self_issued(mut self) -> Self {
        self.self_issued = true;
        self
    }

    fn der(&self) -> Vec<u8> {
        let subject = Name::common("subject");
        let issuer = if self.self_issued { subject.clone() } else { Name::common("issuer") };
        let mut builder = CertificateBuilder::new(subject, KEY.spki()).issuer(issuer);
        if let Some(policies) = &self.policies {
            let oids: Vec<_> = policies.iter().copied().map(oid).collect();
            let oids: Vec<_> = oids.iter().map(String::as_str).collect();
            builder = builder.with(extension::certificate_policies(&oids));
        }
        if !self.mappings.is_empty() {
            let oids: Vec<_> = self.mappings.iter().map(|(i, s)| (oid(*i), oid(*s))).collect();
            let oids: Vec<_> = oids.iter().map(|(i, s)| (i.as_str(), s.as_str())).collect();
            builder = builder.with(extension::policy_mappings(&oids));
        }
        if self.require_explicit.is_some() || self.inhibit_mapping.is_some() {
            let (explicit, mapping) = (self.require_explicit, self.inhibit_mapping);
            let constraints =
                extension::policy_constraints(explicit.map(i64::from), mapping.map(i64::from));
            builder = builder.with(constraints);
        }
        if let Some(skip) = self.inhibit_any {
            builder = builder.with(extension::inhibit_any_policy(i64::from(skip)));
        }
        builder.sign_with_garbage(SignatureAlgorithm::EcdsaSha256, &[0; 8])
    }
}

fn judge_within(links: &[Link], settings: PolicySettings, ns: u64) -> Result<(), Violation> {
    let ders: Vec<_> = links.iter().map(Link::der).collect();
    let certificates: Vec<_> = ders.iter().map(|der| Certificate::parse(der).unwrap()).collect();
    let borrowed: Vec<_> = certificates.iter().collect();
    check_with(&borrowed, settings, &mut Budget::new(ns))
}

/// Which of `links`, given from the one below the anchor down to the leaf, is refused; the leaf
/// is the last.
fn refused(links: &[Link], settings: PolicySettings) -> Option<usize> {
    let leaf_first: Vec<_> = links.iter().rev().cloned().collect();
    judge_within(&leaf_first, settings, AMPLE_NS).err().map(|violation| {
        assert_eq!(violation.reason, Reason::CertificatePolicy);
        links.len() - 1 - violation.index
    })
}
