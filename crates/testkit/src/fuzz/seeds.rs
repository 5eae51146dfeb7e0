//! What each fuzz target starts from.

use super::{c_call_seeds, forwarded_seeds, handshake_seeds, loose, scene_seeds};
use crate::forge::distribution_point::{
    DistributionPoint, IssuingDistributionPoint, PointName, crl_distribution_points, freshest_crl,
};
use crate::forge::extension::{self, ANY_POLICY, purpose, usage};
use crate::forge::{
    Authority, CertificateBuilder, Extension, GeneralName, Key, KeyKind, Name, RevokedEntry,
    crl_at, der, leaf_certificate,
};

/// One input to start from, and what to call it.
#[derive(Clone, Debug)]
pub struct Seed {
    /// A word.
    pub name: String,
    /// The input.
    pub octets: Vec<u8>,
}

/// The fuzz targets.
pub const TARGETS: [&str; 9] =
    ["certificate", "crl", "chain", "policy", "list", "handshake", "hello", "forwarded", "c_calls"];

/// Everything that this target starts from.
///
/// # Panics
/// When there is no such target.
pub fn seeds(target: &str) -> Vec<Seed> {
    match target {
        "certificate" => both_forms(&certificates()),
        "crl" => both_forms(&crls()),
        "chain" => scene_seeds::scenes(),
        "policy" => named(POLICIES.map(|text| text.as_bytes().to_vec())),
        "list" => named(LISTS.iter().flat_map(|text| {
            // The first octet says which side the list is on.
            [0, 1].map(|side| [&[side], text.as_bytes()].concat())
        })),
        "handshake" => handshake_seeds::handshakes(),
        "hello" => named(handshake_seeds::hellos()),
        "forwarded" => named(forwarded_seeds::headers()),
        "c_calls" => c_call_seeds::calls(),
        _ => panic!("no fuzz target is called {target}"),
    }
}

fn named(inputs: impl IntoIterator<Item = Vec<u8>>) -> Vec<Seed> {
    let seed = |(n, octets)| Seed { name: format!("seed-{n:02}"), octets };
    inputs.into_iter().enumerate().map(seed).collect()
}

fn both_forms(ders: &[Vec<u8>]) -> Vec<Seed> {
    let strict = ders.iter().map(|der| [&[1], &der[..]].concat());
    let loose = ders.iter().map(|der| [&[0], &loose::encode(der)[..]].concat());
    named(strict.chain(loose))
}

fn certificates() -> Vec<Vec<u8>> {
    let root = Authority::seeded_root("Root");
    let key = Key::seeded(KeyKind::P256, "client");
    let leaf = || root.issued(leaf_certificate(&Name::common("client"), &key));
    let ca = || root.issued(crate::forge::authority_certificate(&Name::common("CA"), &key));
    let ed25519 = Key::seeded(KeyKind::Ed25519, "client");
    let mut made: Vec<CertificateBuilder> = leaf_extensions().map(|e| leaf().with(e)).into();
    made.extend(ca_extensions().map(|e| ca().with(e)));
    made.push(CertificateBuilder::new(Name::common("v1"), key.spki()).without_version());
    made.push(CertificateBuilder::new(Name::common("Ed25519"), ed25519.spki()));
    made.push(leaf().validity(-1, 253_402_300_799).issuer_unique_id(&[1]).subject_unique_id(&[2]));
    let long = Name::new().c("DE").o("Acme").ou("Billing").rdn(&[
        ("2.5.4.3", der::tag::BMP_STRING, &[0, b'a', 0, b'b']),
        ("2.5.4.5", der::tag::PRINTABLE_STRING, b"17"),
    ]);
    made.push(leaf().subject(long));
    let mut finished: Vec<_> = made.iter().map(|builder| builder.sign(&root.key)).collect();
    finished.push(root.certificate);
    finished
}

fn leaf_extensions() -> [Extension; 8] {
    [
        extension::subject_alt_name([
            GeneralName::dns("client.acme.example"),
            GeneralName::dns("*.acme.example"),
            GeneralName::email("ops@acme.example"),
            GeneralName::uri("spiffe://acme.example/billing"),
            GeneralName::ip(&[192, 0, 2, 7]),
            GeneralName::ip(&[0x20; 16]),
            GeneralName::directory(&Name::common("client")),
            GeneralName::other("1.3.6.1.4.1.311.20.2.3", &der::utf8_string("client@acme")),
            GeneralName::registered_id("1.2.3.4"),
        ]),
        extension::extended_key_usage(&[purpose::ANY, purpose::SERVER_AUTH]),
        extension::authority_certificate(
            Some(&[1, 2, 3]),
            &[GeneralName::directory(&Name::common("Root"))],
            &[5],
        ),
        crl_distribution_points(&[
            DistributionPoint::uri("http://crl.example/1").reasons(&[1, 2]),
            DistributionPoint::named(PointName::relative("2.5.4.3", 0x0c, b"CRL1"))
                .crl_issuer(&[GeneralName::directory(&Name::common("Signer"))]),
        ]),
        freshest_crl(&[DistributionPoint::uri("http://crl.example/delta")]),
        extension::authority_info_access(&[(
            "1.3.6.1.5.5.7.48.1",
            GeneralName::uri("http://ocsp.example"),
        )]),
        extension::issuer_alt_name([GeneralName::dns("ca.example")]),
        extension::unknown().critical(),
    ]
}

