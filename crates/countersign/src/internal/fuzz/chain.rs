//! A chain from octets to a verdict: what must hold for every one, and what rustls-webpki says.

use std::path::PathBuf;

use rustls_pki_types::{CertificateDer, TrustAnchor};
use webpki::{EndEntityCert, KeyUsage, anchor_from_trusted_cert};

use super::differences;
use crate::clock::UnixTime;
use crate::decide::{check_limits, decide};
use crate::internal::validation::{Purpose, Revocation, Validation};
use crate::policy::{CompiledPolicy, Given, Reading};
use crate::reason::{Decision, Reason};
use crate::revocation::Mode;
use crate::sigcache::SignatureFacts;
use crate::snapshot::Snapshot;
use crate::trust::Anchor;

/// What a peer presents, and what it is judged by.
#[derive(Clone, Copy, Debug)]
pub struct Chain<'c> {
    /// DER certificates, leaf first.
    pub presented: &'c [&'c [u8]],
    /// DER certificates.
    pub anchors: &'c [&'c [u8]],
    /// DER CRLs.
    pub crls: &'c [&'c [u8]],
    /// When.
    pub now: UnixTime,
}

/// Judges a chain in every way there is and compares what comes out. Where rustls-webpki's answer
/// is another and may be, gives the reason.
pub fn chain(input: &Chain<'_>) -> Option<&'static str> {
    let (leaf, intermediates) = input.presented.split_first()?;
    // What neither side would load is not there; the rest must load on both.
    let usable = |der: &&&[u8]| {
        Anchor::from_der(der).is_ok()
            && anchor_from_trusted_cert(&CertificateDer::from(**der)).is_ok()
    };
    let anchors: Vec<&[u8]> = input.anchors.iter().filter(usable).copied().collect();
    let crls: Vec<&[u8]> =
        input.crls.iter().filter(|der| crate::crl::Crl::parse(der).is_ok()).copied().collect();
    if anchors.is_empty() || check_limits(input.presented).is_err() {
        return None;
    }
    let validation = Validation {
        leaf,
        intermediates,
        anchors: &anchors,
        crls: &[],
        revocation: Revocation::Off,
        now: input.now,
        purpose: Purpose::Client,
        max_intermediates: u32::MAX,
    };
    let path = validation.run();
    let theirs = by_webpki(leaf, intermediates, &anchors, input.now);
    a_verdict_is_the_same_from_memory(input, &anchors, &[], path);
    if !crls.is_empty() {
        revocation_only_takes_away(&validation, &crls, path);
        a_verdict_is_the_same_from_memory(input, &anchors, &crls, path);
    }
    differences::explain(&validation, path, theirs)
}

fn by_webpki(
    leaf: &[u8],
    intermediates: &[&[u8]],
    anchors: &[&[u8]],
    now: UnixTime,
) -> Result<(), webpki::Error> {
    let leaf = CertificateDer::from(leaf);
    let anchors: Vec<CertificateDer<'_>> = anchors.iter().map(|a| (*a).into()).collect();
    let anchors: Vec<TrustAnchor<'_>> =
        anchors.iter().filter_map(|der| anchor_from_trusted_cert(der).ok()).collect();
    let intermediates: Vec<CertificateDer<'_>> =
        intermediates.iter().map(|i| (*i).into()).collect();
    let since_1970 = u64::try_from(now.as_secs()).unwrap_or(0);
    let now =
        rustls_pki_types::UnixTime::since_unix_epoch(core::time::Duration::from_secs(since_1970));
    EndEntityCert::try_from(&leaf)?
        .verify_for_usage(
            webpki::ALL_VERIFICATION_ALGS,
            &anchors,
            &intermediates,
            now,
            KeyUsage::client_auth(),
            None,
            None,
        )
        .map(|_| ())
}

/// CRLs turn a yes into a no, never a no into a yes, and their order does not matter.
fn revocation_only_takes_away(
    validation: &Validation<'_>,
    crls: &[&[u8]],
    path: Result<(), Reason>,
) {
    let backwards: Vec<&[u8]> = crls.iter().rev().copied().collect();
    for revocation in [Revocation::Require, Revocation::IfAvailable] {
        let with = Validation { revocation, crls, ..validation.clone() }.run();
        let other = Validation { revocation, crls: &backwards, ..validation.clone() }.run();
        assert_eq!(with, other, "the order of CRLs does not matter");
        assert!(with.is_err() || path.is_ok(), "a CRL makes no path good");
    }
}

/// Under a policy that admits whoever has a path: the verdict agrees with the path, and is the
/// same when every signature is remembered.
fn a_verdict_is_the_same_from_memory(
    input: &Chain<'_>,
    anchors: &[&[u8]],
    crls: &[&[u8]],
    path: Result<(), Reason>,
) {
    let facts = SignatureFacts::new(64);
    let snapshot = snapshot(anchors, crls);
    let judge = || {
        let outcome = decide(&snapshot, &facts, input.presented, input.now).judged.outcome;
        (outcome.decision(), outcome.reason, outcome.position)
    };
    let found = judge();
    assert_eq!(found, judge(), "facts are remembered");
    let allowed = found.0 == Decision::Allow;
    assert!(!allowed || path.is_ok(), "{found:?} for {path:?}");
    // The handshake needs the leaf's key, and the path does not.
    let of_key = [Reason::UnsupportedAlgorithm, Reason::WeakKey, Reason::Malformed];
    let bad_key = found.2 == Some(0) && of_key.contains(&found.1);
    assert!(allowed || path.is_err() || bad_key || !crls.is_empty(), "{found:?} for {path:?}");
}

/// A policy that admits every valid path. It has a client, because one without would need a file
/// of anchors; nothing can match it.
fn snapshot(anchors: &[&[u8]], crls: &[&[u8]]) -> Snapshot {
    let policy = "version = 1\nadmit = \"issued\"\n[[client]]\nid = \"nobody\"\n\
        trust = \"pinned\"\nmatch = [{ cert_sha256 = \
        \"0000000000000000000000000000000000000000000000000000000000000000\" }]\n";
    let mut policy =
        CompiledPolicy::from_toml(policy, "".as_ref(), &Given::default(), &mut Reading::new())
            .expect("a policy");
    let file = |der: &&[u8]| (PathBuf::from("file"), der.to_vec());
    policy.anchors = anchors.iter().map(file).collect();
    policy.crls = crls.iter().map(file).collect();
    if !crls.is_empty() {
        policy.revocation = Mode::Require;
    }
    Snapshot::new(policy, 1).expect("anchors and CRLs that load")
}
