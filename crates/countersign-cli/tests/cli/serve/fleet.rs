use std::io;
use std::path::Path;
use std::sync::Arc;

use rustls::{ClientConfig, HandshakeKind};

use super::process::Serving;
use super::scene::{APPROVED, ask, configured, connect_with};
use super::upstream::Upstream;
use crate::command::{made, policy_with, secret};

const OLD: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
const NEW: &str = "ffeeddccbbaa99887766554433221100ffeeddccbbaa99887766554433221100";

/// One request on a connection of its own, and how its handshake went.
async fn visit(client: &Arc<ClientConfig>, node: &Serving) -> io::Result<HandshakeKind> {
    let mut stream = connect_with(client, node.address, "localhost").await?;
    let request = "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    let answer = ask(&mut stream, request).await?;
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    Ok(stream.get_ref().1.handshake_kind().expect("it is complete"))
}

fn node(upstream: &Upstream, policy: &Path, tickets: &Path) -> Serving {
    let more = ["--ticket-secret", tickets.to_str().unwrap()];
    Serving::with_policy(policy.as_os_str(), &upstream.url(), &more)
}

#[tokio::test]
async fn any_node_resumes_what_another_began_and_judges_it_by_its_own_policy() {
    let upstream = Upstream::start().await;
    let shared = secret("fleet.secret", OLD);
    let [one, other] = [(); 2].map(|()| node(&upstream, &made("policy.toml"), &shared));
    let stranger = node(&upstream, &made("policy.toml"), &secret("stranger.secret", NEW));
    let strict = policy_with("strict.toml", "billing.acme.example", "other.acme.example");
    let mut strict = node(&upstream, &strict, &shared);

    let client = configured(APPROVED, Some("http/1.1"));
    assert_eq!(visit(&client, &one).await.unwrap(), HandshakeKind::Full);
    assert_eq!(visit(&client, &other).await.unwrap(), HandshakeKind::Resumed);
    assert_eq!(visit(&client, &one).await.unwrap(), HandshakeKind::Resumed);
    assert!(visit(&client, &strict).await.is_err());
    assert_eq!(strict.event("refused")["reason"], "not_listed");
    // The refused visit took the last ticket with it.
    assert_eq!(visit(&client, &one).await.unwrap(), HandshakeKind::Full);
    assert_eq!(visit(&client, &stranger).await.unwrap(), HandshakeKind::Full);
}

#[tokio::test]
async fn the_secret_changes_without_a_restart() {
    let upstream = Upstream::start().await;
    let file = secret("rotated.secret", OLD);
    let mut one = node(&upstream, &made("policy.toml"), &file);
    let client = configured(APPROVED, Some("http/1.1"));
    assert_eq!(visit(&client, &one).await.unwrap(), HandshakeKind::Full);

    // The first makes tickets, the others still open theirs.
    secret("rotated.secret", format!("{NEW}\n{OLD}\n"));
    one.signal("HUP");
    one.event("reloaded");
    let other = node(&upstream, &made("policy.toml"), &secret("new.secret", NEW));
    assert_eq!(visit(&client, &one).await.unwrap(), HandshakeKind::Resumed, "under the old");
    assert_eq!(visit(&client, &other).await.unwrap(), HandshakeKind::Resumed, "under the new");
}

#[tokio::test]
async fn a_secret_that_cannot_be_read_is_told_apart_from_the_policy() {
    let upstream = Upstream::start().await;
    let file = secret("mistyped.secret", OLD);
    let mut one = node(&upstream, &made("policy.toml"), &file);
    secret("mistyped.secret", "no secret\n");
    one.signal("HUP");
    let failed = one.event("tickets_reload_failed");
    assert!(failed["message"].as_str().unwrap().contains("mistyped.secret"), "{failed}");
    assert_eq!(one.event("reloaded")["generation"], 2);

    let client = configured(APPROVED, Some("http/1.1"));
    let other = node(&upstream, &made("policy.toml"), &secret("good.secret", OLD));
    assert_eq!(visit(&client, &one).await.unwrap(), HandshakeKind::Full);
    assert_eq!(visit(&client, &other).await.unwrap(), HandshakeKind::Resumed, "the old one stays");
}
