//! Connections come in, and each that the policy allows gets a task.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use countersign::Reason;
use countersign::engine::Session;
use countersign_tokio::{Acceptor, Refused, Stream};
use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

use super::counters::Counters;
use super::http::Http;
use super::places::{Place, Places, Stranger};
use super::presented::{hex, noting};
use super::report::{Event, Refusal, Report};
use super::tcp::Tcp;

/// After a socket could not be accepted: without files left, the next cannot either.
const PAUSE: Duration = Duration::from_millis(100);

/// How long a client who has too many connections may take to hear that this one ends.
const GOODBYE: Duration = Duration::from_secs(1);

/// What every connection has to do with.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) acceptor: Acceptor,
    pub(super) counters: Arc<Counters>,
    pub(super) report: Arc<Report>,
    pub(super) idle_time: Duration,
}

/// What is done for whoever is in.
#[derive(Clone, Debug)]
pub(super) enum Service {
    Http(Arc<Http>),
    Tcp(Arc<Tcp>),
}

/// A connection as it came.
#[derive(Debug)]
pub(super) struct Arrival {
    pub(super) peer: SocketAddr,
    pub(super) stopping: Stopping,
}

/// Whether the process is to end.
#[derive(Clone, Debug)]
pub(super) struct Stopping(pub(super) watch::Receiver<bool>);

impl Stopping {
    pub(super) fn is_so(&self) -> bool {
        *self.0.borrow()
    }

    /// Ends once it is so.
    pub(super) async fn begun(&mut self) {
        // Without a sender the process is past its end.
        let _ = self.0.wait_for(|is_stopping| *is_stopping).await;
    }
}

/// Accepts until the process is to end. At most as many connections as `places` has are here at a
/// time; others wait in the system's queue. Whose address has too many handshakes under way is not
/// heard: who connects and says nothing is not to have all places.
pub(super) async fn listen(
    listener: TcpListener,
    shared: Arc<Shared>,
    service: Service,
    places: Arc<Places>,
    mut stopping: Stopping,
) {
    loop {
        let next = next(&listener, &places);
        let (socket, peer, place) = tokio::select! {
            () = stopping.begun() => return,
            accepted = next => match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    shared.counters.accept_failures.add();
                    let event = Event::AcceptFailed { message: error.to_string() };
                    shared.report.tell_of_peer(&event);
                    sleep(PAUSE).await;
                    continue;
                }
            },
        };
        let Some(stranger) = places.stranger(peer.ip()) else {
            shared.counters.crowded.add();
            shared.report.tell_of_peer(&Event::Crowded { peer });
            continue;
        };
        let arrival = Arrival { peer, stopping: stopping.clone() };
        let welcomed =
            welcome(Arc::clone(&shared), service.clone(), socket, arrival, stranger, place);
        tokio::spawn(welcomed);
    }
}

/// First a place, then a connection to have it.
async fn next(
    listener: &TcpListener,
    places: &Arc<Places>,
) -> std::io::Result<(TcpStream, SocketAddr, Place)> {
    let place = places.take().await;
    let (socket, peer) = listener.accept().await?;
    Ok((socket, peer, place))
}

async fn welcome(
    shared: Arc<Shared>,
    service: Service,
    socket: TcpStream,
    mut arrival: Arrival,
    stranger: Stranger,
    mut place: Place,
) {
    // A handshake's flights must not wait for each other.
    let _ = socket.set_nodelay(true);
    let (accepted, leaf_sha256) = tokio::select! {
        handshake = noting(shared.acceptor.accept(socket)) => handshake,
        // Nothing was asked for yet.
        () = arrival.stopping.begun() => return,
    };
    drop(stranger);
    match accepted {
        Ok(mut stream) => {
            if !place.is_for(whose(&stream.session())) {
                shared.counters.over_limit.add();
                let client = stream.session().client().map(str::to_owned);
                let leaf_sha256 = leaf_sha256.map(|digest| hex(&digest));
                let event = Event::OverLimit { peer: arrival.peer, client, leaf_sha256 };
                shared.report.tell_of_peer(&event);
                // Whether it is heard or not, the connection ends.
                let _ = timeout(GOODBYE, stream.shutdown()).await;
                return;
            }
            shared.counters.accepted.add();
            let _closed = Closed(&shared.counters);
            serve(service, stream, arrival).await;
        }
        Err(refused) => {
            shared.counters.refused.add();
            let refusal = refusal(&refused, arrival.peer, leaf_sha256);
            shared.report.tell_of_peer(&Event::Refused(refusal));
        }
    }
}

/// Whose connection it is: the client's by its id, or its certificate's where no record has one.
fn whose<'c>(session: &Session<'c>) -> &'c [u8] {
    session.client().map(str::as_bytes).or(session.leaf()).unwrap_or_default()
}

async fn serve(service: Service, stream: Stream<TcpStream>, arrival: Arrival) {
    match service {
        Service::Http(http) => http.serve(stream, arrival).await,
        Service::Tcp(tcp) => tcp.serve(stream, arrival).await,
    }
}

/// Counts the end of a connection, however it comes.
struct Closed<'c>(&'c Counters);

impl Drop for Closed<'_> {
    fn drop(&mut self) {
        self.0.closed.add();
    }
}

fn refusal(refused: &Refused, peer: SocketAddr, leaf_sha256: Option<[u8; 32]>) -> Refusal {
    let verdict = refused.verdict();
    let detail = match refused.refusal() {
        Some(refusal) => refusal.detail().to_owned(),
        None => refused.to_string(),
    };
    Refusal {
        peer,
        reason: refused.reason().map(Reason::token),
        client: verdict.and_then(|verdict| verdict.client()).map(str::to_owned),
        rule: verdict.and_then(|verdict| verdict.rule()).map(str::to_owned),
        leaf_sha256: leaf_sha256.map(|digest| hex(&digest)),
        detail,
    }
}
