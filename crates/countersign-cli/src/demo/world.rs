//! Everyone in the demo: the authorities, the server and each client with what it will present.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use aws_lc_rs::digest::{SHA256, digest};
use countersign::engine::Credential;
use rcgen::{KeyPair, PublicKeyData, SanType};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::sign::CertifiedKey;

use super::Outcome;
use super::cases::{MAIN, REPORTS};
use super::pki::{Applicant, Authority, Terms};

/// The name that the policy approves.
const BILLING: &str = "billing.acme.example";
/// The workload identity that the policy approves.
const NIGHTLY: &str = "spiffe://acme.example/jobs/nightly";
/// The serial number that the CRL lists from the beginning.
const REVOKED_SERIAL: u64 = 104;
/// The serial number that it lists once its client has left.
const LEAVER_SERIAL: u64 = 108;

/// The authorities, the server and the clients.
pub(super) struct World {
    root: Authority,
    issuing: Authority,
    server: Member,
    clients: BTreeMap<&'static str, Member>,
    /// CRLs that the issuing authority has made.
    crls: AtomicU64,
}

/// Someone with a key and a chain to present.
struct Member {
    /// Leaf first.
    chain: Vec<CertificateDer<'static>>,
    /// The same, as a file.
    chain_pem: String,
    applicant: Applicant,
}

impl World {
    /// Makes everyone afresh; nothing is kept from one demo to the next.
    pub(super) fn make() -> Outcome<Self> {
        let root = Authority::root("Acme Root CA")?;
        let issuing = root.subordinate("Acme Issuing CA")?;
        let server = Member::issued(
            &issuing,
            "demo server",
            &[dns(MAIN)?, dns(REPORTS)?],
            &Terms::client(1).for_server(),
        )?;
        let mut world =
            Self { root, issuing, server, clients: BTreeMap::new(), crls: AtomicU64::new(0) };
        world.issue("approved", &[dns(BILLING)?], &Terms::client(101))?;
        world.issue("not-listed", &[dns("intern.acme.example")?], &Terms::client(102))?;
        world.issue("expired", &[dns(BILLING)?], &Terms::client(103).between_days(-90, -1))?;
        world.issue("revoked", &[dns(BILLING)?], &Terms::client(REVOKED_SERIAL))?;
        world.issue("not-yet-valid", &[dns(BILLING)?], &Terms::client(105).between_days(1, 90))?;
        world.issue("wrong-eku", &[dns(BILLING)?], &Terms::client(106).for_server())?;
        world.issue("spiffe", &[SanType::URI(NIGHTLY.try_into()?)], &Terms::client(107))?;
        world.issue("leaver", &[dns(BILLING)?], &Terms::client(LEAVER_SERIAL))?;
        world.add_impostors()?;
        Ok(world)
    }

    /// Sends a request to the issuing authority and keeps the answer.
    fn issue(&mut self, name: &'static str, names: &[SanType], terms: &Terms) -> Outcome<()> {
        let member = Member::issued(&self.issuing, "billing", names, terms)?;
        self.clients.insert(name, member);
        Ok(())
    }

    /// Those whom no authority of ours has signed.
    fn add_impostors(&mut self) -> Outcome<()> {
        let names = [dns(BILLING)?];
        let other = Authority::root("Acme Root CA")?.subordinate("Acme Issuing CA")?;
        let impostor = Member::issued(&other, "billing", &names, &Terms::client(101))?;
        self.clients.insert("other-ca", impostor);
        self.clients.insert("self-signed", Member::self_signed("billing", &names)?);
        let pinned = [dns("till-7.shop.acme.example")?];
        self.clients.insert("pinned", Member::self_signed("till-7", &pinned)?);
        Ok(())
    }

    /// What the server presents, under both its names.
    pub(super) fn credential(&self) -> Outcome<Credential> {
        let key = self.server.applicant.key.serialize_pem();
        Ok(Credential::from_pem(self.server.chain_pem.as_bytes(), key.as_bytes())?)
    }

    /// What a client presents.
    pub(super) fn client_identity(&self, name: &str) -> Outcome<CertifiedKey> {
        let member = self.member(name)?;
        member.present(&member.applicant.key)
    }

    /// A client's certificate with a key that is not its own, as a thief of the certificate has it.
    pub(super) fn stolen_identity(&self, name: &str) -> Outcome<CertifiedKey> {
        self.member(name)?.present(&KeyPair::generate()?)
    }

