//! The header in the hands of compilers.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use crate::installation::{STRICT, empty_folder, repository};
use crate::process::{are_here, run};

#[test]
fn it_compiles_as_c99_alone_and_twice() {
    compiles("cc", "c", "c99");
}

#[test]
fn it_compiles_as_cpp11_alone_and_twice() {
    compiles("g++", "c++", "c++11");
}

#[test]
fn clang_has_nothing_to_say_about_it_either() {
    compiles("clang", "c", "c99");
}

fn compiles(compiler: &str, language: &str, standard: &str) {
    if !are_here(&[compiler]) {
        return;
    }
    let initialised = "\nint main(void) {
        csn_error error = CSN_ERROR_INIT; csn_verdict verdict = CSN_VERDICT_INIT;
        csn_metrics metrics = CSN_METRICS_INIT; csn_session session = CSN_SESSION_INIT;
        csn_refusal refusal = CSN_REFUSAL_INIT;
        return !(error.struct_size + metrics.struct_size + session.struct_size
                 + refusal.struct_size + verdict.struct_size);
    }\n";
    let include = "#include <countersign.h>\n";
    let folder = empty_folder(&format!("header-{compiler}"));
    for (name, times) in [("alone", 1), ("twice", 2)] {
        let file: PathBuf = folder.join(name);
        fs::write(&file, include.repeat(times) + initialised).unwrap();
        let mut command = Command::new(compiler);
        command.args(["-x", language, &format!("-std={standard}"), "-fsyntax-only"]).args(STRICT);
        run(command.arg("-I").arg(repository().join("include")).arg(file));
    }
}
