//! The server behind, which tells the test what it sees.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;

use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::http::request::Parts;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::timeout;

use super::process::PATIENCE;

/// A request as it came: its head, then the pieces of its body as they come.
pub(crate) struct Seen {
    pub(crate) head: Parts,
    pub(crate) body: UnboundedReceiver<Bytes>,
}

impl Seen {
    /// All values of a header.
    pub(crate) fn values(&self, name: &str) -> Vec<&str> {
        self.head.headers.get_all(name).iter().map(|value| value.to_str().unwrap()).collect()
    }
}

/// Answers `hello`; requests for `/slow` once [`release`](Self::release) is told, and those for `/never` never.
pub(crate) struct Upstream {
    pub(crate) address: SocketAddr,
    pub(crate) release: Arc<Notify>,
    seen: UnboundedReceiver<Seen>,
}

impl Upstream {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (sender, seen) = unbounded_channel();
        let release = Arc::new(Notify::new());
        let released = Arc::clone(&release);
        tokio::spawn(async move {
            loop {
                let (socket, _) = listener.accept().await.unwrap();
                let (sender, released) = (sender.clone(), Arc::clone(&released));
                let service = service_fn(move |request| {
                    answer(request, sender.clone(), Arc::clone(&released))
                });
                let server = hyper::server::conn::http1::Builder::new();
                tokio::spawn(server.serve_connection(TokioIo::new(socket), service));
            }
        });
        Self { address, release, seen }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The next request.
    pub(crate) async fn next(&mut self) -> Seen {
        timeout(PATIENCE, self.seen.recv()).await.expect("a request").expect("it serves")
    }

    /// Whether no request has come that was not taken.
    pub(crate) fn has_seen_nothing(&mut self) -> bool {
        self.seen.try_recv().is_err()
    }
}

async fn answer(
    request: Request<Incoming>,
    seen: UnboundedSender<Seen>,
    release: Arc<Notify>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let (head, mut body) = request.into_parts();
    let path = head.uri.path().to_owned();
    let (pieces, received) = unbounded_channel();
    let _ = seen.send(Seen { head, body: received });
    let mut length = 0;
    while let Some(Ok(frame)) = body.frame().await {
        if let Ok(data) = frame.into_data() {
            length += data.len();
            let _ = pieces.send(data);
        }
    }
    match path.as_str() {
        "/slow" => release.notified().await,
        "/never" => std::future::pending().await,
        _ => {}
    }
    let answer = Response::builder().header("X-Length", length).header("Keep-Alive", "timeout=9");
    Ok(answer.body(Full::from("hello")).unwrap())
}
