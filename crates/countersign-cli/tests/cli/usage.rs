use crate::command::{Run, countersign};

#[track_caller]
fn assert_misuse(run: &Run, expected: &str) {
    assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{}", run.stderr);
    assert!(run.stderr.contains(expected), "{}", run.stderr);
}

#[test]
fn help_and_version_are_answers() {
    let help = countersign(["--help"]);
    assert_eq!((help.code, help.stderr.as_str()), (0, ""));
    for word in ["Decides which", "verify", "demo", "serve", "Exit codes"] {
        assert!(help.stdout.contains(word), "{}", help.stdout);
    }
    let help = countersign(["verify", "--help"]);
    for word in ["--policy", "--chain", "--time", "--json", "Exit codes"] {
        assert!(help.stdout.contains(word), "{}", help.stdout);
    }
    let version = countersign(["--version"]);
    let expected = format!("countersign {}\n", env!("CARGO_PKG_VERSION"));
    assert_eq!((version.code, version.stdout), (0, expected));
}

#[test]
fn every_misuse_is_exit_2_and_says_what_to_do() {
    assert_misuse(&countersign::<&str>([]), "Usage: countersign");
    assert_misuse(&countersign(["verfy"]), "'verify'");
    assert_misuse(&countersign(["verify"]), "--policy <FILE>");
    assert_misuse(&countersign(["verify", "--policy", "p"]), "--chain <FILE>");
    assert_misuse(&countersign(["verify", "--polcy", "p"]), "'--policy'");
    assert_misuse(&countersign(["verify", "--policy"]), "a value is required");
    assert_misuse(&countersign(["demo", "extra"]), "unexpected argument 'extra'");
    let run = countersign(["verify", "--policy", "p", "--chain", "c", "--time", "yesterday"]);
    assert_misuse(&run, "write it like 2026-11-23T12:00:00Z");
}

#[test]
fn a_misuse_under_json_is_said_in_json() {
    let error = countersign(["verify", "--json", "--policy", "p"]).json_error();
    assert!(error["message"].as_str().unwrap().contains("--chain"), "{error}");
    assert!(error["file"].is_null());
    let error = countersign(["verify", "--json", "--policy", "p", "--chain", "c", "--time", "x"])
        .json_error();
    assert!(error["message"].as_str().unwrap().contains("write it like"), "{error}");
}
