//! RFC 9421's own examples: keys of appendix B.1, messages of B.2 and B.3.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::base;
use super::parameters::{Components, Reader};
use super::request::Request;
use crate::crypto::{MessageSigner, MessageVerifier};
use crate::forwarded::structured;
use crate::pem;

/// B.1.3, `test-key-ecc-p256`.
const P256_PUBLIC: &str = "-----BEGIN PUBLIC KEY-----\n\
    MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEqIVYZVLCrPZHGHjP17CTW0/+D9Lf\n\
    w0EkjqF7xB4FivAxzic30tMM4GF+hR6Dxh71Z50VGGdldkkDXZCnTNnoXQ==\n\
    -----END PUBLIC KEY-----\n";

/// B.1.4, `test-key-ed25519`.
const ED25519_PUBLIC: &str = "-----BEGIN PUBLIC KEY-----\n\
    MCowBQYDK2VwAyEAJrQLj5P/89iXES9+vFgrIy29clF9CC/oPPsw3c5D0bs=\n\
    -----END PUBLIC KEY-----\n";
const ED25519_PRIVATE: &str = "-----BEGIN PRIVATE KEY-----\n\
    MC4CAQAwBQYDK2VwBCIEIJ+DYvh6SEqVTm50DFtMDoQikTmiCqirVv9mWG9qfSnF\n\
    -----END PRIVATE KEY-----\n";

/// B.1.5, `test-shared-secret`.
const SECRET: &str =
    "uzvJfB4u3N0Jy4T7NZ75MDVcr8zSTInedJtkgcu46YW4XByzNJjxBdtjUkdJPBtbmHhIDi6pcl8jsasjlTMtDQ==";

/// B.2, `test-request`, and of `test-response` what B.2.4 covers.
const REQUEST_FIELDS: &[(&str, &str)] = &[
    ("date", "Tue, 20 Apr 2021 02:07:55 GMT"),
    ("content-type", "application/json"),
    ("content-length", "18"),
];
const RESPONSE_BASE: &str = "\"@status\": 200\n\
    \"content-type\": application/json\n\
    \"content-digest\": sha-512=:mEWXIS7MaLRuGgxOBdODa3xqM1XdEvxoYhvlCFJ41QJgJc4GTsPp29l5oGX69wWdXymyU0rjJuahq4l5aGgfLQ==:\n\
    \"content-length\": 23\n\
    \"@signature-params\": (\"@status\" \"content-type\" \"content-digest\" \"content-length\");created=1618884473;keyid=\"test-key-ecc-p256\"";

/// B.3's certificate, and all that a proxy writes there.
const CLIENT_CERT: &str = ":MIIBqDCCAU6gAwIBAgIBBzAKBggqhkjOPQQDAjA6MRswGQYDVQQKDBJMZXQncyBBdXRoZW50aWNhdGUxGzAZBgNVBAMMEkxBIEludGVybWVkaWF0ZSBDQTAeFw0yMDAxMTQyMjU1MzNaFw0yMTAxMjMyMjU1MzNaMA0xCzAJBgNVBAMMAkJDMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE8YnXXfaUgmnMtOXU/IncWalRhebrXmckC8vdgJ1p5Be5F/3YC8OthxM4+k1M6aEAEFcGzkJiNy6J84y7uzo9M6NyMHAwCQYDVR0TBAIwADAfBgNVHSMEGDAWgBRm3WjLa38lbEYCuiCPct0ZaSED2DAOBgNVHQ8BAf8EBAMCBsAwEwYDVR0lBAwwCgYIKwYBBQUHAwIwHQYDVR0RAQH/BBMwEYEPYmRjQGV4YW1wbGUuY29tMAoGCCqGSM49BAMCA0gAMEUCIBHda/r1vaL6G3VliL4/Di6YK0Q6bMjeSkC3dFCOOB8TAiEAx/kHSB4urmiZ0NX5r5XarmPk0wmuydBVoU4hBVZ1yhk=:";

fn der(pem_text: &str) -> Vec<u8> {
    pem::blocks(pem_text.as_bytes()).next().unwrap().unwrap().der.clone()
}

/// The one member of a `Signature-Input` or `Signature`.
fn member<'v>(value: &'v str, label: &str) -> &'v [u8] {
    let found = structured::dictionary(value.as_bytes()).next().unwrap().unwrap();
    assert_eq!(found.key, label.as_bytes());
    found.value
}

/// The base of a signature over this request, as our own reading of its input has it.
fn base_of(input: &[u8], request: &Request<'_>, fields: &[(&str, &'static str)]) -> Vec<u8> {
    let components: Components<'_> =
        Reader(core::str::from_utf8(input).unwrap()).components().unwrap();
    let values = |name: &str| {
        let of_name = fields.iter().filter(|(own, _)| *own == name);
        of_name.map(|(_, value)| value.as_bytes()).collect::<Vec<_>>().into_iter()
    };
    let mut base = Vec::new();
    base::write(&components, request, values, input, &mut base).unwrap();
    base
}

