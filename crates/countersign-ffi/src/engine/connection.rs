//! One TLS connection: bytes in, bytes out.

use countersign::engine::{Acceptor, Closed, Connection, Lease, Refusal, Session, State, WaitsFor};
use countersign::{UnixTime, VerdictRecord};

use crate::boundary::{Outcome, call, value};
use crate::bytes::{array_mut, csn_bytes};
use crate::handle::{Handle, borrow, borrow_mut, free, give, put, put_new};
use crate::moment::{csn_moment, nanoseconds};
use crate::status::csn_status;
use crate::verdict::csn_verdict;

use super::acceptor::csn_acceptor;

/// One TLS connection of a peer, without a socket of its own. Used by one thread at a time, which
/// need not be the same each time.
///
/// Bytes that arrive go in by csn_conn_feed(); bytes to be sent come out of csn_conn_output() or
/// csn_conn_poll_output(), which are to be asked after every call. Once it is established,
/// plaintext comes out of csn_conn_read() and goes in by csn_conn_write(). No plaintext comes out
/// before there is a verdict that allows the client.
pub struct csn_conn {
    _opaque: [u8; 0],
}

impl Handle for csn_conn {
    type Inner = Live;
}

/// A connection, and its right to go on once somebody asked.
pub struct Live {
    connection: Connection,
    lease: Option<Lease>,
    standing: Standing,
    /// A call is at work on it, or never came to its end: what is half done then nobody may use.
    is_broken: bool,
}

/// What is known of the client since it was let in. It stays in for as long as the caller leaves it
/// there, but nobody is to be told of more than is known.
enum Standing {
    /// What the handshake said.
    Admitted,
    /// What the last review said.
    Reviewed(Box<VerdictRecord>),
    /// A review did not come to its end.
    Unknown,
}

impl Live {
    /// The connection, if it is whole.
    pub(crate) fn whole(&self) -> Outcome<&Connection> {
        if self.is_broken {
            return Err(csn_status::CSN_ERR_STATE.into());
        }
        Ok(&self.connection)
    }

    /// The session of a client that is in, and rightly so as far as anybody asked.
    pub(crate) fn approved(&self) -> Outcome<Session<'_>> {
        let is_in_good_standing = match &self.standing {
            Standing::Admitted => true,
            Standing::Reviewed(verdict) => verdict.is_allowed(),
            Standing::Unknown => false,
        };
        match self.whole()?.state() {
            State::Established(session) if is_in_good_standing => Ok(session),
            _ => Err(csn_status::CSN_ERR_STATE.into()),
        }
    }

    /// The last word on the client, if there is one.
    fn verdict(&self) -> Outcome<Option<&VerdictRecord>> {
        let connection = self.whole()?;
        Ok(match &self.standing {
            Standing::Admitted => {
                let of_session = connection.session().and_then(|session| session.verdict());
                of_session.or_else(|| connection.refusal().and_then(Refusal::verdict))
            }
            Standing::Reviewed(verdict) => Some(verdict),
            Standing::Unknown => None,
        })
    }

    /// Lets `work` change it; it is broken for good where that panics.
    fn change<T>(&mut self, work: impl FnOnce(&mut Connection) -> T) -> Outcome<T> {
        self.whole()?;
        self.is_broken = true;
        let result = work(&mut self.connection);
        self.is_broken = false;
        Ok(result)
    }
}

/// Where a connection is.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum csn_state {
    /// It waits for the peer's hello.
    CSN_CONN_ACCEPTING = 0,
    /// The handshake goes on.
    CSN_CONN_NEGOTIATING = 1,
    /// The client is in.
    CSN_CONN_ESTABLISHED = 2,
    /// The client is not: see csn_conn_refusal(). Send what is still to be sent, then close.
    CSN_CONN_REFUSED = 3,
    /// It was established and is over: both sides said so.
    CSN_CONN_CLOSED = 4,
    /// It was established, and the peer's bytes ended without a word: what it sent last may be
    /// missing.
    CSN_CONN_TRUNCATED = 5,
    /// It was established, and the peer broke the protocol or a record did not decrypt.
    CSN_CONN_FAILED = 6,
}

/// What a connection needs to go on. Output may wait besides.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum csn_waits_for {
    /// More bytes from the peer.
    CSN_WAITS_FOR_INPUT = 0,
    /// csn_conn_read(), before more input is taken.
    CSN_WAITS_FOR_READ = 1,
    /// The output to be sent, before more input is taken.
    CSN_WAITS_FOR_SEND = 2,
    /// csn_conn_close(): the peer sends no more. What is still to be written can be.
    CSN_WAITS_FOR_CLOSE = 3,
    /// Nothing: it is over once its output is sent.
    CSN_WAITS_FOR_NOTHING = 4,
}

