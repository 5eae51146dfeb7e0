//! An authority, its clients, its CRLs and the policies that name them, current now.

use std::fmt::Write as _;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use countersign_load::Identity;
use countersign_testkit::PolicyDir;
use countersign_testkit::forge::extension::{self, purpose};
use countersign_testkit::forge::{
    Authority, CertificateBuilder, GeneralName, Key, Leaf, Name, certificates_pem, pem,
};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};

/// Approved clients that come in turn, again and again.
const REGULARS: usize = 64;

/// Entries of the large CRL.
pub(crate) const REVOKED: u64 = 100_000;

/// A folder with what the servers read, and who comes to them.
pub(crate) struct Site {
    folder: PolicyDir,
    /// Approved by every configuration.
    pub(crate) regulars: Vec<Identity>,
    /// Approved too, but in the large CRL.
    pub(crate) revoked: Identity,
    /// With a good certificate, but no policy has it.
    pub(crate) unlisted: Identity,
    /// With the name of a regular, from another authority.
    pub(crate) stranger: Identity,
    /// Octets of the large CRL.
    pub(crate) crl_bytes: usize,
}

impl Site {
    pub(crate) fn new() -> Self {
        let root = Authority::root_with(Name::common("Acme Root"), Key::p256(), current);
        let ca = root.intermediate_with(Name::common("Acme Clients"), Key::p256(), current);
        let elsewhere = Authority::root_with(Name::common("Other Root"), Key::p256(), current);
        let other = elsewhere.intermediate_with(Name::common("Others"), Key::p256(), current);
        let (revoked, unlisted) = (client(&ca, "revoked"), client(&ca, "unlisted"));
        let large = large_crl(&ca, &revoked);
        let site = Self {
            folder: PolicyDir::new(),
            regulars: (0..REGULARS).map(|i| identity(&client(&ca, &regular(i)), &ca)).collect(),
            revoked: identity(&revoked, &ca),
            unlisted: identity(&unlisted, &ca),
            stranger: identity(&client(&other, &regular(0)), &other),
            crl_bytes: large.len(),
        };
        site.write_server(&root);
        let empty = root.crl().this_update(now() - 3_600).next_update(now() + 86_400);
        let empty = empty.sign(&root.key);
        site.folder.write_crl("root.crl", &empty);
        site.folder.write_crl("ca.crl", &large);
        let all = [empty, large].map(|crl| pem("X509 CRL", &crl)).concat();
        site.folder.write("all.crl", all);
        site.write_policies();
        site
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    fn write_server(&self, root: &Authority) {
        let server = root.leaf_with("server", |c| {
            current(c)
                .without(extension::id::EXTENDED_KEY_USAGE)
                .with(extension::extended_key_usage(&[purpose::SERVER_AUTH]))
                .san([GeneralName::dns("localhost")])
        });
        self.folder.write_certificates("root.pem", [&root.certificate]);
        self.folder.write("server.pem", certificates_pem([&server.certificate]));
        self.folder.write("server.key", pem("PRIVATE KEY", &server.key.pkcs8_der()));
    }

    fn write_policies(&self) {
        let mut list = String::new();
        for who in (0..REGULARS).map(regular).chain(["revoked".into()]) {
            writeln!(list, "uri:{} {who}", uri(&who)).expect("a String takes all");
        }
        self.folder.write("clients.txt", list);
        for (file, crls) in
            [("policy.toml", ""), ("policy-crl.toml", "crls = [\"root.crl\", \"ca.crl\"]\n")]
        {
            let trust = format!("version = 1\n[trust]\nanchors = [\"root.pem\"]\n{crls}");
            self.folder.write(file, format!("{trust}[lists]\nclients = [\"clients.txt\"]\n"));
        }
    }
}

fn regular(i: usize) -> String {
    format!("regular-{i}")
}

fn uri(who: &str) -> String {
    format!("spiffe://acme.example/service/{who}")
}

fn client(ca: &Authority, who: &str) -> Leaf {
    ca.leaf_with(who, |c| current(c).san([GeneralName::uri(uri(who))]))
}

/// Serial numbers of sixteen octets, as those of a modern authority are, not in order; this
/// client's is the last.
fn large_crl(ca: &Authority, revoked: &Leaf) -> Vec<u8> {
    let serials = (1..REVOKED).map(|i| [mix(2 * i) >> 1 | 1 << 62, mix(2 * i + 1)]);
    let serials = serials.map(|[high, low]| [high.to_be_bytes(), low.to_be_bytes()].concat());
    let crl = ca.crl().this_update(now() - 3_600).next_update(now() + 86_400);
    crl.revoke_all(serials).revoke_certificate(&revoked.certificate).sign(&ca.key)
}

/// SplitMix64.
fn mix(i: u64) -> u64 {
    let mut z = i.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

fn identity(leaf: &Leaf, ca: &Authority) -> Identity {
    let chain = [&leaf.certificate, &ca.certificate].map(|der| CertificateDer::from(der.clone()));
    let key = PrivatePkcs8KeyDer::from(leaf.key.pkcs8_der());
    Identity::new(chain.into(), PrivateKeyDer::from(key))
}

fn current(builder: CertificateBuilder) -> CertificateBuilder {
    builder.validity(now() - 86_400, now() + 30 * 86_400)
}

fn now() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(now.as_secs()).unwrap_or(i64::MAX)
}
