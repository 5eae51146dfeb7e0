//! A real mutual-TLS server on loopback: it echoes one line to whoever gets in.

use std::fmt;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use rustls::server::NoServerSessionStorage;
use rustls::server::danger::ClientCertVerifier;
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use super::Outcome;

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
pub(super) type Handshake = Result<(), HandshakeError>;

/// Why a handshake did not complete.
#[derive(Debug)]
pub(super) enum HandshakeError {
    /// TLS refused it.
    Tls(rustls::Error),
    /// The connection broke.
    Io(io::Error),
}

impl fmt::Display for HandshakeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tls(error) => write!(f, "{error}"),
            Self::Io(error) => write!(f, "the connection broke: {error}"),
        }
    }
}

impl Server {
    /// Listens on a free port of 127.0.0.1, TLS 1.2 and 1.3, and asks `verifier` about clients.
    pub(super) fn start(
        identity: CertifiedKey,
        verifier: Arc<dyn ClientCertVerifier>,
    ) -> Outcome<Self> {
        let mut config = ServerConfig::builder_with_provider(super::provider())
            .with_protocol_versions(rustls::ALL_VERSIONS)?
            .with_client_cert_verifier(verifier)
            .with_cert_resolver(Arc::new(SingleCertAndKey::from(identity)));
        // rustls resumes a session without asking the verifier again; so nothing to resume here.
        config.session_storage = Arc::new(NoServerSessionStorage {});
        config.send_tls13_tickets = 0;

        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
            .map_err(|e| format!("cannot listen on 127.0.0.1: {e}"))?;
        let address = listener.local_addr()?;
        let stopping = Arc::new(AtomicBool::new(false));
        let (sender, handshakes) = channel();
        let thread = std::thread::Builder::new().name("server".to_owned()).spawn({
            let stopping = Arc::clone(&stopping);
            move || accept(&listener, &Arc::new(config), &stopping, &sender)
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
    config: &Arc<ServerConfig>,
    stopping: &AtomicBool,
    handshakes: &Sender<Handshake>,
) {
    for stream in listener.incoming() {
        if stopping.load(Ordering::SeqCst) {
            return;
        }
        let ended = stream.map_err(HandshakeError::Io).and_then(|s| serve(config, s));
        if handshakes.send(ended).is_err() {
            return;
        }
    }
}

fn serve(config: &Arc<ServerConfig>, mut stream: TcpStream) -> Handshake {
    stream.set_read_timeout(Some(PATIENCE)).map_err(HandshakeError::Io)?;
    stream.set_write_timeout(Some(PATIENCE)).map_err(HandshakeError::Io)?;
    let mut tls = ServerConnection::new(Arc::clone(config)).map_err(HandshakeError::Tls)?;
    while tls.is_handshaking() {
        if let Err(error) = tls.complete_io(&mut stream) {
            linger(&mut stream);
            return Err(classify(error));
        }
    }
    // The handshake is what is judged; a client that breaks off afterwards is its own affair, and
    // shows in what the client saw.
    let _ = echo_line(StreamOwned::new(tls, stream));
    Ok(())
}

fn echo_line(mut tls: StreamOwned<ServerConnection, TcpStream>) -> io::Result<()> {
    let mut line = String::new();
    BufReader::new((&mut tls).take(1024)).read_line(&mut line)?;
    tls.write_all(line.as_bytes())?;
    tls.conn.send_close_notify();
    tls.flush()?;
    linger(&mut tls.sock);
    Ok(())
}

/// Waits for the peer to close: closing first, with bytes unread, would reset the connection and
/// could take the alert with it.
fn linger(stream: &mut TcpStream) {
    let _ = stream.shutdown(Shutdown::Write);
    let _ = io::copy(stream, &mut io::sink());
}

/// rustls hands its own errors through `io::Error`.
fn classify(error: io::Error) -> HandshakeError {
    match error.get_ref().and_then(|e| e.downcast_ref::<rustls::Error>()) {
        Some(tls) => HandshakeError::Tls(tls.clone()),
        None => HandshakeError::Io(error),
    }
}
