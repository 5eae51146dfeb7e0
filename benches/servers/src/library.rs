//! The library beside this program, as those find it who build against it.

use std::env;
use std::fmt::Write as _;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use countersign_benches::contest::Failure;
use countersign_testkit::PolicyDir;

/// In a folder, gone when dropped.
pub(crate) struct Library(PolicyDir);

impl Library {
    /// Under the names that it has when installed.
    pub(crate) fn found() -> Result<Self, Failure> {
        let built = beside("libcountersign_ffi.so")?;
        let folder = PolicyDir::new();
        for name in ["libcountersign.so", "libcountersign.so.0"] {
            symlink(&built, folder.path().join(name))?;
        }
        Ok(Self(folder))
    }

    /// Where what is built against it may be put, too.
    pub(crate) fn folder(&self) -> &Path {
        self.0.path()
    }

    /// What a compiler needs for the headers, those of the glue for OpenSSL too.
    pub(crate) fn compile(&self) -> Result<String, Failure> {
        let mut flags = String::new();
        for include in ["include", "bindings/openssl"] {
            write!(flags, "-I{} ", source(include)?.display())?;
        }
        Ok(flags)
    }

    /// What it needs to link.
    pub(crate) fn link(&self) -> String {
        let here = self.folder().display();
        format!("-L{here} -lcountersign -Wl,-rpath,{here}")
    }
}

/// What cargo has built in the folder that this program is in.
pub(crate) fn beside(name: &str) -> Result<PathBuf, Failure> {
    let built = env::current_exe()?.with_file_name(name);
    if !built.exists() {
        return Err(format!("{} is not built: `make bench-servers`", built.display()).into());
    }
    Ok(built)
}

/// A file or a folder of this repository.
pub(crate) fn source(path: &str) -> Result<PathBuf, Failure> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize()?;
    Ok(root.join(path))
}
