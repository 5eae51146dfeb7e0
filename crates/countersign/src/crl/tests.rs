use super::*;

/// One element, whatever its length.
fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len() as u32;
    let be = length.to_be_bytes();
    let mut der = vec![tag];
    match length {
        0..=0x7f => der.push(be[3]),
        0x80..=0xff => der.extend([0x81, be[3]]),
        0x100..=0xffff => der.extend([0x82, be[2], be[3]]),
        0x1_0000..=0xff_ffff => der.extend([0x83, be[1], be[2], be[3]]),
        _ => der.extend([0x84, be[0], be[1], be[2], be[3]]),
    }
    der.extend_from_slice(content);
    der
}

fn seq(parts: &[Vec<u8>]) -> Vec<u8> {
    tlv(tag::SEQUENCE, &parts.concat())
}

fn utc(text: &str) -> Vec<u8> {
    tlv(tag::UTC_TIME, text.as_bytes())
}

fn name(text: &str) -> Vec<u8> {
    let attribute = seq(&[tlv(tag::OID, &[0x55, 4, 3]), tlv(tag::UTF8_STRING, text.as_bytes())]);
    tlv(tag::SEQUENCE, &tlv(tag::SET, &attribute))
}

/// An extension of 2.5.29.n.
fn extension(n: u8, critical: bool, value: &[u8]) -> Vec<u8> {
    let mut parts = vec![tlv(tag::OID, &[0x55, 0x1d, n])];
    if critical {
        parts.push(tlv(tag::BOOLEAN, &[0xff]));
    }
    parts.push(tlv(tag::OCTET_STRING, value));
    seq(&parts)
}

fn number() -> Vec<u8> {
    extension(20, false, &tlv(tag::INTEGER, &[7]))
}

fn entry(serial: &[u8], extensions: &[Vec<u8>]) -> Vec<u8> {
    let mut parts = vec![tlv(tag::INTEGER, serial), utc("260101000000Z")];
    if !extensions.is_empty() {
        parts.push(seq(extensions));
    }
    seq(&parts)
}

fn reason(code: u8) -> Vec<u8> {
    extension(21, false, &tlv(tag::ENUMERATED, &[code]))
}

fn certificate_issuer(text: &str) -> Vec<u8> {
    extension(29, true, &tlv(tag::SEQUENCE, &tlv(0xa4, &name(text))))
}

/// The fields of a CRL, each of which a test can get wrong.
struct Sketch {
    version: Vec<u8>,
    inner: Vec<u8>,
    outer: Vec<u8>,
    issuer: Vec<u8>,
    updates: Vec<u8>,
    revoked: Vec<u8>,
    extensions: Vec<u8>,
    signature: Vec<u8>,
}

impl Sketch {
    fn v2(entries: &[Vec<u8>], extensions: &[Vec<u8>]) -> Self {
        let algorithm = seq(&[tlv(tag::OID, &[0x2b, 0x65, 0x70])]);
        Self {
            version: tlv(tag::INTEGER, &[1]),
            inner: algorithm.clone(),
            outer: algorithm,
            issuer: name("Acme CA"),
            updates: [utc("260101000000Z"), utc("260201000000Z")].concat(),
            revoked: if entries.is_empty() { vec![] } else { seq(entries) },
            extensions: tlv(0xa0, &seq(extensions)),
            signature: tlv(tag::BIT_STRING, &[0, 1, 2, 3]),
        }
    }

    fn v1(entries: &[Vec<u8>]) -> Self {
        Self { version: vec![], extensions: vec![], ..Self::v2(entries, &[]) }
    }

    fn der(&self) -> Vec<u8> {
        let tbs = seq(&[
            self.version.clone(),
            self.inner.clone(),
            self.issuer.clone(),
            self.updates.clone(),
            self.revoked.clone(),
            self.extensions.clone(),
        ]);
        seq(&[tbs, self.outer.clone(), self.signature.clone()])
    }

    fn what(&self) -> &'static str {
        Crl::parse(&self.der()).expect_err("malformed").what()
    }
}

