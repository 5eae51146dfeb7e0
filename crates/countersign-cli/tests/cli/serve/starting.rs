use std::ffi::OsString;

use crate::command::{Run, countersign, made, written};

/// A start with one thing changed: an option's value, or an option added.
fn start(changed: &[(&str, &str)]) -> Run {
    let file = |name: &str| made(name).to_str().unwrap().to_owned();
    let mut options = vec![
        ("--listen", "127.0.0.1:0".to_owned()),
        ("--policy", file("policy.toml")),
        ("--cert", file("server.pem")),
        ("--key", file("server.key")),
        ("--to", "http://127.0.0.1:9".to_owned()),
    ];
    for (name, value) in changed {
        options.retain(|(known, _)| known != name);
        options.push((name, (*value).to_owned()));
    }
    let options = options.into_iter().flat_map(|(name, value)| [name.to_owned(), value]);
    let words = std::iter::once("serve".to_owned()).chain(options).filter(|word| !word.is_empty());
    countersign(words.map(OsString::from))
}

#[test]
fn what_cannot_be_served_is_exit_2_and_says_what_to_do() {
    let open = written("open.key", "00".repeat(31) + "01");
    let open = open.to_str().unwrap();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = taken.local_addr().unwrap().to_string();
    let ca = made("ca.pem");
    for (changed, expected) in [
        (&[("--to", "127.0.0.1:9")][..], "write http://HOST:PORT or tcp://HOST:PORT"),
        (&[("--to", "https://127.0.0.1:9")], "without TLS"),
        (&[("--listen", "nowhere")], "--listen <ADDRESS:PORT>"),
        (&[("--listen", &taken)], "choose another port"),
        (&[("--policy", "/nowhere/policy.toml")], "/nowhere/policy.toml"),
        (&[("--key", "/nowhere/server.key")], "/nowhere/server.key"),
        (&[("--cert", ca.to_str().unwrap())], "server.key"),
        (&[("--server-name", "no name")], "is no server name"),
        (&[("--forward", "alb")], "rfc9440"),
        (&[("--sign-key", open)], "--sign-id <ID>"),
        (&[("--sign-key", open), ("--sign-id", "edge")], "chmod 600"),
        (&[("--to", "tcp://127.0.0.1:9"), ("--forward", "nginx")], "no headers in TCP"),
        (&[("--metrics", "0.0.0.0:0")], "--metrics-public"),
        (&[("--max-connections", "0")], "--max-connections"),
        (&[("--ticket-secret", open)], "chmod 600"),
    ] {
        let run = start(changed);
        assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{changed:?}: {}", run.stderr);
        assert!(run.stderr.contains(expected), "{changed:?}: {}", run.stderr);
    }
    let error = start(&[("--json", ""), ("--listen", &taken)]).json_error();
    assert!(error["message"].as_str().unwrap().contains(&taken), "{error}");
}
