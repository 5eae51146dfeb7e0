//! Name constraints (RFC 5280 sections 4.2.1.10 and 6.1.3 (b), (c)).
//!
//! The constraints of a CA, and those a trust anchor is configured with, bind every certificate
//! below it. Within one set of constraints a name must be in no excluded subtree, and in a
//! permitted one where the set permits any subtree of its kind; every set is judged for itself,
//! which is the intersection the RFC asks for. What is judged:
//!
//! - every subjectAltName, and the subject where it is not empty (as a directory name);
//! - the subject's emailAddress attributes. The RFC asks for this where there is no
//!   subjectAltName at all; an address beside other names is no less claimed, and a rule may
//!   recognise a client by it;
//! - never the common name: it is a SAN to nobody here, so it is no DNS name to constrain.
//!
//! Self-issued intermediates are exempt (a CA that rolls over its key names itself), the leaf
//! never.

mod hosts;
mod index;
mod networks;
mod scope;
mod subtree;
#[cfg(test)]
mod tests;

use arrayvec::ArrayVec;

use self::hosts::is_domain_name;
use self::scope::Scope;
use crate::budget::{Budget, OverBudget};
use crate::cert::{
    Certificate, GeneralName, GeneralNames, Name, NameConstraints, is_host_name, is_local_part,
    kind, uri_host,
};
use crate::limits;
use crate::reason::Reason;

/// A certificate whose names an issuer above it may not certify, or that cost too much to judge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Violation {
    /// Which of the certificates, leaf first.
    pub(crate) index: usize,
    /// `NameConstraint` or `LimitExceeded`.
    pub(crate) reason: Reason,
    /// What was found, for people.
    pub(crate) what: &'static str,
}

/// Reading one name and taking it apart: 28 to 44 ns for all kinds but URIs, for those 5 ns an
/// octet more, which is looking for the host and through it. All prices of name constraints were
/// measured 2026-11 on a 2-vCPU x86-64 at opt-level 3, as the best of 40 runs over 1 to 1,000
/// names of each kind, short and long, against 1 to 10,000 subtrees.
const NAME_NS: u64 = 40;
/// See `NAME_NS`.
const URI_OCTET_NS: u64 = 5;
/// Reading one octet of an OBJECT IDENTIFIER, or of a subject whose attributes are gone through.
const READ_OCTET_NS: u64 = 3;

/// Judges the names of `certificates` (leaf first, without the anchor) by the constraints of all
/// CAs above each and by the anchor's.
///
/// Costs time in proportion to names plus subtrees, and allocates only where a single set of
/// constraints has more than a handful of subtrees.
///
/// # Errors
/// The first violation found, looking from the anchor down; or that `budget` is used up.
pub(crate) fn check(
    certificates: &[&Certificate<'_>],
    anchor: Option<NameConstraints<'_>>,
    budget: &mut Budget,
) -> Result<(), Violation> {
    let mut scopes = ArrayVec::<Scope<'_>, { limits::PATH_CERTIFICATES }>::new();
    if let Some(constraints) = anchor {
        let top = certificates.len().saturating_sub(1);
        add(&mut scopes, constraints, budget).map_err(|over| over.at(top))?;
    }
    for (index, certificate) in certificates.iter().enumerate().rev() {
        let exempt = || index > 0 && certificate.is_self_issued();
        if !scopes.is_empty() && !exempt() {
            check_names(certificate, &scopes, budget).map_err(|found| found.at(index))?;
        }
        if index > 0
            && let Some(constraints) = certificate.name_constraints()
        {
            add(&mut scopes, constraints, budget).map_err(|over| over.at(index))?;
        }
    }
    Ok(())
}

/// What stopped the check of one certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Found {
    reason: Reason,
    what: &'static str,
}

impl Found {
    const fn violation(what: &'static str) -> Self {
        Self { reason: Reason::NameConstraint, what }
    }

    const fn at(self, index: usize) -> Violation {
        Violation { index, reason: self.reason, what: self.what }
    }
}

impl From<OverBudget> for Found {
    fn from(_: OverBudget) -> Self {
        Self { reason: Reason::LimitExceeded, what: "name constraints: too much work" }
    }
}

