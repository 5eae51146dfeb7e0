use std::time::Duration;

use tokio::io::AsyncReadExt as _;
use tokio::time::timeout;

use super::process::{PATIENCE, Serving};
use super::scene::{APPROVED, approved, ask, connect, get};
use super::upstream::Upstream;
use crate::command::{made, written};

const FOLLOWING: [&str; 2] = ["--reload-every", "1"];

fn policy() -> String {
    std::fs::read_to_string(made("policy.toml")).unwrap()
}

/// Puts another text in a policy's place, at one go.
fn replace(name: &str, text: String) {
    let new = written(&format!("{name}.new"), text);
    std::fs::rename(new, made(name)).unwrap();
}

#[tokio::test]
async fn a_client_that_is_taken_off_the_list_is_out_at_once() {
    let upstream = Upstream::start().await;
    let file = written("edited.toml", policy());
    let mut serving = Serving::with_policy(file.as_os_str(), &upstream.url(), &FOLLOWING);
    let mut live = approved(serving.address).await;
    assert!(get(serving.address, "/", "").await.starts_with("HTTP/1.1 200 "));

    replace("edited.toml", policy().replace("billing.acme.example", "other.acme.example"));
    assert_eq!(serving.event("reloaded")["generation"], 2);
    let ended = serving.event("ended");
    assert_eq!((&ended["client"], &ended["reason"]), (&"billing".into(), &"not_listed".into()));
    let mut rest = Vec::new();
    timeout(PATIENCE, live.read_to_end(&mut rest)).await.expect("it is closed").unwrap();
    assert!(rest.is_empty());

    let again = async {
        let mut stream = connect(serving.address, APPROVED, "localhost", None).await?;
        ask(&mut stream, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").await
    };
    assert!(again.await.is_err());
    assert_eq!(serving.event("refused")["reason"], "not_listed");
}

#[tokio::test]
async fn a_policy_that_is_broken_changes_nothing_and_is_told_once() {
    let upstream = Upstream::start().await;
    let file = written("broken.toml", policy());
    let mut serving = Serving::with_policy(file.as_os_str(), &upstream.url(), &FOLLOWING);
    replace("broken.toml", format!("{}\nnonsense = 1\n", policy()));
    let failed = serving.event("reload_failed");
    assert!(failed["message"].as_str().unwrap().contains("nonsense"), "{failed}");
    assert!(get(serving.address, "/", "").await.starts_with("HTTP/1.1 200 "));
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    assert!(serving.so_far().is_empty(), "told once");
    // Whoever asks by a signal is told again, at once.
    serving.signal("HUP");
    serving.event("reload_failed");
    replace("broken.toml", policy());
    serving.signal("HUP");
    assert_eq!(serving.event("reloaded")["generation"], 2);
}
