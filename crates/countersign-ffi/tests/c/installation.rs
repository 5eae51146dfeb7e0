//! What `make install` leaves, made once for all tests, and programs that are built against it.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use crate::process::run;

/// What every example must be built with, and without a warning.
pub(crate) const STRICT: [&str; 5] = ["-O1", "-Wall", "-Wextra", "-Wpedantic", "-Werror"];

/// This repository.
pub(crate) fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// A folder of its own for a test; whatever an earlier run left in it is gone.
pub(crate) fn empty_folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("c").join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

/// The prefix that everything is built against.
pub(crate) static PREFIX: LazyLock<PathBuf> = LazyLock::new(|| {
    let prefix = empty_folder("prefix");
    run(&mut install(&prefix, &artefacts("artefacts")));
    prefix
});

/// The examples, built by pkg-config's flags.
static EXAMPLES: LazyLock<PathBuf> = LazyLock::new(|| build_examples("examples", &[]));

/// The same, watched for errors of memory and of arithmetic, and for leaks.
static WATCHED: LazyLock<PathBuf> = LazyLock::new(|| {
    build_examples("watched", &["-g", "-fsanitize=address,undefined", "-fno-sanitize-recover"])
});

fn build_examples(folder: &str, flags: &[&str]) -> PathBuf {
    let folder = empty_folder(folder);
    for name in ["verify_chain", "epoll_server"] {
        let source = repository().join(format!("bindings/c/{name}.c"));
        let mut compiler = Command::new("cc");
        compiler.arg("-std=c99").args(STRICT).args(flags).arg(source).arg("-o");
        compiler.arg(folder.join(name)).args(pkg_config(&["--cflags", "--libs", "countersign"]));
        run(compiler.arg("-pthread").arg(rpath()));
    }
    folder
}

/// An example, ready to run.
pub(crate) fn example(name: &str) -> Command {
    Command::new(EXAMPLES.join(name))
}

/// An example that fails where it errs in its use of memory.
pub(crate) fn watched_example(name: &str) -> Command {
    Command::new(WATCHED.join(name))
}

/// `bindings/c/install install`, into this prefix.
pub(crate) fn install(prefix: &Path, artefacts: &Path) -> Command {
    let mut command = installer(prefix);
    command.arg("install").arg(artefacts);
    command
}

/// `bindings/c/install` for this prefix, and nothing from the caller's environment.
pub(crate) fn installer(prefix: &Path) -> Command {
    let mut command = Command::new(repository().join("bindings/c/install"));
    for variable in ["LIBDIR", "INCLUDEDIR", "BINDIR", "DESTDIR", "STRIP"] {
        command.env_remove(variable);
    }
    command.env("PREFIX", prefix);
    command
}

/// A folder as cargo builds into, from what was built for this very test: no second build that
/// would have to wait for the first. The command is another package's and may not be built; any
/// program will do for being put into its place.
pub(crate) fn artefacts(name: &str) -> PathBuf {
    let folder = empty_folder(name);
    let this = std::env::current_exe().unwrap();
    let built = this.parent().unwrap();
    for file in ["libcountersign_ffi.so", "libcountersign_ffi.a"] {
        symlink(built.join(file), folder.join(file)).unwrap();
    }
    let command = built.with_file_name("countersign");
    symlink(if command.exists() { &command } else { &this }, folder.join("countersign")).unwrap();
    folder
}

/// What pkg-config says.
pub(crate) fn pkg_config(arguments: &[&str]) -> Vec<String> {
    let mut command = Command::new("pkg-config");
    command.env("PKG_CONFIG_PATH", PREFIX.join("lib/pkgconfig")).args(arguments);
    run(&mut command).split_whitespace().map(str::to_owned).collect()
}

/// For a library that is not in the usual place.
pub(crate) fn rpath() -> String {
    format!("-Wl,-rpath,{}", PREFIX.join("lib").display())
}
