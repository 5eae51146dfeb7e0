//! Many at once.

use std::net::Ipv4Addr;
use std::sync::Arc;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Handle;
use tokio::sync::Barrier;
use tokio::task::{JoinSet, yield_now};
use tokio::time::{Duration, timeout};

use crate::scene::{LISTED, Scene, VERSIONS, connect};

const CLIENTS: usize = 500;

/// A third leaves by close_notify, a third by dropping its socket, a third is never let in.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn five_hundred_connections_leave_no_task_and_no_entry_behind() {
    let scene = Scene::new().tracking();
    let before = Handle::current().metrics().num_alive_tasks();
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let connectors: Vec<_> = (0..CLIENTS)
        .map(|i| {
            let uri = if i % 3 == 0 { "spiffe://no.example/x" } else { LISTED };
            scene.client(VERSIONS[i % 2], uri)
        })
        .collect();

    // All of them are in, and counted, before any of them leaves.
    let allowed = (0..CLIENTS).filter(|i| i % 3 != 0).count();
    let meeting = Arc::new(Barrier::new(allowed + 1));
    let mut clients = JoinSet::new();
    for (i, connector) in connectors.into_iter().enumerate() {
        let meeting = Arc::clone(&meeting);
        clients.spawn(async move {
            let socket = TcpStream::connect(address).await.unwrap();
            let stream = connect(connector, socket).await;
            if i % 3 == 0 {
                // In TLS 1.3 a client learns of it when it reads.
                let refused = async { stream?.read(&mut [0; 1]).await };
                assert!(refused.await.is_err());
                return;
            }
            let mut stream = stream.unwrap();
            stream.write_u8(1).await.unwrap();
            assert_eq!(stream.read_u8().await.unwrap(), 1);
            meeting.wait().await;
            meeting.wait().await;
            if i % 3 == 1 {
                stream.shutdown().await.unwrap();
            }
        });
    }
    let mut servers = JoinSet::new();
    for _ in 0..CLIENTS {
        let (socket, _) = listener.accept().await.unwrap();
        let acceptor = scene.acceptor.clone();
        servers.spawn(async move {
            let mut stream = acceptor.accept(socket).await.ok()?;
            let byte = stream.read_u8().await.ok()?;
            stream.write_u8(byte).await.ok()?;
            stream.flush().await.ok()?;
            stream.read(&mut [0; 1]).await.ok()
        });
    }
    meeting.wait().await;
    assert_eq!(scene.acceptor.tracked(), allowed);
    meeting.wait().await;
    while let Some(client) = clients.join_next().await {
        client.unwrap();
    }
    while let Some(server) = servers.join_next().await {
        server.unwrap();
    }
    assert_eq!(scene.acceptor.tracked(), 0);
    // A task is counted a moment longer than it can be waited for.
    let gone = async {
        while Handle::current().metrics().num_alive_tasks() > before {
            yield_now().await;
        }
    };
    timeout(Duration::from_secs(10), gone).await.expect("no task is left");
}
