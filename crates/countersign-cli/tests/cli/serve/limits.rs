use std::time::{Duration, Instant};

use tokio::net::TcpStream;
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
