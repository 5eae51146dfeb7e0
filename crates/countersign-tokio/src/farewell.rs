//! The end of a connection that was refused.

use core::future::poll_fn;
use core::mem::MaybeUninit;
use core::pin::Pin;
use core::task::{Context, Poll, ready};
use core::time::Duration;
use std::io;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::timeout;

use crate::channel::Channel;

/// How long a refused peer has to take its alert: a slow round trip or two.
pub(crate) const TIME: Duration = Duration::from_secs(2);

/// How much of what a refused peer still sends is read: what fits into the socket buffers of a TLS
/// 1.3 client that began to send before it could know.
const BYTES: usize = 1 << 20;

/// Sends the alert and lets the peer read it. Closing a socket with bytes unread resets the
/// connection (RFC 1122 section 4.2.2.13), and a reset can overtake the alert.
pub(crate) async fn farewell<IO: AsyncRead + AsyncWrite + Unpin>(channel: &mut Channel<IO>) {
    if channel.connection.pending_output() == 0 {
        return;
    }
    let (mut left, mut closed) = (BYTES, false);
    let parting = poll_fn(|cx| {
        if !closed {
            let flushed = channel.poll_flush(cx)?;
            closed = flushed.is_ready() && Pin::new(&mut channel.io).poll_shutdown(cx)?.is_ready();
        }
        while left > 0 {
            let read = ready!(poll_discard(&mut channel.io, cx))?;
            left = if read == 0 { 0 } else { left.saturating_sub(read) };
        }
        if closed { Poll::Ready(io::Result::Ok(())) } else { Poll::Pending }
    });
    // Why it was refused is known; how it takes that changes nothing.
    let _ = timeout(TIME, parting).await;
}

fn poll_discard<IO: AsyncRead + Unpin>(
    io: &mut IO,
    cx: &mut Context<'_>,
) -> Poll<io::Result<usize>> {
    let mut buffer = [MaybeUninit::uninit(); 8_192];
    let mut buffer = ReadBuf::uninit(&mut buffer);
    ready!(Pin::new(io).poll_read(cx, &mut buffer))?;
    Poll::Ready(Ok(buffer.filled().len()))
}