fn ca_extensions() -> [Extension; 5] {
    [
        extension::name_constraints(
            &[
                GeneralName::dns("acme.example"),
                GeneralName::email(".acme.example"),
                GeneralName::uri(".acme.example"),
                GeneralName::ip(&[192, 0, 2, 0, 255, 255, 255, 0]),
                GeneralName::directory(&Name::new().o("Acme")),
            ],
            &[GeneralName::dns("secret.acme.example"), GeneralName::ip(&[0; 32])],
        ),
        extension::certificate_policies(&["1.2.3.4", ANY_POLICY]),
        extension::policy_mappings(&[("1.2.3.4", "1.2.3.5")]),
        extension::policy_constraints(Some(0), Some(1)),
        extension::inhibit_any_policy(2),
    ]
}

fn crls() -> Vec<Vec<u8>> {
    let root = Authority::seeded_root("Root");
    let crl = || root.crl();
    let scope = |f: fn(&mut IssuingDistributionPoint)| {
        let mut point = IssuingDistributionPoint::default();
        f(&mut point);
        crl().scope(&point).revoke(&[1])
    };
    let full = |p: &mut IssuingDistributionPoint| {
        p.name = Some(PointName::full(&[GeneralName::uri("http://crl.example/1")]));
        p.only_some_reasons = Some(vec![1, 2, 8]);
    };
    let relative = |p: &mut IssuingDistributionPoint| {
        p.name = Some(PointName::relative("2.5.4.3", 0x0c, b"CRL1"));
        p.indirect = true;
    };
    let entries = crl()
        .entry(&RevokedEntry::new(&[1]).reason(1).invalidity_date(1_700_000_000))
        .entry(&RevokedEntry::new(&[0, 0x80]).reason(8))
        .entry(
            &RevokedEntry::new(&[0xff])
                .certificate_issuer(&[GeneralName::directory(&Name::common("Other"))]),
        )
        .entry(&RevokedEntry::new(&[7; 20]).with(extension::unknown().critical()));
    let made = [
        crl(),
        crl().revoke_all([[1u8, 2], [3, 4], [1, 2]]),
        entries,
        scope(full),
        scope(relative),
        scope(|p| p.only_user_certificates = true),
        scope(|p| p.only_ca_certificates = true),
        scope(|p| p.only_attribute_certificates = true),
        crl().delta_of(1),
        crl().without_version().without(extension::id::CRL_NUMBER).without_next_update(),
        crl().without_version().without(extension::id::CRL_NUMBER).with_empty_list(),
        crl().with(crl_at("http://crl.example/delta")).with(extension::unknown()),
        crl().with(extension::key_usage(&[usage::CRL_SIGN])),
    ];
    made.iter().map(|builder| builder.sign(&root.key)).collect()
}

const POLICIES: [&str; 6] = [
    r#"version = 1
[trust]
anchors = ["ca.pem"]
crls = ["ca.crl"]
revocation = "require"
stale_crl = "accept"
[lists]
clients = ["approved.txt"]
deny = ["denied.txt"]
"#,
    r#"version = 1
mode = "audit"
admit = "issued"
[trust]
anchors = ["ca.pem"]
revocation = "if_available"
require_eku = true
[[client]]
id = "acme-billing"
owner = "billing@acme.example"
match = [
  { uri = "spiffe://acme.example/billing" },
  { uri_prefix = "spiffe://acme.example/jobs/" },
  { dns = "billing.acme.example" }, { dns_suffix = ".jobs.acme.example" },
  { email = "ops@acme.example" }, { ip = "192.0.2.0/24" },
  { subject = { cn = "billing", o = "Acme" } },
]
not_before = 2026-01-01T00:00:00Z
not_after = 2027-01-01T00:00:00+01:00
scopes = ["payments"]
trust = "path"
"#,
    r#"version = 1
[[client]]
id = "appliance"
trust = "pinned"
match = [ { spki_sha256 = "abababababababababababababababababababababababababababababababab" } ]
[[deny]]
match = [ { cert_sha256 = "cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd" } ]
note = "key leaked"
"#,
    r#"version = 1
[[client]]
id = "a"
trust = "pinned"
match = [ { cert_sha256 = "abababababababababababababababababababababababababababababababab" } ]
[[client]]
id = "b"
issuer_spki_sha256 = "abababababababababababababababababababababababababababababababab"
match = [
  { issuer_serial = { issuer_sha256 = "abababababababababababababababababababababababababababababababab", serial = "0a" } },
  { ip = "2001:db8::/32" }, { ip = "192.0.2.7", dns = "a.example" },
]
"#,
    "version = 1\n\"admit\" = 'listed'\ntrust.anchors = [\"\"\"ca.pem\"\"\"] # dotted\n",
    "version = 2\n",
];

const LISTS: [&str; 4] = [
    "# comment\n\nuri:spiffe://acme.example/billing acme-billing\r\ndns:billing.acme.example b\n",
    "spki_sha256:abababababababababababababababababababababababababababababababab a\n\
     cert_sha256:cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd c\n",
    "issuer_serial:abababababababababababababababababababababababababababababababab/0a x\n\
     email:ops@acme.example y",
    "dns:a.example b\ndns:A.example c\n",
];
