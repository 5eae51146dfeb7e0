//! What the forge makes is what another implementation accepts.

use std::time::Duration;

use rustls_pki_types::{CertificateDer, UnixTime};
use webpki::{
    BorrowedCertRevocationList, CertRevocationList, EndEntityCert, Error, KeyUsage,
    OwnedCertRevocationList, RevocationCheckDepth, RevocationOptionsBuilder, UnknownStatusPolicy,
    anchor_from_trusted_cert,
};

use super::distribution_point::{IssuingDistributionPoint, PointName};
use super::*;

fn verify(leaf: &[u8], others: &[&[u8]], root: &[u8], crl: Option<&[u8]>) -> Result<(), Error> {
    let root = CertificateDer::from(root);
    let anchors = [anchor_from_trusted_cert(&root).expect("the root parses")];
    let leaf = CertificateDer::from(leaf);
    let others: Vec<_> = others.iter().map(|der| CertificateDer::from(*der)).collect();
    let crls: Vec<CertRevocationList<'_>> = crl
        .into_iter()
        .map(|der| BorrowedCertRevocationList::from_der(der).expect("the CRL parses").into())
        .collect();
    let crls: Vec<_> = crls.iter().collect();
    let revocation = crl.map(|_| {
        RevocationOptionsBuilder::new(&crls)
            .expect("there is a CRL")
            .with_depth(RevocationCheckDepth::EndEntity)
            .with_status_policy(UnknownStatusPolicy::Deny)
            .build()
    });
    EndEntityCert::try_from(&leaf)?
        .verify_for_usage(
            webpki::ALL_VERIFICATION_ALGS,
            &anchors,
            &others,
            UnixTime::since_unix_epoch(Duration::from_secs(NOW as u64)),
            KeyUsage::client_auth(),
            revocation,
            None,
        )
        .map(|_| ())
}

#[test]
fn a_chain_of_three_is_valid_under_its_root_only() {
    let root = Authority::root("root");
    let ca = root.intermediate("ca");
    let leaf = ca.leaf("client");
    verify(&leaf.certificate, &[&ca.certificate], &root.certificate, None).expect("valid");
    let stranger = Authority::root("root");
    assert!(verify(&leaf.certificate, &[&ca.certificate], &stranger.certificate, None).is_err());
    let broken = tamper::break_signature(&leaf.certificate);
    assert!(verify(&broken, &[&ca.certificate], &root.certificate, None).is_err());
}

#[test]
fn every_kind_of_key_can_be_root_and_leaf() {
    for kind in KeyKind::ALL {
        let root = Authority::root_with(Name::common("root"), Key::seeded(kind, "root"), |c| c);
        let leaf = root.leaf_for(&Name::common("leaf"), Key::seeded(kind, "leaf"), |c| c);
        let verdict = verify(&leaf.certificate, &[], &root.certificate, None);
        match kind {
            // webpki verifies ML-DSA only behind a feature of its own.
            KeyKind::MlDsa44 | KeyKind::MlDsa65 | KeyKind::MlDsa87 => {
                assert!(
                    EndEntityCert::try_from(&CertificateDer::from(&leaf.certificate[..])).is_ok()
                );
            }
            _ => verdict.unwrap_or_else(|e| panic!("{kind:?}: {e}")),
        }
    }
}

#[test]
fn every_rsa_padding_and_hash_verifies() {
    let key = Key::seeded(KeyKind::Rsa2048, "root");
    let root = Authority::root_with(Name::common("root"), key, |c| c);
    for algorithm in [
        SignatureAlgorithm::RsaPkcs1Sha256,
        SignatureAlgorithm::RsaPkcs1Sha384,
        SignatureAlgorithm::RsaPkcs1Sha512,
        SignatureAlgorithm::RsaPssSha256,
        SignatureAlgorithm::RsaPssSha384,
        SignatureAlgorithm::RsaPssSha512,
    ] {
        let leaf = root.leaf_with("leaf", |c| c.algorithm(algorithm));
        verify(&leaf.certificate, &[], &root.certificate, None)
            .unwrap_or_else(|e| panic!("{algorithm:?}: {e}"));
    }
}

