//! Compiling a C program against the header, the glue and the library of this build.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use crate::library::put_library_into;
use crate::process::{are_here, outcome, run, skip};

/// The program made from this source in the repository; `None`, and a word past the harness, where
/// OpenSSL's headers or its command are missing.
pub(crate) fn compiled(source: &str) -> Option<PathBuf> {
    if !are_here(&["cc", "openssl"]) {
        return None;
    }
    if !*HAS_HEADERS {
        skip("needs libssl-dev (`.ci/packages` installs it)");
        return None;
    }
    Some(compile(source))
}

static HAS_HEADERS: LazyLock<bool> = LazyLock::new(|| {
    let mut cc = Command::new("cc");
    cc.args(["-fsyntax-only", "-include", "openssl/ssl.h", "-x", "c", "/dev/null"]);
    outcome(&mut cc).status.success()
});

/// COUNTERSIGN_TEST_CFLAGS come last: `-fsanitize=address,undefined` is one use of them.
/// (CFLAGS would reach the crypto provider, too.)
fn compile(source: &str) -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let source = root.join(source);
    let folder = library();
    let program = folder.join(source.file_stem().expect("a file"));
    let mut cc = Command::new("cc");
    cc.args(["-std=c99", "-O1", "-g", "-Wall", "-Wextra", "-Wpedantic", "-Werror"])
        .arg("-I")
        .arg(root.join("include"))
        .arg("-I")
        .arg(root.join("bindings/openssl"))
        .args(std::env::var("COUNTERSIGN_TEST_CFLAGS").unwrap_or_default().split_whitespace())
        .arg(&source)
        .arg("-o")
        .arg(&program)
        .arg("-L")
        .arg(&folder)
        .arg(format!("-Wl,-rpath,{}", folder.display()))
        .args(["-lcountersign", "-lssl", "-lcrypto", "-pthread"]);
    run(&mut cc);
    program
}

/// A folder with the library.
fn library() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("openssl");
    std::fs::create_dir_all(&folder).expect("a folder");
    put_library_into(&folder);
    folder
}
