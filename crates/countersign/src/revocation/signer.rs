//! Whose signature makes a CRL authentic (RFC 5280 section 6.3.3, steps f and g).
//!
//! Three kinds of key may sign the CRLs of an issuer, if its keyUsage, where there is one, has
//! cRLSign:
//!
//! - the key that signed the certificate in question;
//! - another key of the same name further up the path, as while a CA changes its key;
//! - the key of a presented certificate for the same name, signed by one of the path's issuers
//!   from the certificate's own upwards, and itself not revoked. An issuer further down cannot
//!   vouch for it: a subordinate could then issue CRLs about itself.

use super::checker::{Checker, Status, Use};
use super::set::KnownCrl;
use super::{Link, Mode};
use crate::budget::OverBudget;
use crate::cert::{Certificate, KeyUsage};
use crate::clock::Window;
use crate::crypto::{PublicKey, SignatureAlgorithm};

/// The price of comparing two short names, in nanoseconds; what longer ones take is added.
const NAME_NS: u64 = 100;

impl<'p, 'a> Checker<'_, 'p, 'a> {
    /// Whether `known` is signed by who may sign for the issuer of the path's certificate
    /// `level`, and for how long that holds.
    pub(super) fn signed(
        &mut self,
        known: &KnownCrl,
        level: usize,
        wanted: Use,
    ) -> Result<Option<Window>, OverBudget> {
        if self.signed_by_path(known, level)? {
            return Ok(Some(Window::ALWAYS));
        }
        for signer in self.question.presented {
            if let Some(window) = self.signed_by(signer, known, level, wanted)? {
                return Ok(Some(window));
            }
        }
        Ok(None)
    }

    /// The path's own keys of that name. Whether their certificates are revoked is judged with
    /// the path.
    fn signed_by_path(&mut self, known: &KnownCrl, level: usize) -> Result<bool, OverBudget> {
        let path: &[Link<'p, 'a>] = self.question.path;
        let name = path[level].issuer.name;
        for link in &path[level..] {
            let issuer = &link.issuer;
            self.budget.charge(NAME_NS + issuer.name.compare_ns(&name))?;
            let may_sign = issuer.key_usage.is_none_or(|usage| usage.allows(KeyUsage::CRL_SIGN));
            if may_sign
                && issuer.name == name
                && known.signature.is_by(issuer.key, issuer.spki, &known.crl, self.budget)?
            {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// A key that a presented certificate binds to that name.
    fn signed_by(
        &mut self,
        signer: &'p Certificate<'a>,
        known: &KnownCrl,
        level: usize,
        wanted: Use,
    ) -> Result<Option<Window>, OverBudget> {
        let name = self.question.path[level].issuer.name;
        self.budget.charge(NAME_NS + signer.subject().compare_ns(&name))?;
        let fits = signer.subject() == name
            && may_sign_crls(signer)
            && (wanted == Use::Listing || signer.validity().contains(self.question.now))
            && !self.judging.is_full()
            && !self.judging.iter().any(|judged| judged.der() == signer.der());
        if !fits {
            return Ok(None);
        }
        // Vouching first: a key that nobody vouches for is not even tried on the CRL.
        let Some(vouching) = self.vouching_level(signer, level)? else {
            return Ok(None);
        };
        let Ok(key) = PublicKey::parse(&signer.spki()) else {
            return Ok(None);
        };
        if !known.signature.is_by(&key, signer.spki().der, &known.crl, self.budget)? {
            return Ok(None);
        }
        let status = self.status(signer, vouching)?;
        Ok(match (wanted, status) {
            (Use::Listing, Status::Revoked) => None,
            (Use::Listing, _) => Some(Window::ALWAYS),
            (Use::Covering, Status::Good(window)) => Some(window.intersect(signer.validity())),
            (Use::Covering, Status::NoCrl) => {
                let accepted = self.question.settings.mode == Mode::IfAvailable;
                accepted.then(|| signer.validity())
            }
            (Use::Covering, _) => None,
        })
    }

    /// The lowest of the path's issuers from `level` upwards that signed this certificate.
    fn vouching_level(
        &mut self,
        signer: &Certificate<'_>,
        level: usize,
    ) -> Result<Option<usize>, OverBudget> {
        let Some(algorithm) = SignatureAlgorithm::from_der(signer.signature_algorithm()) else {
            return Ok(None);
        };
        let path = self.question.path;
        for (i, link) in path.iter().enumerate().skip(level) {
            self.budget.charge(NAME_NS + link.issuer.name.compare_ns(&signer.issuer()))?;
            if link.issuer.name != signer.issuer() {
                continue;
            }
            let key = link.issuer.key;
            self.budget.charge(key.cost_ns(signer.tbs().len()))?;
            if key.verify(algorithm, signer.tbs(), signer.signature()).is_ok() {
                return Ok(Some(i));
            }
        }
        Ok(None)
    }
}

/// Whether what a certificate says about itself lets its key sign CRLs. A certificate that is no
/// CA's must say so explicitly: that an end entity bears its CA's name is no licence.
fn may_sign_crls(signer: &Certificate<'_>) -> bool {
    let usage = match signer.key_usage() {
        Some(usage) => usage.allows(KeyUsage::CRL_SIGN),
        None => signer.is_ca(),
    };
    usage && !signer.has_unknown_critical_extension()
}
