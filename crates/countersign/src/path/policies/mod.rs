//! Certificate policies (RFC 5280 section 6.1 as updated by RFC 9618).
//!
//! RFC 9618 replaced the policy tree, which a chain can make grow exponentially
//! (CVE-2023-0464), by a graph with one node for each policy at each depth. Here every policy is
//! acceptable to the user, so all that the graph can decide is whether it has become empty; that
//! follows from its deepest row alone, and a row is all that is kept ([`Row`]).
//!
//! Policies decide nothing until some certificate of the path requires an explicit policy. Where
//! none does, nothing is built.

mod row;
#[cfg(test)]
mod tests;

use arrayvec::ArrayVec;

use self::row::{Row, sorted};
use super::constraints::Violation;
use crate::budget::{Budget, OverBudget};
use crate::cert::{Certificate, CertificatePolicies, PolicyMappings};
use crate::reason::Reason;

/// anyPolicy, 2.5.29.32.0.
const ANY_POLICY: &[u8] = &[0x55, 0x1d, 0x20, 0];

/// Reading one policy or one mapping, and its share of sorting a list of them. Measured 2026-11
/// on a 2-vCPU x86-64 at opt-level 3 over lists of 1 to 4,000: 17 to 73 ns.
const POLICY_NS: u64 = 80;

/// Lists of up to so many policies are searched for duplicates as they are.
const FEW: usize = 8;

/// The initial inputs of RFC 5280 section 6.1.1 (e) to (g). (The user-initial-policy-set is
/// anyPolicy.)
#[derive(Clone, Copy, Debug, Default)]
struct PolicySettings {
    require_explicit_policy: bool,
    inhibit_any_policy: bool,
    inhibit_policy_mapping: bool,
}

