//! An authority, policies and everyone's files, current now.

use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use countersign_testkit::PolicyDir;
use countersign_testkit::forge::extension::{self, purpose};
use countersign_testkit::forge::{
    Authority, CertificateBuilder, GeneralName, Key, Leaf, Name, certificates_pem, pem,
};

/// Who may come, and how they are called in the policy.
pub(crate) const POLICY: &str = r#"
version = 1
[trust]
anchors = ["root.pem"]
crls = ["root.crl", "ca.crl"]
[[client]]
id = "acme-billing"
match = [{ dns = "billing.example" }]
scopes = ["payments"]
[[client]]
id = "acme-leaver"
match = [{ dns = "leaver.example" }]
scopes = ["payments"]
"#;

/// A folder in which `billing` and `leaver` are approved, `stranger` is not, `outsider` has the name
/// of `billing` and another authority, and `server` is for the servers.
pub(crate) struct Site {
    folder: PolicyDir,
    ca: Authority,
    leaver: Leaf,
}

impl Site {
    pub(crate) fn new() -> Self {
        let root = Authority::root_with(Name::common("root"), Key::p256(), current);
        let ca = root.intermediate_with(Name::common("ca"), Key::p256(), current);
        let elsewhere = Authority::root_with(Name::common("elsewhere"), Key::p256(), current);
        let client = |ca: &Authority, who: &str| {
            let name = GeneralName::dns(format!("{who}.example"));
            ca.leaf_with(who, |c| current(c).san([name]))
        };
        let site = Self { folder: PolicyDir::new(), leaver: client(&ca, "leaver"), ca: ca.clone() };
        let server = ca.leaf_with("server", |c| {
            let names = ["a", "b", "public"].map(|name| GeneralName::dns(format!("{name}.test")));
            current(c)
                .without(extension::id::EXTENDED_KEY_USAGE)
                .with(extension::extended_key_usage(&[purpose::SERVER_AUTH]))
                .san(names)
        });
        site.write_identity("billing", &client(&ca, "billing"), Some(&ca));
        site.write_identity("leaver", &site.leaver, Some(&ca));
        site.write_identity("stranger", &client(&ca, "stranger"), Some(&ca));
        site.write_identity("outsider", &client(&elsewhere, "billing"), None);
        site.write_identity("server", &server, Some(&ca));
        site.write("policy.toml", POLICY);
        site.folder.write_certificates("root.pem", [&root.certificate]);
        site.folder.write_certificates("elsewhere.pem", [&elsewhere.certificate]);
        let crl = root.crl().this_update(now() - 3_600).next_update(now() + 86_400);
        site.folder.write_crl("root.crl", &crl.sign(&root.key));
        site.readmit();
        site
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Replaces a file whole, as operators should.
    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let new = self.folder.write("new", content);
        let file = self.path().join(name);
        std::fs::rename(new, &file).unwrap();
        file
    }

    pub(crate) fn remove(&self, name: &str) {
        self.folder.remove(name);
    }

    /// `leaver` is revoked in the files.
    pub(crate) fn revoke(&self) {
        self.write_crl(&[&self.leaver]);
    }

    /// `leaver` is not revoked in the files.
    pub(crate) fn readmit(&self) {
        self.write_crl(&[]);
    }

    fn write_crl(&self, revoked: &[&Leaf]) {
        let mut crl = self.ca.crl().this_update(now() - 3_600).next_update(now() + 86_400);
        for leaf in revoked {
            crl = crl.revoke_certificate(&leaf.certificate);
        }
        self.write("ca.crl", pem("X509 CRL", &crl.sign(&self.ca.key)));
    }

    fn write_identity(&self, name: &str, leaf: &Leaf, issuer: Option<&Authority>) {
        let issuer = issuer.map(|ca| &ca.certificate);
        let chain = core::iter::once(&leaf.certificate).chain(issuer);
        self.folder.write(&format!("{name}.pem"), certificates_pem(chain));
        self.folder.write(&format!("{name}.key"), pem("PRIVATE KEY", &leaf.key.pkcs8_der()));
    }
}

fn current(builder: CertificateBuilder) -> CertificateBuilder {
    builder.validity(now() - 86_400, now() + 30 * 86_400)
}

fn now() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    i64::try_from(now.as_secs()).unwrap()
}
