//! Headers as each proxy writes them: the family's number, then a line for each field, a letter for its
//! name and its value.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::forge::{Authority, Key, KeyKind, Name, certificates_pem, sha256};

/// A few for each family.
pub(super) fn headers() -> Vec<Vec<u8>> {
    let root = Authority::seeded_root("Root");
    let key = Key::seeded(KeyKind::Ed25519, "client");
    let leaf = root.leaf_for(&Name::common("client"), key, |c| c.serial(&[0x0a, 0x5b]));
    let (leaf, ca) = (leaf.certificate, root.certificate);
    let base64 = |der: &[u8]| STANDARD.encode(der);
    let item = |der: &[u8]| format!(":{}:", base64(der));
    let (one, two) = (certificates_pem([&leaf]), certificates_pem([&leaf, &ca]));
    let (one, two, hex) = (percent(&one, ""), percent(&two, ""), hex(&sha256(&leaf)));
    let spaced = certificates_pem([&leaf]).trim_end().replace('\n', " ");
    let literal = percent(&certificates_pem([&leaf]), "+/=");
    let names = "By=spiffe://a.example/e;Subject=\"CN=\\\"c\\\",O=a\";URI=spiffe://a.example/b;DNS=a.example";
    let xfcc = format!("Hash={hex};Cert=\"{one}\";Chain=\"{two}\";{names}");
    let signed = "countersign=(\"@method\" \"@authority\" \"@path\" \"@query\" \"client-cert\");\
         created=1800000000;expires=1800000030;nonce=\"AAAAAAAAAAAAAAAAAAAAAA\";alg=\"hmac-sha256\";\
         keyid=\"edge-1\";tag=\"countersign-client-cert\"";
    let texts = [
        (0, format!("a{}", item(&leaf))),
        (0, format!("a{}\nb{}, {}\nb{}", item(&leaf), item(&ca), item(&ca), item(&ca))),
        (0, format!("a{}\nc{signed}\ndcountersign=:{}:", item(&leaf), base64(&[0; 32]))),
        (1, format!("a{xfcc}")),
        (1, format!("aHash=00,{names}, Chain=\"{two}\"\naCert=\"{one}\"")),
        (2, format!("a{one}\nbSUCCESS\nccn\ndcn")),
        (2, "bNONE".to_owned()),
        (2, format!("a{one}\nbFAILED:certificate has expired")),
        (3, format!("a{spaced}\nbSUCCESS")),
        (3, "a(null)\nbNONE".to_owned()),
        (4, format!("a{literal}\nb0A5B\ncCN=ca\ndCN=client\neNotBefore=a;NotAfter=b")),
        (5, format!("a{two}")),
        (5, format!("a{literal}")),
        (6, format!("a{},{}\nbSubject=\"CN=client\"", base64(&leaf), base64(&ca))),
        (7, format!("a1\nb0\nc{}\nf/CN=client", base64(&leaf))),
        (7, "a0\nb0\nc".to_owned()),
        (8, format!("a{}\nbsig1=:AA==:\ndclose, x-arr-clientcert", base64(&leaf))),
        (9, format!("a{}\nb{hex}", base64(&leaf))),
        (
            10,
            format!(
                "atrue\nbtrue\nc\nd{}\ne{}\nf{}",
                item(&leaf),
                item(&ca),
                base64(&sha256(&leaf))
            ),
        ),
        (10, "afalse\nbfalse\ncclient_cert_not_provided\nd".to_owned()),
        (11, format!("a1\nb{one}\nc{hex}")),
        (11, "a0".to_owned()),
    ];
    texts.map(|(family, text)| [&[family], text.as_bytes()].concat()).into()
}

/// Percent-encoding of all but unreserved characters and `keep`.
fn percent(text: &str, keep: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-._~".contains(c) || keep.contains(c);
    let one = |c: char| if plain(c) { c.to_string() } else { format!("%{:02X}", c as u32) };
    text.chars().map(one).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
