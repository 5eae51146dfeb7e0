//! Writes the scene of the C tests into a folder, for tools that cargo does not run: `c_scene FOLDER`.

use std::path::PathBuf;
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let folder = env::args_os().nth(1).map(PathBuf::from).expect("usage: c_scene FOLDER");
    let scene = countersign_testkit::CScene::new();
    for file in fs::read_dir(scene.path())? {
        let file = file?;
        fs::copy(file.path(), folder.join(file.file_name()))?;
    }
    fs::write(folder.join("time"), scene.time().to_string())
}
