//! Who the clients are.

use std::fs;
use std::path::Path;

use rustls::RootCertStore;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::Misuse;

/// What one client presents and signs with; or nothing.
#[derive(Debug)]
pub struct Identity(pub(crate) Option<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>)>);

impl Identity {
    /// A client without a certificate.
    pub const ANONYMOUS: Self = Self(None);

    /// A chain in DER, leaf first, and the leaf's key.
    pub fn new(chain: Vec<CertificateDer<'static>>, key: PrivateKeyDer<'static>) -> Self {
        Self(Some((chain, key)))
    }

    /// A chain and a key, each in a PEM file.
    ///
    /// # Errors
    /// Where one of them cannot be read, or is none.
    pub fn from_files(chain: &Path, key: &Path) -> Result<Self, Misuse> {
        let private = PrivateKeyDer::from_pem_file(key).map_err(|why| in_file(key, why))?;
        Ok(Self::new(certificates(chain)?, private))
    }

    /// A client for each `NAME.pem` of this folder that has its `NAME.key` beside it, in the order
    /// of their names.
    ///
    /// # Errors
    /// Where there is none, or one cannot be read.
    pub fn from_folder(folder: &Path) -> Result<Vec<Self>, Misuse> {
        let entries = fs::read_dir(folder).map_err(|why| in_file(folder, why))?;
        let mut chains: Vec<_> = entries
            .filter_map(|entry| Some(entry.ok()?.path()))
            .filter(|file| file.extension().is_some_and(|end| end == "pem"))
            .filter(|file| file.with_extension("key").exists())
            .collect();
        if chains.is_empty() {
            return Err(in_file(folder, "no NAME.pem has its NAME.key beside it"));
        }
        chains.sort();
        chains.iter().map(|chain| Self::from_files(chain, &chain.with_extension("key"))).collect()
    }
}

/// The authorities that may vouch for the server, from a PEM file.
///
/// # Errors
/// Where it cannot be read, or has none.
pub fn authorities(file: &Path) -> Result<RootCertStore, Misuse> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates(file)? {
        roots.add(certificate).map_err(|why| in_file(file, why))?;
    }
    Ok(roots)
}

fn certificates(file: &Path) -> Result<Vec<CertificateDer<'static>>, Misuse> {
    let found = CertificateDer::pem_file_iter(file).map_err(|why| in_file(file, why))?;
    let found: Vec<_> = found.collect::<Result<_, _>>().map_err(|why| in_file(file, why))?;
    if found.is_empty() {
        return Err(in_file(file, "there is no certificate in it"));
    }
    Ok(found)
}

fn in_file(file: &Path, why: impl std::fmt::Display) -> Misuse {
    Misuse::new(format!("{}: {why}", file.display()))
}