/// What csn_conn_feed() did.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct csn_progress {
    /// Bytes at the front of the input that are done with. Give the others again, unchanged and
    /// in front of what comes next.
    pub used: usize,
    /// A csn_waits_for.
    pub waits_for: i32,
}

/// A connection that a peer has just opened.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn csn_conn_new(
    acceptor: *const csn_acceptor,
    now: csn_moment,
    out: *mut *mut csn_conn,
) -> csn_status {
    // SAFETY: the caller keeps to the header's conventions, here and in all that follows.
    call(|| unsafe {
        put_new(out, || {
            let acceptor: &Acceptor = borrow(acceptor)?;
            Ok(give(Live {
                connection: acceptor.accept(now.into()),
                lease: None,
                standing: Standing::Admitted,
                is_broken: false,
            }))
        })
    })
}

/// Frees a connection; NULL is fine.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn csn_conn_free(conn: *mut csn_conn) {
    // SAFETY: as above.
    value((), || unsafe { free(conn) });
}

/// Takes bytes that arrived; they are decrypted where they lie, so the buffer is scribbled on. A
/// buffer of 73,728 bytes suffices for every handshake, one of 18,437 after it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn csn_conn_feed(
    conn: *mut csn_conn,
    input: *mut u8,
    len: usize,
    now: csn_moment,
    out: *mut csn_progress,
) -> csn_status {
    // SAFETY: as above.
    call(|| unsafe {
        let nothing = csn_waits_for::CSN_WAITS_FOR_NOTHING as i32;
        put(out, csn_progress { used: 0, waits_for: nothing }, || {
            let (live, input) = (borrow_mut(conn)?, array_mut(input, len)?);
            let progress = live.change(|connection| connection.feed(input, now.into()))?;
            let waits_for = match progress.waits_for {
                WaitsFor::Input => csn_waits_for::CSN_WAITS_FOR_INPUT,
                WaitsFor::Read => csn_waits_for::CSN_WAITS_FOR_READ,
                WaitsFor::Send => csn_waits_for::CSN_WAITS_FOR_SEND,
                WaitsFor::Close => csn_waits_for::CSN_WAITS_FOR_CLOSE,
                _ => csn_waits_for::CSN_WAITS_FOR_NOTHING,
            };
            Ok(csn_progress { used: progress.used, waits_for: waits_for as i32 })
        })
    })
}

/// Says that the peer's bytes have ended: recv() gave 0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn csn_conn_end_of_input(conn: *mut csn_conn, now: csn_moment) -> csn_status {
    // SAFETY: as above.
    change(conn, |connection| connection.end_of_input(now.into()))
}

/// Lets time pass: refuses a handshake that took too long. See csn_conn_deadline().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn csn_conn_handle_timeout(
    conn: *mut csn_conn,
    now: csn_moment,
) -> csn_status {
    // SAFETY: as above.
    change(conn, |connection| connection.handle_timeout(now.into()))
}

/// By when to call csn_conn_handle_timeout() if nothing else happens before, on the clock of
/// csn_moment.elapsed_ns; UINT64_MAX where there is no deadline any more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn csn_conn_deadline(conn: *const csn_conn) -> u64 {
    value(0, || {
        // SAFETY: as above.
        let connection = unsafe { borrow(conn) }.and_then(Live::whole);
        connection.map_or(u64::MAX, |c| c.deadline().map_or(u64::MAX, nanoseconds))
    })
}

/// The bytes for the peer, where they lie: until the next call that takes the connection as not
/// const. Those that were sent are to be consumed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn csn_conn_output(conn: *const csn_conn, out: *mut csn_bytes) -> csn_status {
    // SAFETY: as above.
    call(|| unsafe { put(out, csn_bytes::NONE, || Ok(borrow(conn)?.whole()?.output().into())) })
}

/// Forgets the first length bytes of the output: they are sent.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn csn_conn_consume_output(conn: *mut csn_conn, length: usize) -> csn_status {
    // SAFETY: as above.
    change(conn, |connection| connection.consume_output(length))
}

/// Moves bytes for the peer into buffer. length gets how many; 0 means that there are none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn csn_conn_poll_output(
    conn: *mut csn_conn,
    buffer: *mut u8,
    capacity: usize,
    length: *mut usize,
) -> csn_status {
    // SAFETY: as above.
    call(|| unsafe {
        put(length, 0, || {
            let (live, buffer) = (borrow_mut(conn)?, array_mut(buffer, capacity)?);
            live.change(|connection| connection.poll_output(buffer))
        })
    })
}

