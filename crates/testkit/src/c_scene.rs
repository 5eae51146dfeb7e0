//! A folder with everything that tests of the C ABI read: certificates and policies to order, for programs that
//! make none themselves.

use std::io::ErrorKind;
use std::net::TcpListener;
use std::path::Path;

use crate::PolicyDir;
use crate::forge::distribution_point::{DistributionPoint, crl_distribution_points};
use crate::forge::extension::authority_info_access;
use crate::forge::{
    Authority, GeneralName, Key, KeyKind, Leaf, NOW, Name, certificates_pem, pem, sha256, tamper,
};

const CLIENT: &str = "[[client]]\nid = \"acme-billing\"\nmatch = [ { MATCH } ]\n";
const BILLING: &str = "spiffe://acme.example/billing";

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The folder, gone when dropped.
#[derive(Debug)]
pub struct CScene {
    folder: PolicyDir,
    /// Where a certificate says that more is to be had.
    invited: TcpListener,
}

impl Default for CScene {
    fn default() -> Self {
        Self::new()
    }
}

impl CScene {
    /// Keys and certificates anew.
    ///
    /// # Panics
    /// Where the folder cannot be written.
    pub fn new() -> Self {
        let invited = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
        invited.set_nonblocking(true).expect("a socket can be asked without waiting");
        let scene = Self { folder: PolicyDir::new(), invited };
        let root = Authority::root("root");
        let ca =
            root.intermediate_with(Name::common("ca"), Key::seeded(KeyKind::P256, "ca"), |c| c);
        scene.authorities(&root, &ca);
        scene.clients(&ca);
        scene.pins();
        scene.server(&root);
        scene
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// When everything in it is current, in seconds since 1970.
    pub fn time(&self) -> i64 {
        NOW
    }

    /// How many came to fetch what a certificate names.
    ///
    /// # Panics
    /// Where the system does not say.
    pub fn visitors(&self) -> usize {
        let mut visitors = 0;
        loop {
            match self.invited.accept() {
                Ok(_) => visitors += 1,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return visitors,
                Err(error) => panic!("{error}"),
            }
        }
    }

    fn policy(&self, file: &str, anchors: &str, rest: &str) {
        self.folder.write(file, format!("version = 1\n[trust]\nanchors = [{anchors}]\n{rest}"));
    }

    fn authorities(&self, root: &Authority, ca: &Authority) {
        self.folder.write("root.der", &root.certificate);
        self.folder.write("ca.der", &ca.certificate);
        self.folder.write("root.pem", certificates_pem([&root.certificate]));
        let by_uri = CLIENT.replace("MATCH", &format!("uri = \"{BILLING}\""));
        let by_dns = "[[client]]\nid = \"by-dns\"\nmatch = [ { dns = \"client.example\" } ]\n";
        self.policy("policy.toml", "\"root.pem\"", &format!("{by_uri}{by_dns}"));
        self.policy("scoped.toml", "\"root.pem\"", &format!("{by_uri}scopes = [\"payments\"]\n"));
        self.folder.write("memory.toml", format!("version = 1\n{by_uri}"));
        self.policy("stricter.toml", "\"root.pem\"", by_dns);
    }

    fn clients(&self, ca: &Authority) {
        let named = |names: Vec<GeneralName>| ca.leaf_with("client", |c| c.san(names));
        let billing = named(vec![GeneralName::uri(BILLING)]);
        self.folder.write("billing.der", &billing.certificate);
        self.folder.write("billing.key", pem("PRIVATE KEY", &billing.key.pkcs8_der()));
        self.folder.write("billing.pub", pem("PUBLIC KEY", billing.key.spki()));
        self.folder.write("billing.sha256", sha256(&billing.certificate));
        self.folder.write("other.der", named(vec![GeneralName::uri("spiffe://o/x")]).certificate);
        self.revoke(ca, &billing.certificate);
        self.deny(&billing.key, &billing.certificate);

        let with_nul = format!("{BILLING}\0.attacker.test").into_bytes();
        self.folder.write("nul-uri.der", named(vec![GeneralName::uri(&with_nul[..])]).certificate);
        let with_nul = GeneralName::dns(&b"client.example\0.attacker.test"[..]);
        self.folder.write("nul-dns.der", named(vec![with_nul]).certificate);
        let injecting =
            GeneralName::uri(&b"spiffe://acme.example/x\r\nX-Client: acme-billing\r\n"[..]);
        let cn = Name::common("a\r\nX-Client: \"acme-billing\", ;\\");
        let injecting = ca.leaf_for(&cn, Key::p256(), |c| c.san([injecting]));
        self.folder.write("injecting.der", injecting.certificate);
        self.folder.write("fetch-me.der", self.fetch_me(ca));
    }

    fn revoke(&self, ca: &Authority, certificate: &[u8]) {
        let revoking = ca.crl().revoke_certificate(certificate).sign(&ca.key);
        self.folder.write("revoking.crl", revoking);
    }

    fn deny(&self, key: &Key, certificate: &[u8]) {
        let spki = hex(&key.spki_sha256());
        let denying = format!("[[deny]]\nmatch = [ {{ spki_sha256 = \"{spki}\" }} ]\n");
        let client = CLIENT.replace("MATCH", &format!("uri = \"{BILLING}\""));
        self.policy("denying.toml", "\"root.pem\"", &format!("{client}{denying}"));
        self.folder.write("negated.der", tamper::negate_ecdsa_s(certificate, KeyKind::P256));
        self.folder.write("ber.der", tamper::pad_outer_length(certificate));
    }

    fn fetch_me(&self, ca: &Authority) -> Vec<u8> {
        let port = self.invited.local_addr().expect("a bound socket has an address").port();
        let url = |path: &str| format!("http://127.0.0.1:{port}/{path}");
        let locations = [
            ("1.3.6.1.5.5.7.48.1", GeneralName::uri(url("ocsp"))),
            ("1.3.6.1.5.5.7.48.2", GeneralName::uri(url("issuer"))),
        ];
        let leaf = ca.leaf_with("client", |c| {
            c.with(authority_info_access(&locations))
                .with(crl_distribution_points(&[DistributionPoint::uri(&url("crl"))]))
        });
        leaf.certificate
    }

    /// A self-signed certificate that is pinned by its key, and one that only looks like it.
    fn pins(&self) {
        let pinned = Leaf::self_signed("device");
        let spki = hex(&pinned.key.spki_sha256());
        let client = CLIENT.replace("MATCH", &format!("spki_sha256 = \"{spki}\""));
        self.policy("pinned.toml", "", &format!("{client}trust = \"pinned\"\n"));
        self.folder.write("pinned.der", pinned.certificate);
        self.folder.write("impostor.der", Leaf::self_signed("device").certificate);
    }

    fn server(&self, root: &Authority) {
        let server = root.leaf("server");
        self.folder.write("server.pem", certificates_pem([&server.certificate]));
        self.folder.write("server.key", pem("PRIVATE KEY", &server.key.pkcs8_der()));
        self.folder.write("other.key", pem("PRIVATE KEY", &Key::p256().pkcs8_der()));
        self.folder.write("hello.bin", crate::fuzz::a_hello());
        let secret = self.folder.write("ticket.secret", format!("{}\n", hex(&sha256(b"a secret"))));
        let owners_alone = std::os::unix::fs::PermissionsExt::from_mode(0o600);
        std::fs::set_permissions(secret, owners_alone).expect("a file of ours");
    }
}
