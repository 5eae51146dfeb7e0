//! A case through countersign's own path validation.

use countersign::UnixTime;
use countersign::internal::{Purpose, Revocation, Validation};
use countersign_testkit::vectors::{Case, Kind};

use super::names;

/// Whether the case has a valid path and the names it expects, with the CRLs in this order.
pub(super) fn accepts(case: &Case, now: i64, crl_order: &[usize]) -> bool {
    let (intermediates, anchors) = (borrow(&case.untrusted), borrow(&case.trusted));
    let crls: Vec<_> = crl_order.iter().map(|&i| case.crls[i].as_slice()).collect();
    let validation = Validation {
        leaf: &case.leaf,
        intermediates: &intermediates,
        anchors: &anchors,
        crls: &crls,
        revocation: if crls.is_empty() { Revocation::Off } else { Revocation::Require },
        now: UnixTime::from_secs(case.time.unwrap_or(now)),
        purpose: match case.kind {
            Kind::Server => Purpose::Server,
            Kind::Client => Purpose::Client,
        },
        max_intermediates: case.max_chain_depth.map_or(u32::MAX, u32::from),
    };
    validation.run().is_ok() && names::has_all(&case.leaf, &case.peer_names)
}

fn borrow(ders: &[Vec<u8>]) -> Vec<&[u8]> {
    ders.iter().map(Vec::as_slice).collect()
}
