//! A connection of the engine's on a blocking socket: the loop that moves bytes between the two.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::{Duration, Instant};

use countersign::Moment;
use countersign::engine::{Closed, Connection, Progress, State, WaitsFor};
use countersign::limits;

/// How long an established connection may be silent, and how long the peer may take to receive.
const SILENCE: Duration = Duration::from_secs(10);

/// How long a peer that was told goodbye has to hear it, in all.
const GOODBYE: Duration = Duration::from_secs(5);

/// Blocks where the engine waits. Reads and writes are plaintext, and only an approved client's.
pub(crate) struct TlsStream {
    socket: TcpStream,
    connection: Connection,
    /// What arrived and is not used yet, at the front.
    input: Vec<u8>,
    filled: usize,
}

impl TlsStream {
    /// Brings the handshake to its end, whatever that is: [`connection`](Self::connection) says. A
    /// refused peer has been told, and has closed or had its time to.
    ///
    /// # Errors
    /// The socket broke; the connection knows no more than that its peer is gone.
    pub(crate) fn handshake(socket: TcpStream, connection: Connection) -> io::Result<Self> {
        socket.set_write_timeout(Some(SILENCE))?;
        // A handshake's last flight must not wait for the peer to acknowledge the one before.
        socket.set_nodelay(true)?;
        let input = vec![0; limits::RECORD_BYTES];
        let mut stream = Self { socket, connection, input, filled: 0 };
        while stream.connection.is_handshaking() {
            stream.receive()?;
            stream.work()?;
        }
        if stream.connection.refusal().is_some() {
            stream.linger();
        }
        Ok(stream)
    }

    /// Who is at the other end, or why nobody is.
    pub(crate) fn connection(&self) -> &Connection {
        &self.connection
    }

    /// Says goodbye, and waits until the peer has heard it.
    ///
    /// # Errors
    /// The socket broke.
    pub(crate) fn close(mut self) -> io::Result<()> {
        self.connection.close();
        self.send()?;
        self.linger();
        Ok(())
    }

    /// Waits for bytes, for their end, or for the time to be over; tells the connection of the
    /// latter two.
    fn receive(&mut self) -> io::Result<()> {
        if self.filled == self.input.len() {
            // One byte more than a handshake may have, so that the engine sees that it is too much.
            self.input.resize(limits::HANDSHAKE_BYTES + 1, 0);
        }
        self.socket.set_read_timeout(Some(self.patience()))?;
        match self.socket.read(&mut self.input[self.filled..]) {
            Ok(0) => self.connection.end_of_input(Moment::now()),
            Ok(received) => self.filled += received,
            Err(error) if is_over_time(&error) && self.connection.is_handshaking() => {
                self.connection.handle_timeout(Moment::now());
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
        Ok(())
    }

    /// What is left of the handshake's time; it passes however often the peer sends a byte. Never
    /// zero, which would mean no limit.
    fn patience(&self) -> Duration {
        let left = |deadline: Duration| deadline.saturating_sub(Moment::now().elapsed);
        self.connection.deadline().map_or(SILENCE, left).max(Duration::from_millis(1))
    }

    /// Lets the connection work on what arrived, and sends what it has to say.
    fn work(&mut self) -> io::Result<WaitsFor> {
        loop {
            let Progress { used, waits_for } =
                self.connection.feed(&mut self.input[..self.filled], Moment::now());
            self.input.copy_within(used..self.filled, 0);
            self.filled -= used;
            self.send()?;
            if waits_for != WaitsFor::Send {
                return Ok(waits_for);
            }
        }
    }

    fn send(&mut self) -> io::Result<()> {
        self.socket.write_all(&self.connection.take_output())
    }

    /// Waits for the peer to close: closing first, with bytes unread, would reset the connection
    /// and could take the alert with it.
    fn linger(&mut self) {
        let until = Instant::now() + GOODBYE;
        let _ = self.socket.shutdown(Shutdown::Write);
        loop {
            let left = until.saturating_duration_since(Instant::now());
            // Zero time left is an error here, and so ends it too.
            if self.socket.set_read_timeout(Some(left)).is_err() {
                return;
            }
            match self.socket.read(&mut self.input) {
                Ok(0) => return,
                Err(error) if error.kind() != ErrorKind::Interrupted => return,
                _ => {}
            }
        }
    }
}

impl Read for TlsStream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let length = self.connection.read(buffer);
            if length > 0 || buffer.is_empty() {
                return Ok(length);
            }
            let waits_for = self.work()?;
            match self.connection.state() {
                _ if waits_for == WaitsFor::Read => {}
                _ if self.connection.peer_has_closed() => return Ok(0),
                State::Established(_) => self.receive()?,
                State::Closed(closed) => return Err(ended(closed)),
                _ => return Err(ErrorKind::NotConnected.into()),
            }
        }
    }
}

impl Write for TlsStream {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        let length = self.connection.write(buffer);
        self.send()?;
        if length == 0 && !buffer.is_empty() {
            return Err(match self.connection.state() {
                State::Closed(closed) => ended(closed),
                _ => ErrorKind::NotConnected.into(),
            });
        }
        Ok(length)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.send()
    }
}

fn is_over_time(error: &io::Error) -> bool {
    // Which of the two a read timeout is depends on the system.
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut)
}

fn ended(closed: &Closed) -> io::Error {
    match closed {
        Closed::Truncated => ErrorKind::UnexpectedEof.into(),
        Closed::Failed(what) => io::Error::new(ErrorKind::InvalidData, what.to_string()),
        _ => ErrorKind::NotConnected.into(),
    }
}