/// Moves plaintext of the peer into buffer. length gets how much; 0 means that there is none:
/// feed what is left of the input.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn csn_conn_read(
    conn: *mut csn_conn,
    buffer: *mut u8,
    capacity: usize,
    length: *mut usize,
) -> csn_status {
    // SAFETY: as above.
    call(|| unsafe {
        put(length, 0, || {
            let (live, buffer) = (borrow_mut(conn)?, array_mut(buffer, capacity)?);
            live.change(|connection| connection.read(buffer))
        })
    })
}

/// Encrypts plaintext for the peer. taken gets how much of it: less than all where 65,536 bytes
/// wait to be sent already, nothing before the client is in or after csn_conn_close().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn csn_conn_write(
    conn: *mut csn_conn,
    plaintext: csn_bytes,
    taken: *mut usize,
) -> csn_status {
    // SAFETY: as above.
    call(|| unsafe {
        put(taken, 0, || {
            let (live, plaintext) = (borrow_mut(conn)?, plaintext.as_slice()?);
            live.change(|connection| connection.write(plaintext))
        })
    })
}

/// Ends what we send: close_notify goes out, and nothing after it. An established connection can
/// still be read from until the peer closes too; one that is not is refused.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn csn_conn_close(conn: *mut csn_conn) -> csn_status {
    // SAFETY: as above.
    change(conn, Connection::close)
}

/// Where a connection is, as a csn_state; CSN_CONN_REFUSED for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn csn_conn_state(conn: *const csn_conn) -> i32 {
    let state = value(csn_state::CSN_CONN_REFUSED, || {
        // SAFETY: as above.
        let live = unsafe { borrow(conn) };
        live.map_or(csn_state::CSN_CONN_REFUSED, |live| match live.connection.state() {
            _ if live.is_broken => csn_state::CSN_CONN_FAILED,
            State::Accepting => csn_state::CSN_CONN_ACCEPTING,
            State::Negotiating => csn_state::CSN_CONN_NEGOTIATING,
            State::Established(_) => csn_state::CSN_CONN_ESTABLISHED,
            State::Closed(Closed::Cleanly) => csn_state::CSN_CONN_CLOSED,
            State::Closed(Closed::Truncated) => csn_state::CSN_CONN_TRUNCATED,
            State::Closed(_) => csn_state::CSN_CONN_FAILED,
            _ => csn_state::CSN_CONN_REFUSED,
        })
    });
    state as i32
}

/// The verdict on the client: the one that let it in, or the one that refused it, or that of the last
/// csn_conn_review(). CSN_ERR_STATE, and a deny, where there is none: nobody was asked, or it did
/// not come to that.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn csn_conn_verdict(
    conn: *const csn_conn,
    out: *mut csn_verdict,
) -> csn_status {
    // SAFETY: as above.
    unsafe {
        csn_verdict::decide(out, |answer| {
            let verdict = borrow(conn)?.verdict()?.ok_or(csn_status::CSN_ERR_STATE)?;
            answer.give(&verdict.particulars())
        })
    }
}

/// Judges an established client again: by the policy in force now, on the chain that it came
/// with. Cheap while nothing has changed since the handshake. Where out denies, close the
/// connection. CSN_ERR_STATE, and a deny, where nobody was identified or it is over.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn csn_conn_review(
    conn: *mut csn_conn,
    now: i64,
    out: *mut csn_verdict,
) -> csn_status {
    // SAFETY: as above.
    unsafe {
        csn_verdict::decide(out, |answer| {
            let verdict = borrow_mut(conn)?.review(UnixTime::from_secs(now))?;
            answer.give(&verdict.particulars())
        })
    }
}

impl Live {
    fn review(&mut self, now: UnixTime) -> Outcome<VerdictRecord> {
        if !matches!(self.whole()?.state(), State::Established(_)) {
            return Err(csn_status::CSN_ERR_STATE.into());
        }
        if self.lease.is_none() {
            self.lease = self.connection.lease();
        }
        let lease = self.lease.as_ref().ok_or(csn_status::CSN_ERR_STATE)?;
        // For as long as it is not known: where this panics, until the next review.
        self.standing = Standing::Unknown;
        let session = self.connection.session().and_then(|session| session.verdict());
        if let Some(unchanged) = session.filter(|_| lease.is_current(now)) {
            self.standing = Standing::Admitted;
            return Ok(unchanged.clone());
        }
        let verdict = lease.judge(now);
        self.standing = Standing::Reviewed(Box::new(verdict.clone()));
        Ok(verdict)
    }
}

fn change(conn: *mut csn_conn, change: impl FnOnce(&mut Connection)) -> csn_status {
    call(|| -> Outcome {
        // SAFETY: the caller of the export that this is about keeps to the header's conventions.
        unsafe { borrow_mut(conn)? }.change(change)
    })
}

#[cfg(test)]
mod tests;