/// Processes the policies of `certificates` (leaf first, without the anchor), with no
/// requirement of our own.
///
/// # Errors
/// The first violation found from the anchor down: no acceptable policy where one is required, a
/// certificate that lists a policy twice, or one that maps to or from anyPolicy; or that `budget`
/// is used up.
pub(crate) fn check(
    certificates: &[&Certificate<'_>],
    budget: &mut Budget,
) -> Result<(), Violation> {
    check_with(certificates, PolicySettings::default(), budget)
}

fn check_with(
    certificates: &[&Certificate<'_>],
    settings: PolicySettings,
    budget: &mut Budget,
) -> Result<(), Violation> {
    for (index, certificate) in certificates.iter().enumerate().rev() {
        check_lists(certificate, index, budget).map_err(|found| found.at(index))?;
    }
    let requires = |certificate: &&Certificate<'_>| {
        certificate.policy_constraints().is_some_and(|c| c.require_explicit.is_some())
    };
    if !settings.require_explicit_policy && !certificates.iter().any(requires) {
        return Ok(());
    }
    let mut state = State::new(certificates.len(), settings);
    for (index, certificate) in certificates.iter().enumerate().rev() {
        state.process(certificate, index, budget).map_err(|found| found.at(index))?;
    }
    Ok(())
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Found {
    reason: Reason,
    what: &'static str,
}

impl Found {
    const fn violation(what: &'static str) -> Self {
        Self { reason: Reason::CertificatePolicy, what }
    }

    const fn at(self, index: usize) -> Violation {
        Violation { index, reason: self.reason, what: self.what }
    }
}

impl From<OverBudget> for Found {
    fn from(_: OverBudget) -> Self {
        Self { reason: Reason::LimitExceeded, what: "certificate policies: too much work" }
    }
}

/// What must hold of the lists of one certificate whether or not they come to decide anything.
fn check_lists(
    certificate: &Certificate<'_>,
    index: usize,
    budget: &mut Budget,
) -> Result<(), Found> {
    if let Some(policies) = certificate.certificate_policies() {
        check_distinct(policies, budget)?;
    }
    // Section 6.1.4 (a); mappings mean nothing in a leaf.
    let mappings = certificate.policy_mappings();
    for (issuer, subject) in mappings.iter().flat_map(PolicyMappings::iter) {
        budget.charge(POLICY_NS)?;
        if index > 0 && (issuer == ANY_POLICY || subject == ANY_POLICY) {
            return Err(Found::violation("policy mappings: anyPolicy is mapped"));
        }
    }
    Ok(())
}

/// "A certificate policy OID MUST NOT appear more than once in a certificate policies extension"
/// (section 4.2.1.4).
fn check_distinct(policies: CertificatePolicies<'_>, budget: &mut Budget) -> Result<(), Found> {
    let mut few = ArrayVec::<&[u8], FEW>::new();
    let fit = policies.iter().try_for_each(|policy| few.try_push(policy));
    let distinct = if fit.is_ok() {
        budget.charge(POLICY_NS * few.len() as u64)?;
        few.iter().enumerate().all(|(i, policy)| !few[..i].contains(policy))
    } else {
        sorted(policies.iter(), budget)?.is_sorted_by(|a, b| a < b)
    };
    if distinct {
        Ok(())
    } else {
        Err(Found::violation("certificate policies: one is listed twice"))
    }
}

/// The state variables of section 6.1.2.
struct State<'a> {
    row: Row<'a>,
    explicit_policy: u32,
    policy_mapping: u32,
    inhibit_any_policy: u32,
}

impl<'a> State<'a> {
    fn new(certificates: usize, settings: PolicySettings) -> Self {
        let never = u32::try_from(certificates).unwrap_or(u32::MAX).saturating_add(1);
        let counter = |now| if now { 0 } else { never };
        Self {
            row: Row::initial(),
            explicit_policy: counter(settings.require_explicit_policy),
            policy_mapping: counter(settings.inhibit_policy_mapping),
            inhibit_any_policy: counter(settings.inhibit_any_policy),
        }
    }

    /// Sections 6.1.3 (d) to (f), and 6.1.4 or 6.1.5 (a), (b), (g) for the leaf.
    fn process(
        &mut self,
        certificate: &Certificate<'a>,
        index: usize,
        budget: &mut Budget,
    ) -> Result<(), Found> {
        let exempt = index > 0 && certificate.is_self_issued();
        let any_counts = self.inhibit_any_policy > 0 || exempt;
        self.row.descend(certificate.certificate_policies(), any_counts, budget)?;
        self.require_a_policy()?;
        if index > 0 {
            if let Some(mappings) = certificate.policy_mappings() {
                self.row.map(mappings, self.policy_mapping > 0, budget)?;
            }
            self.count_down(exempt);
            self.tighten(certificate);
            return Ok(());
        }
        self.explicit_policy = self.explicit_policy.saturating_sub(1);
        if certificate.policy_constraints().is_some_and(|c| c.require_explicit == Some(0)) {
            self.explicit_policy = 0;
        }
        self.require_a_policy()
    }

    fn require_a_policy(&self) -> Result<(), Found> {
        if self.explicit_policy == 0 && self.row.is_empty() {
            return Err(Found::violation("certificate policies: none is acceptable"));
        }
        Ok(())
    }

    /// Section 6.1.4 (h).
    fn count_down(&mut self, exempt: bool) {
        if !exempt {
            self.explicit_policy = self.explicit_policy.saturating_sub(1);
            self.policy_mapping = self.policy_mapping.saturating_sub(1);
            self.inhibit_any_policy = self.inhibit_any_policy.saturating_sub(1);
        }
    }

    /// Section 6.1.4 (i), (j).
    fn tighten(&mut self, certificate: &Certificate<'_>) {
        let tighten = |counter: &mut u32, skip: Option<u32>| {
            *counter = skip.map_or(*counter, |skip| skip.min(*counter));
        };
        if let Some(constraints) = certificate.policy_constraints() {
            tighten(&mut self.explicit_policy, constraints.require_explicit);
            tighten(&mut self.policy_mapping, constraints.inhibit_mapping);
        }
        tighten(&mut self.inhibit_any_policy, certificate.inhibit_any_policy());
    }
}
