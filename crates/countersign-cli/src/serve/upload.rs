//! The body of a request on its way to the server behind.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::{Context, Poll};

use hyper::body::{Body, Bytes, Frame, Incoming, SizeHint};

use super::silence::Movement;

/// Streams; nothing is held here. Trailers stay behind: they could say what headers must not.
#[derive(Debug)]
pub(super) struct Upload {
    body: Incoming,
    progress: Arc<Progress>,
}

/// How far an upload is, for whoever waits for the answer.
#[derive(Debug)]
pub(super) struct Progress {
    pub(super) movement: Arc<Movement>,
    state: AtomicU8,
}

/// Whose turn it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Turn {
    /// The server behind has all, or does not take what is there.
    Upstream = 0,
    /// More is to come from the client.
    Client = 1,
    /// The client broke off.
    Broken = 2,
}

impl Progress {
    pub(super) fn turn(&self) -> Turn {
        match self.state.load(Ordering::Relaxed) {
            0 => Turn::Upstream,
            1 => Turn::Client,
            _ => Turn::Broken,
        }
    }

    fn set(&self, turn: Turn) {
        self.state.store(turn as u8, Ordering::Relaxed);
    }
}

impl Upload {
    pub(super) fn new(body: Incoming) -> (Self, Arc<Progress>) {
        let state = AtomicU8::new(Turn::Upstream as u8);
        let progress = Arc::new(Progress { movement: Movement::new(), state });
        (Self { body, progress: Arc::clone(&progress) }, progress)
    }
}

impl Body for Upload {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        loop {
            let frame = Pin::new(&mut self.body).poll_frame(cx);
            let turn = match &frame {
                Poll::Pending => Turn::Client,
                Poll::Ready(Some(Err(_))) => Turn::Broken,
                Poll::Ready(_) => Turn::Upstream,
            };
            self.progress.set(turn);
            if frame.is_ready() {
                self.progress.movement.note();
            }
            match frame {
                Poll::Ready(Some(Ok(frame))) if !frame.is_data() => {}
                frame => return frame,
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
