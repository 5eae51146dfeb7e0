//! Headers of nobody in particular, through every family.

use std::sync::{Arc, LazyLock};

use crate::cert::Certificate;
use crate::clock::UnixTime;
use crate::forwarded::{
    Checker, ClientChain, Family, Forwarded, KeyRing, NonceMemory, Presented, Receiver, Request,
    Strip,
};
use crate::limits;
use crate::reason::Decision;

static FAMILIES: LazyLock<[Family; 12]> = LazyLock::new(Family::all);
static STRIP: LazyLock<Strip> = LazyLock::new(Strip::all);

/// Behind a proxy whose key nobody here has.
static SIGNED: LazyLock<Receiver> = LazyLock::new(|| {
    let keys = KeyRing::new().hmac_sha256("edge-1", &[7; 32]).expect("a secret of 32 bytes");
    let memory = Arc::new(NonceMemory::new(64, UnixTime::MIN).expect("room"));
    Receiver::signed(Family::rfc9440(), Checker::new(keys, memory))
});

/// The first octet chooses the family; then each line is a field: a letter chooses its name, and the
/// rest is its value. Of the letters behind the family's names, the first two are a signature's, and the
/// third is `Connection`.
///
/// # Panics
/// Where something that must hold does not.
pub fn forwarded(octets: &[u8]) {
    let Some((which, lines)) = octets.split_first() else { return };
    let family = &FAMILIES[usize::from(*which) % FAMILIES.len()];
    let names: Vec<&str> =
        family.names().chain(["signature-input", "signature", "connection"]).collect();
    let field = |line: &'_ [u8]| -> Option<(usize, Vec<u8>)> {
        let (letter, value) = line.split_first()?;
        Some((usize::from(letter.wrapping_sub(b'a')) % names.len(), value.to_vec()))
    };
    let fields: Vec<_> = lines.split(|byte| *byte == b'\n').filter_map(field).collect();
    let headers = || fields.iter().map(|(name, value)| (names[*name].as_bytes(), &value[..]));
    for (name, value) in headers() {
        let is_ours = family.names().any(|own| own.as_bytes() == name);
        assert!(STRIP.drops(name, value) || !is_ours, "it is stripped whatever it says");
    }
    let read = family.read(headers());
    assert_eq!(read, family.read(headers()), "the same headers, two outcomes");
    match read {
        Ok(Forwarded::Certificate(chain)) => sound(family, &chain, &fields),
        Ok(Forwarded::NoCertificate) => {}
        Err(rejection) => {
            assert_eq!(rejection.reason().decision(), Decision::Deny, "{rejection}");
        }
    }
    let request = Request::new(b"GET", b"a.example", b"/?a");
    let signed = SIGNED.receive(&request, headers(), UnixTime::from_secs(1_800_000_000));
    assert!(signed.is_err(), "nobody signed {fields:?}");
}

/// A chain within the limits, of certificates that parse, that is written as it was read.
fn sound(family: &Family, chain: &ClientChain, fields: &[(usize, Vec<u8>)]) {
    let certificates: Vec<&[u8]> = chain.certificates().collect();
    assert!((1..=limits::CHAIN_CERTIFICATES).contains(&certificates.len()));
    assert!(certificates.iter().map(|der| der.len()).sum::<usize>() <= limits::CHAIN_BYTES);
    assert!(certificates.iter().all(|der| Certificate::parse(der).is_ok()));
    assert_eq!(chain.leaf(), certificates[0]);
    let Ok(produced) = family.produce(Presented::Verified(&certificates)) else { return };
    let headers = produced.fields().map(|(name, value)| (name.as_bytes(), value.as_bytes()));
    let Ok(Forwarded::Certificate(again)) = family.read(headers) else {
        panic!("what was written is not read: {produced:?}");
    };
    let again: Vec<&[u8]> = again.certificates().collect();
    assert!(again == certificates || again == certificates[..1], "another chain is written");
    // Where a header holds certificates and nothing else, there is one way to write them.
    for (name, value) in produced.fields() {
        let Some(place) = family.names().position(|own| own == name) else { continue };
        let given: Vec<_> = fields.iter().filter(|(own, _)| *own == place).collect();
        if let ([(_, given)], false) = (&given[..], name == "x-forwarded-client-cert") {
            assert_eq!(compact(given), compact(value.as_bytes()), "{name}");
        }
    }
}

/// A value without what may vary in it: blanks of a list and at the ends, the last line's end of
/// escaped PEM, the case of a digest.
fn compact(value: &[u8]) -> Vec<u8> {
    let mut kept: Vec<u8> = value.iter().copied().filter(|b| !matches!(b, b' ' | b'\t')).collect();
    if kept.ends_with(b"%0A") {
        kept.truncate(kept.len() - 3);
    }
    if kept.len() == 64 { kept.to_ascii_lowercase() } else { kept }
}
