//! An HTTP server, HTTP/2 or HTTP/1.1 as the client likes (ALPN), that tells approved clients who
//! they are.
//!
//! ```console
//! $ countersign demo --keep pki
//! $ cargo run -p countersign-tokio --example hyper -- localhost:8443 pki/policy.toml server.pem server.key
//! $ curl --cacert pki/ca.pem --cert pki/approved.pem --key pki/approved.key https://localhost:8443/
//! ```

use std::convert::Infallible;
use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use countersign::Verifier;
use countersign::engine::{self, Credential, Entry, Resumption, TicketKeys};
use countersign_tokio::Acceptor;
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::TcpListener;
use tokio::signal::ctrl_c;
use tokio::time::timeout;

const USAGE: &str = "usage: hyper ADDRESS POLICY CERTIFICATE KEY";

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [address, policy, certificate, key] = &arguments[..] else { return Err(USAGE.into()) };

    let verifier = Arc::new(Verifier::from_file(policy)?);
    let credential = Credential::from_files(certificate, key)?;
    let engine = engine::Acceptor::builder()
        .default_entry(Entry::required(credential, verifier))
        .alpn(["h2", "http/1.1"])
        .resumption(Resumption::tickets(Arc::new(TicketKeys::per_process()?)))
        .build()?;
    let acceptor = Acceptor::new(engine);

    let listener = TcpListener::bind(address).await?;
    println!("listening on https://{}", listener.local_addr()?);
    let connections = GracefulShutdown::new();
    loop {
        let (socket, peer) = tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    eprintln!("accept: {error}");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                    continue;
                }
            },
            _ = ctrl_c() => break,
        };
        let (acceptor, watcher) = (acceptor.clone(), connections.watcher());
        tokio::spawn(async move {
            let stream = match acceptor.accept(socket).await {
                Ok(stream) => stream,
                Err(refused) => return eprintln!("{peer}: {refused}"),
            };
            // Who it is holds for the whole connection: find out once.
            let session = stream.session();
            let client: Arc<str> = session.client().unwrap_or("a client without a record").into();
            let version = session.version();
            let service = service_fn(|request| answer(request, Arc::clone(&client), version));
            let http = auto::Builder::new(TokioExecutor::new());
            let connection = http.serve_connection(TokioIo::new(stream), service);
            if let Err(error) = watcher.watch(connection).await {
                eprintln!("{peer}: {client}: {error}");
            }
        });
    }
    drop(listener);
    let _ = timeout(Duration::from_secs(10), connections.shutdown()).await;
    Ok(())
}

async fn answer(
    request: Request<Incoming>,
    client: Arc<str>,
    version: engine::TlsVersion,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let http = request.version();
    let text = format!("hello, {client}: {http:?} over {version}\n");
    Ok(Response::new(Full::new(text.into())))
}
