//! Path validation (RFC 5280 section 6.1): one candidate path, judged from the anchor down.

use arrayvec::ArrayVec;

use super::signatures::{IssuerId, Signatures};
use super::{
    Authorities, Chosen, Failure, Path, Presented, Question, Violation, constraints, policies,
};
use crate::budget::Budget;
use crate::cert::{Certificate, KeyUsage};
use crate::clock::{UnixTime, Window};
use crate::limits;
use crate::reason::Reason;
use crate::trust::Anchor;

/// Looking through one octet of a list of purposes, the shortest of which have three.
const PURPOSE_OCTET_NS: u64 = 4;

/// How often it is asked of an authority whether it is self-issued: for the length of the path,
/// for name constraints and for policies.
const SELF_ISSUED_CHECKS: u64 = 3;

/// Judges the path from the chosen certificates (leaf first) to an anchor.
///
/// Signatures come first and from the top, so that no key is used before someone trusted has
/// vouched for it, and so that a reason such as `expired` is only given for a path that exists.
pub(super) fn validate<'p, 'a>(
    question: &Question<'p, 'a>,
    chosen: &Chosen,
    (anchor_id, anchor): (u32, &'p Anchor),
    signatures: &mut Signatures<'_>,
    budget: &mut Budget,
) -> Result<Path<'p, 'a>, Failure> {
    let path = signed(question, chosen, (anchor_id, anchor), signatures, budget)?;
    let mut failure = None;
    let mut note = |new| Failure::keep_more_telling(&mut failure, new);
    check_anchor(anchor, question.now, &mut note);
    check_authorities(&path, question, &mut note);
    check_leaf(path.leaf, question, &mut note);
    check_names_and_policies(&path, budget, &mut note);
    match failure {
        None => Ok(path),
        Some(failure) => Err(failure),
    }
}

/// The path with every signature verified, from the anchor down.
fn signed<'p, 'a>(
    question: &Question<'p, 'a>,
    chosen: &Chosen,
    (anchor_id, anchor): (u32, &'p Anchor),
    signatures: &mut Signatures<'_>,
    budget: &mut Budget,
) -> Result<Path<'p, 'a>, Failure> {
    let mut authorities = Authorities::new();
    let mut issuer = (IssuerId::Anchor(anchor_id, anchor), anchor.spki());
    for &index in chosen.iter().rev() {
        let child: &'p Presented<'a> = &question.presented[usize::from(index)];
        let key = match authorities.last() {
            None => anchor.key(),
            Some((_, key)) => key.key(),
        };
        signatures.verify(index, child, issuer, key, budget)?;
        let purposes = child.certificate.extended_key_usage().map_or(0, |list| list.der_len());
        budget.charge(purposes as u64 * PURPOSE_OCTET_NS)?;
        if index != 0 {
            let key = signatures.key_of(index, child)?;
            let (subject, issuer_name) = (child.certificate.subject(), child.certificate.issuer());
            budget.charge(SELF_ISSUED_CHECKS * subject.compare_ns(&issuer_name))?;
            authorities.push((child, key));
            issuer = (IssuerId::Presented(index), child.certificate.spki().der);
        }
    }
    authorities.reverse();
    Ok(Path { leaf: &question.presented[0], authorities, anchor })
}

fn check_anchor(anchor: &Anchor, now: UnixTime, note: &mut impl FnMut(Failure)) {
    let mut fail = |reason, what| note(Failure::new(reason, None, what));
    if let Some(reason) = outside(anchor.validity(), now) {
        fail(reason, "the trust anchor's own certificate");
    }
    if anchor.basic_constraints().is_some_and(|b| !b.ca) {
        fail(Reason::NotACa, "the trust anchor's own certificate");
    }
    if !may_sign_certificates(anchor.key_usage()) {
        fail(Reason::KeyUsage, "the trust anchor's key may not sign certificates");
    }
    if anchor.has_unknown_critical_extension() {
        fail(Reason::CriticalExtension, "the trust anchor's own certificate");
    }
}

/// Section 6.1.4 (k) to (o), from the certificate below the anchor to the leaf's issuer.
fn check_authorities(path: &Path<'_, '_>, q: &Question<'_, '_>, note: &mut impl FnMut(Failure)) {
    const UNLIMITED: u32 = u32::MAX;
    let anchor = path.anchor.basic_constraints().and_then(|b| b.path_len);
    let mut below = anchor.unwrap_or(UNLIMITED).min(q.max_intermediates);
    for (authority, _) in path.authorities.iter().rev() {
        let certificate = &authority.certificate;
        let mut fail = |reason, what| note(Failure::new(reason, Some(authority.position), what));
        check_common(certificate, q.now, &mut fail);
        if !certificate.is_ca() {
            fail(Reason::NotACa, "");
        }
        if !may_sign_certificates(certificate.key_usage()) {
            fail(Reason::KeyUsage, "the key may not sign certificates");
        }
        if certificate.extended_key_usage().is_some_and(|eku| !eku.allows(q.purpose)) {
            fail(Reason::NotForClientAuth, "the issuing CA is limited to other purposes");
        }
        // Who is exempt matters, and is found out, only where something is counted.
        if below != UNLIMITED && !certificate.is_self_issued() {
            match below.checked_sub(1) {
                Some(left) => below = left,
                None => fail(Reason::PathLength, ""),
            }
        }
        let own = certificate.basic_constraints().and_then(|b| b.path_len);
        below = below.min(own.unwrap_or(UNLIMITED));
    }
}

fn check_leaf(leaf: &Presented<'_>, q: &Question<'_, '_>, note: &mut impl FnMut(Failure)) {
    let mut fail = |reason, what| note(Failure::new(reason, Some(leaf.position), what));
    check_common(&leaf.certificate, q.now, &mut fail);
    if let Some((reason, what)) = leaf_usage(&leaf.certificate, q.purpose, q.require_purpose) {
        fail(reason, what);
    }
}

/// What the leaf's key may not be used for, if this purpose is among it. The same for a path
/// and for a pinned leaf.
pub(crate) fn leaf_usage(
    leaf: &Certificate<'_>,
    purpose: &[u8],
    require_purpose: bool,
) -> Option<(Reason, &'static str)> {
    match leaf.extended_key_usage() {
        Some(eku) if !eku.allows(purpose) => {
            return Some((Reason::NotForClientAuth, "the extended key usage lists other purposes"));
        }
        None if require_purpose => {
            return Some((Reason::NotForClientAuth, "no extended key usage, and policy wants one"));
        }
        _ => {}
    }
    let usage = leaf.key_usage()?;
    if !usage.allows(KeyUsage::DIGITAL_SIGNATURE) {
        return Some((Reason::KeyUsage, "the key usage lacks digitalSignature"));
    }
    // RFC 5280 section 4.2.1.3: keyCertSign goes with cA only.
    if usage.allows(KeyUsage::KEY_CERT_SIGN) && !leaf.is_ca() {
        return Some((Reason::KeyUsage, "keyCertSign in a certificate that is no CA's"));
    }
    None
}

/// What holds for every certificate of a path, and for a pinned leaf.
pub(crate) fn check_common(
    certificate: &Certificate<'_>,
    now: UnixTime,
    fail: &mut impl FnMut(Reason, &'static str),
) {
    if let Some(reason) = outside(certificate.validity(), now) {
        fail(reason, "");
    }
    if certificate.has_unknown_critical_extension() {
        fail(Reason::CriticalExtension, "");
    }
}

fn outside(validity: Window, now: UnixTime) -> Option<Reason> {
    if now < validity.not_before {
        Some(Reason::NotYetValid)
    } else if now > validity.not_after {
        Some(Reason::Expired)
    } else {
        None
    }
}

fn may_sign_certificates(usage: Option<KeyUsage>) -> bool {
    usage.is_none_or(|usage| usage.allows(KeyUsage::KEY_CERT_SIGN))
}

fn check_names_and_policies(
    path: &Path<'_, '_>,
    budget: &mut Budget,
    note: &mut impl FnMut(Failure),
) {
    let certificates: ArrayVec<&Certificate<'_>, { limits::CHAIN_CERTIFICATES }> =
        (0..path.len()).map(|i| path.certificate(i)).collect();
    let anchor = path.anchor.constraining_certificate();
    let anchor = anchor.as_ref().and_then(Certificate::name_constraints);
    let mut fail = |violation: Violation| {
        let position = certificates.get(violation.index).map(|_| path.position(violation.index));
        note(Failure::new(violation.reason, position, violation.what));
    };
    if let Err(violation) = constraints::check(&certificates, anchor, budget) {
        fail(violation);
    }
    if let Err(violation) = policies::check(&certificates, budget) {
        fail(violation);
    }
}
