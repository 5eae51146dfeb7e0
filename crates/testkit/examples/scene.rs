//! Shows what an input of the fuzz target `chain` stands for, as PEM for other tools to read:
//! `cargo run -p countersign-testkit --example scene -- INPUT`.

use std::{env, fs, io};

use countersign_testkit::forge::pem;
use countersign_testkit::fuzz::Scene;

fn main() -> io::Result<()> {
    let input = env::args_os().nth(1).ok_or_else(|| io::Error::other("usage: scene INPUT"))?;
    let scene = Scene::decode(&fs::read(input)?);
    println!("at {} s since 1970", scene.now);
    for (what, label, ders) in [
        ("presented", "CERTIFICATE", &scene.chain),
        ("anchor", "CERTIFICATE", &scene.anchors),
        ("CRL", "X509 CRL", &scene.crls),
    ] {
        for (n, der) in ders.iter().enumerate() {
            println!("{what} {n}\n{}", pem(label, der));
        }
    }
    Ok(())
}
