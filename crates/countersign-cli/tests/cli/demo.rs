use std::process::Command;
use std::sync::Arc;

use countersign::Verifier;
use countersign::engine::{Acceptor, Credential, Entry};
use serde_json::Value;

use crate::command::{countersign, demo, made, verify};

const ROWS: [&str; 19] = [
    "approved",
    "not listed",
    "no certificate",
    "self-signed",
    "same names from another CA",
    "expired",
    "not yet valid",
    "revoked",
    "wrong EKU (server only)",
    "SPIFFE URI",
    "pinned self-signed",
    "approved, with a wrong key",
    "approved again (cache hit)",
    "approved, with its session",
    "its session, at reports",
    "SPIFFE URI at reports",
    "its session, at localhost",
    "leaver",
    "leaver, revoked since",
];

#[test]
fn every_row_is_as_expected_under_both_versions() {
    let run = demo();
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    let (new, old) = run.stdout.split_once("\nTLS 1.2").expect("both versions");
    for text in [new, old] {
        for row in ROWS {
            let line = format!(" ok {row:<27}");
            assert!(text.lines().any(|l| l.starts_with(&line)), "{row}: {text}");
        }
    }
    assert!(run.stdout.contains("38 of 38 rows are as expected"), "{}", run.stdout);
}

#[test]
fn the_table_fits_into_a_hundred_columns() {
    for line in demo().stdout.lines().filter(|l| l.starts_with(" ok ") || l.contains("verdict ")) {
        assert!(line.chars().count() <= 100, "{line}");
    }
}

#[test]
fn it_ends_with_what_to_do_next_and_that_works() {
    let last = demo().stdout.lines().find(|l| l.contains("countersign verify")).expect("a command");
    let command = &last[last.find("verify").expect("it is there")..];
    let run = countersign(command.split_whitespace());
    assert_eq!(run.code, 0, "{last}: {}{}", run.stdout, run.stderr);
}

#[test]
fn json_tells_every_row_in_one_object() {
    let run = countersign(["demo", "--json"]);
    let report = run.json();
    assert_eq!((run.code, report["as_expected"].as_u64()), (0, Some(38)), "{report}");
    let rows = report["rows"].as_array().expect("rows");
    let again = rows.iter().filter(|r| r["case"] == "approved again (cache hit)");
    assert!(again.clone().all(|r| r["cached"] == true) && again.count() == 2, "{report}");
    let denied = rows.iter().filter(|r| r["decision"] == "deny");
    assert!(denied.clone().all(|r| r["client_saw"].as_str().is_some_and(|s| s.contains("alert"))));
    assert_eq!(denied.count(), 22);
}

#[test]
fn json_tells_what_became_of_each_session() {
    let run = countersign(["demo", "--json"]);
    let report = run.json();
    let rows = report["rows"].as_array().expect("rows");
    let facts = |row: &Value| {
        ["server_name", "reason", "how", "resumed", "declined", "alert"]
            .map(|key| row[key].to_string().replace('"', ""))
            .join(" ")
    };
    for (case, expected) in [
        ("approved, with its session", "localhost allowed resumed true null null"),
        (
            "its session, at reports",
            "reports.localhost not_listed declined false other_entry access_denied",
        ),
        ("its session, at localhost", "localhost allowed declined false other_entry null"),
        (
            "leaver, revoked since",
            "localhost revoked declined false not_authorized certificate_revoked",
        ),
    ] {
        for tls in ["TLS 1.3", "TLS 1.2"] {
            let row = rows.iter().find(|row| row["case"] == case && row["tls"] == tls);
            assert_eq!(facts(row.expect("a row")), expected, "{tls}: {case}");
        }
    }
}

#[test]
fn a_folder_that_holds_something_is_not_written_to() {
    let folder = made("policy.toml");
    let folder = folder.parent().expect("the demo's folder").to_str().expect("UTF-8");
    let run = countersign(["demo", "--keep", folder]);
    assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{}", run.stderr);
    assert!(run.stderr.contains("not empty"), "{}", run.stderr);
}

#[cfg(unix)]
#[test]
fn private_keys_are_for_their_owner_only() {
    use std::os::unix::fs::PermissionsExt;
    assert_eq!(demo().code, 0);
    for key in ["approved.key", "server.key"] {
        let mode = std::fs::metadata(made(key)).expect("it is there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{key}");
    }
}

#[test]
fn what_is_kept_is_enough_to_run_a_server() {
    assert_eq!(demo().code, 0);
    let verifier = Verifier::from_file(made("policy.toml")).expect("a policy");
    let credential = Credential::from_files(made("server.pem"), made("server.key")).expect("a key");
    let entry = Entry::required(credential, Arc::new(verifier));
    Acceptor::builder().default_entry(entry).build().expect("a server");
}

#[test]
fn who_was_revoked_during_the_demo_stays_so() {
    let run = verify(&made("policy.toml"), &made("leaver.pem"), &["--json"]);
    assert_eq!((run.code, &run.json()["reason"]), (1, &"revoked".into()), "{}", run.stderr);
}

/// Another implementation agrees about what the demo made.
#[test]
fn openssl_accepts_the_request_the_chain_and_the_crl() {
    assert_eq!(demo().code, 0);
    let openssl = |args: &[&str]| Command::new("openssl").args(args).output();
    if openssl(&["version"]).is_err() {
        println!("skipped: openssl is not installed");
        return;
    }
    let path = |name| made(name).to_str().expect("UTF-8").to_owned();
    let (csr, ca, chain) = (path("approved.csr"), path("ca.pem"), path("approved.pem"));
    let request = openssl(&["req", "-in", &csr, "-noout", "-verify"]).expect("it ran");
    assert!(request.status.success(), "{}", String::from_utf8_lossy(&request.stderr));
    let purpose = ["verify", "-purpose", "sslclient", "-CAfile", &ca, "-untrusted", &chain, &chain];
    let verified = openssl(&purpose).expect("it ran");
    assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stderr));
    let crl = path("ca.crl");
    let crl = openssl(&["crl", "-in", &crl, "-noout", "-CAfile", &ca]).expect("it ran");
    assert!(crl.status.success(), "{}", String::from_utf8_lossy(&crl.stderr));
}
