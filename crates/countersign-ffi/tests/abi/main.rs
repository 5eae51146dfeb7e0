//! The C ABI, called from C: one program with every test over a scene made to order, run plain, under the
//! sanitizers and under valgrind; and one with threads.
#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod build;
#[path = "../c/library.rs"]
mod library;

use std::process::Command;

use build::{Program, is_installed};
use countersign_testkit::CScene;

/// What the compiler must not complain of.
const STRICT: [&str; 7] = [
    "-std=c99",
    "-pthread",
    "-D_POSIX_C_SOURCE=200809L",
    "-Wall",
    "-Wextra",
    "-Wpedantic",
    "-Werror",
];

const ABI: [&str; 16] = [
    "main",
    "layout",
    "reasons",
    "null",
    "sizes",
    "errors",
    "decisions",
    "scopes",
    "polling",
    "resumption",
    "memory",
    "observers",
    "classes",
    "handshake",
    "forwarded",
    "fork",
];

#[test]
fn c_sees_what_the_header_says() {
    let scene = CScene::new();
    let program = Program::compile("abi", &ABI, &STRICT);
    program.passes_over(&scene, &[]);
    assert_eq!(scene.visitors(), 0, "class 31: something was fetched");
}

#[test]
fn nothing_leaks_and_nothing_is_undefined() {
    let scene = CScene::new();
    let sanitizers =
        ["-g", "-pthread", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"];
    let Some(program) = Program::compile_if_possible("abi-sanitized", &ABI, &sanitizers) else {
        println!("SKIPPED: the C compiler has no address sanitizer");
        return;
    };
    let options = ("ASAN_OPTIONS", "detect_leaks=1:strict_string_checks=1");
    // A child that is forked while a thread is in GCC 12's sanitized malloc waits forever for a lock
    // of the sanitizer's own, which has no pthread_atfork() handler. The plain program sees to that.
    program.passes_over(&scene, &[options, ("ABI_FORKS", "0")]);
}

#[test]
fn valgrind_finds_nothing() {
    if !is_installed("valgrind") {
        println!("SKIPPED: valgrind is not installed");
        return;
    }
    let scene = CScene::new();
    let program = Program::compile("abi-valgrind", &ABI, &["-g", "-pthread"]);
    let mut valgrind = Command::new("valgrind");
    valgrind.env("ABI_FORKS", "3");
    valgrind.args(["--quiet", "--error-exitcode=9", "--leak-check=full"]);
    // What is made once for the process and kept until its end is no leak.
    valgrind.args(["--errors-for-leak-kinds=definite", "--show-leak-kinds=definite"]);
    program.passes_over_under(valgrind, &scene);
}

/// `.ci/tsan` runs the same under the thread sanitizer, which must see into the library for that.
#[test]
fn threads_decide_while_another_reloads() {
    let scene = CScene::new();
    Program::compile("threads", &["threads"], &STRICT).passes_over(&scene, &[]);
}
