//! The servers that are not nginx: the examples in C, built as their readers build them, that on tokio,
//! and the command.

use std::path::{Path, PathBuf};
use std::process::Command;

use countersign_benches::contest::Failure;

use crate::library::{Library, beside, source};

/// The programs.
pub(crate) struct Examples {
    epoll: PathBuf,
    openssl: PathBuf,
    tokio: PathBuf,
    command: PathBuf,
}

impl Examples {
    pub(crate) fn build(library: &Library) -> Result<Self, Failure> {
        Ok(Self {
            epoll: compile("epoll_server", library, &[])?,
            openssl: compile("openssl_server", library, &["-lssl", "-lcrypto"])?,
            tokio: beside("examples/hyper")?,
            command: beside("countersign")?,
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

    /// `countersign serve`, before the server on this port.
    pub(crate) fn serve(&self, files: &Path, behind: u16) -> Vec<PathBuf> {
        let [policy, chain, key] = named(files);
        let to = format!("http://127.0.0.1:{behind}");
        let mut command = vec![self.command.clone(), "serve".into()];
        for (option, value) in [
            ("--listen", "127.0.0.1:0".into()),
            ("--policy", policy),
            ("--cert", chain),
            ("--key", key),
            ("--to", to.into()),
        ] {
            command.extend([option.into(), value]);
        }
        command
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
