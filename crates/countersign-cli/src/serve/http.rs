//! HTTP connections: HTTP/2 or HTTP/1.1 in, as ALPN agreed.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use countersign_tokio::Stream;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::exchange::Visit;
use super::forward::Forwarder;
use super::listener::{Arrival, Shared};
use super::silence::{Movement, Noted};
use super::upstream::Upstream;

/// What is offered, the preferred first.
pub(super) const ALPN: [&str; 2] = ["h2", "http/1.1"];

/// Requests at once on one HTTP/2 connection; each may take a connection to the server behind.
const STREAMS: u32 = 64;

/// What is held of an answer that its client does not take.
const STREAM_BYTES: usize = 64 << 10;

/// All headers of a request together.
const HEADER_BYTES: u32 = 64 << 10;

/// How long a silent connection has to take its goodbye.
const GOODBYE: Duration = Duration::from_secs(1);

/// Everything that HTTP connections share.
#[derive(Debug)]
pub(super) struct Http {
    pub(super) shared: Arc<Shared>,
    pub(super) forwarder: Forwarder,
    pub(super) upstream: Upstream,
    /// Whether requests have to be for the name that their connection is for.
    pub(super) has_names: bool,
}

impl Http {
    /// Serves a connection to its end, or until the process ends and its requests are done.
    pub(super) async fn serve(self: Arc<Self>, stream: Stream<TcpStream>, arrival: Arrival) {
        let movement = Movement::new();
        let session = stream.session();
        let is_h2 = session.alpn() == Some(b"h2");
        let visit = Arc::new(Visit {
            peer: arrival.peer,
            client: session.client().map(str::to_owned),
            server_name: session.server_name().map(str::to_owned),
            identity: self.forwarder.identity(&session, arrival.peer.ip()),
            movement: Arc::clone(&movement),
        });
        let http = Arc::clone(&self);
        let service = service_fn(move |request| {
            let (http, visit) = (Arc::clone(&http), Arc::clone(&visit));
            async move { http.exchange(&visit, request).await }
        });
        let server = self.server(is_h2);
        let io = TokioIo::new(Noted::new(stream, &movement));
        let mut connection = pin!(server.serve_connection(io, service));
        let mut stopping = arrival.stopping;
        tokio::select! {
            // How it ended is the client's affair; refusals and ends are told elsewhere.
            _ = connection.as_mut() => return,
            () = movement.silence(self.shared.idle_time) => {
                connection.as_mut().graceful_shutdown();
                let _ = timeout(GOODBYE, connection).await;
                return;
            }
            () = stopping.begun() => {}
        }
        connection.as_mut().graceful_shutdown();
        tokio::select! {
            _ = connection.as_mut() => {}
            () = movement.silence(self.shared.idle_time) => {}
        }
    }

    fn server(&self, is_h2: bool) -> auto::Builder<TokioExecutor> {
        let mut server = auto::Builder::new(TokioExecutor::new());
        server
            .http1()
            .timer(TokioTimer::new())
            // Counted from the request before, and not from byte to byte: a head cannot drip in.
            .header_read_timeout(self.shared.idle_time)
            .max_buf_size(HEADER_BYTES as usize);
        server
            .http2()
            .timer(TokioTimer::new())
            .max_concurrent_streams(STREAMS)
            .max_send_buf_size(STREAM_BYTES)
            .max_header_list_size(HEADER_BYTES);
        // What ALPN agreed on, and nothing that the bytes look like.
        if is_h2 { server.http2_only() } else { server.http1_only() }
    }
}
