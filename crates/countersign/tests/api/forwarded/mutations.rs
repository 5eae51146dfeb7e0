//! Any change to a header is refused, or changes nothing, or lets nobody in; what is written is read.

use std::sync::LazyLock;

use countersign::Verifier;
use countersign::forwarded::{Family, Forwarded, Presented, Unproducible};
use countersign_testkit::forge::{Authority, GeneralName, Key, KeyKind, Name};
use proptest::prelude::*;

use super::written::{Headers, all, certificates, read, show};
use crate::site::now;

const SERIAL: &[u8] = &[0x0a, 0x5b];

/// An authority for all cases; making keys takes longest.
static CA: LazyLock<Authority> =
    LazyLock::new(|| Authority::seeded_root("root").intermediate("ca"));

/// What stands between the parts of some format, and what looks like it.
const SPECIAL: &[u8] = b",;:=\"\\%+/ \t\r\n\0-_AQgwz09~(\x7f\xff";

/// Lets in whoever has a certificate of the two authorities.
fn verifier() -> Verifier {
    let policy = "version = 1\nadmit = \"issued\"\n";
    Verifier::builder_from_toml(policy, "/nowhere").anchors(CA.certificate.clone()).build().unwrap()
}

/// What became of a changed header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Refused,
    Same,
    /// The bytes of a certificate are others, and there is no other way to write these: the signature in
    /// it tells.
    OtherBytes,
}

/// Refused, or the very same leaf, or a certificate that nobody issued; never nobody.
fn fate(family: &Family, changed: &Headers, leaf: &[u8], verifier: &Verifier) -> Fate {
    match read(family, changed) {
        Err(_) => Fate::Refused,
        Ok(Forwarded::Certificate(same)) if same.leaf() == leaf => Fate::Same,
        Ok(Forwarded::Certificate(other)) => {
            let chain: Vec<&[u8]> = other.certificates().collect();
            let verdict = verifier.verify(&chain, now());
            assert!(!verdict.is_allowed(), "{verdict}\n{}", show(changed));
            assert_eq!(other.leaf().len(), leaf.len());
            Fate::OtherBytes
        }
        Ok(Forwarded::NoCertificate) => panic!("nobody in\n{}", show(changed)),
    }
}

#[test]
fn any_byte_changed_added_or_taken_lets_nobody_else_in() {
    let leaf = CA.leaf_with("client", |c| c.serial(SERIAL)).certificate;
    let verifier = verifier();
    assert!(verifier.verify(&[&leaf], now()).is_allowed());
    for written in all(&leaf, &CA.certificate, SERIAL) {
        let (mut tried, mut other_bytes) = (0, 0);
        for field in 0..written.headers.len() {
            let value = &written.headers[field].1;
            let mut judge = |changed_value: Vec<u8>| {
                let mut changed = written.headers.clone();
                changed[field].1 = changed_value;
                tried += 1;
                let fate = fate(&written.family, &changed, &leaf, &verifier);
                // A byte more or less is never another certificate, and a digest beside it tells.
                let is_changed = changed[field].1.len() == value.len() && !written.has_digest;
                assert!(fate != Fate::OtherBytes || is_changed, "{}", show(&changed));
                other_bytes += usize::from(fate == Fate::OtherBytes);
            };
            for at in 0..=value.len() {
                judge(value[..at].to_vec());
                judge([&value[..at], &value[(at + 1).min(value.len())..]].concat());
                for &special in SPECIAL {
                    judge([&value[..at], &[special], &value[at..]].concat());
                    if at < value.len() {
                        judge([&value[..at], &[special], &value[at + 1..]].concat());
                    }
                }
                if at < value.len() {
                    for bit in 0..8 {
                        let mut flipped = value.clone();
                        flipped[at] ^= 1 << bit;
                        judge(flipped);
                    }
                }
            }
        }
        println!("{}: {tried} tried, {other_bytes} other bytes", written.what);
        assert!(tried > 30_000, "{}: {tried}", written.what);
    }
}