#[test]
fn extensions_mean_what_they_say() {
    let root = Authority::root_with(Name::common("root"), Key::p256(), |c| {
        c.with(extension::name_constraints(&[GeneralName::dns("ok.example")], &[]))
    });
    let named = |dns: &str| root.leaf_with("leaf", |c| c.san([GeneralName::dns(dns)])).certificate;
    verify(&named("a.ok.example"), &[], &root.certificate, None).expect("within");
    assert!(verify(&named("a.no.example"), &[], &root.certificate, None).is_err());

    let server = root.leaf_with("leaf", |c| {
        c.without(extension::id::EXTENDED_KEY_USAGE)
            .with(extension::extended_key_usage(&[extension::purpose::SERVER_AUTH]))
    });
    assert!(verify(&server.certificate, &[], &root.certificate, None).is_err());

    let odd = root.leaf_with("leaf", |c| c.with(extension::unknown().critical()));
    assert!(matches!(
        verify(&odd.certificate, &[], &root.certificate, None),
        Err(Error::UnsupportedCriticalExtension)
    ));

    let old = root.leaf_with("leaf", |c| c.validity(NOW - 20, NOW - 10));
    assert!(matches!(
        verify(&old.certificate, &[], &root.certificate, None),
        Err(Error::CertExpired { .. })
    ));
}

#[test]
fn a_path_length_is_kept() {
    let root = Authority::root("root");
    let first = root.intermediate_with(Name::common("1"), Key::p256(), |c| {
        c.without(extension::id::BASIC_CONSTRAINTS).with(extension::ca(Some(0)))
    });
    let leaf = first.leaf("leaf");
    verify(&leaf.certificate, &[&first.certificate], &root.certificate, None).expect("short");
    let second = first.intermediate("2");
    let leaf = second.leaf("leaf");
    let others: [&[u8]; 2] = [&second.certificate, &first.certificate];
    assert!(verify(&leaf.certificate, &others, &root.certificate, None).is_err());
}

#[test]
fn a_crl_revokes_what_it_lists_and_nothing_else() {
    let root = Authority::root("root");
    let (bad, good) = (root.leaf("bad"), root.leaf("good"));
    let entry = RevokedEntry::of(&bad.certificate).reason(1).invalidity_date(NOW - 7_200);
    let crl = root.crl().entry(&entry).sign(&root.key);
    assert_eq!(
        verify(&bad.certificate, &[], &root.certificate, Some(&crl)),
        Err(Error::CertRevoked)
    );
    verify(&good.certificate, &[], &root.certificate, Some(&crl)).expect("not listed");
    let empty = root.crl().sign(&root.key);
    verify(&bad.certificate, &[], &root.certificate, Some(&empty)).expect("empty CRL");
}

#[test]
fn a_crl_with_a_scope_parses() {
    let root = Authority::root("root");
    let scope = IssuingDistributionPoint {
        name: Some(PointName::full(&[GeneralName::uri("http://crl.example/1")])),
        only_user_certificates: true,
        ..Default::default()
    };
    let leaf = root.leaf_with("leaf", |c| c.with(crl_at("http://crl.example/1")));
    let crl = root.crl().scope(&scope).revoke_certificate(&leaf.certificate).sign(&root.key);
    assert_eq!(
        verify(&leaf.certificate, &[], &root.certificate, Some(&crl)),
        Err(Error::CertRevoked)
    );
}

#[test]
fn a_large_crl_holds_every_entry() {
    let root = Authority::root("root");
    let serials = (0..20_000u32).map(|n| [&[0x40][..], &n.to_be_bytes()].concat());
    let der = root.crl().revoke_all(serials).sign(&root.key);
    let crl = OwnedCertRevocationList::from_der(&der).expect("the CRL parses");
    let crl = CertRevocationList::from(crl);
    for n in [0u32, 1, 9_999, 19_999] {
        let serial = [&[0x40][..], &n.to_be_bytes()].concat();
        assert!(crl.find_serial(&serial).expect("sound").is_some());
    }
    assert!(crl.find_serial(&[0x41]).expect("sound").is_none());
}

#[test]
fn pem_lines_are_64_characters() {
    let text = pem("CERTIFICATE", &[0; 60]);
    assert_eq!(text.lines().map(str::len).collect::<Vec<_>>(), [27, 64, 16, 25]);
}
