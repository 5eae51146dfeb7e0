//! A real mutual-TLS server on loopback, on the engine: it answers one line of whoever gets in.

use std::fmt;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use countersign::engine::{Acceptor, Declined, Refusal, Session, State, TlsVersion};
use countersign::{Moment, VerdictRecord};

use super::Outcome;
use crate::tls_stream::TlsStream;

/// Nothing on loopback takes this long; whoever waits longer gives up.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);

/// A server that runs until it is dropped.
pub(super) struct Server {
    address: SocketAddr,
    handshakes: Receiver<Handshake>,
    stopping: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

/// How one handshake ended, as the server saw it.
pub(super) type Handshake = Result<Welcome, Farewell>;

/// Someone who got in.
#[derive(Debug)]
pub(super) struct Welcome {
    /// `None` where nobody was asked, or nobody came and nobody had to.
    pub(super) verdict: Option<VerdictRecord>,
    pub(super) server_name: Option<String>,
    pub(super) version: TlsVersion,
    pub(super) is_resumed: bool,
    pub(super) declined: Option<Declined>,
}

/// Why someone did not.
#[derive(Debug)]
pub(super) enum Farewell {
    Refused(Refusal),
    /// The socket broke.
    Broken(io::Error),
}

impl Welcome {
    fn of(session: &Session<'_>) -> Self {
        Self {
            verdict: session.verdict().cloned(),
            server_name: session.server_name().map(str::to_owned),
            version: session.version(),
            is_resumed: session.is_resumed(),
            declined: session.declined(),
        }
    }
}

impl fmt::Display for Farewell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(refusal) => write!(f, "{refusal}"),
            Self::Broken(error) => write!(f, "the connection broke: {error}"),
        }
    }
}

impl Server {
    /// Listens on a free port of 127.0.0.1, one connection after the other, and says to each client
    /// what `answer` makes of its line.
    pub(super) fn start(
        acceptor: Acceptor,
        answer: impl FnMut(String) -> String + Send + 'static,
    ) -> Outcome<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
            .map_err(|e| format!("cannot listen on 127.0.0.1: {e}"))?;
        let address = listener.local_addr()?;
        let stopping = Arc::new(AtomicBool::new(false));
        let (sender, handshakes) = channel();
        let thread = std::thread::Builder::new().name("server".to_owned()).spawn({
            let stopping = Arc::clone(&stopping);
            move || accept(&listener, &acceptor, answer, &stopping, &sender)
        })?;
        Ok(Self { address, handshakes, stopping, thread: Some(thread) })
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// How the next handshake ended.
    pub(super) fn next_handshake(&self) -> Outcome<Handshake> {
        Ok(self.handshakes.recv_timeout(PATIENCE)?)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stopping.store(true, Ordering::SeqCst);
        // Wakes `accept`; where even that fails the listener is already gone.
        let _ = TcpStream::connect_timeout(&self.address, PATIENCE);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn accept(
    listener: &TcpListener,
    acceptor: &Acceptor,
    mut answer: impl FnMut(String) -> String,
    stopping: &AtomicBool,
    handshakes: &Sender<Handshake>,
) {
    for socket in listener.incoming() {
        if stopping.load(Ordering::SeqCst) {
            return;
        }
        let stream = socket.and_then(|s| TlsStream::handshake(s, acceptor.accept(Moment::now())));
        let (ended, stream) = match stream {
            Ok(stream) => (outcome(&stream), Some(stream)),
            Err(error) => (Err(Farewell::Broken(error)), None),
        };
        let is_in = ended.is_ok();
        if handshakes.send(ended).is_err() {
            return;
        }
        if let Some(stream) = stream.filter(|_| is_in) {
            // The handshake is what is judged; a client that breaks off afterwards is its own
            // affair, and shows in what the client saw.
            let _ = answer_line(stream, &mut answer);
        }
    }
}

fn outcome(stream: &TlsStream) -> Handshake {
    match stream.connection().state() {
        State::Established(session) => Ok(Welcome::of(&session)),
        State::Refused(refusal) => Err(Farewell::Refused(refusal.clone())),
        _ => Err(Farewell::Broken(io::ErrorKind::UnexpectedEof.into())),
    }
}

fn answer_line(mut tls: TlsStream, answer: &mut impl FnMut(String) -> String) -> io::Result<()> {
    let mut line = String::new();
    BufReader::new((&mut tls).take(1024)).read_line(&mut line)?;
    tls.write_all(answer(line).as_bytes())?;
    tls.close()
}