fn signature(value: &str, label: &str) -> Vec<u8> {
    STANDARD.decode(structured::byte_sequence(member(value, label)).unwrap()).unwrap()
}

fn request() -> Request<'static> {
    Request::new(b"POST", b"example.com", b"/foo?param=Value&Pet=dog")
}

#[test]
fn b_2_5_hmac_sha256() {
    let input = member(
        "sig-b25=(\"date\" \"@authority\" \"content-type\");created=1618884473;keyid=\"test-shared-secret\"",
        "sig-b25",
    );
    let base = base_of(input, &request(), REQUEST_FIELDS);
    let expected = signature("sig-b25=:pxcQw6G3AjtMBQjwo8XzkZf/bws5LelbaMk5rGIGtE8=:", "sig-b25");
    let secret = STANDARD.decode(SECRET).unwrap();
    let signed = MessageSigner::hmac(&secret).unwrap().sign(&base).unwrap();
    assert_eq!(signed[..], expected[..]);
    assert!(MessageVerifier::hmac(&secret).unwrap().verify(&base, &expected).is_ok());
}

#[test]
fn b_2_6_ed25519() {
    let input = member(
        "sig-b26=(\"date\" \"@method\" \"@path\" \"@authority\" \"content-type\" \"content-length\")\
         ;created=1618884473;keyid=\"test-key-ed25519\"",
        "sig-b26",
    );
    let base = base_of(input, &request(), REQUEST_FIELDS);
    let expected = signature(
        "sig-b26=:wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw==:",
        "sig-b26",
    );
    let signed = MessageSigner::pkcs8(&der(ED25519_PRIVATE)).unwrap().sign(&base).unwrap();
    assert_eq!(signed[..], expected[..]);
    let verifier = MessageVerifier::spki(&der(ED25519_PUBLIC)).unwrap();
    assert!(verifier.verify(&base, &expected).is_ok());
}

#[test]
fn b_2_4_ecdsa_p256_sha256() {
    let verifier = MessageVerifier::spki(&der(P256_PUBLIC)).unwrap();
    let expected = signature(
        "sig-b24=:wNmSUAhwb5LxtOtOpNa6W5xj067m5hFrj0XQ4fvpaCLx0NKocgPquLgyahnzDnDAUy5eCdlYUEkLIj+32oiasw==:",
        "sig-b24",
    );
    assert!(verifier.verify(RESPONSE_BASE.as_bytes(), &expected).is_ok());
    let other = RESPONSE_BASE.replace("200", "201");
    assert!(verifier.verify(other.as_bytes(), &expected).is_err());
}

#[test]
fn b_3_a_tls_terminating_proxy() {
    let input = member(
        "ttrp=(\"@path\" \"@query\" \"@method\" \"@authority\" \"client-cert\")\
         ;created=1618884473;keyid=\"test-key-ecc-p256\"",
        "ttrp",
    );
    let target = b"/foo?param=Value&Pet=dog";
    let request = Request::new(b"POST", b"Service.Internal.Example", target);
    let base = base_of(input, &request, &[("client-cert", CLIENT_CERT)]);
    let expected_base = format!(
        "\"@path\": /foo\n\
         \"@query\": ?param=Value&Pet=dog\n\
         \"@method\": POST\n\
         \"@authority\": service.internal.example\n\
         \"client-cert\": {CLIENT_CERT}\n\
         \"@signature-params\": (\"@path\" \"@query\" \"@method\" \"@authority\" \"client-cert\")\
         ;created=1618884473;keyid=\"test-key-ecc-p256\""
    );
    assert_eq!(String::from_utf8(base.clone()).unwrap(), expected_base);
    let expected = signature(
        "ttrp=:xVMHVpawaAC/0SbHrKRs9i8I3eOs5RtTMGCWXm/9nvZzoHsIg6Mce9315T6xoklyy0yzhD9ah4JHRwMLOgmizw==:",
        "ttrp",
    );
    let verifier = MessageVerifier::spki(&der(P256_PUBLIC)).unwrap();
    assert!(verifier.verify(&base, &expected).is_ok());
    for target in [&b"/foo?param=Value&Pet=cat"[..], b"/foo", b"/fop?param=Value&Pet=dog"] {
        let other = Request::new(b"POST", b"service.internal.example", target);
        let base = base_of(input, &other, &[("client-cert", CLIENT_CERT)]);
        assert!(verifier.verify(&base, &expected).is_err());
    }
}

#[test]
fn b_3_its_certificate_is_read_and_written_as_it_is() {
    use crate::forwarded::{Family, Forwarded, Presented};
    let family = Family::rfc9440();
    let headers = [(&b"Client-Cert"[..], CLIENT_CERT.as_bytes())];
    let Forwarded::Certificate(chain) = family.read(headers).unwrap() else { panic!("nobody") };
    let chain = chain.certificates().collect::<Vec<_>>();
    let produced = family.produce(Presented::Verified(&chain)).unwrap();
    assert_eq!(produced.fields().collect::<Vec<_>>(), [("client-cert", CLIENT_CERT)]);
}
