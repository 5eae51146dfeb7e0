//! The decision: from a presented chain to an outcome, under one snapshot.

use arrayvec::ArrayVec;

use crate::binding::Binding;
use crate::budget::Budget;
use crate::cert::{Certificate, purpose};
use crate::clock::{UnixTime, Window};
use crate::crypto::{BorrowedKey, KeyError, sha256};
use crate::identity::LeafIdentity;
use crate::limits;
use crate::outcome::{Judged, MatchedRule, Outcome};
use crate::path::{self, Failure, Path, Presented, Question};
use crate::policy::{Admit, Judgement, Mode, Ruling};
use crate::reason::Reason;
use crate::revocation::{self, CrlSet, Issuer, Link};
use crate::sigcache::SignatureFacts;
use crate::snapshot::Snapshot;

/// A fresh decision, and what is worth keeping of it.
pub(crate) struct Decision<'a> {
    pub(crate) judged: Judged,
    /// Present where the client is let in.
    pub(crate) leaf_key: Option<BorrowedKey<'a>>,
}

/// Bounds first, before anything is parsed.
pub(crate) fn check_limits(chain: &[&[u8]]) -> Result<(), Outcome> {
    match chain {
        [] => return Err(Outcome::deny(Reason::NoCertificate, None, "")),
        _ if chain.len() > limits::CHAIN_CERTIFICATES => {
            let what = "more than 16 certificates";
            return Err(Outcome::deny(Reason::LimitExceeded, None, what));
        }
        _ => {}
    }
    if chain.iter().map(|der| der.len()).sum::<usize>() > limits::CHAIN_BYTES {
        let what = "more than 65,536 bytes of certificates";
        return Err(Outcome::deny(Reason::LimitExceeded, None, what));
    }
    Ok(())
}

/// Judges a chain that is within the limits, from its bytes.
pub(crate) fn decide<'a>(
    snapshot: &Snapshot,
    facts: &SignatureFacts,
    chain: &[&'a [u8]],
    now: UnixTime,
) -> Decision<'a> {
    let mut presented = Parsed::new();
    let malformed = match parse(chain, &mut presented) {
        Ok(malformed) => malformed,
        Err(outcome) => return refused(outcome),
    };
    let leaf = &presented[0].certificate;
    let identity = LeafIdentity::new(leaf, sha256);
    if snapshot.matcher().pinned(&identity).is_some() {
        return decide_pinned(snapshot, leaf, &identity, now);
    }
    let question = Question {
        presented: &presented,
        trust: snapshot.trust(),
        facts,
        now,
        purpose: purpose::CLIENT_AUTH,
        require_purpose: snapshot.require_eku(),
        max_intermediates: u32::MAX,
    };
    match valid_path(snapshot, &question, malformed) {
        Ok(found) => conclude(snapshot, &identity, &found, leaf, now),
        Err(failure) => refused(failure.into()),
    }
}

fn refused(outcome: Outcome) -> Decision<'static> {
    Decision { judged: outcome.into(), leaf_key: None }
}

type Parsed<'a> = ArrayVec<Presented<'a>, { limits::CHAIN_CERTIFICATES }>;

/// Adds the certificates that parse to `presented`, which is too large to be moved about, and
/// returns the first failure among the others. A leaf that does not parse ends it.
fn parse<'a>(chain: &[&'a [u8]], presented: &mut Parsed<'a>) -> Result<Option<Failure>, Outcome> {
    let mut malformed = None;
    for (position, der) in (0u8..).zip(chain) {
        match Certificate::parse(der) {
            Ok(certificate) => presented.push(Presented { certificate, position }),
            Err(e) if position == 0 => {
                return Err(Outcome::deny(Reason::Malformed, Some(0), e.what()));
            }
            Err(e) => Failure::keep_more_telling(
                &mut malformed,
                Failure::new(Reason::Malformed, Some(position), e.what()),
            ),
        }
    }
    Ok(malformed)
}

/// A path that is valid and not revoked, or a pin in its stead.
struct Found {
    window: Window,
    /// SHA-256 of the key that issued the leaf; `None` for a pin.
    issuer_spki_sha256: Option<[u8; 32]>,
}

fn valid_path(
    snapshot: &Snapshot,
    question: &Question<'_, '_>,
    malformed: Option<Failure>,
) -> Result<Found, Failure> {
    let mut budget = Budget::new(limits::DECISION_NS);
    let mut accept = |path: &Path<'_, '_>, budget: &mut Budget| {
        let (crls, settings) = (snapshot.crls(), snapshot.revocation());
        let current = not_revoked(crls, settings, question, path, budget)?;
        Ok(Found {
            window: path.validity().intersect(current),
            issuer_spki_sha256: Some(*path.leaf_issuer_spki_sha256()),
        })
    };
    path::find(question, &mut budget, &mut accept).map_err(|failure| {
        let mut kept = malformed;
        Failure::keep_more_telling(&mut kept, failure);
        kept.unwrap_or(failure)
    })
}

/// When the CRLs in force say that nothing in the path is revoked.
pub(crate) fn not_revoked(
    crls: &CrlSet,
    settings: revocation::Settings,
    question: &Question<'_, '_>,
    path: &Path<'_, '_>,
    budget: &mut Budget,
) -> Result<Window, Failure> {
    // Nothing is collected for nobody to look at.
    if settings.mode == revocation::Mode::Off {
        return Ok(Window::ALWAYS);
    }
    let links: ArrayVec<Link<'_, '_>, { limits::CHAIN_CERTIFICATES }> = (0..path.len())
        .map(|i| Link {
            certificate: path.certificate(i),
            position: path.position(i),
            issuer: Issuer {
                name: path.issuer_name(i),
                key: path.issuer_key(i),
                spki: path.issuer_spki(i),
                key_usage: path.issuer_key_usage(i),
            },
        })
        .collect();
    let presented: ArrayVec<&Certificate<'_>, { limits::SEARCHED_CERTIFICATES }> =
        question.presented.iter().skip(1).map(|p| &p.certificate).collect();
    let question = revocation::Question {
        path: &links,
        presented: &presented,
        crls,
        settings,
        now: question.now,
    };
    revocation::check(&question, budget)
}

