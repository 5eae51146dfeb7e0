//! Who takes part: what is built into the bench, and what `COUNTERSIGN_BENCH_PEERS` has.

use std::env;
use std::path::Path;

use super::{Child, Failure, InProcess, Library, Material, RawOperations, Rival, Rustls, prove};

/// Names the folder with the programs of `benches/peers`, where they are built.
const PEERS: &str = "COUNTERSIGN_BENCH_PEERS";

/// The programs, and what they are.
const PROGRAMS: [(&str, &str); 5] = [
    ("peer-s2n", "s2n-tls"),
    ("peer-boringssl", "BoringSSL"),
    ("peer-aws-lc", "AWS-LC"),
    ("openssl-vendored", "OpenSSL 3, a current one"),
    ("openssl-system", "OpenSSL, the system's"),
];

/// The limit, rustls on both providers, and the libraries written in C where they are built.
///
/// # Errors
/// Where a library lets in whom it should refuse, or refuses whom it should let in.
pub fn field(material: &Material) -> Result<Vec<Rival<'_>>, Failure> {
    let mut field = vec![Rival::limit(RawOperations::new(material))];
    for rustls in [Rustls::USUAL, Rustls { on_ring: true, ..Rustls::USUAL }] {
        field.push(in_process(rustls, material)?);
    }
    let Some(folder) = env::var_os(PEERS).filter(|folder| !folder.is_empty()) else {
        println!("without the libraries written in C: `make bench` builds them");
        return Ok(field);
    };
    for (program, name) in PROGRAMS {
        let path = Path::new(&folder).join(program);
        field.push(if path.exists() {
            Rival::peer(Child::start(&path, material)?)
        } else {
            Rival::absent(name, "not built")
        });
    }
    Ok(field)
}

/// A library in this process, once it has shown that it refuses whom it must.
///
/// # Errors
/// Where it does not.
pub fn in_process(
    library: impl Library + 'static,
    material: &Material,
) -> Result<Rival<'_>, Failure> {
    prove(&library, material)?;
    Ok(Rival::peer(InProcess::new(library, material)))
}
