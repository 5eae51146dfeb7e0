//! `include/countersign.h`, generated from the FFI crate.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::{fs, io};

const HEADER: &str = "include/countersign.h";

/// Writes the header.
pub(crate) fn write() -> ExitCode {
    let written = generated().and_then(|header| {
        fs::write(root().join(HEADER), header).map_err(|e| format!("{HEADER}: {e}"))
    });
    done(written.map(|()| format!("header: {HEADER} is written")))
}

/// Says whether the header that is committed is the one that would be written.
pub(crate) fn check() -> ExitCode {
    let committed = match fs::read(root().join(HEADER)) {
        Ok(committed) => Ok(committed),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(format!("{HEADER}: {error}")),
    };
    let same = committed.and_then(|committed| {
        let generated = generated()?;
        if committed == generated {
            return Ok(format!("header: {HEADER} is what crates/countersign-ffi says"));
        }
        Err(format!("{HEADER} is not what crates/countersign-ffi says: run `cargo xtask header`"))
    });
    done(same)
}

fn done(result: Result<String, String>) -> ExitCode {
    match result {
        Ok(message) => {
            println!("{message}");
            ExitCode::SUCCESS
        }
        Err(message) => {
            eprintln!("header: {message}");
            ExitCode::FAILURE
        }
    }
}

fn generated() -> Result<Vec<u8>, String> {
    let crate_folder = root().join("crates/countersign-ffi");
    let config = cbindgen::Config::from_file(crate_folder.join("cbindgen.toml"))?;
    let bindings = cbindgen::Builder::new().with_crate(&crate_folder).with_config(config);
    let bindings = bindings.generate().map_err(|error| error.to_string())?;
    let mut header = Vec::new();
    bindings.write(&mut header);
    Ok(header)
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}
