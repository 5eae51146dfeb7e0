//! The servers that are examples: those in C, built as their readers build them, and that on tokio.

use std::path::{Path, PathBuf};
use std::process::Command;

use countersign_benches::contest::Failure;

use crate::library::{Library, beside, source};

/// The programs.
pub(crate) struct Examples {
    epoll: PathBuf,
    openssl: PathBuf,
    tokio: PathBuf,
}

impl Examples {
    pub(crate) fn build(library: &Library) -> Result<Self, Failure> {
        Ok(Self {
            epoll: compile("epoll_server", library, &[])?,
            openssl: compile("openssl_server", library, &["-lssl", "-lcrypto"])?,
            tokio: beside("examples/hyper")?,
        })
    }

    /// `epoll_server`, with the files of this folder, on any port.
    pub(crate) fn epoll(&self, files: &Path) -> Vec<PathBuf> {
        let [policy, chain, key] = named(files);
        vec![self.epoll.clone(), policy, chain, key, "0".into()]
    }

    /// `openssl_server`.
    pub(crate) fn openssl(&self, files: &Path) -> Vec<PathBuf> {
        let [policy, chain, key] = named(files);
        vec![self.openssl.clone(), "0".into(), policy, chain, key]
    }

    /// `hyper`.
    pub(crate) fn tokio(&self, files: &Path) -> Vec<PathBuf> {
        let [policy, chain, key] = named(files);
        vec![self.tokio.clone(), "127.0.0.1:0".into(), policy, chain, key]
    }
}

fn named(files: &Path) -> [PathBuf; 3] {
    ["policy.toml", "server.pem", "server.key"].map(|file| files.join(file))
}

fn compile(name: &str, library: &Library, more: &[&str]) -> Result<PathBuf, Failure> {
    let program = library.folder().join(name);
    let mut cc = Command::new("cc");
    cc.arg("-O2").arg("-o").arg(&program).arg(source(&format!("bindings/c/{name}.c"))?);
    cc.args(library.compile()?.split_whitespace()).args(library.link().split_whitespace());
    let output = cc.args(more).arg("-pthread").output()?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into());
    }
    Ok(program)
}