#[test]
fn every_field_is_read() {
    let aki = extension(35, false, &tlv(tag::SEQUENCE, &tlv(0x80, &[9, 9])));
    let entries = [entry(&[5], &[reason(1)]), entry(&[0x00, 0x80], &[])];
    let der = Sketch::v2(&entries, &[aki, number()]).der();
    let crl = Crl::parse(&der).unwrap();
    assert_eq!(crl.der(), der);
    assert_eq!(crl.issuer().der(), name("Acme CA"));
    assert_eq!(crl.this_update().to_string(), "2026-01-01T00:00:00Z");
    assert_eq!(crl.next_update().unwrap().to_string(), "2026-02-01T00:00:00Z");
    assert_eq!(crl.signature(), [1, 2, 3]);
    assert_eq!(crl.signature_algorithm(), tlv(tag::OID, &[0x2b, 0x65, 0x70]));
    assert_eq!((crl.number(), crl.authority_key_id()), (Some(&[7][..]), Some(&[9, 9][..])));
    assert!(!crl.is_delta() && !crl.has_unknown_critical_extension());
    assert!(crl.issuing_distribution_point().is_none());
    let read: Vec<_> = crl.entries().map(|e| (e.serial, e.reason, e.revokes())).collect();
    assert_eq!(read, [(&[5][..], Some(ReasonCode::KeyCompromise), true), (&[0, 0x80], None, true)]);
}

#[test]
fn version_1_has_no_extensions_and_version_2_has_a_crl_number() {
    let der = Sketch::v1(&[entry(&[1], &[])]).der();
    assert_eq!(Crl::parse(&der).unwrap().entry_count(), 1);
    assert_eq!(
        Sketch::v1(&[entry(&[1], &[reason(1)])]).what(),
        "CRL entry: extensions in version 1"
    );
    let with = Sketch { version: vec![], ..Sketch::v2(&[], &[number()]) };
    assert_eq!(with.what(), "CRL extensions: in version 1");
    let without = Sketch { extensions: vec![], ..Sketch::v2(&[], &[]) };
    assert_eq!(without.what(), "CRL number: missing");
    let critical = extension(20, true, &tlv(tag::INTEGER, &[7]));
    assert_eq!(Sketch::v2(&[], &[critical]).what(), "CRL number: critical");
    let negative = extension(20, false, &tlv(tag::INTEGER, &[0x80]));
    assert_eq!(Sketch::v2(&[], &[negative]).what(), "CRL number: not a non-negative INTEGER");
    let v3 = Sketch { version: tlv(tag::INTEGER, &[2]), ..Sketch::v2(&[], &[number()]) };
    assert_eq!(v3.what(), "CRL version: not 2");
}

#[test]
fn one_malformed_entry_makes_the_crl_malformed() {
    for (bad, what) in [
        (
            seq(&[tlv(tag::INTEGER, &[0, 1]), utc("260101000000Z")]),
            "CRL entry: serial number is not a minimal INTEGER",
        ),
        (seq(&[tlv(tag::INTEGER, &[1]), utc("2601010000Z")]), "CRL entry: revocation date"),
        (seq(&[tlv(tag::INTEGER, &[1])]), "CRL entry: revocation date"),
        (entry(&[1], &[reason(7)]), "CRL entry: reason code"),
        (entry(&[1], &[reason(11)]), "CRL entry: reason code"),
        (entry(&[1], &[reason(1), reason(1)]), "CRL entry: extension present twice"),
        (entry(&[1], &[extension(24, false, &utc("260101000000Z"))]), "CRL entry: invalidity date"),
        (tlv(tag::SET, &[]), "CRL entry: not a sequence"),
        (seq(&[tlv(tag::INTEGER, &[1]), utc("260101000000Z"), seq(&[])]), "CRL entry: extension"),
    ] {
        for entries in [vec![bad.clone(), entry(&[2], &[])], vec![entry(&[2], &[]), bad.clone()]] {
            assert_eq!(Sketch::v2(&entries, &[number()]).what(), what);
        }
    }
}

#[test]
fn negative_and_long_serials_in_entries_are_harmless() {
    let entries = [entry(&[0xff], &[]), entry(&[0x80], &[]), entry(&[0x11; 40], &[])];
    let crl = LoadedCrl::from_der(Sketch::v2(&entries, &[number()]).der()).unwrap();
    assert_eq!(crl.entries_of(&[0xff]).count(), 1);
    assert_eq!(crl.entries_of(&[0x00, 0xff]).count(), 0, "255 is not -1");
    assert_eq!(crl.entries_of(&[0x11; 40]).count(), 1);
}

#[test]
fn algorithms_inside_and_outside_are_the_same() {
    let other = seq(&[tlv(tag::OID, &[0x2b, 0x65, 0x71])]);
    let crl = Sketch { outer: other, ..Sketch::v2(&[], &[number()]) };
    assert_eq!(crl.what(), "CRL signature algorithm: inner and outer differ");
}

