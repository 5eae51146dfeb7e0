//! A site: a folder with an authority, a policy and the files it names, made to order.

use std::path::{Path, PathBuf};

use countersign::{UnixTime, Verifier};
use countersign_testkit::PolicyDir;
use countersign_testkit::forge::{Authority, GeneralName, Leaf, NOW, certificates_pem, pem};

/// A root, an intermediate, and a folder to put policies in. Gone when dropped.
pub(crate) struct Site {
    folder: PolicyDir,
    pub(crate) root: Authority,
    pub(crate) ca: Authority,
}

/// The time everything here is current at.
pub(crate) fn now() -> UnixTime {
    UnixTime::from_secs(NOW)
}

/// A policy that lets in the client whose URI is [`BILLING`].
pub(crate) const POLICY: &str = r#"
version = 1
[trust]
anchors = ["ca.pem"]
[[client]]
id = "acme-billing"
match = [ { uri = "spiffe://acme.example/billing" } ]
"#;

pub(crate) const BILLING: &str = "spiffe://acme.example/billing";

impl Site {
    pub(crate) fn new() -> Self {
        let root = Authority::root("root");
        let ca = root.intermediate("ca");
        let site = Self { folder: PolicyDir::new(), root, ca };
        site.write("ca.pem", certificates_pem([&site.root.certificate]).as_bytes());
        site
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn write(&self, name: &str, contents: &[u8]) -> PathBuf {
        self.folder.write(name, contents)
    }

    pub(crate) fn write_crl(&self, name: &str, crl: &[u8]) {
        self.write(name, pem("X509 CRL", crl).as_bytes());
    }

    /// A verifier whose policy is a file, so that rewriting the file and reloading changes it.
    pub(crate) fn verifier(&self, policy: &str) -> Verifier {
        Verifier::from_file(self.write("policy.toml", policy.as_bytes())).unwrap()
    }

    pub(crate) fn leaf(&self, uri: &str) -> Leaf {
        self.ca.leaf_with("client", |c| c.san([GeneralName::uri(uri)]))
    }

    /// The leaf and the intermediate, as a client would present them.
    pub(crate) fn chain<'c>(&'c self, leaf: &'c Leaf) -> [&'c [u8]; 2] {
        [&leaf.certificate, &self.ca.certificate]
    }
}
