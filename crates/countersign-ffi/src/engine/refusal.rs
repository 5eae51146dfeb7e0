//! Why a client was not let in.

use countersign::engine::{Cause, Refusal};

use crate::boundary::call;
use crate::bytes::csn_bytes;
use crate::handle::borrow;
use crate::sized::{self, Sized_};
use crate::status::csn_status;

use super::connection::csn_conn;
use super::session::declined;

/// What a refusal is about.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum csn_cause {
    /// The client is not allowed in; csn_conn_verdict() says why.
    CSN_CAUSE_DENIED = 0,
    /// No entry for the server name that the client asked for, or for none.
    CSN_CAUSE_UNKNOWN_SERVER_NAME = 1,
    /// The peer broke the protocol, or has nothing in common with us.
    CSN_CAUSE_PROTOCOL = 2,
    /// The peer gave up and said so.
    CSN_CAUSE_PEER_ALERT = 3,
    /// The peer sent too much, or too many records.
    CSN_CAUSE_TOO_MUCH = 4,
    /// The peer took too long.
    CSN_CAUSE_TOO_SLOW = 5,
    /// The peer closed before its handshake was complete.
    CSN_CAUSE_TRUNCATED = 6,
    /// The connection was closed from this side before its handshake was complete.
    CSN_CAUSE_ABANDONED = 7,
    /// Something on this side: no random bytes, a defect.
    CSN_CAUSE_INTERNAL = 8,
}

/// Why a client was not let in. Begin with CSN_REFUSAL_INIT.
#[repr(C)]
#[derive(Clone, Debug)]
pub struct csn_refusal {
    /// sizeof(csn_refusal), set by the caller.
    pub struct_size: usize,
    /// A csn_cause.
    pub cause: i32,
    /// The TLS alert that was sent, where it follows from the verdict or the hello; else -1.
    pub alert: i32,
    /// A csn_declined: why the session that the client offered before was not resumed.
    pub declined: i32,
    /// A sentence for people, UTF-8. It belongs to the connection, and lasts until the next call
    /// that takes it as not const.
    pub detail: csn_bytes,
}

// SAFETY: `repr(C)`, the size first, numbers and a raw pointer.
unsafe impl Sized_ for csn_refusal {
    const FIRST_SIZE: usize = size_of::<Self>();

    fn be_blank(&mut self) {
        (self.cause, self.alert) = (csn_cause::CSN_CAUSE_INTERNAL as i32, -1);
    }
}

impl csn_refusal {
    fn say(&mut self, refusal: &Refusal) {
        let cause = match refusal.cause() {
            Cause::Denied => csn_cause::CSN_CAUSE_DENIED,
            Cause::UnknownServerName => csn_cause::CSN_CAUSE_UNKNOWN_SERVER_NAME,
            Cause::Protocol => csn_cause::CSN_CAUSE_PROTOCOL,
            Cause::PeerAlert => csn_cause::CSN_CAUSE_PEER_ALERT,
            Cause::TooMuch => csn_cause::CSN_CAUSE_TOO_MUCH,
            Cause::TooSlow => csn_cause::CSN_CAUSE_TOO_SLOW,
            Cause::Truncated => csn_cause::CSN_CAUSE_TRUNCATED,
            Cause::Abandoned => csn_cause::CSN_CAUSE_ABANDONED,
            _ => csn_cause::CSN_CAUSE_INTERNAL,
        };
        self.cause = cause as i32;
        self.alert = refusal.alert().map_or(-1, |alert| alert.code().into());
        self.declined = declined(refusal.declined());
        self.detail = refusal.detail().as_bytes().into();
    }
}

/// Why the client was not let in. CSN_ERR_STATE where it was, or it has not come to that.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn csn_conn_refusal(
    conn: *const csn_conn,
    out: *mut csn_refusal,
) -> csn_status {
    // SAFETY: the caller keeps to the header's conventions.
    call(|| unsafe {
        let refusal = || Ok(borrow(conn)?.whole()?.refusal().ok_or(csn_status::CSN_ERR_STATE)?);
        sized::answer(out, refusal, csn_refusal::say)
    })
}
