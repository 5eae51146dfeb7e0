//! Certificates made to order, each with one thing wrong.

use countersign_testkit::forge::{
    Authority, CertificateBuilder, Extension, GeneralName as Forged, Key, Name as ForgedName, der,
    extension, leaf_certificate,
};

use super::*;

fn builder() -> CertificateBuilder {
    let issuer = ForgedName::common("issuer");
    leaf_certificate(&ForgedName::common("client"), &Key::p256()).issuer(issuer)
}

/// Why the certificate that `shape` makes is malformed; `None` where it is well formed.
fn fault(shape: impl FnOnce(CertificateBuilder) -> CertificateBuilder) -> Option<&'static str> {
    let certificate = shape(builder()).sign(&Key::p256());
    Certificate::parse(&certificate).err().map(|e| e.what())
}

#[test]
fn a_usual_chain_parses_with_every_field() {
    let root = Authority::root("root");
    let leaf = root.leaf_with("client", |c| {
        c.san([Forged::dns("a.example"), Forged::uri("spiffe://a.example/x"), Forged::ip(&[1; 4])])
    });
    let certificate = Certificate::parse(&leaf.certificate).unwrap();
    let ca = Certificate::parse(&root.certificate).unwrap();
    assert_eq!(certificate.der(), leaf.certificate);
    assert_eq!(certificate.issuer(), ca.subject());
    assert_eq!(certificate.authority_key_id(), ca.subject_key_id());
    assert_eq!(certificate.spki().der, leaf.key.spki());
    assert!(
        certificate
            .validity()
            .contains(crate::UnixTime::from_secs(countersign_testkit::forge::NOW))
    );
    assert!(ca.is_ca() && ca.is_self_issued() && !certificate.is_ca());
    assert!(certificate.key_usage().unwrap().allows(KeyUsage::DIGITAL_SIGNATURE));
    let names: Vec<_> = certificate.subject_alt_names().unwrap().iter().collect();
    assert_eq!(
        names,
        [
            GeneralName::Dns("a.example"),
            GeneralName::Uri("spiffe://a.example/x"),
            GeneralName::Ip(&[1; 4])
        ]
    );
}

#[test]
fn each_defect_of_the_fields_is_named() {
    let inner_outer = "signature algorithm: inner and outer differ";
    let serial = "serial number: negative or longer than 20 octets";
    let minimal = "serial number: not a minimal INTEGER";
    assert_eq!(fault(|c| c), None);
    assert_eq!(
        fault(|c| c.inner_identifier(&der::sequence([der::oid("1.2.3")]))),
        Some(inner_outer)
    );
    assert_eq!(fault(|c| c.serial(&[0x80])), Some(serial));
    assert_eq!(fault(|c| c.serial(&[1; 21])), Some(serial));
    assert_eq!(fault(|c| c.serial(&[0])), Some("serial number: zero"));
    assert_eq!(fault(|c| c.serial(&[0, 1])), Some(minimal));
    assert_eq!(fault(|c| c.serial(&[])), Some(minimal));
    assert_eq!(fault(|c| c.version(0)), Some("version: not 2 or 3"));
    assert_eq!(fault(|c| c.version(3)), Some("version: not 2 or 3"));
    let extensions = Some("extensions: in a certificate that is not version 3");
    assert_eq!(fault(CertificateBuilder::without_version), extensions);
    assert_eq!(fault(|c| c.version(1)), extensions);
    assert_eq!(fault(|c| c.without_version().without_extensions()), None, "v1");
    assert_eq!(fault(|c| c.issuer(ForgedName::new())), Some("issuer: empty"));
    assert_eq!(fault(|c| c.after_extensions(&[5, 0])), Some("certificate: trailing fields"));
    let validity = Some("validity: not two times in seconds and Z");
    assert_eq!(fault(|c| c.validity_raw(&der::sequence([der::utc_time(0)]))), validity);
    assert_eq!(
        fault(|c| c.extensions_raw(&der::constructed(3, &der::sequence::<[Vec<u8>; 0]>([])))),
        Some("extension: not well formed")
    );
}

#[test]
fn an_empty_subject_needs_a_critical_alternative_name() {
    let names = || extension::subject_alt_name([Forged::dns("a.example")]);
    let nameless = |c: CertificateBuilder| c.subject(ForgedName::new());
    let what = Some("subject: empty without a critical alternative name");
    assert_eq!(fault(nameless), what);
    assert_eq!(fault(|c| nameless(c).with(names().not_critical())), what);
    assert_eq!(fault(|c| nameless(c).with(names().critical())), None);
}

