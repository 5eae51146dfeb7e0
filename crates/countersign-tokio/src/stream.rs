//! A connection whose client is in.

use core::fmt;
use core::pin::Pin;
use core::task::{Context, Poll, Waker, ready};
use std::io::{self, IoSlice};

use countersign::engine::{Lease, Session, State};
use countersign::limits;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::channel::Channel;
use crate::registry::{Place, Way};

/// Once this much waits for the socket, no more is taken. With one portion on top it stays below
/// [`limits::OUTPUT_BYTES`], at which the engine stops reading too: a peer that does not read must
/// not keep this side from reading.
const WAITING_BYTES: usize = limits::OUTPUT_BYTES / 4;

/// What is encrypted at once, at most: two full records.
const PORTION_BYTES: usize = limits::OUTPUT_BYTES / 2;

/// A TLS connection whose client is in: plaintext both ways, and a [`session`](Self::session) that
/// says whose.
///
/// **Reading** gives what the peer sent. After its close_notify, reads give nothing more, as at the
/// end of a file. If the socket ends without one, what came may be incomplete, and reads fail with
/// [`UnexpectedEof`](io::ErrorKind::UnexpectedEof).
///
/// **Writing** encrypts and passes on to the socket at once what it takes; up to 48 KiB wait here, and
/// then writes wait too. What waits goes out with every later call, reads included;
/// [`flush`](tokio::io::AsyncWriteExt::flush) waits until it has.
///
/// **Closing**: [`shutdown`](tokio::io::AsyncWriteExt::shutdown) sends close_notify and closes the
/// socket's way out. The peer may still send, and reads go on. A stream that is dropped without it
/// looks to its peer like one that was cut off.
///
/// **Cancelling**: `read`, `write` and `flush` of tokio's extension traits are safe to cancel, as they
/// are on a socket: nothing is lost or sent twice. A stream may be split with [`tokio::io::split`].
///
/// A stream that waits for its peer holds no buffers.
pub struct Stream<IO> {
    channel: Channel<IO>,
    /// The task that waits to write or flush.
    writer: Option<Waker>,
    /// Nothing more is written.
    closing: bool,
    place: Option<Place>,
}

impl<IO> Stream<IO> {
    pub(crate) fn new(channel: Channel<IO>, place: Option<Place>) -> Self {
        Self { channel, writer: None, closing: false, place }
    }

    /// Who is at the other end, and how the two came together.
    pub fn session(&self) -> Session<'_> {
        self.channel.connection.session().expect("there is no stream without a session")
    }

    /// The session's right to go on, for callers who review it themselves. `None` where nobody was
    /// identified, and once the connection is over. An acceptor that is
    /// [tracking](crate::Acceptor::tracking) has leases of its own.
    pub fn lease(&self) -> Option<Lease> {
        self.channel.connection.lease()
    }

    /// The socket. Reading from it or writing to it breaks the connection.
    pub fn get_ref(&self) -> &IO {
        &self.channel.io
    }

    /// The socket back, and the end of the connection. What has not been sent or read is lost: after
    /// a [`shutdown`](tokio::io::AsyncWriteExt::shutdown) nothing is unsent.
    pub fn into_inner(self) -> IO {
        self.channel.io
    }
}

impl<IO: AsyncRead + AsyncWrite + Unpin> Stream<IO> {
    /// Fails once a review has ended the session, and says goodbye to the peer as well as that goes
    /// without waiting.
    fn check(&mut self, cx: &mut Context<'_>, way: Way) -> io::Result<()> {
        let Some(ended) = self.place.as_ref().and_then(|place| place.ended(way, cx.waker())) else {
            return Ok(());
        };
        let error = ended.clone().into();
        self.close();
        let _ = self.channel.poll_flush(cx);
        Err(error)
    }

    fn close(&mut self) {
        if !self.closing {
            self.closing = true;
            self.channel.connection.close();
        }
    }

