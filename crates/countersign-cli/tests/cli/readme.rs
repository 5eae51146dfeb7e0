//! What the README says about the command is what the command does.

use countersign::Reason;

use crate::command::{made, verify, written};

const README: &str = include_str!("../../../../README.md");

#[test]
fn the_policy_in_the_readme_loads() {
    let policy = README.split("```toml\n").nth(1).and_then(|rest| rest.split("```").next());
    let policy = written("readme.toml", policy.expect("the README has a policy"));
    let run = verify(&policy, &made("self-signed.pem"), &["--json"]);
    assert_eq!((run.code, &run.json()["reason"]), (1, &"unknown_issuer".into()), "{}", run.stderr);
}

#[test]
fn the_answers_in_the_readme_are_the_answers() {
    let allowed = verify(&made("policy.toml"), &made("approved.pem"), &[]);
    assert!(README.contains(&allowed.stdout), "{}", allowed.stdout);
    let revoked = verify(&made("policy.toml"), &made("revoked.pem"), &["--json"]);
    assert!(README.contains(&revoked.stdout), "{}", revoked.stdout);
}

#[test]
fn every_reason_is_in_the_readme() {
    for reason in Reason::ALL {
        assert!(README.contains(&format!("`{reason}`")), "{reason}");
    }
}