#[test]
fn each_defect_of_the_extensions_is_named() {
    let with = |e: Extension| fault(|c| c.with(e));
    let twice = extension::extended_key_usage(&["1.3.6.1.5.5.7.3.2"]);
    assert_eq!(with(twice), Some("extension: present twice"));
    let unknown = || Extension::new("1.2.3.4", vec![5, 0]);
    assert_eq!(fault(|c| c.with(unknown()).with(unknown())), Some("extension: present twice"));
    assert_eq!(with(unknown().critical_raw(&[1, 1, 0])), Some("extension: not well formed"));
    assert_eq!(
        with(extension::name_constraints(&[Forged::dns("a")], &[])),
        Some("name constraints: in a certificate that is no CA's")
    );
    assert_eq!(
        with(extension::authority_key_identifier(&[1]).critical()),
        Some("extension: critical, which its definition forbids")
    );
    assert_eq!(
        with(extension::policy_constraints(Some(0), None).not_critical()),
        Some("extension: not critical, which its definition requires")
    );
    let no_purpose =
        |c: CertificateBuilder| c.without("2.5.29.37").with(extension::extended_key_usage(&[]));
    assert_eq!(fault(no_purpose), Some("extended key usage: not a well-formed list"));
    let no_usage = |c: CertificateBuilder| c.without("2.5.29.15").with(extension::key_usage(&[]));
    assert_eq!(fault(no_usage), Some("key usage: no bit, or an undefined one"));
    let too_many = |c: CertificateBuilder| {
        (0..65).fold(c, |c, i| c.with(Extension::new(&format!("1.2.3.{i}"), vec![5, 0])))
    };
    assert_eq!(fault(too_many), Some("extension: too many"));
}

#[test]
fn a_malformed_or_empty_alternative_name_is_an_error_and_never_skipped() {
    let good = || Forged::dns("a.example");
    for (bad, what) in [
        (Forged::dns(""), "alternative name: not a DNS name in preferred name syntax"),
        (Forged::dns("a\0.example"), "alternative name: not a DNS name in preferred name syntax"),
        (Forged::dns("127.0.0.1"), "alternative name: not a DNS name in preferred name syntax"),
        (Forged::uri("/x"), "alternative name: not an absolute URI"),
        (Forged::email("nobody"), "alternative name: not an email address"),
        (Forged::ip(&[1; 5]), "alternative name: IP address length"),
        (Forged::raw(0x89, b"x"), "alternative name: unknown kind"),
        (Forged::raw(0xa0, &[6, 1, 42]), "alternative name: otherName"),
        (Forged::raw(0x88, &[0x80]), "alternative name: registered ID"),
    ] {
        assert_eq!(fault(|c| c.san([good(), bad.clone()])), Some(what));
        assert_eq!(fault(|c| c.san([bad.clone(), good()])), Some(what));
    }
    let none: [Forged; 0] = [];
    assert_eq!(fault(|c| c.san(none)), Some("alternative name: not a well-formed sequence"));
}

#[test]
fn unknown_critical_extensions_are_noted_and_others_pass() {
    let parse = |e: Extension| {
        let certificate = builder().with(e).sign(&Key::p256());
        Certificate::parse(&certificate).unwrap().has_unknown_critical_extension()
    };
    assert!(parse(extension::unknown().critical()));
    assert!(!parse(extension::unknown().not_critical()));
}

#[test]
fn every_truncation_and_every_appended_octet_is_malformed() {
    let certificate = builder().san([Forged::dns("a.example")]).sign(&Key::p256());
    for length in 0..certificate.len() {
        assert!(Certificate::parse(&certificate[..length]).is_err(), "{length}");
    }
    assert!(Certificate::parse(&[&certificate[..], &[0]].concat()).is_err());
}

#[test]
fn no_flipped_bit_goes_unnoticed_or_panics() {
    let original = builder().san([Forged::uri("spiffe://a.example/x")]).sign(&Key::p256());
    for bit in 0..original.len() * 8 {
        let mut flipped = original.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        if let Ok(certificate) = Certificate::parse(&flipped) {
            assert_ne!(
                (certificate.tbs(), certificate.signature()),
                {
                    let parsed = Certificate::parse(&original).unwrap();
                    (parsed.tbs(), parsed.signature())
                },
                "a change outside what is signed and the signature"
            );
        }
    }
}