    /// Sends what waits while the reader is at it: whoever wrote it may have gone on to read the
    /// answer. A failure shows when it is written to, or in what is read.
    fn send_beside(&mut self, cx: &mut Context<'_>) {
        if !self.channel.is_unsent() {
            return;
        }
        let _ = self.channel.poll_flush(cx);
        // The socket wakes whoever asked last, and that was not the writer.
        if let Some(writer) = self.writer.take_if(|writer| !writer.will_wake(cx.waker())) {
            writer.wake();
        }
    }

    /// Remembers who waits where a writer has to.
    fn as_writer<T>(&mut self, cx: &Context<'_>, poll: Poll<T>) -> Poll<T> {
        self.writer = poll.is_pending().then(|| cx.waker().clone());
        poll
    }

    /// Encrypts as much as there is room for; nothing if there is none.
    fn encrypt(&mut self, plaintext: &[u8]) -> usize {
        if self.channel.connection.pending_output() >= WAITING_BYTES {
            return 0;
        }
        self.channel.connection.write(&plaintext[..plaintext.len().min(PORTION_BYTES)])
    }

    fn is_writable(&self) -> bool {
        !self.closing && matches!(self.channel.connection.state(), State::Established(_))
    }

    /// Takes what there is room for, and waits until there is room for something.
    fn poll_write_some(
        &mut self,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.check(cx, Way::Out)?;
        loop {
            if !self.is_writable() {
                return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
            }
            let mut taken = 0;
            for slice in slices {
                let part = self.encrypt(slice);
                taken += part;
                if part < slice.len() {
                    break;
                }
            }
            let sent = self.channel.poll_send(cx)?;
            if taken > 0 || slices.iter().all(|slice| slice.is_empty()) {
                return Poll::Ready(Ok(taken));
            }
            if self.channel.connection.pending_output() >= WAITING_BYTES {
                ready!(self.as_writer(cx, sent));
            }
        }
    }
}

impl<IO: AsyncRead + AsyncWrite + Unpin> AsyncRead for Stream<IO> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        this.check(cx, Way::In)?;
        this.send_beside(cx);
        let before = buffer.filled().len();
        loop {
            let channel = &mut this.channel;
            let plaintext = channel.connection.plaintext();
            let length = plaintext.len().min(buffer.remaining());
            buffer.put_slice(&plaintext[..length]);
            channel.connection.consume_plaintext(length);
            if buffer.remaining() == 0 {
                return Poll::Ready(Ok(()));
            }
            if channel.end().is_none() && channel.proceed() {
                continue;
            }
            if buffer.filled().len() > before {
                return Poll::Ready(Ok(()));
            }
            if let Some(end) = channel.end() {
                this.send_beside(cx);
                return Poll::Ready(end);
            }
            if channel.connection.pending_output() >= limits::OUTPUT_BYTES {
                ready!(channel.poll_send(cx))?;
                continue;
            }
            // What came may have to be answered, as a renegotiation is that is declined.
            this.send_beside(cx);
            ready!(this.channel.poll_receive(cx))?;
        }
    }
}

impl<IO: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Stream<IO> {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        plaintext: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.get_mut().poll_write_some(cx, &[IoSlice::new(plaintext)])
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.get_mut().poll_write_some(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        this.check(cx, Way::Out)?;
        let flushed = this.channel.poll_flush(cx);
        this.as_writer(cx, flushed)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        this.close();
        let flushed = this.channel.poll_flush(cx);
        ready!(this.as_writer(cx, flushed))?;
        match ready!(Pin::new(&mut this.channel.io).poll_shutdown(cx)) {
            // The peer was faster.
            Err(error) if error.kind() == io::ErrorKind::NotConnected => Poll::Ready(Ok(())),
            outcome => Poll::Ready(outcome),
        }
    }
}

impl<IO: fmt::Debug> fmt::Debug for Stream<IO> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stream")
            .field("io", self.get_ref())
            .field("session", &self.session())
            .finish_non_exhaustive()
    }
}
