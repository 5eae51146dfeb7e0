use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::time::timeout;

use super::process::{PATIENCE, Serving};
use super::scene::{APPROVED, connect};

const BYTES: usize = 1 << 20;

#[tokio::test]
async fn bytes_go_both_ways_and_either_end_may_close_first() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let serving = Serving::start(&format!("tcp://{}", listener.local_addr().unwrap()), &[]);
    // It answers only once it has heard the end: without a half-close there is no answer.
    let behind = tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await.unwrap();
        let mut heard = Vec::new();
        socket.read_to_end(&mut heard).await.unwrap();
        socket.write_all(&heard).await.unwrap();
        heard.len()
    });
    let mut client = connect(serving.address, APPROVED, "localhost", None).await.unwrap();
    let sent: Vec<u8> = (0..BYTES).map(|i| (i % 251) as u8).collect();
    client.write_all(&sent).await.unwrap();
    client.shutdown().await.unwrap();
    let mut heard = Vec::new();
    timeout(PATIENCE, client.read_to_end(&mut heard)).await.unwrap().unwrap();
    assert!(heard == sent, "{} bytes came back", heard.len());
    assert_eq!(behind.await.unwrap(), BYTES);
}

#[tokio::test]
async fn a_refused_client_opens_nothing_behind() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let to = format!("tcp://{}", listener.local_addr().unwrap());
    let mut serving = Serving::start(&to, &[]);
    let refused = async {
        let mut client = connect(serving.address, Some("not-listed"), "localhost", None).await?;
        client.write_all(b"anybody?").await?;
        client.flush().await?;
        client.read_u8().await
    };
    assert!(refused.await.is_err());
    assert_eq!(serving.event("refused")["reason"], "not_listed");
    let nobody = timeout(std::time::Duration::from_millis(100), listener.accept()).await;
    assert!(nobody.is_err());
}

#[tokio::test]
async fn what_was_cut_off_does_not_look_like_an_end() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let serving = Serving::start(&format!("tcp://{}", listener.local_addr().unwrap()), &[]);
    let mut client = connect(serving.address, APPROVED, "localhost", None).await.unwrap();
    client.write_all(b"half a mess").await.unwrap();
    client.flush().await.unwrap();
    let (mut behind, _) = timeout(PATIENCE, listener.accept()).await.unwrap().unwrap();
    let mut heard = [0; 11];
    behind.read_exact(&mut heard).await.unwrap();
    // Without a close_notify.
    drop(client);
    let end = timeout(PATIENCE, behind.read(&mut heard)).await.unwrap();
    assert!(end.is_err(), "{end:?}");
}
