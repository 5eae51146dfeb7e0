use countersign::UnixTime;
use serde_json::json;

use crate::command::{binary, made, policy_with, verify, written};

const DAY: i64 = 86_400;

#[test]
fn an_allowed_chain_is_exit_0_and_one_json_object() {
    let run = verify(&made("policy.toml"), &made("approved.pem"), &["--json"]);
    assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{}", run.stdout);
    assert_eq!(
        run.stdout,
        "{\"decision\":\"allow\",\"reason\":\"allowed\",\"client\":\"billing\",\
         \"rule\":\"dns:billing.acme.example\",\"chain_index\":null,\"generation\":1,\
         \"detail\":\"the client is approved\"}\n"
    );
}

#[test]
fn a_denied_chain_is_exit_1_with_its_reason_and_certificate() {
    for (chain, reason, index) in [
        ("not-listed.pem", "not_listed", json!(null)),
        ("self-signed.pem", "unknown_issuer", json!(0)),
        ("expired.pem", "expired", json!(0)),
        ("not-yet-valid.pem", "not_yet_valid", json!(0)),
        ("revoked.pem", "revoked", json!(0)),
        ("wrong-eku.pem", "not_for_client_auth", json!(0)),
        ("other-ca.pem", "bad_signature", json!(1)),
    ] {
        let run = verify(&made("policy.toml"), &made(chain), &["--json"]);
        assert_eq!((run.code, run.stderr.as_str()), (1, ""), "{chain}: {}", run.stdout);
        let verdict = run.json();
        assert_eq!(verdict["decision"], "deny", "{chain}");
        assert_eq!(verdict["reason"], reason, "{chain}");
        assert_eq!(verdict["chain_index"], index, "{chain}");
        assert_eq!(verdict["client"], json!(null), "{chain}");
        assert_ne!(verdict["detail"], "", "{chain}");
        assert_eq!(verdict.get("audit_reason"), None, "{chain}");
    }
}

#[test]
fn text_says_the_same_as_json() {
    let run = verify(&made("policy.toml"), &made("spiffe.pem"), &[]);
    assert_eq!(run.code, 0);
    let rule = "uri:spiffe://acme.example/jobs/nightly";
    assert_eq!(run.stdout, format!("allow (allowed): client nightly-jobs, by {rule}\n"));
    let run = verify(&made("policy.toml"), &made("revoked.pem"), &[]);
    assert_eq!((run.code, run.stderr.as_str()), (1, ""));
    assert!(run.stdout.starts_with("deny (revoked): "), "{}", run.stdout);
}

#[test]
fn a_pinned_client_needs_no_path() {
    let run = verify(&made("policy.toml"), &made("pinned.pem"), &["--json"]);
    assert_eq!(run.code, 0, "{}", run.stdout);
    assert_eq!(run.json()["client"], "till-7");
}

#[test]
fn the_time_given_is_the_time_judged_by() {
    // CRLs are about today; without them only the certificates' own times count.
    let policy = policy_with("no-crls.toml", "crls =", "revocation = \"off\" #");
    let month_ago = UnixTime::now().saturating_add(-30 * DAY).to_string();
    let run = verify(&policy, &made("expired.pem"), &["--time", &month_ago]);
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    let in_a_year = UnixTime::now().saturating_add(365 * DAY).to_string();
    let run = verify(&policy, &made("approved.pem"), &["--json", "--time", &in_a_year]);
    assert_eq!((run.code, &run.json()["reason"]), (1, &json!("expired")));
    let run =
        verify(&made("policy.toml"), &made("approved.pem"), &["--json", "--time", &in_a_year]);
    assert_eq!(run.code, 1, "{}", run.stdout);
}

#[test]
fn audit_mode_lets_in_and_says_what_enforcement_would_do() {
    let policy = policy_with("audit.toml", "version = 1", "version = 1\nmode = \"audit\"");
    let run = verify(&policy, &made("not-listed.pem"), &["--json"]);
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    let verdict = run.json();
    assert_eq!(verdict["decision"], "allow");
    assert_eq!(verdict["reason"], "allowed_audit");
    assert_eq!(verdict["audit_reason"], "not_listed");
    let run = verify(&policy, &made("expired.pem"), &["--json"]);
    assert_eq!((run.code, &run.json()["reason"]), (1, &json!("expired")));
}

#[test]
fn where_issued_is_enough_the_rule_says_so() {
    let policy = policy_with("issued.toml", "version = 1", "version = 1\nadmit = \"issued\"");
    let run = verify(&policy, &made("not-listed.pem"), &["--json"]);
    let verdict = run.json();
    assert_eq!(run.code, 0, "{}", run.stdout);
    assert_eq!((&verdict["client"], &verdict["rule"]), (&json!(null), &json!("issued")));
}

