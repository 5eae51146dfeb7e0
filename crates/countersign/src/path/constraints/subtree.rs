//! What it means for one name to be within one subtree (RFC 5280 section 4.2.1.10).

use super::hosts::{Host, is_at_or_below, is_below, parent};
use crate::cert::{GeneralName, Subtree, uri_host};

/// Which list a subtree stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Permitted,
    Excluded,
}

/// Whether the name is within the subtree, as far as its side asks. Only a wildcard makes a
/// difference: it is inside a permitted subtree where all the names it stands for are, and inside
/// an excluded one where any of them is (CVE-2025-61727).
pub(super) fn contains(side: Side, subtree: &Subtree<'_>, name: &GeneralName<'_>) -> bool {
    match (subtree, name) {
        (Subtree::Dns(base), GeneralName::Dns(name)) => match name.strip_prefix("*.") {
            None => is_at_or_below(name, base),
            // The asterisk stands for exactly one label (RFC 6125 section 6.4.3).
            Some(rest) => {
                is_at_or_below(rest, base)
                    || side == Side::Excluded
                        && !base.is_empty()
                        && Host(parent(base)) == Host(rest)
            }
        },
        (Subtree::Email(base), GeneralName::Email(address)) => within_mailbox(base, address),
        (Subtree::Uri(base), GeneralName::Uri(uri)) => {
            uri_host(uri).is_some_and(|host| within_host(base, host))
        }
        (Subtree::Ip { address, mask }, GeneralName::Ip(ip)) => {
            address.len() == ip.len()
                && address.iter().zip(*mask).zip(*ip).all(|((a, m), i)| a & m == i & m)
        }
        (Subtree::Directory(base), GeneralName::Directory(name)) => name.is_within(base),
        _ => false,
    }
}

fn within_mailbox(base: &str, address: &str) -> bool {
    let Some((local, host)) = address.rsplit_once('@') else { return false };
    match base.rsplit_once('@') {
        Some((base_local, base_host)) => local == base_local && Host(host) == Host(base_host),
        None => within_host(base, host),
    }
}

/// `.domain` is the hosts below it, `host` is that host alone.
fn within_host(base: &str, host: &str) -> bool {
    match base.strip_prefix('.') {
        Some(domain) => is_below(host, domain),
        None => Host(host) == Host(base),
    }
}
