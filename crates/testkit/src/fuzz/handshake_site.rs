//! The folder that the handshake fuzzer works in: a server, its policies, and guests of every
//! kind.

use crate::PolicyDir;
use crate::forge::extension::{self, purpose};
use crate::forge::{Authority, GeneralName, Key, KeyKind, Leaf, NOW, Name, certificates_pem, pem};

/// Who may come, by number; nobody at all is 0.
pub mod guest {
    /// Shows no certificate.
    pub const NOBODY: u8 = 0;
    /// Listed in the policies 0 and, by another name, 2; there its certificate is revoked.
    pub const BILLING: u8 = 1;
    /// Its certificate ends ten minutes after the start, its approval earlier in policy 1.
    pub const EXPIRING: u8 = 2;
    /// Listed in policy 3 alone.
    pub const OTHER: u8 = 3;
    /// Of an authority that policy 2 alone trusts.
    pub const STRANGER: u8 = 4;
    /// Below an intermediate; listed in policies 0 and 1.
    pub const JOBS: u8 = 5;
    /// Shows the certificate of `BILLING`, and has another key. The last one.
    pub const IMPOSTOR: u8 = 6;
}

/// Makes the folder. Every key and every signature in it is the same in every run.
pub fn handshake_site() -> PolicyDir {
    let folder = PolicyDir::new();
    let (root, other) = (authority("root"), authority("other"));
    let ca = root.intermediate_with(Name::common("ca"), key("ca"), |c| c);
    let ended = |from: &Authority, name: &str, end: i64| {
        let uri = GeneralName::uri(format!("spiffe://acme.example/{name}"));
        from.leaf_for(&Name::common(name), key(name), |c| {
            c.san([uri]).validity(NOW - 86_400, NOW + end)
        })
    };
    let leaf = |from: &Authority, name: &str| ended(from, name, 86_400);
    let billing = leaf(&root, "billing");
    let impostor = Leaf { key: key("impostor"), ..billing.clone() };
    let guests: [(&Leaf, &[&[u8]]); 6] = [
        (&billing, &[]),
        (&ended(&root, "expiring", 600), &[]),
        (&leaf(&root, "other"), &[]),
        (&leaf(&other, "stranger"), &[]),
        (&leaf(&ca, "jobs"), &[&ca.certificate]),
        (&impostor, &[]),
    ];
    for (number, (leaf, above)) in (1..).zip(guests) {
        write_identity(&folder, &format!("guest-{number}"), leaf, above);
    }
    let server = leaf_for_server(&root);
    write_identity(&folder, "server", &server, &[]);
    folder.write_certificates("root.pem", [&root.certificate]);
    folder.write_certificates("both.pem", [&root.certificate, &other.certificate]);
    folder.write_crl("root.crl", &root.crl().sign(&root.key));
    folder.write_crl("ca.crl", &ca.crl().sign(&ca.key));
    let revoking = root.crl().revoke_certificate(&billing.certificate);
    folder.write_crl("revoking.crl", &revoking.sign(&root.key));
    for (number, text) in POLICIES.iter().enumerate() {
        folder.write(&format!("policy-{number}.toml"), text);
    }
    folder
}

fn key(label: &str) -> Key {
    // Signatures that are the same in every run, and of one length.
    Key::seeded(KeyKind::Ed25519, &format!("handshake {label}"))
}

fn authority(name: &str) -> Authority {
    Authority::root_with(Name::common(name), key(name), |c| c)
}

fn leaf_for_server(root: &Authority) -> Leaf {
    root.leaf_for(&Name::common("server"), key("server"), |c| {
        c.without(extension::id::EXTENDED_KEY_USAGE)
            .with(extension::extended_key_usage(&[purpose::SERVER_AUTH]))
            .san([GeneralName::dns("a.example")])
    })
}

fn write_identity(folder: &PolicyDir, name: &str, leaf: &Leaf, above: &[&[u8]]) {
    let chain =
        certificates_pem(core::iter::once(&leaf.certificate[..]).chain(above.iter().copied()));
    folder.write(&format!("{name}.pem"), chain);
    folder.write(&format!("{name}.key"), pem("PRIVATE KEY", &leaf.key.pkcs8_der()));
}

/// The policies 0, 1 and 3 have the same trust, so that a session of one can be judged under the
/// others.
const POLICIES: [&str; 4] = [
    r#"version = 1
[trust]
anchors = ["root.pem"]
crls = ["root.crl", "ca.crl"]
[[client]]
id = "billing"
owner = "billing@acme.example"
scopes = ["payments"]
match = [ { uri = "spiffe://acme.example/billing" } ]
[[client]]
id = "expiring"
match = [ { uri = "spiffe://acme.example/expiring" } ]
[[client]]
id = "jobs"
match = [ { uri_prefix = "spiffe://acme.example/jobs/" }, { uri = "spiffe://acme.example/jobs" } ]
"#,
    r#"version = 1
[trust]
anchors = ["root.pem"]
crls = ["root.crl", "ca.crl"]
[[client]]
id = "expiring"
scopes = ["payments"]
not_after = 2026-11-23T12:05:00Z
match = [ { uri = "spiffe://acme.example/expiring" } ]
[[client]]
id = "jobs-renamed"
match = [ { uri = "spiffe://acme.example/jobs" } ]
[[deny]]
match = [ { uri = "spiffe://acme.example/billing" } ]
note = "key leaked"
"#,
    r#"version = 1
admit = "issued"
[trust]
anchors = ["both.pem"]
crls = ["revoking.crl"]
revocation = "if_available"
[[client]]
id = "billing-elsewhere"
match = [ { uri = "spiffe://acme.example/billing" } ]
"#,
    r#"version = 1
[trust]
anchors = ["root.pem"]
crls = ["root.crl", "ca.crl"]
[[client]]
id = "other"
match = [ { uri = "spiffe://acme.example/other" } ]
"#,
];
