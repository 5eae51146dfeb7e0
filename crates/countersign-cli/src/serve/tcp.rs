//! TCP connections: bytes both ways.

use std::sync::Arc;
use std::time::Duration;

use countersign_tokio::Stream;
use tokio::io::copy_bidirectional_with_sizes;
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::listener::{Arrival, Shared};
use super::report::Event;
use super::silence::{Movement, Noted};
use super::target::Target;

/// What is held each way.
const BUFFER_BYTES: usize = 16 << 10;

/// Everything that TCP connections share.
#[derive(Debug)]
pub(super) struct Tcp {
    pub(super) shared: Arc<Shared>,
    pub(super) target: Target,
    pub(super) upstream_timeout: Duration,
}

impl Tcp {
    /// Carries bytes until both ends have closed, one has broken, or both are silent for too long.
    pub(super) async fn serve(self: Arc<Self>, stream: Stream<TcpStream>, arrival: Arrival) {
        let connecting = TcpStream::connect(self.target.host_and_port());
        let mut upstream = match timeout(self.upstream_timeout, connecting).await {
            Ok(Ok(upstream)) => upstream,
            Ok(Err(error)) => return self.failed(&stream, &arrival, error.to_string()),
            Err(_) => return self.failed(&stream, &arrival, "no connection in time".to_owned()),
        };
        // Small messages must not wait for each other.
        let _ = upstream.set_nodelay(true);
        // What is cut off, also by the end of this process, must not look like an end.
        let _ = upstream.set_zero_linger();
        let movement = Movement::new();
        let mut client = Noted::new(stream, &movement);
        let (size, idle_time) = (BUFFER_BYTES, self.shared.idle_time);
        let is_whole = tokio::select! {
            carried = copy_bidirectional_with_sizes(&mut client, &mut upstream, size, size) => {
                carried.is_ok()
            }
            () = movement.silence(idle_time) => false,
        };
        if is_whole {
            // Both ends have been said, and what is on its way still arrives.
            #[expect(deprecated, reason = "only a time to linger for would block")]
            let _ = upstream.set_linger(None);
        }
    }

    fn failed(&self, stream: &Stream<TcpStream>, arrival: &Arrival, message: String) {
        self.shared.counters.upstream_failures.add();
        let client = stream.session().client().map(str::to_owned);
        let event = Event::UpstreamFailed { peer: arrival.peer, client, message };
        self.shared.report.tell_of_peer(&event);
    }
}
