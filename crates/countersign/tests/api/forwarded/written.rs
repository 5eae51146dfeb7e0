//! Headers as each family's own system writes them, by a writer that shares nothing with the library.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use countersign::forwarded::{ClientChain, Family, Forwarded, Rejection};
use countersign_testkit::forge::{certificates_pem, sha256};

/// Names and values of one request.
pub(super) type Headers = Vec<(String, Vec<u8>)>;

/// One family, and what its system writes about this chain.
pub(super) struct Written {
    pub(super) what: &'static str,
    pub(super) family: Family,
    pub(super) headers: Headers,
    /// Whether certificates behind the leaf are in it.
    pub(super) has_chain: bool,
    /// Whether a digest of the leaf stands beside it.
    pub(super) has_digest: bool,
}

pub(super) fn base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Percent-encoding of all but unreserved characters and `keep`.
pub(super) fn percent(text: &str, keep: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-._~".contains(c) || keep.contains(c);
    let one = |c: char| if plain(c) { c.to_string() } else { format!("%{:02X}", c as u32) };
    text.chars().map(one).collect()
}

pub(super) fn pairs(headers: &Headers) -> impl Iterator<Item = (&[u8], &[u8])> {
    headers.iter().map(|(name, value)| (name.as_bytes(), &value[..]))
}

pub(super) fn read(family: &Family, headers: &Headers) -> Result<Forwarded, Rejection> {
    family.read(pairs(headers))
}

pub(super) fn chain_of(family: &Family, headers: &Headers) -> ClientChain {
    match read(family, headers) {
        Ok(Forwarded::Certificate(chain)) => chain,
        other => panic!("{other:?} of {}", show(headers)),
    }
}

pub(super) fn certificates(chain: &ClientChain) -> Vec<Vec<u8>> {
    chain.certificates().map(<[u8]>::to_vec).collect()
}

pub(super) fn show(headers: &Headers) -> String {
    headers.iter().map(|(n, v)| format!("{n}: {}\n", v.escape_ascii())).collect()
}

pub(super) fn headers(list: &[(&str, &str)]) -> Headers {
    list.iter().map(|(name, value)| ((*name).to_owned(), value.as_bytes().to_vec())).collect()
}

/// Every family about a leaf and the intermediate that comes with it.
pub(super) fn all(leaf: &[u8], ca: &[u8], serial: &[u8]) -> Vec<Written> {
    let (pem, both) = (certificates_pem([leaf]), certificates_pem([leaf, ca]));
    let item = |der: &[u8]| format!(":{}:", base64(der));
    let digest = sha256(leaf);
    let xfcc = format!(
        "By=spiffe://a.example/edge;Hash={};Cert=\"{}\";Chain=\"{}\";Subject=\"CN=client,O=a;b\";URI=\
         spiffe://a.example/b;DNS=a.example",
        hex(&digest),
        percent(&pem, ""),
        percent(&both, "")
    );
    let spaced = pem.trim_end().replace('\n', " ");
    let escaped = percent(&pem, "");
    let one = |what, family: Family, list: &[(&str, &str)], has_chain| {
        let has_digest = ["XFCC", "Cloudflare", "Google Cloud", "CloudFront"].contains(&what);
        Written { what, family, headers: headers(list), has_chain, has_digest }
    };
    vec![
        one(
            "RFC 9440",
            Family::rfc9440(),
            &[("Client-Cert", &item(leaf)), ("Client-Cert-Chain", &item(ca))],
            true,
        ),
        one("XFCC", Family::xfcc(1).unwrap(), &[("X-Forwarded-Client-Cert", &xfcc)], true),
        one(
            "nginx",
            Family::nginx(),
            &[("ssl-client-cert", &escaped), ("ssl-client-verify", "SUCCESS")],
            false,
        ),
        one(
            "Apache",
            Family::apache(),
            &[("X-SSL-Client-Cert", &spaced), ("X-SSL-Client-Verify", "SUCCESS")],
            false,
        ),
        one(
            "ALB verify",
            Family::alb_verify(),
            &[
                ("X-Amzn-Mtls-Clientcert-Serial-Number", &hex(serial)),
                ("X-Amzn-Mtls-Clientcert-Issuer", "CN=ca"),
                ("X-Amzn-Mtls-Clientcert-Subject", "CN=client"),
                ("X-Amzn-Mtls-Clientcert-Validity", "NotBefore=a;NotAfter=b"),
                ("X-Amzn-Mtls-Clientcert-Leaf", &percent(&pem, "+=/")),
            ],
            false,
        ),
        one(
            "ALB passthrough",
            Family::alb_passthrough(),
            &[("X-Amzn-Mtls-Clientcert", &percent(&both, "+/"))],
            true,
        ),
        one(
            "Traefik",
            Family::traefik(),
            &[("X-Forwarded-Tls-Client-Cert", &format!("{},{}", base64(leaf), base64(ca)))],
            true,
        ),
        one(
            "HAProxy",
            Family::haproxy(),
            &[
                ("X-SSL-Client-Used", "1"),
                ("X-SSL-Client-Verify", "0"),
                ("X-SSL-Client-DER", &base64(leaf)),
                ("X-SSL-Client-DN", "/C=DE/CN=client"),
            ],
            false,
        ),
        one("Azure", Family::azure_app_service(), &[("X-ARR-ClientCert", &base64(leaf))], false),
        one(
            "Cloudflare",
            Family::cloudflare(),
            &[
                ("Cf-Client-Cert-Der-Base64", &base64(leaf)),
                ("Cf-Client-Cert-Sha256", &hex(&digest)),
            ],
            false,
        ),
        one(
            "Google Cloud",
            Family::google_cloud(),
            &[
                ("X-Client-Cert-Present", "true"),
                ("X-Client-Cert-Chain-Verified", "true"),
                ("X-Client-Cert-Error", ""),
                ("X-Client-Cert-Hash", &base64(&digest)),
                ("X-Client-Cert-Leaf", &item(leaf)),
                ("X-Client-Cert-Chain", &item(ca)),
            ],
            true,
        ),
        one(
            "CloudFront",
            Family::cloudfront(),
            &[
                ("CloudFront-Viewer-Cert-Present", "1"),
                ("CloudFront-Viewer-Cert-Pem", &escaped),
                ("CloudFront-Viewer-Cert-Sha256", &hex(&digest)),
            ],
            false,
        ),
    ]
}