    /// What clients check the server against.
    pub(super) fn root(&self) -> &CertificateDer<'static> {
        self.root.certificate()
    }

    fn member(&self, name: &str) -> Outcome<&Member> {
        self.clients.get(name).ok_or_else(|| format!("no client is named {name}").into())
    }

    /// Writes everything as an operator would have it: the policies, the authorities' certificates
    /// and CRLs, the server's chain and key, and each client's request, chain and key.
    pub(super) fn write_to(&self, folder: &Path) -> Outcome<()> {
        let write = |name: &str, text: &str| write_new(&folder.join(name), text, 0o644);
        write("ca.pem", &self.root.pem())?;
        write("ca.crl", &self.root.crl(1, &[])?)?;
        write("policy.toml", &self.policy()?)?;
        write("reports.toml", &reports_policy())?;
        self.server.write_to(folder, "server")?;
        for (name, member) in &self.clients {
            write(&format!("{name}.csr"), &member.applicant.request)?;
            member.write_to(folder, name)?;
        }
        self.publish_crl(folder, false)
    }

    /// Puts the issuing authority's latest CRL in place of the one before, at one go, so that a
    /// reload reads the one or the other.
    pub(super) fn publish_crl(&self, folder: &Path, leaver_has_left: bool) -> Outcome<()> {
        let number = self.crls.fetch_add(1, Ordering::Relaxed) + 1;
        let revoked = [REVOKED_SERIAL, LEAVER_SERIAL];
        let crl = self.issuing.crl(number, &revoked[..if leaver_has_left { 2 } else { 1 }])?;
        let (new, path) = (folder.join("issuing.crl.new"), folder.join("issuing.crl"));
        write_new(&new, &crl, 0o644)?;
        fs::rename(&new, &path).map_err(|error| format!("{}: {error}", path.display()).into())
    }

    fn policy(&self) -> Outcome<String> {
        let till = spki_sha256(&self.member("pinned")?.applicant.key);
        Ok(format!(
            r#"# Made by `countersign demo`.
version = 1

[trust]
anchors = ["ca.pem"]
crls = ["ca.crl", "issuing.crl"]

[[client]]
id = "billing"
owner = "billing@acme.example"
match = [{{ dns = "{BILLING}" }}]

[[client]]
id = "nightly-jobs"
owner = "platform@acme.example"
match = [{{ uri = "{NIGHTLY}" }}]

[[client]]
id = "till-7"
owner = "shop@acme.example"
trust = "pinned"
match = [{{ spki_sha256 = "{till}" }}]
"#
        ))
    }
}

/// What the server demands under its other name.
fn reports_policy() -> String {
    format!(
        r#"# Made by `countersign demo`.
version = 1

[trust]
anchors = ["ca.pem"]
crls = ["ca.crl", "issuing.crl"]

[[client]]
id = "nightly-jobs"
owner = "platform@acme.example"
match = [{{ uri = "{NIGHTLY}" }}]
"#
    )
}

impl Member {
    fn issued(
        authority: &Authority,
        common_name: &str,
        names: &[SanType],
        terms: &Terms,
    ) -> Outcome<Self> {
        let applicant = Applicant::new(common_name, names)?;
        let leaf = authority.sign(&applicant.request, terms)?;
        Ok(Self {
            chain: vec![leaf.der().clone(), authority.certificate().clone()],
            chain_pem: leaf.pem() + &authority.pem(),
            applicant,
        })
    }

    fn self_signed(common_name: &str, names: &[SanType]) -> Outcome<Self> {
        let applicant = Applicant::new(common_name, names)?;
        let leaf = applicant.sign_itself(common_name, names, &Terms::client(1))?;
        Ok(Self { chain: vec![leaf.der().clone()], chain_pem: leaf.pem(), applicant })
    }

    /// The chain, and the key for its owner only.
    fn write_to(&self, folder: &Path, name: &str) -> Outcome<()> {
        write_new(&folder.join(format!("{name}.pem")), &self.chain_pem, 0o644)?;
        let key = folder.join(format!("{name}.key"));
        write_new(&key, &self.applicant.key.serialize_pem(), 0o600)
    }

    /// This chain, signing with `key`.
    fn present(&self, key: &KeyPair) -> Outcome<CertifiedKey> {
        let der = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let key = super::provider().key_provider.load_private_key(der)?;
        Ok(CertifiedKey::new(self.chain.clone(), key))
    }
}

fn dns(name: &str) -> Outcome<SanType> {
    Ok(SanType::DnsName(name.try_into()?))
}

/// What `spki_sha256` in a policy pins: SHA-256 of the DER SubjectPublicKeyInfo, in hex.
fn spki_sha256(key: &KeyPair) -> String {
    let digest = digest(&SHA256, &key.subject_public_key_info());
    digest.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Writes a file that was not there, with these permissions where the system has them.
fn write_new(path: &Path, text: &str, mode: u32) -> Outcome<()> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, mode);
    #[cfg(not(unix))]
    let _ = mode;
    let written = options.open(path).and_then(|mut file| file.write_all(text.as_bytes()));
    written.map_err(|error| format!("{}: {error}", path.display()).into())
}
