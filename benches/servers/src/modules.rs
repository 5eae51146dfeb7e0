//! The modules, built for the nginx that is installed, against the library beside this program.

use std::env;
use std::fmt::Write as _;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

use countersign_benches::contest::Failure;
use countersign_testkit::PolicyDir;

/// In a folder, gone when dropped.
pub(crate) struct Modules(PolicyDir);

impl Modules {
    /// By `bindings/nginx/build`, as an operator does.
    pub(crate) fn build() -> Result<Self, Failure> {
        let library = env::current_exe()?.with_file_name("libcountersign_ffi.so");
        if !library.exists() {
            return Err(format!("{} is not built: `make bench-servers`", library.display()).into());
        }
        let folder = PolicyDir::new();
        // The names that it has when installed.
        for name in ["libcountersign.so", "libcountersign.so.0"] {
            symlink(&library, folder.path().join(name))?;
        }
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize()?;
        let mut cflags = String::new();
        for include in ["include", "bindings/openssl"] {
            write!(cflags, "-I{} ", root.join(include).display())?;
        }
        let here = folder.path().display();
        let mut build = Command::new(root.join("bindings/nginx/build"));
        build.arg(folder.path()).env_remove("MAKEFLAGS").env("COUNTERSIGN_CFLAGS", cflags);
        build.env("COUNTERSIGN_LIBS", format!("-L{here} -lcountersign -Wl,-rpath,{here}"));
        let output = build.output()?;
        if !output.status.success() {
            return Err(String::from_utf8_lossy(&output.stderr).into());
        }
        Ok(Self(folder))
    }

    /// What a configuration with the module begins with.
    pub(crate) fn load(&self) -> String {
        let module = self.0.path().join("ngx_http_countersign_module.so");
        format!("load_module {};", module.display())
    }
}
