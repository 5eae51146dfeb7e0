//! What all inputs share: the folder with policies, certificates and keys, and what is made of it
//! once.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use rustls::{ClientConfig, NamedGroup};

use super::client::Shared;
use super::oracle::Oracle;
use crate::crypto::tls_provider;
use crate::engine::Credential;
use crate::verifier::Verifier;

/// Policies that can be put in force.
pub(super) const POLICIES: usize = 4;
/// Those in force at first, one for each verifier.
pub(super) const FIRST_POLICIES: [usize; 2] = [0, 3];

/// What all inputs share.
pub(super) struct Site {
    folder: PathBuf,
    texts: Vec<String>,
    pub(super) oracle: Oracle,
    pub(super) credential: Credential,
    /// Nobody first.
    pub(super) guests: Vec<Option<Arc<CertifiedKey>>>,
    /// For TLS 1.2 and for 1.3.
    pub(super) clients: [Client; 2],
    /// What stands in the files that verifiers read. One input at a time: they share the files.
    pub(super) in_files: Mutex<[usize; 2]>,
}

/// The clients of one version.
pub(super) struct Client {
    pub(super) wallet: Shared,
    pub(super) config: Arc<ClientConfig>,
    /// Neither offers sessions nor keeps them.
    pub(super) forgetful: Arc<ClientConfig>,
}

impl Site {
    /// From a folder that holds `server.pem`, `policy-0.toml` to `policy-3.toml` and what they
    /// name, `guest-1.pem` and so on, each with a `.key` beside it.
    ///
    /// # Panics
    /// When something in the folder is not as it should be.
    pub(super) fn new(folder: impl AsRef<Path>) -> Self {
        let folder = folder.as_ref();
        let file = |name: String| folder.join(name);
        let policies = (0..POLICIES).map(|n| file(format!("policy-{n}.toml")));
        let texts = policies.clone().map(|f| fs::read_to_string(f).expect("a policy")).collect();
        let oracle = policies.map(|policy| {
            let builder = Verifier::builder_from_file(policy);
            builder.chain_cache(0, 0).fact_cache(0).build().expect("a policy")
        });
        let groups = [NamedGroup::X25519, NamedGroup::secp256r1];
        let provider = Arc::new(tls_provider(Some(&groups)).expect("both groups"));
        let guests = (1..).map_while(|n| guest(folder, n, &provider));
        let site = Self {
            texts,
            oracle: Oracle(oracle.collect()),
            credential: Credential::from_files(
                file("server.pem".to_owned()),
                file("server.key".to_owned()),
            )
            .expect("a certificate and its key"),
            guests: core::iter::once(None).chain(guests.map(Some)).collect(),
            clients: [false, true].map(|is_tls13| Client::new(&provider, is_tls13)),
            folder: folder.to_owned(),
            in_files: Mutex::new(FIRST_POLICIES),
        };
        FIRST_POLICIES.iter().enumerate().for_each(|(file, policy)| site.write(file, *policy));
        site
    }

    /// The file of the verifier with this number.
    fn policy_file(&self, file: usize) -> PathBuf {
        self.folder.join(format!("in-force-{file}.toml"))
    }

    /// A verifier that reads this file.
    pub(super) fn verifier(&self, file: usize) -> Arc<Verifier> {
        let builder = Verifier::builder_from_file(self.policy_file(file));
        let built = builder.chain_cache(64, 1 << 18).fact_cache(64).build();
        Arc::new(built.expect("a policy that was read before"))
    }

    pub(super) fn write(&self, file: usize, policy: usize) {
        fs::write(self.policy_file(file), &self.texts[policy]).expect("the folder can be written");
    }

    /// DER of what a guest presents.
    pub(super) fn chain_of(&self, guest: usize) -> Vec<&[u8]> {
        let certificates = self.guests[guest].iter().flat_map(|guest| &guest.cert);
        certificates.map(AsRef::as_ref).collect()
    }
}

impl Client {
    fn new(provider: &Arc<CryptoProvider>, is_tls13: bool) -> Self {
        let wallet = Shared::default();
        let config = wallet.config(provider, is_tls13).expect("a version that there is");
        let mut forgetful = config.clone();
        forgetful.resumption = rustls::client::Resumption::disabled();
        Self { wallet, config: Arc::new(config), forgetful: Arc::new(forgetful) }
    }
}

/// Reads a chain and the key to sign with, whether or not they belong together.
fn guest(folder: &Path, number: usize, provider: &CryptoProvider) -> Option<Arc<CertifiedKey>> {
    let file = |extension: &str| fs::read(folder.join(format!("guest-{number}.{extension}"))).ok();
    let chain = crate::pem::certificates(&file("pem")?).expect("certificates");
    let key = PrivateKeyDer::from_pem_slice(&file("key")?).expect("a private key");
    let key = provider.key_provider.load_private_key(key).expect("a key that is supported");
    let chain = chain.into_iter().map(CertificateDer::from).collect();
    Some(Arc::new(CertifiedKey::new(chain, key)))
}
