//! A client that gets a new certificate while it runs, and keeps its sessions.

use std::sync::{Arc, Mutex};

use countersign_testkit::forge::Key;
use rustls::SignatureScheme;
use rustls::client::ResolvesClientCert;
use rustls::crypto::aws_lc_rs::sign::any_supported_type;
use rustls::pki_types::CertificateDer;
use rustls::sign::CertifiedKey;

use crate::peer::private_key;

/// What it shows now.
#[derive(Debug)]
pub(crate) struct Renewing(Mutex<Option<Arc<CertifiedKey>>>);

fn certified(chain: &[&[u8]], key: &Key) -> Option<Arc<CertifiedKey>> {
    let chain = chain.iter().map(|der| CertificateDer::from(der.to_vec())).collect();
    let key = any_supported_type(&private_key(key)).unwrap();
    Some(Arc::new(CertifiedKey::new(chain, key)))
}

impl Renewing {
    pub(crate) fn new(chain: &[&[u8]], key: &Key) -> Self {
        Self(Mutex::new(certified(chain, key)))
    }

    pub(crate) fn renew(&self, chain: &[&[u8]], key: &Key) {
        *self.0.lock().unwrap() = certified(chain, key);
    }

    /// From now on it shows nothing.
    pub(crate) fn forget(&self) {
        *self.0.lock().unwrap() = None;
    }
}

impl ResolvesClientCert for Renewing {
    fn resolve(&self, _: &[&[u8]], _: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        self.0.lock().unwrap().clone()
    }

    fn has_certs(&self) -> bool {
        true
    }
}