fn add<'a>(
    scopes: &mut ArrayVec<Scope<'a>, { limits::PATH_CERTIFICATES }>,
    constraints: NameConstraints<'a>,
    budget: &mut Budget,
) -> Result<(), Found> {
    let scope = Scope::new(constraints, budget)?;
    scopes.try_push(scope).map_err(|_| Found::from(OverBudget))
}

fn check_names(
    certificate: &Certificate<'_>,
    scopes: &[Scope<'_>],
    budget: &mut Budget,
) -> Result<(), Found> {
    let mut judge = |name: Presented<'_>, more_ns: u64| {
        budget.charge(NAME_NS + more_ns)?;
        scopes.iter().try_for_each(|scope| scope.judge(&name, budget))
    };
    for name in certificate.subject_alt_names().iter().flat_map(GeneralNames::iter) {
        judge(Presented::new(name), octets_ns(&name))?;
    }
    let subject = certificate.subject();
    if subject.is_empty() {
        return Ok(());
    }
    judge(Presented::Directory(subject), subject.der().len() as u64 * READ_OCTET_NS)?;
    if scopes.iter().any(|scope| scope.constrains(kind::EMAIL)) {
        let attributes = subject.rdns().flat_map(|rdn| rdn.attributes());
        for address in attributes.filter(|a| a.oid == EMAIL_ADDRESS) {
            judge(mailbox(address.value), address.value.len() as u64 * URI_OCTET_NS)?;
        }
    }
    Ok(())
}

/// A name as a certificate presents it to the constraints, taken apart once.
#[derive(Clone, Copy, Debug)]
enum Presented<'a> {
    Dns(&'a str),
    Email {
        local: &'a str,
        host: &'a str,
    },
    /// The host of a URI: a domain name.
    Uri(&'a str),
    Ip(&'a [u8]),
    Directory(Name<'a>),
    /// A name that no subtree of its kind, given by its tag, can be compared with.
    Opaque(u8),
}

impl<'a> Presented<'a> {
    fn new(name: GeneralName<'a>) -> Self {
        match name {
            GeneralName::Dns(name) => Self::Dns(name),
            GeneralName::Email(address) => match address.rsplit_once('@') {
                Some((local, host)) => Self::Email { local, host },
                None => Self::Opaque(kind::EMAIL),
            },
            GeneralName::Uri(uri) => match uri_host(uri) {
                Some(host) if is_domain_name(host) => Self::Uri(host),
                _ => Self::Opaque(kind::URI),
            },
            GeneralName::Ip(address) => Self::Ip(address),
            GeneralName::Directory(name) => Self::Directory(name),
            GeneralName::Other { .. } => Self::Opaque(kind::OTHER),
            GeneralName::X400(_) => Self::Opaque(kind::X400),
            GeneralName::EdiParty(_) => Self::Opaque(kind::EDI_PARTY),
            GeneralName::RegisteredId(_) => Self::Opaque(kind::REGISTERED_ID),
        }
    }

    const fn kind(&self) -> u8 {
        match self {
            Self::Dns(_) => kind::DNS,
            Self::Email { .. } => kind::EMAIL,
            Self::Uri(_) => kind::URI,
            Self::Ip(_) => kind::IP,
            Self::Directory(_) => kind::DIRECTORY,
            Self::Opaque(kind) => *kind,
        }
    }
}

/// What names whose every octet is read again cost beyond others.
const fn octets_ns(name: &GeneralName<'_>) -> u64 {
    match name {
        GeneralName::Uri(uri) => uri.len() as u64 * URI_OCTET_NS,
        GeneralName::Other { oid, .. } | GeneralName::RegisteredId(oid) => {
            oid.len() as u64 * READ_OCTET_NS
        }
        _ => 0,
    }
}

/// emailAddress, 1.2.840.113549.1.9.1 (PKCS #9).
const EMAIL_ADDRESS: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 1];

/// The value of an emailAddress attribute. An IA5String by definition; whatever holds another
/// string type or no mailbox is a name of the kind all the same, only not one within anything.
fn mailbox(value: &[u8]) -> Presented<'_> {
    match core::str::from_utf8(value).ok().and_then(|text| text.rsplit_once('@')) {
        Some((local, host)) if is_local_part(local) && is_host_name(host) => {
            Presented::Email { local, host }
        }
        _ => Presented::Opaque(kind::EMAIL),
    }
}
