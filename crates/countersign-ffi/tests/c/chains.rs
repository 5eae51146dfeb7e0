//! `verify_chain`: verdicts on files.

use std::process::Command;

use crate::installation::watched_example;
use crate::process::{are_here, outcome, text};
use crate::world::{World, now};

/// Exit code, standard output, standard error.
fn verify(world: &World, policy: &str, chain: &str, more: &[&str]) -> (i32, String, String) {
    let mut command: Command = watched_example("verify_chain");
    let output = outcome(command.args([policy, chain].map(|name| world.file(name))).args(more));
    let code = output.status.code().unwrap_or_else(|| panic!("{}", text(&output)));
    let said = |bytes| String::from_utf8(bytes).unwrap();
    (code, said(output.stdout), said(output.stderr))
}

#[test]
fn an_approved_client_is_allowed_by_name_and_rule() {
    if !are_here(&["cc", "pkg-config"]) {
        return;
    }
    let run = verify(&World::new(), "policy.toml", "billing.pem", &[]);
    let rule = "uri:spiffe://acme.example/billing";
    let said = format!("allow (allowed): client acme-billing, by {rule}, the client is approved\n");
    assert_eq!(run, (0, said, String::new()));
}

#[test]
fn everyone_else_is_denied_with_a_reason() {
    if !are_here(&["cc", "pkg-config"]) {
        return;
    }
    let world = World::new();
    world.revoke_leaver();
    world
        .write("garbage.pem", "-----BEGIN CERTIFICATE-----\nMAMCAQE=\n-----END CERTIFICATE-----\n");
    world.write("long.pem", world.read("billing.pem").repeat(9));
    for (chain, reason) in [
        ("stranger.pem", "not_listed"),
        ("leaver.pem", "revoked"),
        ("server.pem", "not_for_client_auth"),
        ("garbage.pem", "malformed"),
        ("long.pem", "limit_exceeded"),
    ] {
        let (code, stdout, stderr) = verify(&world, "policy.toml", chain, &[]);
        assert_eq!((code, stderr.as_str()), (1, ""), "{chain}: {stdout}");
        assert!(stdout.starts_with(&format!("deny ({reason}): ")), "{chain}: {stdout}");
    }
}

#[test]
fn the_time_given_is_the_time_judged_by() {
    if !are_here(&["cc", "pkg-config"]) {
        return;
    }
    let world = World::new();
    let in_a_year = (now() + 365 * 86_400).to_string();
    let (code, stdout, _) = verify(&world, "policy.toml", "billing.pem", &[&in_a_year]);
    assert!(code == 1 && stdout.starts_with("deny (expired): "), "{stdout}");
    let (code, _, stderr) = verify(&world, "policy.toml", "billing.pem", &["tomorrow"]);
    assert!(code == 2 && stderr.contains("\"tomorrow\""), "{stderr}");
}

#[test]
fn an_error_in_the_policy_has_its_line_and_column() {
    if !are_here(&["cc", "pkg-config"]) {
        return;
    }
    let world = World::new();
    let path = world.write("typo.toml", world.read("policy.toml").replace("anchors", "anchers"));
    let (code, stdout, stderr) = verify(&world, "typo.toml", "billing.pem", &[]);
    assert_eq!((code, stdout.as_str()), (2, ""), "{stderr}");
    let place = format!("{}:4:1: ", path.display());
    assert!(stderr.starts_with(&place) && stderr.contains("anchers"), "{stderr}");
    let (code, _, stderr) = verify(&world, "absent.toml", "billing.pem", &[]);
    assert!(code == 2 && stderr.ends_with("absent.toml: file not found\n"), "{stderr}");
}

#[test]
fn a_chain_file_that_is_no_strict_pem_is_not_judged() {
    if !are_here(&["cc", "pkg-config"]) {
        return;
    }
    let world = World::new();
    let chain = world.read("billing.pem");
    let block = |base64: &str| {
        format!("text\n-----BEGIN CERTIFICATE-----\n{base64}\n-----END CERTIFICATE-----\n")
    };
    for (content, place) in [
        (String::new(), "odd.pem: "),
        ("no block\n".to_owned(), "odd.pem: "),
        (world.read("billing.key"), "odd.pem:1: "),
        (format!("{chain}{}", world.read("billing.key")), "odd.pem:"),
        (chain[..chain.len() - 10].to_owned(), "odd.pem:"),
        (block("MAMCAQE"), "odd.pem:4: "),
        (block("MAMCAQF="), "odd.pem:3: "),
        (block("MAMCAQE=="), "odd.pem:3: "),
        (block("MAMCAQE=\nMAMC"), "odd.pem:4: "),
        (block("MAMC!AQE="), "odd.pem:3: "),
        (block("="), "odd.pem:3: "),
        (block(""), "odd.pem:4: "),
        ("\u{0}".to_owned(), "odd.pem: "),
    ] {
        world.write("odd.pem", &content);
        let (code, stdout, stderr) = verify(&world, "policy.toml", "odd.pem", &[]);
        assert_eq!((code, stdout.as_str()), (2, ""), "{content}");
        assert!(stderr.contains(place), "{content}: {stderr}");
    }
    let (code, _, stderr) = verify(&world, "policy.toml", "absent.pem", &[]);
    assert!(code == 2 && stderr.contains("absent.pem: No such file"), "{stderr}");
}