/// The allowlist's word on a leaf whose path is good.
fn conclude<'a>(
    snapshot: &Snapshot,
    identity: &LeafIdentity<'_>,
    found: &Found,
    leaf: &Certificate<'a>,
    now: UnixTime,
) -> Decision<'a> {
    let key = match leaf_key(leaf) {
        Ok(key) => key,
        Err(outcome) => return refused(outcome),
    };
    let judgement = match &found.issuer_spki_sha256 {
        Some(issuer) => snapshot.matcher().judge(identity, issuer, now),
        None => snapshot.matcher().judge_pinned(identity, now),
    };
    let outcome = admit(snapshot, &judgement, found.issuer_spki_sha256.is_some());
    let window = found.window.intersect(judgement.window);
    let leaf_key = (outcome.decision() == crate::reason::Decision::Allow).then_some(key);
    let judged = Judged { outcome, window, issuer_spki_sha256: found.issuer_spki_sha256 };
    Decision { judged, leaf_key }
}

/// What `admit` and `mode` make of the allowlist's word.
fn admit(snapshot: &Snapshot, judgement: &Judgement, has_path: bool) -> Outcome {
    let outcome = |reason| Outcome {
        client: judgement.client,
        rule: judgement.rule.map_or(MatchedRule::None, MatchedRule::Rule),
        ..Outcome::deny(reason, None, "")
    };
    let reason = judgement.outcome.reason();
    match judgement.outcome {
        Ruling::NotListed if snapshot.admit() == Admit::Issued => {
            Outcome { rule: MatchedRule::Issued, ..outcome(Reason::Allowed) }
        }
        // Audit mode waives the allowlist's approval where there is a path; neither a deny rule
        // nor a limit, and not the approval that makes a pin stand for a path.
        Ruling::NotListed
        | Ruling::ApprovalExpired
        | Ruling::ApprovalNotYetValid
        | Ruling::WrongIssuer
            if snapshot.mode() == Mode::Audit && has_path =>
        {
            Outcome { audit_reason: Some(reason), ..outcome(Reason::AllowedAudit) }
        }
        _ => outcome(reason),
    }
}

/// A pinned client: the exact key or certificate stands for the path. What the certificate says
/// about itself still holds, and so do deny rules.
fn decide_pinned<'a>(
    snapshot: &Snapshot,
    leaf: &Certificate<'a>,
    identity: &LeafIdentity<'_>,
    now: UnixTime,
) -> Decision<'a> {
    let mut failure = None;
    let mut fail = |reason, what| {
        Failure::keep_more_telling(&mut failure, Failure::new(reason, Some(0), what));
    };
    path::check_common(leaf, now, &mut fail);
    let usage = path::leaf_usage(leaf, purpose::CLIENT_AUTH, snapshot.require_eku());
    if let Some((reason, what)) = usage {
        fail(reason, what);
    }
    if let Some(failure) = failure {
        return refused(failure.into());
    }
    let found = Found { window: leaf.validity(), issuer_spki_sha256: None };
    conclude(snapshot, identity, &found, leaf, now)
}

/// Judges a session that resumes: its leaf and its binding, without a chain and without a
/// signature, because both were judged when the session was made.
pub(crate) fn decide_again<'a>(
    snapshot: &Snapshot,
    leaf: &'a [u8],
    binding: &[u8],
    now: UnixTime,
) -> Decision<'a> {
    let stale = |what| refused(Outcome::deny(Reason::SessionStale, None, what));
    let Some(binding) = Binding::from_bytes(binding) else {
        return stale("not a binding of this version");
    };
    let leaf = match Certificate::parse(leaf) {
        Ok(leaf) => leaf,
        Err(e) => return refused(Outcome::deny(Reason::Malformed, Some(0), e.what())),
    };
    let identity = LeafIdentity::new(&leaf, sha256);
    if snapshot.matcher().pinned(&identity).is_some() {
        return decide_pinned(snapshot, &leaf, &identity, now);
    }
    if !binding.is_of(snapshot) {
        return stale("made under other trust");
    }
    if now > binding.expiry() || !leaf.validity().contains(now) {
        return stale("its certificate or a CRL is past its time");
    }
    let Some(issuer_spki_sha256) = binding.issuer_spki_sha256() else {
        return stale("made by a pin that is gone");
    };
    let window = leaf
        .validity()
        .intersect(Window { not_before: UnixTime::MIN, not_after: binding.expiry() });
    conclude(
        snapshot,
        &identity,
        &Found { window, issuer_spki_sha256: Some(issuer_spki_sha256) },
        &leaf,
        now,
    )
}

/// The leaf's key, for the handshake's CertificateVerify.
pub(crate) fn leaf_key<'a>(leaf: &Certificate<'a>) -> Result<BorrowedKey<'a>, Outcome> {
    BorrowedKey::parse(&leaf.spki()).map_err(|error| {
        let reason = match error {
            KeyError::Weak => Reason::WeakKey,
            KeyError::Unsupported => Reason::UnsupportedAlgorithm,
            KeyError::Malformed => Reason::Malformed,
        };
        Outcome::deny(reason, Some(0), "the public key")
    })
}
