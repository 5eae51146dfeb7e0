//! How the shared library is linked.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    if std::env::var("CARGO_CFG_TARGET_OS").as_deref() == Ok("linux") {
        // The number changes when, and only when, a program built before no longer works.
        println!("cargo::rustc-cdylib-link-arg=-Wl,-soname,libcountersign.so.0");
        // A proxy that unloads its modules must not unload code that threads may still return to.
        println!("cargo::rustc-cdylib-link-arg=-Wl,-z,nodelete");
    }
}