#[test]
fn text_around_the_blocks_and_certificates_in_any_order_after_the_leaf_are_fine() {
    let chain = std::fs::read_to_string(made("approved.pem")).unwrap();
    let second = chain.rfind("-----BEGIN").unwrap();
    let (leaf, issuing) = chain.split_at(second);
    let root = std::fs::read_to_string(made("ca.pem")).unwrap();
    let all = format!("subject=billing\n{leaf}\nthe anchor itself:\n{root}\r\n{issuing}\n");
    let run = verify(&made("policy.toml"), &written("annotated.pem", all), &["--json"]);
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
}

#[test]
fn a_leaf_that_is_no_certificate_is_malformed_and_not_a_file_error() {
    let chain = "-----BEGIN CERTIFICATE-----\nMAMCAQE=\n-----END CERTIFICATE-----\n";
    let run = verify(&made("policy.toml"), &written("garbage.pem", chain), &["--json"]);
    assert_eq!((run.code, &run.json()["reason"]), (1, &json!("malformed")));
}

#[test]
fn more_than_16_certificates_are_a_limit_and_not_a_file_error() {
    let chain = std::fs::read_to_string(made("approved.pem")).unwrap();
    let run = verify(&made("policy.toml"), &written("long.pem", chain.repeat(9)), &["--json"]);
    assert_eq!((run.code, &run.json()["reason"]), (1, &json!("limit_exceeded")));
}

#[test]
fn a_chain_file_that_is_not_certificates_is_exit_2_with_its_name() {
    let key = std::fs::read_to_string(made("approved.key")).unwrap();
    let chain = std::fs::read_to_string(made("approved.pem")).unwrap();
    for (name, content, line) in [
        ("empty.pem", String::new(), json!(null)),
        ("prose.pem", "no block here\n".to_owned(), json!(null)),
        ("key.pem", key.clone(), json!(1)),
        ("both.pem", format!("{chain}{key}"), json!(chain.lines().count() + 1)),
        ("cut.pem", chain[..chain.len() - 10].to_owned(), json!(null)),
    ] {
        let path = written(name, content);
        let error = verify(&made("policy.toml"), &path, &["--json"]).json_error();
        assert_eq!(error["file"], path.to_str().unwrap(), "{name}");
        assert_ne!(error["message"], "", "{name}");
        if line != json!(null) {
            assert_eq!(error["line"], line, "{name}: {error}");
        }
    }
    let error = verify(&made("policy.toml"), &made("absent.pem"), &["--json"]).json_error();
    assert_eq!(error["message"], "file not found");
}

#[test]
fn a_policy_error_names_file_line_and_column() {
    let policy = policy_with("typo.toml", "[trust]\nanchors", "[trust]\nanchers");
    let line = std::fs::read_to_string(&policy).unwrap();
    let line = line.lines().position(|l| l.starts_with("anchers")).unwrap() + 1;
    let run = verify(&policy, &made("approved.pem"), &["--json"]);
    let error = run.json_error();
    assert_eq!(error["file"], policy.to_str().unwrap());
    assert_eq!((&error["line"], &error["column"]), (&json!(line), &json!(1)), "{error}");
    assert!(error["message"].as_str().unwrap().contains("anchers"), "{error}");

    let run = verify(&policy, &made("approved.pem"), &[]);
    assert_eq!((run.code, run.stdout.as_str()), (2, ""));
    let place = format!("error: {}:{line}:1: ", policy.display());
    assert!(run.stderr.starts_with(&place), "{}", run.stderr);
}

#[test]
fn a_missing_policy_or_a_file_it_names_is_exit_2() {
    let error = verify(&made("absent.toml"), &made("approved.pem"), &["--json"]).json_error();
    assert_eq!(error["file"], made("absent.toml").to_str().unwrap());
    let policy = policy_with("no-anchor.toml", "\"ca.pem\"", "\"gone.pem\"");
    let error = verify(&policy, &made("approved.pem"), &["--json"]).json_error();
    assert!(error["file"].as_str().unwrap().ends_with("gone.pem"), "{error}");
}

/// A verdict that nobody received must not look like one.
#[cfg(target_os = "linux")]
#[test]
fn an_answer_that_cannot_be_written_is_exit_2() {
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let mut command = binary();
    command.arg("verify").arg("--policy").arg(made("policy.toml"));
    command.arg("--chain").arg(made("approved.pem")).stdout(full);
    assert_eq!(command.output().unwrap().status.code(), Some(2));
}
