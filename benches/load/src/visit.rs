//! One connection, from its first byte to its last.

use std::io::{ErrorKind, Read, Write};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, HandshakeKind};

use crate::address::Socket;
use crate::{Errand, Failure, Kind, Plan};

/// How long a server may be silent.
const PATIENCE: Duration = Duration::from_secs(10);

/// More than any answer here has before its status.
const MOST_OF_ANSWER: usize = 1 << 20;

/// Connects, does what the plan says, and waits until the server has closed. How long that took:
/// under TLS 1.3 a client is through with its handshake before the server has looked at its
/// certificate, so that no earlier moment says anything.
///
/// # Errors
/// Where the server refuses, or does something that the plan does not have.
pub(crate) fn visit(
    plan: &Plan,
    name: &ServerName<'static>,
    config: &Arc<ClientConfig>,
    wanted: Option<Kind>,
) -> Result<Duration, Failure> {
    let start = Instant::now();
    let socket = plan.address.connect(PATIENCE);
    let mut socket = socket.map_err(|error| Failure::Unreachable(error.to_string()))?;
    let mut tls = ClientConnection::new(Arc::clone(config), name.clone())?;
    while tls.is_handshaking() {
        tls.complete_io(&mut socket)?;
    }
    run(&plan.errand, &plan.server_name, &mut tls, &mut socket)?;
    let took = start.elapsed();
    if wanted.is_some_and(|wanted| wanted != kind(&tls)) {
        return Err(Failure::Kind);
    }
    Ok(took)
}

fn run(
    errand: &Errand,
    host: &str,
    tls: &mut ClientConnection,
    socket: &mut Box<dyn Socket>,
) -> Result<(), Failure> {
    match errand {
        Errand::Leave => tls.send_close_notify(),
        Errand::Get { path, status } => {
            write!(
                tls.writer(),
                "GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
            )?;
            let answer = receive(tls, socket, |_| false)?;
            return expect(&answer, *status);
        }
        Errand::Echo(line) => {
            let line = format!("{line}\n").into_bytes();
            tls.writer().write_all(&line)?;
            // Under TLS 1.2 a server may drop its answer to one who has said goodbye (RFC 5246
            // section 7.2.1).
            let answer = receive(tls, socket, |answer| answer.ends_with(&line))?;
            if !answer.ends_with(&line) {
                return Err(Failure::Closed);
            }
            tls.send_close_notify();
        }
    }
    receive(tls, socket, |_| false).map(drop)
}

/// Sends what is to be sent, and takes what comes until that is enough, or the server has closed.
fn receive(
    tls: &mut ClientConnection,
    socket: &mut Box<dyn Socket>,
    is_enough: impl Fn(&[u8]) -> bool,
) -> Result<Vec<u8>, Failure> {
    // Who was refused in the meantime cannot write any more, but read why.
    while tls.wants_write() && tls.write_tls(socket).is_ok() {}
    let mut answer = Vec::new();
    loop {
        let received = match tls.read_tls(socket) {
            Ok(received) => received,
            // The server closed with something of ours unread.
            Err(error) if error.kind() == ErrorKind::ConnectionReset => 0,
            Err(error) => return Err(error.into()),
        };
        let state = tls.process_new_packets()?;
        let mut plaintext = vec![0; state.plaintext_bytes_to_read()];
        tls.reader().read_exact(&mut plaintext)?;
        answer.append(&mut plaintext);
        let is_over = received == 0 || state.peer_has_closed() || answer.len() > MOST_OF_ANSWER;
        if is_over || is_enough(&answer) {
            return Ok(answer);
        }
    }
}

fn expect(answer: &[u8], status: u16) -> Result<(), Failure> {
    let answered = answer.strip_prefix(b"HTTP/1.1 ").and_then(|rest| rest.get(..3));
    let answered = answered.and_then(|digits| std::str::from_utf8(digits).ok()?.parse().ok());
    match answered {
        None => Err(Failure::Closed),
        Some(answered) if answered != status => Err(Failure::Status(answered)),
        Some(_) => Ok(()),
    }
}

fn kind(tls: &ClientConnection) -> Kind {
    match tls.handshake_kind() {
        Some(HandshakeKind::Resumed) => Kind::Resumed,
        _ => Kind::Full,
    }
}
