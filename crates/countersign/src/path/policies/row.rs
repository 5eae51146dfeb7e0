//! The deepest row of the valid_policy_graph (RFC 9618 section 5).

use super::{ANY_POLICY, POLICY_NS};
use crate::budget::{Budget, OverBudget};
use crate::cert::{CertificatePolicies, PolicyMappings};

/// Looking at one policy of a row while the next is made. Measured as `POLICY_NS` was: 8 ns.
const CARRY_NS: u64 = 12;

/// The policies that the certificate below may assert: the expected_policy_sets of all nodes of
/// the row together. Which node expects a policy matters to nobody, as all are acceptable.
#[derive(Debug)]
pub(super) struct Row<'a> {
    /// A node for anyPolicy is there.
    any: bool,
    /// All expected policies but anyPolicy, sorted, each once.
    expected: Vec<&'a [u8]>,
}

impl<'a> Row<'a> {
    pub(super) const fn initial() -> Self {
        Self { any: true, expected: Vec::new() }
    }

    /// Whether the graph is NULL.
    pub(super) const fn is_empty(&self) -> bool {
        !self.any && self.expected.is_empty()
    }

    /// Section 6.1.3 (d), (e): to the row of a certificate with these policies. `any_counts`:
    /// anyPolicy in a certificate is not inhibited.
    pub(super) fn descend(
        &mut self,
        policies: Option<CertificatePolicies<'a>>,
        any_counts: bool,
        budget: &mut Budget,
    ) -> Result<(), OverBudget> {
        budget.charge(CARRY_NS * self.expected.len() as u64)?;
        let Some(policies) = policies else {
            self.any = false;
            self.expected.clear();
            return Ok(());
        };
        let mut valid = sorted(policies.iter(), budget)?;
        let asserts_any = take(&mut valid, ANY_POLICY);
        if !self.any {
            valid.retain(|policy| contains(&self.expected, policy));
        }
        if asserts_any && any_counts {
            // Everything expected is carried on, as one node each.
            valid.append(&mut self.expected);
            valid.sort_unstable();
            valid.dedup();
        } else {
            self.any = false;
        }
        self.expected = valid;
        Ok(())
    }

    /// Section 6.1.4 (b): applies the mappings of the certificate, or where mapping is inhibited
    /// deletes what they map.
    pub(super) fn map(
        &mut self,
        mappings: PolicyMappings<'a>,
        allowed: bool,
        budget: &mut Budget,
    ) -> Result<(), OverBudget> {
        budget.charge(CARRY_NS * self.expected.len() as u64)?;
        let issuers = sorted(mappings.iter().map(|(issuer, _)| issuer), budget)?;
        let mut next = Vec::new();
        if allowed {
            for (issuer, subject) in mappings.iter() {
                budget.charge(POLICY_NS)?;
                // Where the row has anyPolicy, it gains a node for whatever is mapped.
                if self.any || contains(&self.expected, issuer) {
                    next.push(subject);
                }
            }
        }
        next.extend(self.expected.iter().filter(|policy| !contains(&issuers, policy)));
        next.sort_unstable();
        next.dedup();
        self.expected = next;
        Ok(())
    }
}

/// The policies in order; each is charged.
pub(super) fn sorted<'a>(
    policies: impl Iterator<Item = &'a [u8]>,
    budget: &mut Budget,
) -> Result<Vec<&'a [u8]>, OverBudget> {
    let mut list = Vec::new();
    for policy in policies {
        budget.charge(POLICY_NS)?;
        list.push(policy);
    }
    list.sort_unstable();
    Ok(list)
}

fn contains(sorted: &[&[u8]], policy: &[u8]) -> bool {
    sorted.binary_search(&policy).is_ok()
}

/// Removes the policy from the sorted list; whether it was there.
fn take(sorted: &mut Vec<&[u8]>, policy: &[u8]) -> bool {
    let found = sorted.binary_search(&policy);
    if let Ok(at) = found {
        sorted.remove(at);
    }
    found.is_ok()
}
