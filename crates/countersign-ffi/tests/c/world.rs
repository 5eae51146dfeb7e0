//! An authority, a policy and everyone's files, current at the time of the system's clock: the
//! programs have no other.

use std::fs;
use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use countersign_testkit::PolicyDir;
use countersign_testkit::forge::{
    Authority, CertificateBuilder, GeneralName, Key, Leaf, Name, certificates_pem, extension, pem,
};
use extension::purpose;

const POLICY: &str = r#"
version = 1
[trust]
anchors = ["root.pem"]
crls = ["root.crl", "ca.crl"]
[[client]]
id = "acme-billing"
match = [{ uri = "spiffe://acme.example/billing" }]
[[client]]
id = "acme-leaver"
match = [{ uri = "spiffe://acme.example/leaver" }]
"#;

/// Two approved clients, `billing` and `leaver`; `stranger` from the same authority; and `server`.
pub(crate) struct World {
    folder: PolicyDir,
    ca: Authority,
    leaver: Leaf,
    pub(crate) billing: Leaf,
}

impl World {
    pub(crate) fn new() -> Self {
        let root = Authority::root_with(Name::common("root"), Key::p256(), current);
        let ca = root.intermediate_with(Name::common("ca"), Key::p256(), current);
        let client = |who: &str| {
            let uri = GeneralName::uri(format!("spiffe://acme.example/{who}"));
            ca.leaf_with(who, |c| current(c).san([uri]))
        };
        let world = Self {
            folder: PolicyDir::new(),
            billing: client("billing"),
            leaver: client("leaver"),
            ca: ca.clone(),
        };
        let server = ca.leaf_with("server", |c| {
            current(c)
                .without("2.5.29.37")
                .with(extension::extended_key_usage(&[purpose::SERVER_AUTH]))
                .san([GeneralName::dns("localhost")])
        });
        world.write_identity("billing", &world.billing);
        world.write_identity("leaver", &world.leaver);
        world.write_identity("stranger", &client("stranger"));
        world.write_identity("server", &server);
        world.folder.write("policy.toml", POLICY);
        world.folder.write_certificates("root.pem", [&root.certificate]);
        let (from, to) = (now() - 60, now() + 86_400);
        let crl = root.crl().this_update(from).next_update(to).sign(&root.key);
        world.folder.write_crl("root.crl", &crl);
        world.publish_crl(&[]);
        world
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A file of the test's own, beside the others.
    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        self.folder.write(name, content)
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.file(name)).unwrap()
    }

    /// What a client presents.
    pub(crate) fn chain(&self, leaf: &Leaf) -> [Vec<u8>; 2] {
        [leaf.certificate.clone(), self.ca.certificate.clone()]
    }

    /// From the next reload on, the leaver is out.
    pub(crate) fn revoke_leaver(&self) {
        self.publish_crl(&[&self.leaver]);
    }

    fn publish_crl(&self, revoked: &[&Leaf]) {
        let mut crl = self.ca.crl().this_update(now() - 60).next_update(now() + 86_400);
        for leaf in revoked {
            crl = crl.revoke_certificate(&leaf.certificate);
        }
        self.folder.write_crl("ca.crl", &crl.sign(&self.ca.key));
    }

    fn write_identity(&self, name: &str, leaf: &Leaf) {
        self.folder.write(&format!("{name}.pem"), certificates_pem(self.chain(leaf)));
        self.folder.write(&format!("{name}.key"), pem("PRIVATE KEY", &leaf.key.pkcs8_der()));
    }
}

pub(crate) fn now() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    i64::try_from(now.as_secs()).unwrap()
}

fn current(builder: CertificateBuilder) -> CertificateBuilder {
    builder.validity(now() - 86_400, now() + 30 * 86_400)
}
