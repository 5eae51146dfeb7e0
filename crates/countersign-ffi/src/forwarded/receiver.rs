//! A server behind a proxy.

use countersign::UnixTime;
use countersign::forwarded::Receiver;

use crate::boundary::{Outcome, call_explained, value};
use crate::bytes::array;
use crate::error::csn_error;
use crate::handle::{Handle, borrow, free, give, put_new};
use crate::status::csn_status;
use crate::verdict::csn_verdict;
use crate::verifier::csn_verifier;

use super::checker::csn_checker;
use super::family::csn_family;
use super::produced::csn_header;
use super::request::csn_request;

/// Reads one family's headers, makes sure that a proxy wrote them, and lets the policy decide over the
/// chain in them. Shared freely between threads.
pub struct csn_receiver {
    _opaque: [u8; 0],
}

impl Handle for csn_receiver {
    type Inner = Receiver;
}

/// Takes only what a proxy has signed for this request, also that there is no certificate. What is
/// added to the checker later, this receiver does not know.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn csn_receiver_new(
    family: *const csn_family,
    checker: *const csn_checker,
    out: *mut *mut csn_receiver,
    err: *mut csn_error,
) -> csn_status {
    // SAFETY: the caller keeps to the header's conventions, here and in all that follows.
    unsafe {
        call_explained(err, || {
            put_new(out, || {
                let (family, checker) = (borrow(family)?.clone(), borrow(checker)?.checker()?);
                Ok(give(Receiver::signed(family, checker)))
            })
        })
    }
}

/// Takes the word of whoever sends headers of this family, signed or not.
///
/// Only where nobody but the proxy can reach the server, and the proxy drops what its clients send
/// under these names: a certificate is public, and anyone can put an approved client's into a header.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn csn_receiver_new_trusting_the_network(
    family: *const csn_family,
    out: *mut *mut csn_receiver,
    err: *mut csn_error,
) -> csn_status {
    // SAFETY: as above.
    unsafe {
        call_explained(err, || {
            put_new(out, || Ok(give(Receiver::trusting_the_network(borrow(family)?.clone()))))
        })
    }
}

/// The verdict on the client of a request, by all of its headers: as csn_verify() gives it for the
/// chain in them. CSN_REASON_NO_CERTIFICATE where they say that there is none; a deny, and its reason,
/// where they do not count. now is in seconds since 1970. A signature counts once: ask once for a
/// request.
///
/// Whatever it returns, out says deny unless the client is allowed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn csn_receiver_judge(
    receiver: *const csn_receiver,
    verifier: *const csn_verifier,
    request: *const csn_request,
    headers: *const csn_header,
    count: usize,
    now: i64,
    out: *mut csn_verdict,
) -> csn_status {
    // SAFETY: as above.
    unsafe {
        csn_verdict::decide(out, |answer| {
            let (receiver, verifier) = (borrow(receiver)?, borrow(verifier)?);
            let [request] = array(request, 1)? else {
                return Err(csn_status::CSN_ERR_NULL.into());
            };
            let request = request.as_request()?;
            let headers = array(headers, count)?;
            let field = |header: &csn_header| -> Outcome<(&[u8], &[u8])> {
                Ok((header.name.as_slice()?, header.value.as_slice()?))
            };
            // All of them, before anyone looks at one: a list with a hole in it is no list.
            headers.iter().try_for_each(|header| field(header).map(|_| ()))?;
            let fields = headers.iter().filter_map(|header| field(header).ok());
            let verdict = receiver.judge(verifier, &request, fields, UnixTime::from_secs(now));
            answer.give(&verdict.particulars())
        })
    }
}

/// Frees a receiver; NULL is fine.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn csn_receiver_free(receiver: *mut csn_receiver) {
    // SAFETY: as above.
    value((), || unsafe { free(receiver) });
}
