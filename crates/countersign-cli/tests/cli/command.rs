//! Running the binary, and the files that `demo --keep` makes for it.

use std::ffi::OsStr;
use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use serde_json::Value;
use tempfile::TempDir;

/// What a run left behind.
pub(crate) struct Run {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Run {
    /// The object on stdout, when it is the only thing there.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        assert_eq!(self.stdout.lines().count(), 1, "{}{}", self.stdout, self.stderr);
        serde_json::from_str(&self.stdout).expect("stdout is JSON")
    }

    /// The `error` object on stderr, when there is nothing else and stdout is empty.
    #[track_caller]
    pub(crate) fn json_error(&self) -> Value {
        assert_eq!((self.code, self.stdout.as_str()), (2, ""), "{}", self.stderr);
        assert_eq!(self.stderr.lines().count(), 1, "{}", self.stderr);
        let mut value: Value = serde_json::from_str(&self.stderr).expect("stderr is JSON");
        value["error"].take()
    }
}

pub(crate) fn binary() -> Command {
    Command::new(env!("CARGO_BIN_EXE_countersign"))
}

pub(crate) fn countersign<A: AsRef<OsStr>>(args: impl IntoIterator<Item = A>) -> Run {
    let output = binary().args(args).output().expect("the binary runs");
    Run {
        code: output.status.code().expect("it exits"),
        stdout: String::from_utf8(output.stdout).expect("UTF-8"),
        stderr: String::from_utf8(output.stderr).expect("UTF-8"),
    }
}

/// What `countersign demo --keep` made, once for all tests.
static WORLD: LazyLock<(TempDir, Run)> = LazyLock::new(|| {
    let folder = tempfile::tempdir().expect("a folder");
    let keep = folder.path().join("pki");
    let run = countersign([OsStr::new("demo"), OsStr::new("--keep"), keep.as_os_str()]);
    (folder, run)
});

/// The run that made the files.
pub(crate) fn demo() -> &'static Run {
    &WORLD.1
}

/// A file that the demo made.
pub(crate) fn made(name: &str) -> PathBuf {
    WORLD.0.path().join("pki").join(name)
}

/// A file of the test's own, beside what the demo made.
pub(crate) fn written(name: &str, content: impl AsRef<[u8]>) -> PathBuf {
    let path = made(name);
    std::fs::write(&path, content).expect("the folder is writable");
    path
}

/// The same, for its owner only.
pub(crate) fn secret(name: &str, content: impl AsRef<[u8]>) -> PathBuf {
    let path = written(name, content);
    std::fs::set_permissions(&path, Permissions::from_mode(0o600)).expect("it is ours");
    path
}

/// The demo's policy with `from` replaced.
pub(crate) fn policy_with(name: &str, from: &str, to: &str) -> PathBuf {
    let policy = std::fs::read_to_string(made("policy.toml")).expect("the demo wrote it");
    assert!(policy.contains(from), "{policy}");
    written(name, policy.replace(from, to))
}

/// `countersign verify --policy … --chain …` and more.
pub(crate) fn verify(policy: &Path, chain: &Path, more: &[&str]) -> Run {
    let fixed = ["verify".as_ref(), "--policy".as_ref(), policy.as_os_str(), "--chain".as_ref()];
    let more = more.iter().map(OsStr::new);
    countersign(fixed.into_iter().chain([chain.as_os_str()]).chain(more))
}
