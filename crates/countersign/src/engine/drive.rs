//! rustls at work: its unbuffered interface, turned until it needs something.

use rustls::Error;
use rustls::server::{ServerConnectionData, UnbufferedServerConnection};
use rustls::unbuffered::{ConnectionState, EncodeError, UnbufferedStatus, WriteTraffic};

use super::output::Queue;

/// What rustls made of its input.
pub(super) struct Driven {
    /// Bytes at the front of the input that are done with.
    pub(super) used: usize,
    /// The peer says that it sends no more.
    pub(super) peer_closed: bool,
    pub(super) stop: Result<Stop, Error>,
    /// It failed, and rustls has no alert for that.
    pub(super) is_silent: bool,
}

/// Where rustls came to a halt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    /// It needs more of the handshake.
    Handshake,
    /// The handshake is complete; it needs more records, or plaintext to send.
    Traffic,
    /// It has decrypted a record.
    Plaintext,
    /// Both sides have closed.
    Closed,
}

/// Lets rustls work on `input` until it needs something. What it has to say goes to `output`, one
/// record of plaintext at most to `plaintext`.
pub(super) fn drive(
    tls: &mut UnbufferedServerConnection,
    input: &mut [u8],
    output: &mut Queue,
    plaintext: &mut Queue,
) -> Driven {
    let mut driven =
        Driven { used: 0, peer_closed: false, stop: Ok(Stop::Handshake), is_silent: false };
    loop {
        let UnbufferedStatus { discard, state } =
            tls.process_tls_records(&mut input[driven.used..]);
        let stop = match state {
            Ok(ConnectionState::EncodeTlsData(mut record)) => {
                queue(|room| record.encode(room), output).err()
            }
            Ok(ConnectionState::TransmitTlsData(sent)) => {
                sent.done();
                None
            }
            Ok(ConnectionState::ReadTraffic(mut traffic)) => {
                let mut failed = None;
                while let Some(record) = traffic.next_record() {
                    match record {
                        Ok(record) => plaintext.push(record.payload),
                        Err(error) => failed = Some(Err(error)),
                    }
                }
                Some(failed.unwrap_or(Ok(Stop::Plaintext)))
            }
            Ok(ConnectionState::PeerClosed) => {
                driven.peer_closed = true;
                None
            }
            Ok(ConnectionState::Closed) => Some(Ok(Stop::Closed)),
            Ok(ConnectionState::BlockedHandshake) => Some(Ok(Stop::Handshake)),
            Ok(ConnectionState::WriteTraffic(_)) => Some(Ok(Stop::Traffic)),
            // Early data is off.
            Ok(_) => Some(Err(Error::General("a state that was not asked for".to_owned()))),
            Err(error) => Some(Err(error)),
        };
        driven.used += discard;
        if let Some(stop) = stop {
            driven.stop = stop;
            break;
        }
    }
    if driven.stop.is_err() {
        driven.is_silent = !tls.wants_write();
        driven.used += flush_alert(tls, &mut input[driven.used..], output);
    }
    driven
}

type Stopped = Result<Stop, Error>;

/// Appends a record to `output`.
fn queue(
    mut encode: impl FnMut(&mut [u8]) -> Result<usize, EncodeError>,
    output: &mut Queue,
) -> Result<(), Stopped> {
    // rustls says how much room a record needs once it is given too little.
    let needed = match encode(&mut []) {
        Ok(_) => return Ok(()),
        Err(EncodeError::InsufficientSize(too_small)) => too_small.required_size,
        Err(error) => return Err(Err(Error::General(error.to_string()))),
    };
    let encoded = output.fill(needed, encode);
    encoded.map(|_| ()).map_err(|error| Err(Error::General(error.to_string())))
}

/// What rustls still has to say after a failure: its alert, behind whatever came before. It is asked
/// for no more than that, because it would go on with the input, fail again and say so again.
fn flush_alert(
    tls: &mut UnbufferedServerConnection,
    input: &mut [u8],
    output: &mut Queue,
) -> usize {
    let mut used = 0;
    while tls.wants_write() {
        let UnbufferedStatus { discard, state } = tls.process_tls_records(&mut input[used..]);
        let queued = match state {
            Ok(ConnectionState::EncodeTlsData(mut record)) => {
                queue(|room| record.encode(room), output).is_ok()
            }
            _ => false,
        };
        used += discard;
        if !queued {
            break;
        }
    }
    used
}

/// Hands `send` rustls' end for plaintext, once rustls has said what it had to say. There must be
/// nothing in `held` that rustls has not seen.
pub(super) fn send(
    tls: &mut UnbufferedServerConnection,
    held: &mut [u8],
    output: &mut Queue,
    send: impl FnOnce(WriteTraffic<'_, ServerConnectionData>, &mut Queue) -> Result<(), Error>,
) -> Result<(), Error> {
    loop {
        match tls.process_tls_records(held).state? {
            ConnectionState::WriteTraffic(traffic) => return send(traffic, output),
            ConnectionState::EncodeTlsData(mut record) => {
                if let Err(stopped) = queue(|room| record.encode(room), output) {
                    return stopped.map(|_| ());
                }
            }
            ConnectionState::TransmitTlsData(sent) => sent.done(),
            _ => return Err(Error::General("nothing can be sent here".to_owned())),
        }
    }
}

/// Queues close_notify.
pub(super) fn close(
    tls: &mut UnbufferedServerConnection,
    held: &mut [u8],
    output: &mut Queue,
) -> Result<(), Error> {
    const ROOM: usize = 256;
    send(tls, held, output, |mut traffic, output| {
        let queued = output.fill(ROOM, |bytes| traffic.queue_close_notify(bytes));
        queued.map(|_| ()).map_err(|error| Error::General(error.to_string()))
    })
}
