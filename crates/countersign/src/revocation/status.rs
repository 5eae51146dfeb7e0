//! What the CRLs say about one certificate.

use super::Stale;
use super::checker::{Checker, Status, Use};
use super::scope::covered_reasons;
use super::set::KnownCrl;
use crate::budget::OverBudget;
use crate::cert::Certificate;
use crate::clock::Window;
use crate::crl::{ALL_REASONS, CertificateKind};

/// The price of looking at one CRL of the issuer once: its name and scope compared, a serial
/// number looked up, in nanoseconds.
const CRL_NS: u64 = 400;

/// The price of one octet of the certificate's distribution points, for each CRL, in nanoseconds.
const POINT_OCTET_NS: u64 = 4;

impl<'p, 'a> Checker<'_, 'p, 'a> {
    /// What is known about `subject`, which the issuer of the path's certificate `level` signed.
    pub(super) fn status(
        &mut self,
        subject: &'p Certificate<'a>,
        level: usize,
    ) -> Result<Status, OverBudget> {
        if self.judging.try_push(subject).is_err() {
            return Ok(Status::Unknown);
        }
        let status = self.judge(subject, level);
        self.judging.pop();
        status
    }

    fn judge(&mut self, subject: &'p Certificate<'a>, level: usize) -> Result<Status, OverBudget> {
        let mut any = false;
        for known in self.crls_of_issuer(level) {
            any = true;
            self.charge_for_one(known, subject, level)?;
            if lists(known, subject) && self.signed(known, level, Use::Listing)?.is_some() {
                return Ok(Status::Revoked);
            }
        }
        if !any {
            let issuer = self.question.path[level].issuer.name;
            let spoken_of = self.question.crls.speak_of(issuer);
            return Ok(if spoken_of { Status::Unknown } else { Status::NoCrl });
        }
        let (now, stale) = (self.question.now, self.question.settings.stale);
        let fresh = |known: &KnownCrl| known.window().filter(|window| window.contains(now));
        let always = |_: &KnownCrl| Some(Window::ALWAYS);
        if stale == Stale::Accept {
            let covered = self.covered(subject, level, always)?;
            return Ok(covered.map_or(Status::Unknown, Status::Good));
        }
        if let Some(window) = self.covered(subject, level, fresh)? {
            return Ok(Status::Good(window));
        }
        let covered = self.covered(subject, level, always)?;
        Ok(covered.map_or(Status::Unknown, |_| Status::Stale))
    }

    /// The span of time in which the CRLs that have a window by `window_of` cover `subject` for
    /// every reason. One CRL that does is enough; else those for some reasons are put together.
    fn covered(
        &mut self,
        subject: &'p Certificate<'a>,
        level: usize,
        window_of: impl Fn(&KnownCrl) -> Option<Window>,
    ) -> Result<Option<Window>, OverBudget> {
        let (mut reasons, mut window) = (0, Window::ALWAYS);
        for alone in [true, false] {
            for known in self.crls_of_issuer(level) {
                self.charge_for_one(known, subject, level)?;
                let Some(current) = window_of(known) else { continue };
                let covers = covered_reasons(&known.crl, subject);
                if (covers == ALL_REASONS) != alone || covers & !reasons == 0 {
                    continue;
                }
                if let Some(by) = self.signed(known, level, Use::Covering)? {
                    reasons |= covers;
                    window = window.intersect(current).intersect(by);
                    if reasons == ALL_REASONS {
                        return Ok(Some(window));
                    }
                }
            }
        }
        Ok(None)
    }

    fn crls_of_issuer(&self, level: usize) -> impl Iterator<Item = &'p KnownCrl> + use<'p, 'a> {
        self.question.crls.of(self.question.path[level].issuer.name)
    }

    fn charge_for_one(
        &mut self,
        known: &KnownCrl,
        subject: &Certificate<'_>,
        level: usize,
    ) -> Result<(), OverBudget> {
        let name_ns = self.question.path[level].issuer.name.compare_ns(&known.crl.issuer());
        let points = subject.crl_distribution_points().map_or(0, |points| points.der_len());
        self.budget.charge(CRL_NS + name_ns + points as u64 * POINT_OCTET_NS)
    }
}

/// Whether a CRL of the certificate's issuer lists it.
fn lists(known: &KnownCrl, subject: &Certificate<'_>) -> bool {
    let listed = known.crl.entries_of(subject.serial()).any(|entry| entry.revokes());
    let only = || known.crl.issuing_distribution_point().and_then(|point| point.only);
    listed && only() != Some(CertificateKind::Attribute)
}
