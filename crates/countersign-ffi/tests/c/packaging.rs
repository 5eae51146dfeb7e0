//! `make install` and `make uninstall`, and building against what they leave.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::installation::{
    PREFIX, STRICT, artefacts, empty_folder, install, installer, pkg_config, repository, rpath,
};
use crate::process::{are_here, outcome, run, skip, text};

/// The list changes when, and only when, the ABI does.
#[test]
fn the_library_exports_the_calls_of_the_header_and_nothing_else() {
    if !are_here(&["nm"]) {
        return;
    }
    let library = PREFIX.join("lib/libcountersign.so");
    let symbols = run(Command::new("nm").args(["-D", "--defined-only", "-j"]).arg(library));
    let mut symbols: Vec<&str> = symbols.lines().collect();
    symbols.sort_unstable();
    let committed: Vec<&str> = include_str!("symbols.txt").lines().collect();
    assert_eq!(symbols, committed);
    let header = fs::read_to_string(repository().join("include/countersign.h")).unwrap();
    for symbol in symbols {
        assert!(header.contains(&format!("{symbol}(")), "{symbol} is not in the header");
    }
}

#[test]
fn its_soname_is_that_of_the_links() {
    if !are_here(&["readelf"]) {
        return;
    }
    let library = PREFIX.join("lib/libcountersign.so.0");
    let dynamic = run(Command::new("readelf").arg("-d").arg(library));
    assert!(dynamic.contains("[libcountersign.so.0]"), "{dynamic}");
    let names =
        ["libcountersign.so", "libcountersign.so.0"].map(|link| PREFIX.join("lib").join(link));
    let version = format!("libcountersign.so.{}", env!("CARGO_PKG_VERSION"));
    let targets = names.map(|name| fs::read_link(name).unwrap());
    assert_eq!(targets, [PathBuf::from("libcountersign.so.0"), PathBuf::from(version)]);
}

#[test]
fn every_example_builds_by_pkg_config() {
    if !are_here(&["pkg-config"]) {
        return;
    }
    let folder = empty_folder("pkg-config");
    for source in examples() {
        let mut flags = pkg_config(&["--cflags", "--libs", "countersign"]);
        flags.push(rpath());
        build(&source, &folder, &flags);
    }
}

#[test]
fn every_example_builds_with_the_library_in_it() {
    if !are_here(&["pkg-config", "readelf"]) {
        return;
    }
    let folder = empty_folder("static");
    for source in examples() {
        let mut flags = pkg_config(&["--cflags", "countersign"]);
        flags.extend(pkg_config(&["--variable=static", "countersign"]));
        let program = build(&source, &folder, &flags);
        let dynamic = run(Command::new("readelf").arg("-d").arg(program));
        assert!(!dynamic.contains("libcountersign"), "{dynamic}");
    }
    assert_usage(&folder.join("verify_chain"));
}

#[test]
fn every_example_builds_by_cmake() {
    if !are_here(&["cmake"]) {
        return;
    }
    let folder = empty_folder("cmake");
    let mut project = "cmake_minimum_required(VERSION 3.13)\nproject(examples C)\n\
         set(CMAKE_C_STANDARD 99)\nset(CMAKE_C_EXTENSIONS OFF)\n\
         find_package(countersign 0.1 REQUIRED)\nfind_package(Threads REQUIRED)\n"
        .to_owned();
    for source in examples() {
        let name = source.file_stem().unwrap().to_str().unwrap();
        let openssl = if name.starts_with("openssl") { "ssl crypto" } else { "" };
        for (program, library) in
            [(name.to_owned(), "countersign"), (format!("{name}_static"), "static")]
        {
            project += &format!(
                "add_executable({program} {})\ntarget_compile_options({program} PRIVATE {})\n\
                 target_link_libraries({program} countersign::{library} {openssl} Threads::Threads)\n",
                source.display(),
                STRICT.join(" "),
            );
        }
    }
    fs::write(folder.join("CMakeLists.txt"), project).unwrap();
    let build = folder.join("build");
    let mut configure = Command::new("cmake");
    configure.arg("-S").arg(&folder).arg("-B").arg(&build);
    run(configure.arg(format!("-DCMAKE_PREFIX_PATH={}", PREFIX.display())));
    run(Command::new("cmake").arg("--build").arg(&build));
    assert_usage(&build.join("verify_chain"));
    assert_usage(&build.join("verify_chain_static"));
}

#[test]
fn cmake_refuses_a_version_that_is_not_there() {
    if !are_here(&["cmake"]) {
        return;
    }
    for (wanted, is_there) in [("0.1", true), ("0.0.9", true), ("0.2", false), ("1.0", false)] {
        let folder = empty_folder("cmake-version");
        let project = format!(
            "cmake_minimum_required(VERSION 3.13)\nproject(one C)\n\
             find_package(countersign {wanted} REQUIRED)\n"
        );
        fs::write(folder.join("CMakeLists.txt"), project).unwrap();
        let mut configure = Command::new("cmake");
        configure.arg("-S").arg(&folder).arg("-B").arg(folder.join("build"));
        configure.arg(format!("-DCMAKE_PREFIX_PATH={}", PREFIX.display()));
        let output = outcome(&mut configure);
        assert_eq!(output.status.success(), is_there, "{wanted}: {}", text(&output));
    }
}

