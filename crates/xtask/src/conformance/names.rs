//! Whether a leaf has the names that a case expects, as an entry of an allowlist would ask: in
//! the subjectAltName only, whole, and never by a wildcard.

use std::net::IpAddr;

use countersign::cert::{Certificate, GeneralName};
use countersign_testkit::vectors::PeerName;

/// Whether the leaf has all of these names.
pub(super) fn has_all(leaf: &[u8], expected: &[PeerName]) -> bool {
    expected.is_empty()
        || Certificate::parse(leaf).is_ok_and(|leaf| {
            let names = || leaf.subject_alt_names().into_iter().flat_map(|names| names.iter());
            expected.iter().all(|name| names().any(|has| is(&has, name)))
        })
}

fn is(has: &GeneralName<'_>, expected: &PeerName) -> bool {
    let value = expected.value.as_str();
    match (expected.kind.as_str(), has) {
        ("DNS", GeneralName::Dns(name)) => name.eq_ignore_ascii_case(value),
        ("RFC822", GeneralName::Email(address)) => {
            match (address.rsplit_once('@'), value.rsplit_once('@')) {
                (Some((local, host)), Some((value_local, value_host))) => {
                    local == value_local && host.eq_ignore_ascii_case(value_host)
                }
                _ => false,
            }
        }
        ("IP", GeneralName::Ip(octets)) => match value.parse() {
            Ok(IpAddr::V4(address)) => address.octets() == *octets,
            Ok(IpAddr::V6(address)) => address.octets() == *octets,
            Err(_) => false,
        },
        _ => false,
    }
}
