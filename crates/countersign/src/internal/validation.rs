//! Path validation without a policy, for public test suites, which are mostly about servers.

use crate::budget::Budget;
use crate::cert::{Certificate, purpose};
use crate::clock::UnixTime;
use crate::decide::{leaf_key, not_revoked};
use crate::limits;
use crate::path::{self, Failure, Path, Presented, Question};
use crate::reason::Reason;
use crate::revocation::{self, CrlSet};
use crate::sigcache::SignatureFacts;
use crate::trust::{Anchor, TrustStore};

/// The extended key usage that is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// id-kp-clientAuth: what the decision asks for.
    Client,
    /// id-kp-serverAuth.
    Server,
}

/// What to do about revocation; the words of the policy file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Revocation {
    /// `require`.
    Require,
    /// `if_available`.
    IfAvailable,
    /// `off`.
    Off,
}

/// One question of a test suite.
#[derive(Clone, Debug)]
pub struct Validation<'v> {
    /// DER of the leaf.
    pub leaf: &'v [u8],
    /// DER of the other presented certificates.
    pub intermediates: &'v [&'v [u8]],
    /// DER of the trust anchors.
    pub anchors: &'v [&'v [u8]],
    /// DER of the CRLs.
    pub crls: &'v [&'v [u8]],
    /// What to do about revocation.
    pub revocation: Revocation,
    /// When.
    pub now: UnixTime,
    /// What for.
    pub purpose: Purpose,
    /// Most intermediates in a path, counted as pathLenConstraint counts them.
    pub max_intermediates: u32,
}

impl Validation<'_> {
    /// Whether there is a valid path, by the same code that decides about clients.
    ///
    /// # Errors
    /// The reason there is none; an anchor or CRL that a policy would refuse to load is
    /// `malformed`.
    pub fn run(&self) -> Result<(), Reason> {
        let anchors = self.anchors.iter().map(|der| Anchor::from_der(der));
        let trust =
            TrustStore::new(anchors.collect::<Result<Vec<_>, _>>().map_err(|_| Reason::Malformed)?);
        let mut crls = CrlSet::default();
        for crl in self.crls {
            crls.add(crl.to_vec()).map_err(|_| Reason::Malformed)?;
        }
        let presented = self.presented()?;
        let question = Question {
            presented: &presented,
            trust: &trust,
            facts: &SignatureFacts::new(0),
            now: self.now,
            purpose: match self.purpose {
                Purpose::Client => purpose::CLIENT_AUTH,
                Purpose::Server => purpose::SERVER_AUTH,
            },
            require_purpose: false,
            max_intermediates: self.max_intermediates,
        };
        let mode = match self.revocation {
            Revocation::Require => revocation::Mode::Require,
            Revocation::IfAvailable => revocation::Mode::IfAvailable,
            Revocation::Off => revocation::Mode::Off,
        };
        let settings = revocation::Settings { mode, ..Default::default() };
        let mut budget = Budget::new(limits::DECISION_NS);
        let mut accept = |path: &Path<'_, '_>, budget: &mut Budget| {
            not_revoked(&crls, settings, &question, path, budget).map(|_window| ())
        };
        path::find(&question, &mut budget, &mut accept).map_err(|f: Failure| f.reason)?;
        leaf_key(&presented[0].certificate).map(|_key| ()).map_err(|outcome| outcome.reason)
    }

    /// The leaf, and whichever others parse, as in a decision.
    fn presented(&self) -> Result<Vec<Presented<'_>>, Reason> {
        let leaf = Certificate::parse(self.leaf).map_err(|_| Reason::Malformed)?;
        if self.intermediates.len() >= limits::SEARCHED_CERTIFICATES {
            return Err(Reason::LimitExceeded);
        }
        let mut presented = vec![Presented { certificate: leaf, position: 0 }];
        for (position, der) in (1u8..).zip(self.intermediates) {
            if let Ok(certificate) = Certificate::parse(der) {
                presented.push(Presented { certificate, position });
            }
        }
        Ok(presented)
    }
}
