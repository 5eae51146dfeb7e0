//! Certificate policies whose tree grows without end (CVE-2023-0464, RFC 9618).

use super::{Hostile, WorstCase, fill};
use crate::forge::extension::{
    ANY_POLICY, certificate_policies, inhibit_any_policy, policy_constraints, policy_mappings,
};
use crate::forge::{Authority, CertificateBuilder, Key, KeyKind, Name, der};

pub(super) fn cases() -> Vec<WorstCase> {
    vec![
        mapped_all_to_all("policies mapped all to all, 13 levels", 13, 19),
        mapped_all_to_all("policies mapped all to all, 3 levels", 3, 43),
        doubled(),
        wide("many policies", certificate_policies_of),
        wide("many policies and anyPolicy", |policies| {
            certificate_policies_of(&[policies, &[ANY_POLICY.to_string()]].concat())
        }),
        wide("one policy many times", |policies| {
            certificate_policies_of(&vec!["1.2.3".to_string(); policies.len()])
        }),
        many_mappings(),
    ]
}

fn policy(number: usize) -> String {
    format!("1.2.{number}")
}

fn certificate_policies_of(policies: &[String]) -> crate::forge::Extension {
    certificate_policies(&policies.iter().map(String::as_str).collect::<Vec<_>>())
}

/// Makes the policies count: without requireExplicitPolicy nobody has to look at them.
fn explicit(c: CertificateBuilder) -> CertificateBuilder {
    c.with(policy_constraints(Some(0), None)).with(certificate_policies(&[ANY_POLICY]))
}

/// `levels` authorities below the hostile one, each shaped alike, and a leaf with one policy.
fn levels(
    name: &str,
    levels: usize,
    shape: impl Fn(CertificateBuilder) -> CertificateBuilder,
) -> WorstCase {
    let hostile = Hostile::constrained(explicit);
    let mut below: Vec<Authority> = Vec::new();
    for level in 0..levels {
        let issuer = below.first().unwrap_or(&hostile.ca);
        let key = Key::seeded(KeyKind::P256, &format!("level {level}"));
        let made = issuer.intermediate_with(Name::common(&format!("level {level}")), key, &shape);
        below.insert(0, made);
    }
    let key = Key::seeded(KeyKind::P256, "leaf");
    let leaf =
        below[0].leaf_for(&Name::common("leaf"), key, |c| c.with(certificate_policies(&["1.2.0"])));
    hostile.chain(name, &leaf, &below)
}

/// Every policy is mapped to every policy at every level: a tree has `policies` to the power of
/// `depth` leaves, a graph `policies` nodes a level.
fn mapped_all_to_all(name: &str, depth: usize, policies: usize) -> WorstCase {
    let policies: Vec<String> = (0..policies).map(policy).collect();
    let pairs: Vec<(&str, &str)> = policies
        .iter()
        .flat_map(|from| policies.iter().map(move |to| (from.as_str(), to.as_str())))
        .collect();
    levels(name, depth, |c| {
        c.with(certificate_policies_of(&policies)).with(policy_mappings(&pairs))
    })
}

/// The smallest tree that doubles at every level, as the first report of the class had it.
fn doubled() -> WorstCase {
    let pairs = [("1.2.0", "1.2.0"), ("1.2.0", "1.2.1"), ("1.2.1", "1.2.0"), ("1.2.1", "1.2.1")];
    levels("policies doubled at 13 levels", 13, |c| {
        c.with(certificate_policies(&["1.2.0", "1.2.1"])).with(policy_mappings(&pairs))
    })
}

/// As many policies as fit, in the hostile CA's subordinate and in the leaf.
fn wide(name: &str, extension: impl Fn(&[String]) -> crate::forge::Extension) -> WorstCase {
    let count = fill(30_500, |n| der::sequence([der::oid(&policy(n))])).len();
    let forwards: Vec<String> = (0..count).map(policy).collect();
    let backwards: Vec<String> = (0..count).rev().map(policy).collect();
    let hostile = Hostile::constrained(explicit);
    let key = Key::seeded(KeyKind::P256, "second");
    let second =
        hostile.ca.intermediate_with(Name::common("second"), key, |c| c.with(extension(&forwards)));
    let leaf_key = Key::seeded(KeyKind::P256, "leaf");
    let leaf = second.leaf_for(&Name::common("leaf"), leaf_key, |c| c.with(extension(&backwards)));
    hostile.chain(name, &leaf, &[second])
}

/// As many mappings as fit, from policies that are not there to policies that are.
fn many_mappings() -> WorstCase {
    let names: Vec<String> = (0..4_000).map(policy).collect();
    let pair = |n: usize| der::sequence([der::oid(&names[n % 4_000]), der::oid("1.2.9999")]);
    let count = fill(24_000, pair).len();
    let pairs: Vec<(&str, &str)> = (0..count).map(|n| (names[n].as_str(), "1.2.9999")).collect();
    levels("many mappings, 2 levels", 2, |c| {
        c.with(certificate_policies(&[ANY_POLICY, "1.2.9999"]))
            .with(policy_mappings(&pairs))
            .with(inhibit_any_policy(5))
    })
}
