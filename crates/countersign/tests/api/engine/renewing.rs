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
pub(crate) struct Renewing(Mutex<Arc<CertifiedKey>>);

fn certified(chain: &[&[u8]], key: &Key) -> Arc<CertifiedKey> {
    let chain = chain.iter().map(|der| CertificateDer::from(der.to_vec())).collect();
    Arc::new(CertifiedKey::new(chain, any_supported_type(&private_key(key)).unwrap()))
}

impl Renewing {
    pub(crate) fn new(chain: &[&[u8]], key: &Key) -> Self {
        Self(Mutex::new(certified(chain, key)))
    }

    pub(crate) fn renew(&self, chain: &[&[u8]], key: &Key) {
        *self.0.lock().unwrap() = certified(chain, key);
    }
}

impl ResolvesClientCert for Renewing {
    fn resolve(&self, _: &[&[u8]], _: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0.lock().unwrap()))
    }

    fn has_certs(&self) -> bool {
        true
    }
}
