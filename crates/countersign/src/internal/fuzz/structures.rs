//! Certificates and CRLs: what parses is consistent in itself.

use crate::cert::{Certificate, GeneralName, GeneralNames, Name, Subtree};
use crate::crl::{Crl, LoadedCrl};
use crate::crypto::{PublicKey, SignatureAlgorithm, sha256};
use crate::identity::LeafIdentity;

/// Parses `der` as a certificate and uses every part of it.
pub fn certificate(der: &[u8]) {
    let Ok(certificate) = Certificate::parse(der) else { return };
    assert_eq!(certificate.der(), der, "a certificate is all of its octets");
    assert!(Certificate::parse(&der[..der.len() - 1]).is_err(), "an octet less is none");
    assert!(Certificate::parse(&[der, &[0]].concat()).is_err(), "an octet more is none");
    for name in [certificate.issuer(), certificate.subject()] {
        consistent(name);
    }
    let same = certificate.issuer() == certificate.subject();
    assert_eq!(same, certificate.is_self_issued());
    assert!(!same || certificate.issuer().hash() == certificate.subject().hash());
    let identity = LeafIdentity::new(&certificate, sha256);
    assert_eq!(identity.cert_sha256(), &sha256(der));
    assert!(identity.issuer_serial().len() >= 32);
    let _ = PublicKey::parse(&certificate.spki()).map(|key| key.cost_ns(der.len()));
    let _ = SignatureAlgorithm::from_der(certificate.signature_algorithm());
    extensions(&certificate);
}

fn consistent(name: Name<'_>) {
    let again = Name::from_der(name.der()).expect("read before");
    assert!(again == name && again.is_within(&name) && again.hash() == name.hash());
    assert_eq!(name.is_empty(), name.rdns().next().is_none());
    for rdn in name.rdns() {
        assert!(rdn.attributes().next().is_some(), "a set of attributes is not empty");
    }
}

fn extensions(certificate: &Certificate<'_>) {
    for name in certificate.subject_alt_names().iter().flat_map(GeneralNames::iter) {
        match name {
            GeneralName::Dns(text) | GeneralName::Email(text) | GeneralName::Uri(text) => {
                assert!(text.bytes().all(|b| b.is_ascii_graphic()), "no NUL, no space");
            }
            GeneralName::Ip(address) => assert!(matches!(address.len(), 4 | 16)),
            GeneralName::Directory(name) => consistent(name),
            _ => {}
        }
    }
    if let Some(constraints) = certificate.name_constraints() {
        for subtree in constraints.permitted().chain(constraints.excluded()) {
            if let Subtree::Ip { address, mask } = subtree {
                assert_eq!(address.len(), mask.len());
            }
        }
    }
    if let Some(usage) = certificate.extended_key_usage() {
        assert!(usage.iter().all(|purpose| !purpose.is_empty()));
    }
    if let Some(policies) = certificate.certificate_policies() {
        assert!(policies.iter().next().is_some(), "a list of policies is not empty");
    }
    if let Some(mappings) = certificate.policy_mappings() {
        assert!(mappings.iter().next().is_some(), "a list of mappings is not empty");
    }
    if let Some(points) = certificate.crl_distribution_points() {
        assert!(points.iter().all(|p| p.name.is_some() || p.crl_issuer.is_some()));
    }
}

/// Parses `der` as a CRL, indexes it, and compares the index with the list.
pub fn crl(der: &[u8]) {
    let parsed = Crl::parse(der);
    let loaded = LoadedCrl::from_der(der);
    let (crl, loaded) = match (parsed, loaded) {
        (Ok(crl), Ok(loaded)) => (crl, loaded),
        (Err(one), Err(other)) => return assert_eq!(one, other),
        _ => panic!("parsing and loading agree"),
    };
    assert!(Crl::parse(&der[..der.len() - 1]).is_err(), "an octet less is none");
    assert_eq!(crl.der(), der);
    assert_eq!((crl.tbs(), crl.signature()), (loaded.tbs(), loaded.signature()));
    assert_eq!(crl.signature_algorithm(), loaded.signature_algorithm());
    assert_eq!(crl.issuer().der(), loaded.issuer().der());
    assert_eq!(crl.authority_key_id(), loaded.authority_key_id());
    assert_eq!(crl.entry_count(), crl.entries().count());
    assert_eq!(crl.is_delta(), loaded.is_delta());
    let points = (crl.issuing_distribution_point(), loaded.issuing_distribution_point());
    assert_eq!(format!("{:?}", points.0), format!("{:?}", points.1));
    let _ = SignatureAlgorithm::from_der(crl.signature_algorithm());
    look_up(&crl, &loaded);
}

/// Every serial number is found as often as a walk over the list finds it.
fn look_up(crl: &Crl<'_>, loaded: &LoadedCrl) {
    let mut own = true;
    let ours: Vec<&[u8]> = crl
        .entries()
        .filter_map(|entry| {
            if let Some(names) = entry.certificate_issuer {
                own = names.directory_names().any(|name| name == crl.issuer());
            }
            own.then_some(entry.serial)
        })
        .collect();
    for entry in crl.entries().take(64) {
        let listed = ours.iter().filter(|serial| **serial == entry.serial).count();
        assert_eq!(loaded.entries_of(entry.serial).count(), listed);
    }
    assert_eq!(loaded.entries_of(&[]).count(), 0, "no serial number is empty");
}
