mod hostile;
mod matrix;
mod paths;
mod properties;
mod reference;

use std::sync::LazyLock;

use countersign_testkit::forge::{
    CertificateBuilder, GeneralName, Key, Name, SignatureAlgorithm, extension,
};

use super::{Violation, check};
use crate::budget::Budget;
use crate::cert::Certificate;
use crate::reason::Reason;

/// More than any test here may need.
const AMPLE_NS: u64 = 1_000_000_000;

static KEY: LazyLock<Key> = LazyLock::new(Key::p256);

/// One certificate of a path under test. Signatures play no part here, so they are garbage.
#[derive(Clone, Debug, Default)]
struct Link {
    subject: Name,
    self_issued: bool,
    names: Vec<GeneralName>,
    permitted: Vec<GeneralName>,
    excluded: Vec<GeneralName>,
}

impl Link {
    /// A leaf without a subject, so that nothing but `names` is judged.
    fn leaf(names: impl IntoIterator<Item = GeneralName>) -> Self {
        Self { names: names.into_iter().collect(), ..Self::default() }
    }

    fn ca(subject: &str) -> Self {
        Self { subject: Name::common(subject), ..Self::default() }
    }

    fn permit(mut self, subtrees: impl IntoIterator<Item = GeneralName>) -> Self {
        self.permitted.extend(subtrees);
        self
    }

    fn exclude(mut self, subtrees: impl IntoIterator<Item = GeneralName>) -> Self {
        self.excluded.extend(subtrees);
        self
    }

    fn named(mut self, names: impl IntoIterator<Item = GeneralName>) -> Self {
        self.names.extend(names);
        self
    }

    fn der(&self, is_ca: bool) -> Vec<u8> {
        let issuer = if self.self_issued { self.subject.clone() } else { Name::common("issuer") };
        let mut builder = CertificateBuilder::new(self.subject.clone(), KEY.spki()).issuer(issuer);
        if !self.names.is_empty() {
            let names = extension::subject_alt_name(self.names.clone());
            let anonymous = self.subject == Name::new();
            builder = builder.with(if anonymous { names.critical() } else { names });
        }
        if is_ca {
            builder = builder.with(extension::ca(None));
        }
        if !self.permitted.is_empty() || !self.excluded.is_empty() {
            builder = builder.with(extension::name_constraints(&self.permitted, &self.excluded));
        }
        builder.sign_with_garbage(SignatureAlgorithm::EcdsaSha256, &[0; 8])
    }
}

/// Judges `links`, leaf first, below an anchor with the constraints of `anchor`.
fn judge_below(anchor: Option<&Link>, links: &[Link], ns: u64) -> Result<(), Violation> {
    let ders: Vec<_> = links.iter().enumerate().map(|(i, link)| link.der(i > 0)).collect();
    let certificates: Vec<_> = ders.iter().map(|der| Certificate::parse(der).unwrap()).collect();
    let borrowed: Vec<_> = certificates.iter().collect();
    let anchor = anchor.map(|link| link.der(true));
    let anchor = anchor.as_ref().map(|der| Certificate::parse(der).unwrap());
    let constraints = anchor.as_ref().and_then(Certificate::name_constraints);
    check(&borrowed, constraints, &mut Budget::new(ns))
}

fn judge(links: &[Link]) -> Result<(), Violation> {
    judge_below(None, links, AMPLE_NS)
}

fn violates(result: Result<(), Violation>) -> Option<usize> {
    match result {
        Ok(()) => None,
        Err(violation) => {
            assert_eq!(violation.reason, Reason::NameConstraint, "{}", violation.what);
            Some(violation.index)
        }
    }
}
