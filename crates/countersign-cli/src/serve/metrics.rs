//! The listener for those who watch: counters and health, over plain HTTP.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use countersign::Verifier;
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::header::{self, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};

use super::counters::Counters;
use super::listener::Stopping;

/// A few watchers, each for a short time.
const CONNECTIONS: usize = 16;
const CONNECTION_TIME: Duration = Duration::from_secs(10);

/// What there is to see.
#[derive(Clone, Debug)]
pub(super) struct Watch {
    pub(super) verifier: Arc<Verifier>,
    pub(super) counters: Arc<Counters>,
    pub(super) stopping: Stopping,
}

impl Watch {
    /// Answers for as long as the process lives.
    pub(super) async fn serve(self, listener: TcpListener) {
        let places = Arc::new(Semaphore::new(CONNECTIONS));
        while let Ok(place) = Arc::clone(&places).acquire_owned().await {
            let Ok((socket, _)) = listener.accept().await else {
                sleep(Duration::from_millis(100)).await;
                continue;
            };
            let watch = self.clone();
            tokio::spawn(async move {
                let service = service_fn(|request| {
                    let answer = watch.answer(&request);
                    async { Ok::<_, Infallible>(answer) }
                });
                let mut server = http1::Builder::new();
                // One request for each, so that sixteen idlers do not keep a health check out for long.
                let server = server.timer(TokioTimer::new()).keep_alive(false);
                let server = server.header_read_timeout(CONNECTION_TIME / 2);
                let connection = server.serve_connection(TokioIo::new(socket), service);
                // Whoever breaks off has seen enough.
                let _ = timeout(CONNECTION_TIME, connection).await;
                drop(place);
            });
        }
    }

    fn answer(&self, request: &Request<Incoming>) -> Response<Full<Bytes>> {
        let is_stopping = self.stopping.is_so();
        match (request.method(), request.uri().path()) {
            (&Method::GET | &Method::HEAD, "/metrics") => {
                let decisions = self.verifier.metrics().to_prometheus();
                let own = self.counters.to_prometheus(self.verifier.generation());
                plain(StatusCode::OK, decisions + &own)
            }
            (&Method::GET | &Method::HEAD, "/healthz") if is_stopping => {
                plain(StatusCode::SERVICE_UNAVAILABLE, "ending\n".to_owned())
            }
            (&Method::GET | &Method::HEAD, "/healthz") => plain(StatusCode::OK, "ok\n".to_owned()),
            _ => plain(StatusCode::NOT_FOUND, "/metrics and /healthz are here\n".to_owned()),
        }
    }
}

fn plain(status: StatusCode, text: String) -> Response<Full<Bytes>> {
    let mut answer = Response::new(Full::from(text));
    *answer.status_mut() = status;
    let format = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
    answer.headers_mut().insert(header::CONTENT_TYPE, format);
    answer
}
