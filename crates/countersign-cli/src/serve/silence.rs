//! How long nothing has moved: whoever is silent for too long does not keep a place.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, sleep_until};

/// When bytes last moved.
#[derive(Debug)]
pub(super) struct Movement {
    origin: Instant,
    /// Milliseconds since `origin`.
    last: AtomicU64,
    /// How many wait for someone else than the peer.
    excused: AtomicUsize,
}

impl Movement {
    pub(super) fn new() -> Arc<Self> {
        let (last, excused) = (AtomicU64::new(0), AtomicUsize::new(0));
        Arc::new(Self { origin: Instant::now(), last, excused })
    }

    /// Something has moved.
    pub(super) fn note(&self) {
        let elapsed = self.origin.elapsed().as_millis();
        self.last.store(u64::try_from(elapsed).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    pub(super) fn last(&self) -> Instant {
        self.origin + Duration::from_millis(self.last.load(Ordering::Relaxed))
    }

    /// While this is held, the peer's silence is not the peer's fault.
    pub(super) fn excuse(self: &Arc<Self>) -> Excuse {
        self.excused.fetch_add(1, Ordering::Relaxed);
        Excuse(Arc::clone(self))
    }

    /// Ends when nothing has moved for that long without an excuse.
    pub(super) async fn silence(&self, patience: Duration) {
        loop {
            let deadline = self.last() + patience;
            if deadline > Instant::now() {
                sleep_until(deadline).await;
            } else if self.excused.load(Ordering::Relaxed) == 0 {
                return;
            } else {
                self.note();
            }
        }
    }
}

/// Ends with a fresh start.
#[derive(Debug)]
pub(super) struct Excuse(Arc<Movement>);

impl Drop for Excuse {
    fn drop(&mut self) {
        self.0.note();
        self.0.excused.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A stream whose movement is noted.
#[derive(Debug)]
pub(super) struct Noted<IO> {
    io: IO,
    movement: Arc<Movement>,
}

impl<IO> Noted<IO> {
    pub(super) fn new(io: IO, movement: &Arc<Movement>) -> Self {
        Self { io, movement: Arc::clone(movement) }
    }
}

impl<IO: AsyncRead + Unpin> AsyncRead for Noted<IO> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        ready!(Pin::new(&mut self.io).poll_read(cx, buffer))?;
        self.movement.note();
        Poll::Ready(Ok(()))
    }
}

impl<IO: AsyncWrite + Unpin> AsyncWrite for Noted<IO> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = ready!(Pin::new(&mut self.io).poll_write(cx, bytes))?;
        self.movement.note();
        Poll::Ready(Ok(written))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = ready!(Pin::new(&mut self.io).poll_write_vectored(cx, slices))?;
        self.movement.note();
        Poll::Ready(Ok(written))
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }
}
