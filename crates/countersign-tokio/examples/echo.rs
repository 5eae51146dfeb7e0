//! An echo server for approved clients.
//!
//! ```console
//! $ countersign demo --keep pki
//! $ cargo run -p countersign-tokio --example echo -- localhost:8443 pki/policy.toml server.pem server.key
//! ```
//!
//! SIGHUP reloads the policy and ends the sessions of clients that it does not allow any more. Ctrl-C
//! stops accepting, and gives those who are in ten seconds to finish.

use std::error::Error;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use countersign::Verifier;
use countersign::engine::{self, Credential, Entry};
use countersign_tokio::Acceptor;
use tokio::io::{AsyncWriteExt, copy, split};
use tokio::net::{TcpListener, TcpStream};
use tokio::signal::ctrl_c;
use tokio::task::{JoinSet, spawn_blocking};
use tokio::time::timeout;

const USAGE: &str = "usage: echo ADDRESS POLICY CERTIFICATE KEY";

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [address, policy, certificate, key] = &arguments[..] else { return Err(USAGE.into()) };

    let verifier = Arc::new(Verifier::from_file(policy)?);
    let credential = Credential::from_files(certificate, key)?;
    let entry = Entry::required(credential, Arc::clone(&verifier));
    let engine = engine::Acceptor::builder().default_entry(entry).build()?;
    let acceptor = Acceptor::new(engine).tracking();

    let listener = TcpListener::bind(address).await?;
    println!("listening on {}", listener.local_addr()?);
    let mut hangup = Hangup::new()?;
    let mut clients = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((socket, peer)) => {
                    clients.spawn(serve(acceptor.clone(), socket, peer));
                }
                // Out of files, or a peer that was gone already: the next may do better.
                Err(error) => {
                    eprintln!("accept: {error}");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            },
            Some(_) = clients.join_next() => {}
            () = hangup.next() => reload(&verifier, &acceptor).await?,
            _ = ctrl_c() => break,
        }
    }
    drop(listener);
    println!("finishing: {} connections", clients.len());
    let all_done = async { while clients.join_next().await.is_some() {} };
    let _ = timeout(Duration::from_secs(10), all_done).await;
    Ok(())
}

async fn serve(acceptor: Acceptor, socket: TcpStream, peer: SocketAddr) {
    let stream = match acceptor.accept(socket).await {
        Ok(stream) => stream,
        Err(refused) => return eprintln!("{peer}: {refused}"),
    };
    let client = stream.session().client().unwrap_or("a client without a record").to_owned();
    println!("{peer}: {client} is in");
    let (mut incoming, mut outgoing) = split(stream);
    let echoed = async {
        let length = copy(&mut incoming, &mut outgoing).await?;
        outgoing.shutdown().await?;
        io::Result::Ok(length)
    };
    match echoed.await {
        Ok(length) => println!("{peer}: {client} is done, {length} bytes"),
        Err(error) => eprintln!("{peer}: {client}: {error}"),
    }
}

/// Reading the files and judging every session takes its time: not on a thread that serves.
async fn reload(verifier: &Arc<Verifier>, acceptor: &Acceptor) -> Result<(), Box<dyn Error>> {
    let (verifier, acceptor) = (Arc::clone(verifier), acceptor.clone());
    let reloaded = spawn_blocking(move || verifier.reload().map(|to| (to, acceptor.review())));
    match reloaded.await? {
        Ok((generation, ended)) => {
            println!("policy {generation} is in force, {} sessions ended", ended.len());
        }
        Err(error) => eprintln!("the policy stays as it is: {error}"),
    }
    Ok(())
}

/// SIGHUP, where there is such a thing.
struct Hangup(#[cfg(unix)] tokio::signal::unix::Signal);

impl Hangup {
    fn new() -> io::Result<Self> {
        #[cfg(unix)]
        return tokio::signal::unix::signal(tokio::signal::unix::SignalKind::hangup()).map(Self);
        #[cfg(not(unix))]
        Ok(Self())
    }

    async fn next(&mut self) {
        #[cfg(unix)]
        self.0.recv().await;
        #[cfg(not(unix))]
        std::future::pending::<()>().await;
    }
}
