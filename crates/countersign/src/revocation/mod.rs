//! Revocation (RFC 5280 section 6.3): whether the CRLs at hand say that no certificate of a path
//! is revoked. Every CRL of an issuer is considered, so the order of files never matters.
//!
//! What a CRL can say about a certificate of its issuer:
//!
//! - **Listed**: an authentic CRL that lists the serial number revokes, whatever else is wrong
//!   with the CRL: stale, a delta, of another scope, or with a critical extension that is not
//!   understood (X.509 section 7.3 has the certificates such a CRL lists taken as revoked). Only
//!   CRLs of attribute certificates are left out, whose serial numbers are other numbers.
//! - **removeFromCRL** never revokes, and never takes back what another entry says: a certificate
//!   that a delta CRL takes off hold is revoked until the next complete CRL leaves it out.
//! - **Not listed** says something only where the CRL covers the certificate: complete, direct,
//!   understood, of its kind and its distribution point. CRLs for some reasons cover together
//!   when they cover every reason.
//! - A CRL is **fresh** from thisUpdate to nextUpdate, inclusive; without nextUpdate never.
//!
//! A CRL counts only where its signature is by the certificate's issuer, or by another key that
//! the issuer's name is certified for (see `signer`).

mod checker;
mod scope;
mod set;
mod signature;
mod signer;
mod status;
#[cfg(test)]
mod tests;

pub(crate) use set::CrlSet;

use crate::budget::{Budget, OverBudget};
use crate::cert::{Certificate, KeyUsage, Name};
use crate::clock::{UnixTime, Window};
use crate::crypto::PublicKey;
pub(crate) use crate::path::Failure;
use crate::reason::Reason;
use checker::{Checker, Status};

/// What to do without a CRL.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Every certificate below the anchor must be covered.
    #[default]
    Require,
    /// A certificate of whose issuer there is no CRL at all is accepted.
    IfAvailable,
    /// CRLs are not looked at.
    Off,
}

/// What to do with a CRL that is not fresh.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Stale {
    /// It does not cover.
    #[default]
    Deny,
    /// It covers as if it were fresh.
    Accept,
}

/// How a policy wants revocation checked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Settings {
    pub(crate) mode: Mode,
    pub(crate) stale: Stale,
}

/// Who signed a certificate of the path: the certificate above it, or the anchor.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Issuer<'p> {
    pub(crate) name: Name<'p>,
    pub(crate) key: &'p PublicKey,
    /// DER of the key's SubjectPublicKeyInfo.
    pub(crate) spki: &'p [u8],
    pub(crate) key_usage: Option<KeyUsage>,
}

/// One certificate of a valid path.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Link<'p, 'a> {
    pub(crate) certificate: &'p Certificate<'a>,
    /// Where it stood in what was presented.
    pub(crate) position: u8,
    pub(crate) issuer: Issuer<'p>,
}

/// Everything that one check looks at.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Question<'p, 'a> {
    /// A valid path, leaf first, without the anchor.
    pub(crate) path: &'p [Link<'p, 'a>],
    /// Certificates that may certify keys for signing CRLs: all that were presented but the leaf.
    pub(crate) presented: &'p [&'p Certificate<'a>],
    pub(crate) crls: &'p CrlSet,
    pub(crate) settings: Settings,
    pub(crate) now: UnixTime,
}

/// Checks every certificate of a path. Gives the span of time in which the answer stays the same
/// as far as CRLs are concerned.
///
/// # Errors
/// `revoked` before `crl_expired` before `revocation_unknown`, about the certificate closest to
/// the anchor; `limit_exceeded` where the budget does not cover the work.
pub(crate) fn check(question: &Question<'_, '_>, budget: &mut Budget) -> Result<Window, Failure> {
    if question.settings.mode == Mode::Off {
        return Ok(Window::ALWAYS);
    }
    let mut window = Window::ALWAYS;
    let mut worst: Option<Failure> = None;
    let mut checker = Checker::new(question, budget);
    for (i, link) in question.path.iter().enumerate().rev() {
        let status = checker.status(link.certificate, i).map_err(|OverBudget| {
            let what = "revocation takes too many signatures";
            Failure::new(Reason::LimitExceeded, Some(link.position), what)
        })?;
        match verdict(status, question.settings.mode) {
            Ok(good) => window = window.intersect(good),
            Err((reason, what)) => {
                let failure = Failure::new(reason, Some(link.position), what);
                if worst.is_none_or(|w| reason.rank() > w.reason.rank()) {
                    worst = Some(failure);
                }
            }
        }
    }
    worst.map_or(Ok(window), Err)
}

/// What a status means under a mode.
fn verdict(status: Status, mode: Mode) -> Result<Window, (Reason, &'static str)> {
    match status {
        Status::Good(window) => Ok(window),
        Status::NoCrl if mode == Mode::IfAvailable => Ok(Window::ALWAYS),
        Status::NoCrl => Err((Reason::RevocationUnknown, "no CRL of its issuer")),
        Status::Unknown => Err((Reason::RevocationUnknown, "no valid CRL of its issuer covers it")),
        Status::Stale => Err((Reason::CrlExpired, "the CRL that covers it is not current")),
        Status::Revoked => Err((Reason::Revoked, "listed in a CRL of its issuer")),
    }
}
