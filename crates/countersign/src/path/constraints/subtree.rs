//! What it means for one name to be within one subtree (RFC 5280 section 4.2.1.10).

use super::Presented;
use super::hosts::{Host, is_at_or_below, is_below, parent};
use crate::cert::{Name, Subtree};

/// Comparing a name with a subtree: 3 to 17 ns for hosts and addresses.
const COMPARE_NS: u64 = 15;
/// Comparing two directory names of one attribute: 60 ns.
const COMPARE_DIRECTORY_NS: u64 = 60;

/// Which list a subtree stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Permitted,
    Excluded,
}

/// Whether the name is within the subtree, as far as its side asks. Only a wildcard makes a
/// difference: it is inside a permitted subtree where all the names it stands for are, and inside
/// an excluded one where any of them is (CVE-2025-61727).
pub(super) fn contains(side: Side, subtree: &Subtree<'_>, name: &Presented<'_>) -> bool {
    match (subtree, name) {
        (Subtree::Dns(base), Presented::Dns(name)) => match name.strip_prefix("*.") {
            None => is_at_or_below(name, base),
            // The asterisk stands for exactly one label (RFC 6125 section 6.4.3).
            Some(rest) => {
                is_at_or_below(rest, base)
                    || side == Side::Excluded
                        && !base.is_empty()
                        && Host(parent(base)) == Host(rest)
            }
        },
        (Subtree::Email(base), Presented::Email { local, host }) => {
            is_mailbox(base, local, host) || is_within_host(base, host)
        }
        (Subtree::Uri(base), Presented::Uri(host)) => is_within_host(base, host),
        (Subtree::Ip { address, mask }, Presented::Ip(ip)) => {
            address.len() == ip.len()
                && address.iter().zip(*mask).zip(*ip).all(|((a, m), i)| a & m == i & m)
        }
        (Subtree::Directory(base), Presented::Directory(name)) => name.is_within(base),
        _ => false,
    }
}

/// Whether `base` is `local@host`: its local part octet by octet, its host in any case.
fn is_mailbox(base: &str, local: &str, host: &str) -> bool {
    let rest = base.as_bytes().strip_prefix(local.as_bytes());
    rest.and_then(|rest| rest.strip_prefix(b"@"))
        .is_some_and(|base_host| base_host.eq_ignore_ascii_case(host.as_bytes()))
}

/// `.domain` is the hosts below it, `host` is that host alone.
fn is_within_host(base: &str, host: &str) -> bool {
    match base.strip_prefix('.') {
        Some(domain) => is_below(host, domain),
        None => Host(host) == Host(base),
    }
}

/// What comparing this name with this subtree costs.
pub(super) fn compare_ns(subtree: &Subtree<'_>, name: &Presented<'_>) -> u64 {
    match (subtree, name) {
        (Subtree::Directory(base), Presented::Directory(name)) => directory_ns(base, name),
        _ => COMPARE_NS,
    }
}

/// What comparing two directory names costs. The longer one counts too: white space that is
/// passed over has to be read.
pub(super) fn directory_ns(base: &Name<'_>, name: &Name<'_>) -> u64 {
    COMPARE_DIRECTORY_NS + base.compare_ns(name)
}
