//! The modules, built for the nginx that is installed.

use std::path::PathBuf;
use std::process::Command;

use countersign_benches::contest::Failure;

use crate::library::{Library, source};

/// By `bindings/nginx/build`, as an operator does; beside the library. That for http.
pub(crate) fn build(library: &Library) -> Result<PathBuf, Failure> {
    let mut build = Command::new(source("bindings/nginx/build")?);
    build.arg(library.folder()).env_remove("MAKEFLAGS");
    build.env("COUNTERSIGN_CFLAGS", library.compile()?).env("COUNTERSIGN_LIBS", library.link());
    let output = build.output()?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into());
    }
    Ok(library.folder().join("ngx_http_countersign_module.so"))
}