#[test]
fn any_header_twice_is_refused_or_leads_to_the_same_leaf() {
    let leaf = CA.leaf_with("client", |c| c.serial(SERIAL)).certificate;
    for written in all(&leaf, &CA.certificate, SERIAL) {
        for field in 0..written.headers.len() {
            let mut changed = written.headers.clone();
            changed.insert(field, written.headers[field].clone());
            let name = &*written.headers[field].0;
            match read(&written.family, &changed) {
                Err(rejection) => assert_eq!(rejection.what(), "given more than once", "{name}"),
                Ok(Forwarded::Certificate(chain)) => {
                    assert_eq!(chain.leaf(), leaf);
                    let may_repeat =
                        ["Client-Cert-Chain", "X-Forwarded-Client-Cert", "X-SSL-Client-DN"];
                    assert!(may_repeat.contains(&name), "{name}");
                }
                Ok(Forwarded::NoCertificate) => panic!("{name}"),
            }
        }
    }
}

fn awkward() -> impl Strategy<Value = String> {
    let character = prop_oneof![
        proptest::sample::select(
            &[',', ';', '"', '\\', '\r', '\n', '\0', '%', '=', ':', '\u{202e}'][..]
        ),
        any::<char>(),
        proptest::char::range('a', 'z'),
    ];
    proptest::collection::vec(character, 1..24).prop_map(|c| c.into_iter().collect())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, ..ProptestConfig::default() })]

    #[test]
    fn what_is_written_is_read(cn in awkward(), uri in "[a-z0-9,;=?&/._~:@!*+-]{0,24}", depth in 0..4_usize) {
        let key = Key::seeded(KeyKind::P256, "client");
        let uri = format!("spiffe://a.example/{uri}");
        let shape = |c: countersign_testkit::forge::CertificateBuilder| c.san([GeneralName::uri(&uri)]);
        let leaf = CA.leaf_for(&Name::common(&cn), key, shape).certificate;
        prop_assume!(countersign::cert::Certificate::parse(&leaf).is_ok());
        let mut chain: Vec<&[u8]> = vec![&leaf];
        chain.extend(std::iter::repeat_n(&CA.certificate[..], depth));
        let mut written = 0;
        for family in Family::all() {
            let produced = match family.produce(Presented::Verified(&chain)) {
                Ok(produced) => produced,
                Err(Unproducible::NotWritten) => continue,
                Err(error) => {
                    prop_assert!(family.names().any(|name| name == "x-forwarded-client-cert"));
                    prop_assert_eq!(error, Unproducible::CannotEscape);
                    prop_assert!(uri.contains(['"', '\\']));
                    continue;
                }
            };
            written += 1;
            for (name, value) in produced.fields() {
                prop_assert!(value.bytes().all(|b| (b' '..=b'~').contains(&b)), "{name}: {value}");
                prop_assert!(family.names().any(|own| own == name));
            }
            let headers = produced.fields().map(|(name, value)| (name.as_bytes(), value.as_bytes()));
            let Ok(Forwarded::Certificate(read)) = family.read(headers) else {
                return Err(TestCaseError::fail(format!("{family:?}: {:?}", produced)));
            };
            let read = certificates(&read);
            let whole: Vec<Vec<u8>> = chain.iter().map(|der| der.to_vec()).collect();
            prop_assert!(read == whole || read == whole[..1], "{family:?}");
        }
        prop_assert!(written >= 7);
    }

    #[test]
    fn arbitrary_values_are_judged_and_nothing_else_happens(
        value in proptest::collection::vec(any::<u8>(), 0..200),
        family in proptest::sample::select(Family::all().to_vec()),
    ) {
        let names: Vec<String> = family.names().map(ToOwned::to_owned).collect();
        for name in &names {
            let headers = [(name.as_bytes(), &value[..])];
            if let Ok(Forwarded::Certificate(chain)) = family.read(headers) {
                prop_assert!(countersign::cert::Certificate::parse(chain.leaf()).is_ok());
            }
        }
    }
}

#[test]
fn nobody_is_written_and_read_as_nobody() {
    for family in Family::all() {
        let Ok(produced) = family.produce(Presented::Nobody) else { continue };
        let headers = produced.fields().map(|(name, value)| (name.as_bytes(), value.as_bytes()));
        assert_eq!(family.read(headers), Ok(Forwarded::NoCertificate), "{family:?}");
    }
}