#[test]
fn uninstalling_leaves_what_was_there_before_and_nothing_else() {
    let root = empty_folder("uninstall");
    let prefix = root.join("opt/countersign");
    let built = artefacts("uninstall-artefacts");
    run(&mut install(&prefix, &built));
    run(&mut install(&prefix, &built));
    assert!(
        prefix.join("include/countersign.h").exists() && prefix.join("bin/countersign").exists()
    );
    run(installer(&prefix).arg("uninstall"));
    assert_eq!(all_below(&root), [] as [PathBuf; 0]);

    // What others have put beside it stays, and so does a folder that was there.
    fs::create_dir_all(prefix.join("lib")).unwrap();
    run(&mut install(&prefix, &built));
    fs::write(prefix.join("include/other.h"), "").unwrap();
    run(installer(&prefix).arg("uninstall"));
    let left = [
        "",
        "/countersign",
        "/countersign/include",
        "/countersign/include/other.h",
        "/countersign/lib",
    ];
    assert_eq!(all_below(&root), left.map(|path| root.join(format!("opt{path}"))));
    let again = outcome(installer(&prefix).arg("uninstall"));
    assert!(!again.status.success() && text(&again).contains("nothing is installed here"));
}

#[test]
fn a_package_is_made_under_destdir_for_its_final_place() {
    let stage = empty_folder("destdir");
    let mut command = install(Path::new("/usr"), &artefacts("destdir-artefacts"));
    run(command.env("DESTDIR", &stage).env("LIBDIR", "/usr/lib/here"));
    let description = stage.join("usr/lib/here/pkgconfig/countersign.pc");
    let description = fs::read_to_string(description).unwrap();
    assert!(description.contains("\nlibdir=/usr/lib/here\nincludedir=/usr/include\n"));
    assert!(!description.contains(stage.to_str().unwrap()), "{description}");
    let mut command = installer(Path::new("/usr"));
    command.env("DESTDIR", &stage).env("LIBDIR", "/usr/lib/here").arg("uninstall");
    run(&mut command);
    assert_eq!(all_below(&stage), [] as [PathBuf; 0]);
}

#[test]
fn an_install_that_fails_leaves_everything_as_it_was() {
    let (root, built) = (empty_folder("failing"), artefacts("failing-artefacts"));
    let prefix = root.join("opt");
    let fails = |command: &mut Command, why: &str| {
        let output = outcome(command);
        assert!(!output.status.success() && text(&output).contains(why), "{}", text(&output));
    };
    // Before anything is in its place, and when most of it is.
    fs::remove_file(built.join("countersign")).unwrap();
    fails(&mut install(&prefix, &built), "countersign is missing: build it first");
    fails(install(&prefix, &artefacts("failing-artefacts")).env("STRIP", "false"), "");
    fs::write(root.join("file"), "").unwrap();
    let in_the_way = root.join("file/include");
    fails(install(&prefix, &built).env("INCLUDEDIR", in_the_way), "mkdir");
    assert_eq!(all_below(&root), [root.join("file")]);
}

/// The examples that can be built here.
fn examples() -> Vec<PathBuf> {
    let folder = fs::read_dir(repository().join("bindings/c")).unwrap();
    let mut sources: Vec<PathBuf> = folder.map(|entry| entry.unwrap().path()).collect();
    sources.retain(|path| path.extension().is_some_and(|extension| extension == "c"));
    sources.sort();
    assert!(sources.len() >= 2, "{sources:?}");
    let mut openssl = Command::new("pkg-config");
    let has_openssl = outcome(openssl.args(["--exists", "openssl"])).status.success();
    if !sources.iter().any(|source| source.ends_with("openssl_server.c")) {
        skip("there is no openssl_server.c");
    } else if !has_openssl {
        skip("openssl_server.c: there are no OpenSSL headers (libssl-dev)");
        sources.retain(|source| !source.ends_with("openssl_server.c"));
    }
    sources
}

/// Builds an example as strictly as we can; where the program is.
fn build(source: &Path, folder: &Path, flags: &[String]) -> PathBuf {
    let program = folder.join(source.file_stem().unwrap());
    let mut compiler = Command::new("cc");
    compiler.arg("-std=c99").args(STRICT).arg(source).arg("-o").arg(&program).args(flags);
    if source.ends_with("openssl_server.c") {
        compiler.args(["-lssl", "-lcrypto"]);
    }
    run(compiler.arg("-pthread"));
    program
}

/// It starts, and finds its library.
fn assert_usage(verify_chain: &Path) {
    let output = outcome(&mut Command::new(verify_chain));
    assert_eq!(output.status.code(), Some(2), "{}", text(&output));
    assert!(text(&output).contains("usage: "), "{}", text(&output));
}

fn all_below(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        found.push(path.clone());
        if path.is_dir() {
            found.extend(all_below(&path));
        }
    }
    found.sort();
    found
}
