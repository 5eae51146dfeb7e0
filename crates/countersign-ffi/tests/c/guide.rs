//! What the guides say is built, as they say it, and does what they say.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;

use crate::installation::{PREFIX, STRICT, empty_folder, pkg_config, repository, rpath};
use crate::process::{are_here, outcome, run, text};
use crate::world::World;

#[test]
fn the_program_of_the_guide_gives_the_verdict_of_the_guide() {
    if !are_here(&["cc", "pkg-config"]) {
        return;
    }
    let guide = fs::read_to_string(repository().join("docs/c.md")).unwrap();
    let program = guide.split("```c\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    let folder = empty_folder("guide");
    let (source, verdict) = (folder.join("verdict.c"), folder.join("verdict"));
    fs::write(&source, program).unwrap();
    let mut compiler = Command::new("cc");
    compiler.arg("-std=c99").args(STRICT).arg("-o").arg(&verdict).arg(source);
    run(compiler.args(pkg_config(&["--cflags", "--libs", "countersign"])).arg(rpath()));

    let world = World::new();
    let mut pin = String::new();
    for byte in world.billing.key.spki_sha256() {
        write!(pin, "{byte:02x}").unwrap();
    }
    let till = format!(
        "\n[[client]]\nid = \"till-7\"\ntrust = \"pinned\"\nmatch = [{{ spki_sha256 = \"{pin}\" }}]\n"
    );
    let policy = world.write("pinned.toml", world.read("policy.toml") + &till);
    let leaf = world.write("leaf.der", &world.billing.certificate);
    let judge = |policy: &Path, leaf: &Path| outcome(Command::new(&verdict).args([policy, leaf]));
    let output = judge(&policy, &leaf);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(guide.contains(&said), "{said}");
    // Without its pin it needs an intermediate that is not in the file.
    let output = judge(&world.file("policy.toml"), &leaf);
    assert_eq!(output.status.code(), Some(1), "{}", text(&output));
    let output = judge(&world.file("absent.toml"), &leaf);
    assert_eq!(output.status.code(), Some(2), "{}", text(&output));
}

#[test]
fn the_examples_build_by_the_lines_of_their_readme() {
    if !are_here(&["cc", "pkg-config"]) {
        return;
    }
    let (from, folder) = (repository().join("bindings/c"), empty_folder("readme"));
    let readme = fs::read_to_string(from.join("README.md")).unwrap().replace("\\\n", "");
    let lines: Vec<&str> = readme.lines().filter_map(|line| line.strip_prefix("$ cc ")).collect();
    assert!(lines.len() >= 3, "{lines:?}");
    for line in lines {
        let mut shell = Command::new("sh");
        shell.current_dir(&from).env("PKG_CONFIG_PATH", PREFIX.join("lib/pkgconfig"));
        // Not into the source.
        let line = line.replacen("-o ", &format!("-o {}/", folder.display()), 1);
        run(shell.arg("-c").arg(format!("cc {line}")));
    }
}
