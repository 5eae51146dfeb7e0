//! The library of this build, which cargo puts beside the tests.

use std::os::unix::fs::symlink;
use std::path::Path;

/// Puts it into a folder under the names that it has when installed.
pub(crate) fn put_library_into(folder: &Path) {
    let built = std::env::current_exe().unwrap().with_file_name("libcountersign_ffi.so");
    assert!(built.exists(), "{} is not built", built.display());
    for name in ["libcountersign.so", "libcountersign.so.0"] {
        // Another test may have made it.
        let _ = symlink(&built, folder.join(name));
    }
}
