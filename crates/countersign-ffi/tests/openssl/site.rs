//! Certificates and policies on disk, current now.

use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use countersign_testkit::PolicyDir;
use countersign_testkit::forge::extension::{self, purpose};
use countersign_testkit::forge::{
    Authority, CertificateBuilder, GeneralName, Key, Leaf, Name, certificates_pem, pem,
};

/// A folder with an authority, clients, a server's certificate and `policy.toml`.
pub(crate) struct Site {
    folder: PolicyDir,
    root: Authority,
    billing: Leaf,
}

/// Who is in it: `billing` is listed, `stranger` is not, `late` has expired, `outsider` is from
/// elsewhere.
impl Site {
    pub(crate) fn new() -> Self {
        let now = now();
        let folder = PolicyDir::new();
        let lasting = |c: CertificateBuilder| c.validity(now - 3_600, now + 86_400);
        let authority = |name| Authority::root_with(Name::common(name), Key::p256(), lasting);
        let (root, other) = (authority("root"), authority("other"));
        let client = |from: &Authority, name: &str| {
            let san = GeneralName::dns(format!("{name}.example"));
            from.leaf_with(name, |c| lasting(c.san([san])))
        };
        let billing = client(&root, "billing");
        let late = root.leaf_with("late", |c| {
            let san = GeneralName::dns("billing.example");
            c.san([san]).validity(now - 7_200, now - 3_600)
        });
        let server = root.leaf_with("server", |c| {
            lasting(c.without(extension::id::EXTENDED_KEY_USAGE))
                .with(extension::extended_key_usage(&[purpose::SERVER_AUTH]))
                .san([GeneralName::dns("localhost")])
        });
        let site = Self { folder, root, billing };
        site.write_identity("billing", &site.billing);
        site.write_identity("stranger", &client(&site.root, "stranger"));
        site.write_identity("outsider", &client(&other, "billing"));
        site.write_identity("late", &late);
        site.write_identity("server", &server);
        let long = (0..20).map(|_| &site.root.certificate);
        let long = certificates_pem(core::iter::once(&site.billing.certificate).chain(long));
        site.folder.write("long.pem", long);
        site.folder.write_certificates("root.pem", [&site.root.certificate]);
        site.folder.write_certificates("both.pem", [&site.root.certificate, &other.certificate]);
        site.write_crl(false);
        site.write_policy("root.pem", &["billing"]);
        site.folder.write("nobody.toml", policy("root.pem", &["stranger"]));
        site
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// From the next reload on, these are the clients, and those the anchors.
    pub(crate) fn write_policy(&self, anchors: &str, clients: &[&str]) {
        self.folder.write("policy.toml", policy(anchors, clients));
    }

    /// From the next reload on, `billing` is revoked.
    pub(crate) fn revoke_billing(&self) {
        self.write_crl(true);
    }

    fn write_crl(&self, revoked: bool) {
        let now = now();
        let mut crl = self.root.crl().this_update(now - 3_600).next_update(now + 86_400);
        if revoked {
            crl = crl.revoke_certificate(&self.billing.certificate);
        }
        self.folder.write_crl("root.crl", &crl.sign(&self.root.key));
    }

    fn write_identity(&self, name: &str, leaf: &Leaf) {
        self.folder.write_certificates(&format!("{name}.pem"), [&leaf.certificate]);
        let key = pem("PRIVATE KEY", &leaf.key.pkcs8_der());
        self.folder.write(&format!("{name}.key"), key);
    }
}

fn policy(anchors: &str, clients: &[&str]) -> String {
    let mut text =
        format!("version = 1\n[trust]\nanchors = [\"{anchors}\"]\ncrls = [\"root.crl\"]\n");
    for client in clients {
        text.push_str(&format!(
            "[[client]]\nid = \"{client}\"\nmatch = [ {{ dns = \"{client}.example\" }} ]\n"
        ));
    }
    text
}

fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("it is after 1970");
    i64::try_from(since.as_secs()).expect("seconds fit")
}
