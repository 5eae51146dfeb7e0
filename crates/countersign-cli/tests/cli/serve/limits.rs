use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;

use super::process::{PATIENCE, Serving};
use super::scene::{APPROVED, approved, ask, connect, get};
use super::upstream::Upstream;

#[tokio::test]
async fn who_comes_when_it_is_full_waits_for_a_place() {
    let upstream = Upstream::start().await;
    let serving = Serving::start(&upstream.url(), &["--max-connections", "1"]);
    let first = approved(serving.address).await;
    let mut second = Box::pin(connect(serving.address, APPROVED, "localhost", None));
    assert!(timeout(Duration::from_millis(300), &mut second).await.is_err(), "two are in");
    drop(first);
    timeout(PATIENCE, second).await.unwrap().unwrap();
}

#[tokio::test]
async fn one_client_has_no_more_connections_than_one_may_have() {
    let upstream = Upstream::start().await;
    let more = ["--max-connections-per-client", "2", "--metrics", "127.0.0.1:0"];
    let mut serving = Serving::start(&upstream.url(), &more);
    let first = approved(serving.address).await;
    let mut second = approved(serving.address).await;
    let mut third = approved(serving.address).await;
    let request = "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    let answer = ask(&mut third, request).await.unwrap_or_default();
    assert_eq!(answer, "", "three are in");
    let over = serving.event("over_limit");
    assert_eq!(over["peer"], third.get_ref().0.local_addr().unwrap().to_string());
    assert!(over["client"].is_string() && over["leaf_sha256"].is_string(), "{over}");
    assert!(
        scraped(&serving).await.contains("\ncountersign_serve_connections_over_limit_total 1\n")
    );
    // Others have their own, and what is closed counts no more.
    assert!(ask(&mut second, request).await.unwrap().starts_with("HTTP/1.1 200 "));
    drop(first);
    let until = Instant::now() + PATIENCE;
    while !scraped(&serving).await.contains("\ncountersign_serve_connections_open 0\n") {
        assert!(Instant::now() < until, "{}", scraped(&serving).await);
    }
    assert!(get(serving.address, "/", "").await.starts_with("HTTP/1.1 200 "));
}

#[tokio::test]
async fn who_connects_and_says_nothing_does_not_have_all_places() {
    let upstream = Upstream::start().await;
    let more = ["--max-connections", "4", "--metrics", "127.0.0.1:0"];
    let mut serving = Serving::start(&upstream.url(), &more);
    let from = |address: [u8; 4]| {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind((address, 0).into()).unwrap();
        socket.connect(serving.address)
    };
    let silent = [from([127, 0, 0, 1]).await.unwrap(), from([127, 0, 0, 1]).await.unwrap()];
    let mut third = from([127, 0, 0, 1]).await.unwrap();
    let mut octet = [0];
    let heard = timeout(PATIENCE, third.read(&mut octet)).await.unwrap();
    assert!(!matches!(heard, Ok(1..)), "three are heard");
    let mut other = from([127, 0, 0, 2]).await.unwrap();
    let heard = timeout(Duration::from_millis(300), other.read(&mut octet)).await;
    assert!(heard.is_err(), "another address is not heard: {heard:?}");
    let crowded = serving.event("crowded");
    assert_eq!(crowded["peer"], third.local_addr().unwrap().to_string());
    assert!(scraped(&serving).await.contains("\ncountersign_serve_connections_crowded_total 1\n"));
    // Those who are gone, or in, do not count.
    drop(silent);
    let until = Instant::now() + PATIENCE;
    while connect(serving.address, APPROVED, "localhost", None).await.is_err() {
        assert!(Instant::now() < until, "those who are gone still count");
    }
    let mut in_at_once = Vec::new();
    for _ in 0..3 {
        in_at_once.push(approved(serving.address).await);
    }
}

async fn scraped(serving: &Serving) -> String {
    let mut socket = TcpStream::connect(serving.metrics.unwrap()).await.unwrap();
    socket.write_all(b"GET /metrics HTTP/1.1\r\nHost: m\r\n\r\n").await.unwrap();
    let mut answer = String::new();
    timeout(PATIENCE, socket.read_to_string(&mut answer)).await.unwrap().unwrap();
    answer
}

#[tokio::test]
async fn without_files_it_neither_ends_nor_spins() {
    let upstream = Upstream::start().await;
    let mut serving = Serving::with_files(24, &upstream.url());
    let mut crowd = Vec::new();
    for _ in 0..40 {
        crowd.push(TcpStream::connect(serving.address).await.unwrap());
    }
    let first = serving.event("accept_failed");
    assert!(first["message"].as_str().unwrap().contains("open files"), "{first}");
    let begun = Instant::now();
    tokio::time::sleep(Duration::from_millis(500)).await;
    let failures = serving.so_far().iter().filter(|e| e["event"] == "accept_failed").count();
    let most = begun.elapsed().as_millis() / 100 + 2;
    assert!((failures as u128) <= most, "{failures} in {:?}", begun.elapsed());
    drop(crowd);
    assert!(get(serving.address, "/", "").await.starts_with("HTTP/1.1 200 "));
}

#[tokio::test]
async fn what_does_not_finish_in_its_grace_is_cut_off() {
    let mut upstream = Upstream::start().await;
    let mut serving = Serving::start(&upstream.url(), &["--grace", "0"]);
    let address = serving.address;
    let asking = tokio::spawn(async move {
        let mut stream = approved(address).await;
        ask(&mut stream, "GET /never HTTP/1.1\r\nHost: localhost\r\n\r\n").await
    });
    upstream.next().await;
    serving.signal("INT");
    assert_eq!(serving.event("stopped")["cut"], 1);
    assert_eq!(serving.wait(), 0);
    assert!(asking.await.unwrap().is_err());
}
