//! The public test suites, read from a folder that is not part of this tree.
//!
//! [`Folder::locate`] finds it; where it is absent, [`Absent`] is what a test prints before it
//! returns, so that nobody takes a skip for a pass.
//!
//! ```
//! use countersign_testkit::vectors::Folder;
//! match Folder::locate() {
//!     Ok(folder) => assert!(!folder.limbo()?.is_empty()),
//!     Err(absent) => eprintln!("{absent}"),
//! }
//! # Ok::<(), std::io::Error>(())
//! ```

mod case;
mod encoding;
mod wycheproof;

use std::fmt;
use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;

pub use case::{Case, Kind, PeerName};
pub use wycheproof::{WycheproofGroup, WycheproofTest};

/// The environment variable that names the folder.
pub const VARIABLE: &str = "COUNTERSIGN_VECTORS";

/// The files of [`Folder::wycheproof`].
pub const WYCHEPROOF_FILES: [&str; 3] =
    ["ecdsa_secp256r1_sha256_test.json", "ecdsa_secp384r1_sha384_test.json", "ed25519_test.json"];

/// The folder of test vectors.
#[derive(Clone, Debug)]
pub struct Folder(PathBuf);

/// There is no folder of test vectors here.
#[derive(Clone, Debug)]
pub struct Absent(PathBuf);

impl fmt::Display for Absent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let folder = self.0.display();
        write!(f, "SKIPPED: no test vectors at {folder}; set {VARIABLE} to their folder")
    }
}

impl std::error::Error for Absent {}

impl Folder {
    /// The folder that `COUNTERSIGN_VECTORS` names, else `../shared/vectors` beside the workspace.
    ///
    /// # Errors
    /// [`Absent`] when there is no such folder and the variable is not set.
    ///
    /// # Panics
    /// When the variable is set and names no folder: whoever sets it wants the suite to run.
    pub fn locate() -> Result<Self, Absent> {
        if let Some(named) = std::env::var_os(VARIABLE) {
            let folder = PathBuf::from(named);
            assert!(folder.is_dir(), "{VARIABLE} names no folder: {}", folder.display());
            return Ok(Self(folder));
        }
        let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2);
        let folder = workspace.unwrap_or(Path::new(".")).join("../shared/vectors");
        if folder.is_dir() { Ok(Self(folder)) } else { Err(Absent(folder)) }
    }

    /// x509-limbo without its online and BetterTLS cases.
    ///
    /// # Errors
    /// When the file cannot be read or is not of the schema.
    pub fn limbo(&self) -> io::Result<Vec<Case>> {
        self.cases("x509-limbo.json")
    }

    /// The BetterTLS cases.
    ///
    /// # Errors
    /// When the file cannot be read or is not of the schema.
    pub fn bettertls(&self) -> io::Result<Vec<Case>> {
        self.cases("bettertls.json.gz")
    }

    /// NIST PKITS sections 4.1 to 4.7.
    ///
    /// # Errors
    /// When the file cannot be read or is not of the schema.
    pub fn pkits(&self) -> io::Result<Vec<Case>> {
        self.cases("pkits-4.1-4.7.json")
    }

    /// One of the [`WYCHEPROOF_FILES`].
    ///
    /// # Errors
    /// When the file cannot be read or is not of the schema.
    pub fn wycheproof(&self, file: &str) -> io::Result<Vec<WycheproofGroup>> {
        self.read::<wycheproof::Document>(&format!("wycheproof/{file}"))?.groups()
    }

    fn cases(&self, file: &str) -> io::Result<Vec<Case>> {
        self.read::<case::Document>(file)?.cases()
    }

    fn read<T: DeserializeOwned>(&self, file: &str) -> io::Result<T> {
        let path = self.0.join(file);
        let explain = |e: io::Error| io::Error::new(e.kind(), format!("{}: {e}", path.display()));
        let mut text = Vec::new();
        let mut stored = BufReader::new(File::open(&path).map_err(explain)?);
        if file.ends_with(".gz") {
            flate2::bufread::GzDecoder::new(stored).read_to_end(&mut text).map_err(explain)?;
        } else {
            stored.read_to_end(&mut text).map_err(explain)?;
        }
        serde_json::from_slice(&text).map_err(|e| explain(e.into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The folder, or a printed word that the test was skipped.
    fn folder() -> Option<Folder> {
        Folder::locate().map_err(|absent| eprintln!("{absent}")).ok()
    }

    #[test]
    fn limbo_loads_whole() {
        let Some(folder) = folder() else { return };
        let cases = folder.limbo().expect("limbo loads");
        assert_eq!(cases.len(), 194);
        assert_eq!(cases.iter().filter(|c| c.expected).count(), 49);
        assert_eq!(cases.iter().filter(|c| c.kind == Kind::Client).count(), 10);
        assert_eq!(cases.iter().map(|c| c.crls.len()).sum::<usize>(), 9);
        assert_eq!(cases.iter().filter(|c| c.time.is_some()).count(), 24);
        assert!(cases.iter().all(|c| c.leaf.first() == Some(&0x30)));
    }

    #[test]
    fn bettertls_loads_whole() {
        let Some(folder) = folder() else { return };
        let cases = folder.bettertls().expect("BetterTLS loads");
        assert_eq!(cases.len(), 9_572);
        assert_eq!(cases.iter().filter(|c| c.expected).count(), 865);
        assert!(cases.iter().all(|c| c.peer_names.len() == 1 && c.time.is_some()));
    }

    #[test]
    fn pkits_loads_whole() {
        let Some(folder) = folder() else { return };
        let cases = folder.pkits().expect("PKITS loads");
        assert_eq!(cases.len(), 76);
        assert_eq!(cases.iter().filter(|c| c.expected).count(), 33);
        // 2011-06-01T00:00:00Z
        assert!(cases.iter().all(|c| c.time == Some(1_306_886_400) && !c.crls.is_empty()));
    }

    #[test]
    fn wycheproof_loads_whole() {
        let Some(folder) = folder() else { return };
        for (file, tests, valid) in [
            (WYCHEPROOF_FILES[0], 484, 174),
            (WYCHEPROOF_FILES[1], 504, 194),
            (WYCHEPROOF_FILES[2], 151, 88),
        ] {
            let groups = folder.wycheproof(file).expect("Wycheproof loads");
            let all: Vec<_> = groups.iter().flat_map(|g| &g.tests).collect();
            assert_eq!(all.len(), tests, "{file}");
            assert_eq!(all.iter().filter(|t| t.valid).count(), valid, "{file}");
            assert!(groups.iter().all(|g| g.spki.first() == Some(&0x30)));
        }
    }

    #[test]
    fn an_absent_folder_says_so() {
        let text = Absent(PathBuf::from("/nowhere")).to_string();
        assert!(text.starts_with("SKIPPED") && text.contains(VARIABLE));
    }
}