#[test]
fn an_empty_bit_string_is_malformed_and_never_a_panic() {
    // RUSTSEC-2026-0104.
    for bits in [&[][..], &[1], &[8, 0], &[7, 0x80]] {
        let crl = Sketch { signature: tlv(tag::BIT_STRING, bits), ..Sketch::v2(&[], &[number()]) };
        assert_eq!(crl.what(), "CRL signature: not a BIT STRING of octets");
    }
    for reasons in [&[][..], &[8, 0x80], &[0, 0], &[1, 0x81]] {
        let point = extension(28, true, &tlv(tag::SEQUENCE, &tlv(0x83, reasons)));
        let what = "issuing distribution point: not well formed";
        assert_eq!(Sketch::v2(&[], &[number(), point]).what(), what);
    }
}

#[test]
fn the_issuing_distribution_point_is_read_in_full() {
    let full_name = tlv(0xa0, &tlv(0xa0, &tlv(0x86, b"http://crl.example/1")));
    let content =
        [full_name, tlv(0x81, &[0xff]), tlv(0x83, &[6, 0x40]), tlv(0x84, &[0xff])].concat();
    let point = extension(28, true, &tlv(tag::SEQUENCE, &content));
    let der = Sketch::v2(&[], &[number(), point]).der();
    let check = |point: IssuingDistributionPoint<'_>| {
        assert!(matches!(point.name, Some(crate::cert::DistributionPointName::Full(_))));
        assert_eq!(point.only, Some(CertificateKind::User));
        assert_eq!(point.only_some_reasons, Some(0x4000));
        assert!(point.is_indirect);
    };
    check(Crl::parse(&der).unwrap().issuing_distribution_point().unwrap());
    check(LoadedCrl::from_der(der).unwrap().issuing_distribution_point().unwrap());
    for (content, what) in [
        (vec![], "issuing distribution point: empty"),
        (tlv(0x81, &[0]), "issuing distribution point: not a canonical BOOLEAN"),
        (tlv(0x81, &[1]), "issuing distribution point: not a canonical BOOLEAN"),
        (
            [tlv(0x81, &[0xff]), tlv(0x85, &[0xff])].concat(),
            "issuing distribution point: limited to two kinds",
        ),
        (
            [tlv(0x82, &[0xff]), tlv(0x81, &[0xff])].concat(),
            "issuing distribution point: not well formed",
        ),
        (tlv(0xa0, &tlv(0xa0, &[])), "distribution point: not well formed"),
    ] {
        let point = extension(28, true, &tlv(tag::SEQUENCE, &content));
        assert_eq!(Sketch::v2(&[], &[number(), point]).what(), what);
    }
}

#[test]
fn critical_extensions_that_are_not_understood_are_noted() {
    let unknown = |critical| extension(99, critical, b"?");
    for (entries, extensions, noted) in [
        (vec![], vec![number(), unknown(false)], false),
        (vec![], vec![number(), unknown(true)], true),
        (vec![entry(&[1], &[unknown(false)])], vec![number()], false),
        (vec![entry(&[1], &[unknown(true)]), entry(&[2], &[])], vec![number()], true),
    ] {
        let crl = LoadedCrl::from_der(Sketch::v2(&entries, &extensions).der()).unwrap();
        assert_eq!(crl.has_unknown_critical_extension(), noted);
    }
    let twice = Sketch::v2(&[], &[number(), unknown(false), unknown(false)]);
    assert_eq!(twice.what(), "CRL extension: present twice");
}

#[test]
fn a_delta_crl_says_so() {
    let delta = extension(27, true, &tlv(tag::INTEGER, &[3]));
    let crl = LoadedCrl::from_der(Sketch::v2(&[], &[number(), delta]).der()).unwrap();
    assert!(crl.is_delta() && !crl.has_unknown_critical_extension());
}

#[test]
fn entries_of_other_issuers_are_not_found_under_their_serial() {
    let entries = [
        entry(&[1], &[]),
        entry(&[2], &[certificate_issuer("Other CA")]),
        entry(&[3], &[]),
        entry(&[1], &[]),
        entry(&[4], &[certificate_issuer("ACME  ca"), reason(8)]),
        entry(&[1], &[]),
    ];
    let crl = LoadedCrl::from_der(Sketch::v2(&entries, &[number()]).der()).unwrap();
    assert!(crl.has_entries_that_name_issuers());
    let found = [1, 2, 3, 4].map(|serial| crl.entries_of(&[serial]).count());
    assert_eq!(found, [2, 0, 0, 1]);
    assert!(!crl.entries_of(&[4]).any(|e| e.revokes()), "removeFromCRL");
}

#[test]
fn a_serial_that_is_listed_twice_is_found_twice() {
    let entries = [entry(&[9], &[reason(8)]), entry(&[7], &[]), entry(&[9], &[reason(1)])];
    let crl = LoadedCrl::from_der(Sketch::v2(&entries, &[number()]).der()).unwrap();
    let reasons: Vec<_> = crl.entries_of(&[9]).map(|e| e.reason).collect();
    assert_eq!(reasons, [Some(ReasonCode::RemoveFromCrl), Some(ReasonCode::KeyCompromise)]);
}

