//! The programs in C, each of which has many tests of its own.

use std::process::Command;

use crate::process::{outcome, text};
use crate::program::compiled;
use crate::site::Site;

#[track_caller]
fn run(source: &str) {
    let Some(program) = compiled(&format!("crates/countersign-ffi/tests/openssl/{source}")) else {
        return;
    };
    let site = Site::new();
    let output = outcome(Command::new(program).current_dir(site.path()));
    println!("{}", text(&output));
    assert!(output.status.success() && output.stdout.ends_with(b"done\n"), "{source}");
}

#[test]
fn what_is_done_to_an_ssl_lets_nobody_in() {
    run("inside.c");
}

#[test]
fn sessions_resume_where_they_belong_and_nowhere_else() {
    run("sessions.c");
}

#[test]
fn switching_by_server_name_reaches_no_weaker_policy() {
    run("names.c");
}

#[test]
fn a_program_can_refuse_by_itself_and_is_told() {
    run("deferred.c");
}
