//! An engine's connection and the socket under it.

use core::future::poll_fn;
use core::mem::MaybeUninit;
use core::pin::Pin;
use core::task::{Context, Poll, ready};
use std::io;

use countersign::engine::{Acceptor, Closed, Connection, State};
use countersign::limits;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::timeout_at;

use crate::clock::Clock;
use crate::inbox::Inbox;

/// Carries bytes between a [`Connection`] and its socket.
pub(crate) struct Channel<IO> {
    pub(crate) io: IO,
    pub(crate) connection: Connection,
    pub(crate) clock: Clock,
    inbox: Inbox,
    /// Something was written to the socket, which may have buffers of its own, and was not flushed yet.
    unflushed: bool,
    /// The socket ended without the peer's close_notify. The engine takes that for a clean end once
    /// we have closed; whoever reads on after closing has to know.
    truncated: bool,
}

impl<IO: AsyncRead + AsyncWrite + Unpin> Channel<IO> {
    pub(crate) fn new(io: IO, acceptor: &Acceptor, clock: Clock) -> Self {
        let connection = acceptor.accept(clock.now());
        Self { io, connection, clock, inbox: Inbox::default(), unflushed: false, truncated: false }
    }

    /// Carries bytes until the handshake is over, one way or the other. Established, all that
    /// belongs to it is sent; refused, its alert is not yet.
    pub(crate) async fn handshake(&mut self) -> io::Result<()> {
        let deadline = self.connection.deadline().and_then(|elapsed| self.clock.after(elapsed));
        let over = poll_fn(|cx| self.poll_handshake(cx));
        let Some(deadline) = deadline else { return over.await };
        if let Ok(outcome) = timeout_at(deadline, over).await {
            return outcome;
        }
        self.connection.handle_timeout(self.clock.now());
        Err(io::Error::new(io::ErrorKind::TimedOut, "the peer did not take its handshake in time"))
    }

    fn poll_handshake(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while self.connection.refusal().is_none() {
            let flushed = self.poll_flush(cx)?;
            if !self.connection.is_handshaking() {
                ready!(flushed);
                break;
            }
            // Also while something waits to be sent: a peer that first has to get rid of its own
            // (a change_cipher_spec before it reads on, RFC 8446 appendix D.4) would never take it.
            ready!(self.poll_receive(cx))?;
        }
        Poll::Ready(Ok(()))
    }

    /// Sends all that waits.
    pub(crate) fn poll_send(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while self.connection.pending_output() > 0 {
            let output = self.connection.output();
            match ready!(Pin::new(&mut self.io).poll_write(cx, output))? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                sent => {
                    self.connection.consume_output(sent);
                    self.unflushed = true;
                }
            }
        }
        Poll::Ready(Ok(()))
    }

    /// Sends all that waits, through the socket's own buffers too.
    pub(crate) fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_send(cx))?;
        ready!(Pin::new(&mut self.io).poll_flush(cx))?;
        self.unflushed = false;
        Poll::Ready(Ok(()))
    }

    /// Whether there is something left for [`poll_flush`](Self::poll_flush) to do.
    pub(crate) fn is_unsent(&self) -> bool {
        self.unflushed || self.connection.pending_output() > 0
    }

    /// Reads from the socket once, and gives the engine what came. The buffer is on the stack: a
    /// connection that waits for its peer has none.
    pub(crate) fn poll_receive(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut buffer = [MaybeUninit::uninit(); limits::RECORD_BYTES];
        let mut buffer = ReadBuf::uninit(&mut buffer);
        ready!(Pin::new(&mut self.io).poll_read(cx, &mut buffer))?;
        let now = self.clock.now();
        if buffer.filled().is_empty() {
            self.truncated = !self.connection.peer_has_closed();
            self.connection.end_of_input(now);
        } else {
            self.inbox.feed(buffer.filled_mut(), &mut self.connection, now);
        }
        Poll::Ready(Ok(()))
    }

    /// Lets the engine go on with what came earlier; whether plaintext or an end came of it.
    pub(crate) fn proceed(&mut self) -> bool {
        if self.inbox.is_empty() {
            return false;
        }
        self.inbox.feed_rest(&mut self.connection, self.clock.now());
        !self.connection.plaintext().is_empty() || self.end().is_some()
    }

    /// How the peer's plaintext ended, where it did: an error where some of it may be missing.
    pub(crate) fn end(&self) -> Option<io::Result<()>> {
        if self.truncated {
            let message = "the peer closed without close_notify: what it sent may be incomplete";
            return Some(Err(io::Error::new(io::ErrorKind::UnexpectedEof, message)));
        }
        match self.connection.state() {
            State::Closed(Closed::Failed(what)) => {
                Some(Err(io::Error::new(io::ErrorKind::InvalidData, &**what)))
            }
            State::Closed(_) => Some(Ok(())),
            _ => self.connection.peer_has_closed().then_some(Ok(())),
        }
    }
}
