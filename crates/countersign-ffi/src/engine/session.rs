//! Who is at the other end.

use countersign::UnixTime;
use countersign::engine::{Declined, Session, Step, TlsVersion};

use crate::boundary::call;
use crate::bytes::csn_bytes;
use crate::handle::{borrow, put};
use crate::moment::nanoseconds;
use crate::sized::{self, Sized_};
use crate::status::csn_status;

use super::connection::csn_conn;

/// Why a session that a client offered was not resumed. A full handshake follows.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum csn_declined {
    /// None was offered, or it was resumed.
    CSN_DECLINED_NONE = 0,
    /// Not one of ours, not one that can be read any more, or not in the cache any more.
    CSN_DECLINED_UNREADABLE = 1,
    /// Made for another server name, or under other demands on the client.
    CSN_DECLINED_OTHER_ENTRY = 2,
    /// Past the time of the session, of its certificate, or of a CRL.
    CSN_DECLINED_EXPIRED = 3,
    /// Made with another cipher suite, version, or name of a wildcard.
    CSN_DECLINED_UNSUITABLE = 4,
    /// The policy in force does not allow the client on what the session says.
    CSN_DECLINED_NOT_AUTHORIZED = 5,
}

pub(super) fn declined(declined: Option<Declined>) -> i32 {
    let declined = declined.map_or(csn_declined::CSN_DECLINED_NONE, |declined| match declined {
        Declined::OtherEntry => csn_declined::CSN_DECLINED_OTHER_ENTRY,
        Declined::Expired => csn_declined::CSN_DECLINED_EXPIRED,
        Declined::Unsuitable => csn_declined::CSN_DECLINED_UNSUITABLE,
        Declined::NotAuthorized => csn_declined::CSN_DECLINED_NOT_AUTHORIZED,
        _ => csn_declined::CSN_DECLINED_UNREADABLE,
    });
    declined as i32
}

/// How far a connection was when something happened.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub struct csn_step {
    /// Nanoseconds since the connection was accepted, by the moments that its caller gave.
    pub elapsed_ns: u64,
    /// Bytes that the peer had sent.
    pub received: u64,
    /// Bytes that were ready for the peer.
    pub sent: u64,
}

impl From<Step> for csn_step {
    fn from(step: Step) -> Self {
        let Step { elapsed, received, sent } = step;
        Self { elapsed_ns: nanoseconds(elapsed), received, sent }
    }
}

/// Who is at the other end of an established connection, and how the two came together. Begin
/// with CSN_SESSION_INIT. What the bytes point to belongs to the connection, and lasts until the
/// next call that takes it as not const.
#[repr(C)]
#[derive(Clone, Debug)]
pub struct csn_session {
    /// sizeof(csn_session), set by the caller.
    pub struct_size: usize,
    /// A csn_client_auth: what was demanded of the client.
    pub client_auth: i32,
    /// A csn_declined: why the session that the client offered was not resumed.
    pub declined: i32,
    /// 0x0304 is TLS 1.3, 0x0303 TLS 1.2.
    pub version: u16,
    /// By its number in the TLS registry.
    pub cipher_suite: u16,
    /// By its number in the TLS registry; 0 where the session was resumed without a key exchange.
    pub key_exchange: u16,
    /// 1 where an earlier session was resumed.
    pub is_resumed: u8,
    /// 1 where there is a verdict on the client; see csn_conn_verdict(). Where it is 0, the
    /// client is nobody.
    pub is_identified: u8,
    /// Certificates that the client presented; see csn_conn_certificate().
    pub certificates: usize,
    /// When the client last did a full handshake, in seconds since 1970: now, or before it
    /// resumed.
    pub authenticated_at: i64,
    /// The last second in which the verdict holds; 0 where there is none.
    pub expires: i64,
    /// The server name that the client asked for, in lower case; empty where it asked for none.
    pub server_name: csn_bytes,
    /// The application protocol; empty where there is none.
    pub alpn: csn_bytes,
    /// The name of the cipher suite.
    pub cipher_suite_name: csn_bytes,
    /// The name of the key exchange; empty where there was none.
    pub key_exchange_name: csn_bytes,
    /// When the hello was read and its entry found.
    pub accepted: csn_step,
    /// When there was a verdict on the client.
    pub identified: csn_step,
    /// When the handshake was complete.
    pub completed: csn_step,
}

// SAFETY: `repr(C)`, the size first, numbers and raw pointers.
unsafe impl Sized_ for csn_session {
    const FIRST_SIZE: usize = size_of::<Self>();
}

impl csn_session {
    fn say(&mut self, session: &Session<'_>) {
        self.client_auth = session.client_auth() as i32;
        self.declined = declined(session.declined());
        self.version = match session.version() {
            TlsVersion::Tls12 => 0x0303,
            TlsVersion::Tls13 => 0x0304,
        };
        self.cipher_suite = session.cipher_suite();
        self.key_exchange = session.key_exchange().unwrap_or(0);
        self.is_resumed = session.is_resumed().into();
        self.is_identified = session.verdict().is_some().into();
        self.certificates = session.chain().count();
        self.authenticated_at = session.authenticated_at().as_secs();
        self.expires = session.expires().map_or(0, UnixTime::as_secs);
        self.server_name = session.server_name().map(str::as_bytes).into();
        self.alpn = session.alpn().into();
        self.cipher_suite_name = session.cipher_suite_name().as_bytes().into();
        self.key_exchange_name = session.key_exchange_name().map(str::as_bytes).into();
        let steps = session.steps();
        self.accepted = steps.accepted.into();
        self.identified = steps.identified.into();
        self.completed = steps.completed.into();
    }
}

/// Who is at the other end. CSN_ERR_STATE where the client is not in.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn csn_conn_session(
    conn: *const csn_conn,
    out: *mut csn_session,
) -> csn_status {
    // SAFETY: the caller keeps to the header's conventions, here and in all that follows.
    call(|| unsafe {
        let session = || Ok(borrow(conn)?.whole()?.session().ok_or(csn_status::CSN_ERR_STATE)?);
        sized::answer(out, session, |out, session| out.say(&session))
    })
}

/// A certificate of the client's, in DER, by its place in the chain as presented, 0 being the
/// leaf; for a session that was resumed, those that it was made with. It belongs to the
/// connection. CSN_ERR_STATE where the client is not in, CSN_ERR_ARGUMENT where the chain is not
/// that long.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn csn_conn_certificate(
    conn: *const csn_conn,
    place: usize,
    out: *mut csn_bytes,
) -> csn_status {
    // SAFETY: as above.
    call(|| unsafe {
        put(out, csn_bytes::NONE, || {
            let session = borrow(conn)?.whole()?.session().ok_or(csn_status::CSN_ERR_STATE)?;
            let certificate = session.chain().nth(place).ok_or(csn_status::CSN_ERR_ARGUMENT)?;
            Ok(certificate.into())
        })
    })
}
