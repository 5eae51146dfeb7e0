//! Where our verdict on a path may differ from that of rustls-webpki, and why. Every difference
//! that is not in this table is a finding.

use webpki::Error;

use crate::cert::{Certificate, Name, Subtree};
use crate::clock::UnixTime;
use crate::crypto::PublicKey;
use crate::internal::validation::Validation;
use crate::reason::Reason;

/// What the certificates of a chain and its anchors have about them that the two judge
/// differently.
#[derive(Debug)]
struct Traits<'v> {
    presented: Vec<Certificate<'v>>,
    anchors: Vec<Certificate<'v>>,
    /// A certificate is malformed, and not among those above.
    malformed: bool,
    now: UnixTime,
}

impl<'v> Traits<'v> {
    fn of(validation: &Validation<'v>) -> Self {
        let parse = |der: &&'v [u8]| Certificate::parse(der).ok();
        let leaf = [validation.leaf];
        let presented: Vec<_> =
            leaf.iter().chain(validation.intermediates).filter_map(parse).collect();
        Self {
            malformed: presented.len() <= validation.intermediates.len(),
            presented,
            anchors: validation.anchors.iter().filter_map(parse).collect(),
            now: validation.now,
        }
    }

    fn all(&self) -> impl Iterator<Item = &Certificate<'v>> {
        self.presented.iter().chain(&self.anchors)
    }

    fn subtrees(&self) -> impl Iterator<Item = Subtree<'v>> {
        let constraints = self.all().filter_map(Certificate::name_constraints);
        constraints.flat_map(|c| c.permitted().chain(c.excluded()))
    }

    fn has_names_that_differ_only_in_spelling(&self) -> bool {
        let respelt = |a: Name<'_>, b: Name<'_>| a == b && a.der() != b.der();
        let issuers = || self.all().map(Certificate::issuer);
        self.all().any(|c| issuers().any(|issuer| respelt(c.subject(), issuer)))
    }
}

/// We find a path, webpki does not.
struct MoreLenient {
    why: &'static str,
    applies: fn(&Traits<'_>, &Error) -> bool,
}

/// webpki finds a path, we do not.
struct Stricter {
    /// What we say; `None` is whatever we say.
    reason: Option<Reason>,
    why: &'static str,
    applies: fn(&Traits<'_>) -> bool,
}

const MORE_LENIENT: &[MoreLenient] = &[
    MoreLenient {
        why: "webpki gives up earlier: at most 6 intermediates, and budgets of its own",
        applies: |_, e| {
            matches!(
                e,
                Error::MaximumPathDepthExceeded
                    | Error::MaximumPathBuildCallsExceeded
                    | Error::MaximumSignatureChecksExceeded
                    | Error::MaximumNameConstraintComparisonsExceeded
            )
        },
    },
    MoreLenient {
        why: "webpki refuses every name that a URI or email constraint, or one of a kind it does \
              not know, is about",
        applies: |t, e| {
            let known = |s: Subtree<'_>| matches!(s, Subtree::Dns(_) | Subtree::Ip { .. });
            *e == Error::NameConstraintViolation && t.subtrees().any(|s| !known(s))
        },
    },
    MoreLenient {
        why: "webpki does not process policies, and refuses their critical extensions",
        applies: |t, e| {
            let policies = |c: &Certificate<'_>| {
                c.certificate_policies().is_some()
                    || c.policy_mappings().is_some()
                    || c.policy_constraints().is_some()
                    || c.inhibit_any_policy().is_some()
            };
            *e == Error::UnsupportedCriticalExtension && t.all().any(policies)
        },
    },
    MoreLenient {
        why: "webpki takes no CA's certificate for a leaf",
        applies: |t, e| *e == Error::CaUsedAsEndEntity && t.presented[0].is_ca(),
    },
    MoreLenient {
        why: "webpki does not know anyExtendedKeyUsage",
        applies: |t, e| {
            let any =
                |c: &Certificate<'_>| c.extended_key_usage().is_some_and(|usage| usage.allows(&[]));
            matches!(e, Error::RequiredEkuNotFoundContext(_)) && t.all().any(any)
        },
    },
    MoreLenient {
        why: "webpki compares names byte for byte",
        applies: |t, _| t.has_names_that_differ_only_in_spelling(),
    },
];

const STRICTER: &[Stricter] = &[
    Stricter {
        reason: None,
        why: "webpki skips what it does not need to read; a certificate that is malformed is not \
              there for us",
        applies: |t| t.malformed,
    },
    Stricter {
        reason: None,
        why: "webpki does not look at the leaf's key until the handshake",
        applies: |t| PublicKey::parse(&t.presented[0].spki()).is_err(),
    },
    Stricter {
        reason: Some(Reason::KeyUsage),
        why: "webpki does not look at key usage",
        applies: |t| t.all().any(|c| c.key_usage().is_some()),
    },
    Stricter {
        reason: Some(Reason::CertificatePolicy),
        why: "webpki does not process policies",
        applies: |t| t.all().any(|c| c.policy_constraints().is_some()),
    },
    Stricter {
        reason: Some(Reason::Expired),
        why: "webpki does not look at the validity of anchors",
        applies: |t| t.anchors.iter().any(|a| a.validity().not_after < t.now),
    },
    Stricter {
        reason: Some(Reason::NotYetValid),
        why: "webpki does not look at the validity of anchors",
        applies: |t| t.anchors.iter().any(|a| t.now < a.validity().not_before),
    },
    Stricter {
        reason: Some(Reason::NotACa),
        why: "webpki does not look at the basic constraints of anchors",
        applies: |t| t.anchors.iter().any(|a| !a.is_ca()),
    },
    Stricter {
        reason: Some(Reason::PathLength),
        why: "webpki does not look at the basic constraints of anchors",
        applies: |t| {
            let limits = |a: &Certificate<'_>| a.basic_constraints().and_then(|b| b.path_len);
            t.anchors.iter().any(|a| limits(a).is_some())
        },
    },
    Stricter {
        reason: Some(Reason::CriticalExtension),
        why: "webpki does not look at most extensions of anchors",
        applies: |t| t.anchors.iter().any(Certificate::has_unknown_critical_extension),
    },
];

/// The reason for which the two answers may differ, where they do. Panics where there is none.
pub(super) fn explain(
    validation: &Validation<'_>,
    ours: Result<(), Reason>,
    theirs: Result<(), Error>,
) -> Option<&'static str> {
    let traits = || Traits::of(validation);
    match (ours, theirs) {
        (Ok(()), Ok(())) | (Err(_), Err(_)) => None,
        (Ok(()), Err(error)) => {
            let traits = traits();
            let known = MORE_LENIENT.iter().find(|d| (d.applies)(&traits, &error));
            assert!(known.is_some(), "we accept, webpki says {error:?}");
            known.map(|d| d.why)
        }
        (Err(reason), Ok(())) => {
            let traits = traits();
            let known = STRICTER
                .iter()
                .find(|d| d.reason.is_none_or(|r| r == reason) && (d.applies)(&traits));
            assert!(known.is_some(), "webpki accepts, we say {reason:?}");
            known.map(|d| d.why)
        }
    }
}