#[test]
fn a_crl_without_next_update_or_entries_parses() {
    let sketch = Sketch { updates: utc("260101000000Z"), ..Sketch::v2(&[], &[number()]) };
    assert_eq!(Crl::parse(&sketch.der()).unwrap().next_update(), None);
    let empty = Sketch { revoked: seq(&[]), ..Sketch::v2(&[], &[number()]) };
    assert_eq!(Crl::parse(&empty.der()).unwrap().entry_count(), 0);
    let nameless = Sketch { issuer: seq(&[]), ..Sketch::v2(&[], &[number()]) };
    assert_eq!(nameless.what(), "CRL issuer: empty");
}

#[test]
fn truncations_and_flipped_bits_never_panic_and_never_go_unnoticed_at_the_end() {
    let point = extension(28, true, &tlv(tag::SEQUENCE, &tlv(0x83, &[6, 0x40])));
    let entries = [entry(&[5], &[reason(1), certificate_issuer("A")]), entry(&[6], &[])];
    let der = Sketch::v2(&entries, &[number(), point]).der();
    for end in 0..der.len() {
        assert!(LoadedCrl::from_der(&der[..end]).is_err(), "cut at {end}");
    }
    let mut longer = der.clone();
    longer.push(0);
    assert_eq!(Crl::parse(&longer).unwrap_err().what(), "CRL: trailing octets");
    for bit in 0..der.len() * 8 {
        let mut flipped = der.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        if let Ok(crl) = LoadedCrl::from_der(flipped) {
            assert!(crl.entries_of(&[5]).count() + crl.entries_of(&[6]).count() <= 2);
        }
    }
}

/// A CRL with this many entries, their serial numbers of `octets` octets.
fn large(count: u32, octets: usize) -> Vec<u8> {
    let mut entries = Vec::new();
    for n in 0..count {
        entries.extend(entry(&large_serial(n, octets), &[]));
    }
    let revoked = tlv(tag::SEQUENCE, &entries);
    Sketch { revoked, ..Sketch::v2(&[], &[number()]) }.der()
}

/// An odd multiplier permutes the numbers below 2³⁰: spread, and all different.
fn large_serial(n: u32, octets: usize) -> Vec<u8> {
    let spread = n.wrapping_mul(0x9e37_79b1) & 0x3fff_ffff | 0x4000_0000;
    let mut serial = vec![0x5a; octets - 4];
    serial.extend(spread.to_be_bytes());
    serial
}

#[test]
fn a_million_entries_load_fast_and_cost_at_most_one_and_a_half_times_their_der() {
    for octets in [4, 16] {
        let der = large(1_000_000, octets);
        let size = der.len();
        let start = std::time::Instant::now();
        let crl = LoadedCrl::from_der(der).unwrap();
        let took = start.elapsed();
        let factor = crl.memory_bytes() as f64 / size as f64;
        println!("serials of {octets} octets: loaded in {took:?}, {factor:.3} x the DER");
        assert!(factor <= 1.5, "{octets} octets: {factor}");
        assert!(took.as_secs() < 10, "{took:?}, and this build is not optimised");
        for n in (0..1_000_000).step_by(9973) {
            assert_eq!(crl.entries_of(&large_serial(n, octets)).count(), 1);
        }
        assert_eq!(crl.entries_of(&large_serial(1_000_001, octets)).count(), 0);
    }
}

#[test]
fn the_crls_of_the_public_suites_parse_unless_that_is_their_flaw() {
    let vectors = match countersign_testkit::vectors::Folder::locate() {
        Ok(vectors) => vectors,
        Err(absent) => return println!("{absent}"),
    };
    let cases = [vectors.limbo().unwrap(), vectors.pkits().unwrap()].concat();
    let mut malformed = Vec::new();
    for case in &cases {
        let bad = case.crls.iter().find_map(|crl| LoadedCrl::from_der(crl.as_slice()).err());
        malformed.extend(bad.map(|e| (case.id.as_str(), e.what())));
    }
    malformed.sort_unstable();
    let expected = [
        ("crl::crlnumber-critical", "CRL number: critical"),
        ("crl::crlnumber-missing", "CRL number: missing"),
        // Its broken signature says that a bit is unused, and 2048 bits have none.
        (
            "pkits-4.4::4.4.4-Section4InvalidBadCRLSignatureTest4",
            "CRL signature: not a BIT STRING of octets",
        ),
    ];
    assert_eq!(malformed, expected);
}
