//! The HTTP server behind, over HTTP/1.1.

use std::time::Duration;

use countersign::forwarded::Request as SignedRequest;
use hyper::body::Incoming;
use hyper::http::uri::{Authority, PathAndQuery, Scheme};
use hyper::{Request, Response, StatusCode, Uri};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use tokio::time::{Instant, sleep_until};

use super::upload::{Progress, Turn, Upload};

/// What is read of an answer at once, and the largest head of one.
const READ_BYTES: usize = 64 << 10;

/// Idle connections that are kept for the next request.
const IDLE_CONNECTIONS: usize = 64;

/// Shorter than servers keep theirs (five seconds and more): a request must not meet a connection
/// that is being closed.
const IDLE_TIME: Duration = Duration::from_secs(4);

/// Connections to the server behind, and how long it may take to answer.
#[derive(Debug)]
pub(super) struct Upstream {
    client: Client<HttpConnector, Upload>,
    authority: Authority,
    /// Without a word from it.
    patience: Duration,
    /// Without a word from the client while a body is to come.
    client_patience: Duration,
}

/// Why there is no answer from behind.
#[derive(Debug)]
pub(super) enum NoAnswer {
    /// It could not be reached, or broke off.
    Failed(String),
    TooSlow,
    /// The client did not send its body in time.
    ClientTooSlow,
    /// The client broke off.
    ClientBroke,
}

impl Upstream {
    pub(super) fn new(authority: Authority, patience: Duration, client_patience: Duration) -> Self {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE_TIME)
            .pool_max_idle_per_host(IDLE_CONNECTIONS)
            .http1_max_buf_size(READ_BYTES)
            .build(connector);
        Self { client, authority, patience, client_patience }
    }

    /// The address of a path there.
    pub(super) fn uri(&self, path: PathAndQuery) -> Result<Uri, hyper::http::Error> {
        let uri = Uri::builder().scheme(Scheme::HTTP).authority(self.authority.clone());
        uri.path_and_query(path).build()
    }

    /// Sends a request and waits for the head of the answer. Its body comes as it is read.
    pub(super) async fn answer(
        &self,
        request: Request<Upload>,
        progress: &Progress,
    ) -> Result<Response<Incoming>, NoAnswer> {
        let answered = tokio::select! {
            answered = self.client.request(request) => answered,
            too_slow = self.out_of_time(progress) => return Err(too_slow),
        };
        match answered {
            Ok(answer) if answer.status() == StatusCode::SWITCHING_PROTOCOLS => {
                Err(NoAnswer::Failed("it switched protocols unasked".to_owned()))
            }
            Ok(answer) => Ok(answer),
            Err(_) if progress.turn() == Turn::Broken => Err(NoAnswer::ClientBroke),
            Err(error) => Err(NoAnswer::Failed(with_sources(&error))),
        }
    }

    /// Ends when whoever's turn it is has been silent for too long.
    async fn out_of_time(&self, progress: &Progress) -> NoAnswer {
        loop {
            let (patience, too_slow) = match progress.turn() {
                Turn::Client => (self.client_patience, NoAnswer::ClientTooSlow),
                Turn::Broken => (Duration::ZERO, NoAnswer::ClientBroke),
                Turn::Upstream => (self.patience, NoAnswer::TooSlow),
            };
            let deadline = progress.movement.last() + patience;
            if deadline <= Instant::now() {
                return too_slow;
            }
            // Not longer than a turn may be: turns change without a word.
            sleep_until(deadline.min(Instant::now() + Duration::from_millis(500))).await;
        }
    }
}

/// What an error is and what it comes from, for operators.
fn with_sources(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text += &format!(": {error}");
        source = error.source();
    }
    text
}

/// What a signature is for: exactly what goes to the server behind.
pub(super) fn signed_request<'r>(
    method: &'r hyper::Method,
    authority: &'r Authority,
    path: &'r PathAndQuery,
) -> SignedRequest<'r> {
    let (method, authority) = (method.as_str().as_bytes(), authority.as_str().as_bytes());
    SignedRequest::new(method, authority, path.as_str().as_bytes())
}
