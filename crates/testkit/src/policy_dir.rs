//! A folder of its own for a policy and the files it names, gone when dropped.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use crate::forge::{certificates_pem, pem};

/// A temporary folder.
#[derive(Debug)]
pub struct PolicyDir(PathBuf);

impl PolicyDir {
    /// A new empty folder.
    ///
    /// # Panics
    /// When the folder cannot be made.
    #[expect(clippy::new_without_default, reason = "making a folder is no default value")]
    pub fn new() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("countersign-test-{}-{number}", std::process::id());
        let path = std::env::temp_dir().join(name);
        fs::create_dir_all(&path).expect("a temporary folder can be made");
        Self(path)
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Writes a file.
    ///
    /// # Panics
    /// When it cannot be written.
    pub fn write(&self, file: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.join(file);
        fs::write(&path, content).expect("a temporary file can be written");
        path
    }

    /// Writes DER certificates into one PEM file.
    pub fn write_certificates<I>(&self, file: &str, certificates: I) -> PathBuf
    where
        I: IntoIterator,
        I::Item: AsRef<[u8]>,
    {
        self.write(file, certificates_pem(certificates))
    }

    /// Writes a DER CRL as PEM.
    pub fn write_crl(&self, file: &str, crl: &[u8]) -> PathBuf {
        self.write(file, pem("X509 CRL", crl))
    }

    /// Removes a file.
    ///
    /// # Panics
    /// When it cannot be removed.
    pub fn remove(&self, file: &str) {
        fs::remove_file(self.0.join(file)).expect("a temporary file can be removed");
    }
}

impl Drop for PolicyDir {
    fn drop(&mut self) {
        // A folder that stays behind is no reason to fail a test that passed.
        drop(fs::remove_dir_all(&self.0));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_apart_and_go_away() {
        let (a, b) = (PolicyDir::new(), PolicyDir::new());
        assert_ne!(a.path(), b.path());
        let file = a.write("x", "y");
        assert_eq!(fs::read(&file).expect("it is there"), b"y");
        a.remove("x");
        assert!(!file.exists());
        let gone = a.path().to_owned();
        drop(a);
        assert!(!gone.exists());
    }
}
