//! C programs: compiled against the library that cargo built for this test, and run.

use std::env;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use countersign_testkit::{CScene, PolicyDir};

use crate::library::put_library_into;

/// A program, gone when dropped.
pub(crate) struct Program {
    folder: PolicyDir,
    binary: PathBuf,
}

impl Program {
    /// From these sources of ours.
    ///
    /// # Panics
    /// With what the compiler says, where it refuses.
    pub(crate) fn compile(name: &str, sources: &[&str], flags: &[&str]) -> Self {
        Self::try_compile(name, sources, flags).unwrap_or_else(|said| panic!("{name}: {said}"))
    }

    /// `None` where a program of nothing cannot be built with these flags either.
    pub(crate) fn compile_if_possible(
        name: &str,
        sources: &[&str],
        flags: &[&str],
    ) -> Option<Self> {
        let folder = PolicyDir::new();
        let nothing = folder.write("nothing.c", "int main(void) { return 0; }");
        let mut cc = Command::new("cc");
        cc.args(flags).arg(nothing).arg("-o").arg(folder.path().join("nothing"));
        if !cc.output().expect("a C compiler").status.success() {
            return None;
        }
        Some(Self::compile(name, sources, flags))
    }

    fn try_compile(name: &str, sources: &[&str], flags: &[&str]) -> Result<Self, String> {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        let folder = PolicyDir::new();
        put_library_into(folder.path());
        let binary = folder.path().join(name);
        let mut cc = Command::new("cc");
        cc.args(flags).arg("-I").arg(here.join("../../include"));
        for source in sources {
            cc.arg(here.join(format!("tests/abi/c/{source}.c")));
        }
        cc.arg("-o").arg(&binary).arg("-L").arg(folder.path()).arg("-lcountersign");
        cc.arg(format!("-Wl,-rpath,{}", folder.path().display()));
        let output = cc.output().map_err(|error| format!("cc: {error}"))?;
        if output.status.success() {
            return Ok(Self { folder, binary });
        }
        Err(String::from_utf8_lossy(&output.stderr).into_owned())
    }

    /// Runs it over a scene; it must end with 0.
    pub(crate) fn passes_over(&self, scene: &CScene, environment: &[(&str, &str)]) {
        let mut command = Command::new(&self.binary);
        command.envs(environment.iter().copied());
        self.run(command, scene);
    }

    /// The same, in the hands of another program.
    pub(crate) fn passes_over_under(&self, mut other: Command, scene: &CScene) {
        other.arg(&self.binary);
        self.run(other, scene);
    }

    fn run(&self, mut command: Command, scene: &CScene) {
        command.arg(scene.path()).arg(scene.time().to_string()).current_dir(self.folder.path());
        let Output { status, stdout, stderr } = command.output().expect("a program that runs");
        let (said, complained) =
            (String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr));
        if !status.success() {
            let failed: Vec<_> = said.lines().filter(|line| !line.starts_with("ok")).collect();
            panic!("{status}\n{}\n{complained}", failed.join("\n"));
        }
        println!("{}", complained.trim_end());
    }
}

pub(crate) fn is_installed(program: &str) -> bool {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path).any(|folder| folder.join(OsStr::new(program)).is_file())
}
