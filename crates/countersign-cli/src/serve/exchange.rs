//! One request on its way through, and its answer on the way back.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;

use http_body_util::{Either, Full};
use hyper::body::{Bytes, Incoming};
use hyper::header::{self, HeaderValue};
use hyper::http::uri::{Authority, PathAndQuery};
use hyper::{Method, Request, Response, StatusCode, Version};

use super::authority;
use super::forward::{Identity, Indescribable, Unsigned};
use super::headers::{make_ready_for_http1, remove_claims, remove_hop_by_hop};
use super::http::Http;
use super::report::Event;
use super::silence::Movement;
use super::upload::Upload;
use super::upstream::{NoAnswer, signed_request};

/// What is true for every request of a connection.
#[derive(Debug)]
pub(super) struct Visit {
    pub(super) peer: SocketAddr,
    pub(super) client: Option<String>,
    /// The name that the connection is for; judged only where entries have names.
    pub(super) server_name: Option<String>,
    pub(super) identity: Result<Identity, Indescribable>,
    pub(super) movement: Arc<Movement>,
}

type Answer = Response<Either<Incoming, Full<Bytes>>>;

/// Why a request does not go on, as the client is told: nothing of what is inside.
type Objection = (StatusCode, &'static str);

impl Http {
    pub(super) async fn exchange(
        &self,
        visit: &Visit,
        request: Request<Incoming>,
    ) -> Result<Answer, Infallible> {
        self.shared.counters.requests.add();
        let answer = self.pass_on(visit, request).await;
        Ok(answer.unwrap_or_else(|(status, text)| objection(status, text)))
    }

    async fn pass_on(
        &self,
        visit: &Visit,
        request: Request<Incoming>,
    ) -> Result<Answer, Objection> {
        let (host, path) = self.target(visit, &request)?;
        let (mut head, body) = request.into_parts();
        let via = match head.version {
            Version::HTTP_2 => "2.0 countersign",
            Version::HTTP_10 => "1.0 countersign",
            _ => "1.1 countersign",
        };
        remove_hop_by_hop(&mut head.headers);
        remove_claims(&mut head.headers, &self.forwarder.strip);
        make_ready_for_http1(&mut head.headers, &body);
        head.headers.append(header::VIA, HeaderValue::from_static(via));
        let host_value = HeaderValue::from_str(host.as_str()).map_err(|_| BAD_HOST)?;
        head.headers.insert(header::HOST, host_value);
        let identity = visit.identity.as_ref().map_err(|Indescribable| INDESCRIBABLE)?;
        let target = signed_request(&head.method, &host, &path);
        self.forwarder.set(identity, &target, &mut head.headers).map_err(|why| match why {
            Unsigned::Malformed => (StatusCode::BAD_REQUEST, "The target is malformed."),
            Unsigned::Unable => (StatusCode::INTERNAL_SERVER_ERROR, "Try again."),
        })?;
        head.uri = self.upstream.uri(path).map_err(|_| BAD_HOST)?;
        head.version = Version::HTTP_11;
        head.extensions.clear();

        let (body, progress) = Upload::new(body);
        let answer = {
            // The client waits too; its silence is not its own.
            let _excuse = visit.movement.excuse();
            self.upstream.answer(Request::from_parts(head, body), &progress).await
        };
        answer.map(back).map_err(|why| self.no_answer(visit, why))
    }

    /// What the request is for, if it is for anything here.
    fn target(
        &self,
        visit: &Visit,
        request: &Request<Incoming>,
    ) -> Result<(Authority, PathAndQuery), Objection> {
        if matches!(*request.method(), Method::CONNECT | Method::TRACE) {
            return Err((StatusCode::NOT_IMPLEMENTED, "This method is not served here."));
        }
        if request.headers().contains_key(header::UPGRADE) {
            return Err((StatusCode::NOT_IMPLEMENTED, "No other protocol is served here."));
        }
        let host = authority::of_request(request.uri(), request.headers()).map_err(|_| BAD_HOST)?;
        if self.has_names && !authority::is_served(&host, visit.server_name.as_deref()) {
            let text = "This connection is for another host. Open one for this host.";
            return Err((StatusCode::MISDIRECTED_REQUEST, text));
        }
        match request.uri().path_and_query() {
            Some(path) if path.as_str().starts_with('/') => Ok((host, path.clone())),
            // `OPTIONS *` is about the server that answers, not about one behind it.
            _ => Err((StatusCode::NOT_IMPLEMENTED, "The target has to be a path.")),
        }
    }

    /// Tells operators what went wrong, and the client what it means for the request.
    fn no_answer(&self, visit: &Visit, why: NoAnswer) -> Objection {
        let (message, objection) = match why {
            NoAnswer::ClientBroke => return (StatusCode::BAD_REQUEST, "The body broke off."),
            NoAnswer::ClientTooSlow => {
                return (StatusCode::REQUEST_TIMEOUT, "The body did not come in time.");
            }
            NoAnswer::TooSlow => {
                let objection = (StatusCode::GATEWAY_TIMEOUT, "No answer in time.");
                ("no answer in time".to_owned(), objection)
            }
            NoAnswer::Failed(message) => (message, (StatusCode::BAD_GATEWAY, "No answer.")),
        };
        self.shared.counters.upstream_failures.add();
        let (peer, client) = (visit.peer, visit.client.clone());
        self.shared.report.tell_of_peer(&Event::UpstreamFailed { peer, client, message });
        objection
    }
}

const BAD_HOST: Objection = (StatusCode::BAD_REQUEST, "The request must name one host.");

const INDESCRIBABLE: Objection =
    (StatusCode::FORBIDDEN, "The client's certificate cannot be forwarded.");

/// The answer as it came, without what is about its connection.
fn back(mut answer: Response<Incoming>) -> Answer {
    remove_hop_by_hop(answer.headers_mut());
    *answer.version_mut() = Version::HTTP_11;
    answer.map(Either::Left)
}

fn objection(status: StatusCode, text: &'static str) -> Answer {
    let mut answer = Response::new(Either::Right(Full::from(format!("{text}\n"))));
    *answer.status_mut() = status;
    let plain = HeaderValue::from_static("text/plain; charset=utf-8");
    answer.headers_mut().insert(header::CONTENT_TYPE, plain);
    answer
}
