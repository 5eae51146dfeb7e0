//! Writes what each fuzz target starts from into a folder per target:
//! `cargo run -p countersign-testkit --example seeds -- fuzz/corpus`.

use std::path::PathBuf;
use std::{env, fs, io};

use countersign_testkit::fuzz;

fn main() -> io::Result<()> {
    let corpus = env::args_os().nth(1).ok_or_else(|| io::Error::other("usage: seeds FOLDER"))?;
    for target in fuzz::TARGETS {
        let folder = PathBuf::from(&corpus).join(target);
        fs::create_dir_all(&folder)?;
        let seeds = fuzz::seeds(target);
        println!("{target}: {} seeds", seeds.len());
        for seed in seeds {
            fs::write(folder.join(seed.name), seed.octets)?;
        }
    }
    Ok(())
}
