//! Who takes part: what is built into the bench, and what `COUNTERSIGN_BENCH_PEERS` has.

use std::env;
use std::path::Path;

use super::{Child, Failure, InProcess, Library, Material, RawOperations, Rival, Rustls, prove};

/// Names the folder with the programs of `benches/peers`, where they are built.
const PEERS: &str = "COUNTERSIGN_BENCH_PEERS";

/// What is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Discipline {
    /// Handshakes.
    Tls,
    /// Chains by themselves.
    Chains,
}

/// A program, and what it is.
struct Program {
    file: &'static str,
    name: &'static str,
    disciplines: &'static [Discipline],
}

const PROGRAMS: [Program; 5] = [
    // It verifies by AWS-LC.
    Program { file: "peer-s2n", name: "s2n-tls", disciplines: &[Discipline::Tls] },
    Program { file: "peer-boringssl", name: "BoringSSL", disciplines: BOTH },
    // Its TLS is what s2n-tls and rustls make of it.
    Program { file: "peer-aws-lc", name: "AWS-LC", disciplines: &[Discipline::Chains] },
    Program { file: "openssl-vendored", name: "OpenSSL 3, a current one", disciplines: BOTH },
    Program { file: "openssl-system", name: "OpenSSL, the system's", disciplines: BOTH },
];

const BOTH: &[Discipline] = &[Discipline::Tls, Discipline::Chains];

/// The limit, rustls on both providers, and the libraries written in C where they are built.
///
/// # Errors
/// Where a library lets in whom it should refuse, or refuses whom it should let in.
pub fn field(material: &Material, discipline: Discipline) -> Result<Vec<Rival<'_>>, Failure> {
    let mut field = vec![Rival::limit(RawOperations::new(material))];
    for rustls in [Rustls::USUAL, Rustls { on_ring: true, ..Rustls::USUAL }] {
        field.push(in_process(rustls, material)?);
    }
    let Some(folder) = env::var_os(PEERS).filter(|folder| !folder.is_empty()) else {
        println!("without the libraries written in C: `make bench` builds them");
        return Ok(field);
    };
    for Program { file, name, disciplines } in PROGRAMS {
        if !disciplines.contains(&discipline) {
            continue;
        }
        let path = Path::new(&folder).join(file);
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
