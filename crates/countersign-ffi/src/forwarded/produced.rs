//! The headers that say who a client is.

use countersign::forwarded::{Family, Presented, Produced};
use countersign::{Error, VerdictRecord, limits};

use crate::boundary::{Outcome, call, call_explained, value};
use crate::bytes::csn_bytes;
use crate::engine::csn_conn;
use crate::error::csn_error;
use crate::handle::{Handle, borrow, free, give, put, put_new};
use crate::reason::csn_decision;
use crate::status::csn_status;
use crate::verdict::csn_verdict;
use crate::verifier::{Certificates, gather};

use super::family::csn_family;

/// A header: its name in lower case, and its value.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct csn_header {
    /// Its name.
    pub name: csn_bytes,
    /// Its value, without blanks around it.
    pub value: csn_bytes,
}

impl csn_header {
    pub(crate) const NONE: Self = Self { name: csn_bytes::NONE, value: csn_bytes::NONE };

    pub(super) fn of<'h>(
        mut fields: impl Iterator<Item = (&'h str, &'h str)>,
        index: usize,
    ) -> Outcome<Self> {
        let (name, value) = fields.nth(index).ok_or(csn_status::CSN_ERR_ARGUMENT)?;
        Ok(Self { name: name.as_bytes().into(), value: value.as_bytes().into() })
    }
}

/// What a proxy says of one client: headers to be set in each of its requests, after whatever came
/// under their names was dropped. Made once for a connection, and good for as long as the client's
/// verdict is: see csn_conn_review(), or ask csn_verify() again.
pub struct csn_produced {
    _opaque: [u8; 0],
}

impl Handle for csn_produced {
    type Inner = Produced;
}

/// The headers of a family about the client of a verdict and the chain that it is about, in DER, the
/// leaf first. Give the very chain that the verdict was asked for: whether it is, cannot be seen here.
/// Where the verdict is a deny, or the chain has no certificate, they say that there is nobody.
///
/// Where it fails, the client cannot be described without a doubt: its requests must not go on as if
/// there were none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn csn_produced_new(
    family: *const csn_family,
    verdict: *const csn_verdict,
    chain: *const csn_bytes,
    count: usize,
    out: *mut *mut csn_produced,
    err: *mut csn_error,
) -> csn_status {
    // SAFETY: the caller keeps to the header's conventions, here and in all that follows.
    unsafe {
        call_explained(err, || {
            put_new(out, || {
                let family = borrow(family)?;
                let mut certificates = Certificates::new();
                gather(chain, count, &mut certificates)?;
                let allow = csn_decision::CSN_DECISION_ALLOW as i32;
                produce(family, csn_verdict::decision(verdict)? == allow, &certificates)
            })
        })
    }
}

/// The headers of a family about the client of an established connection, or that there is nobody
/// where none was asked for or shown. CSN_ERR_STATE where it is not established, or not any more, or
/// the last csn_conn_review() denied. Otherwise as csn_produced_new().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn csn_produced_from_conn(
    family: *const csn_family,
    conn: *const csn_conn,
    out: *mut *mut csn_produced,
    err: *mut csn_error,
) -> csn_status {
    // SAFETY: as above.
    unsafe {
        call_explained(err, || {
            put_new(out, || {
                let family = borrow(family)?;
                let session = borrow(conn)?.approved()?;
                let is_allowed = session.verdict().is_some_and(VerdictRecord::is_allowed);
                let most = limits::CHAIN_CERTIFICATES + 1;
                let chain: Certificates<'_> = session.chain().take(most).collect();
                produce(family, is_allowed, &chain)
            })
        })
    }
}

fn produce(family: &Family, is_allowed: bool, chain: &[&[u8]]) -> Outcome<*mut csn_produced> {
    let presented = if is_allowed && !chain.is_empty() {
        Presented::Verified(chain)
    } else {
        Presented::Nobody
    };
    Ok(give(family.produce(presented).map_err(Error::from)?))
}

/// How many headers there are. None at all says that there is nobody, where the family has no word
/// for that. 0 for NULL, which says nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn csn_produced_count(produced: *const csn_produced) -> usize {
    // SAFETY: as above.
    value(0, || unsafe { borrow(produced) }.map_or(0, |produced| produced.fields().len()))
}

/// One of the headers, by its place from 0. Its bytes are there until csn_produced_free().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn csn_produced_header(
    produced: *const csn_produced,
    index: usize,
    out: *mut csn_header,
) -> csn_status {
    // SAFETY: as above.
    call(|| unsafe {
        put(out, csn_header::NONE, || csn_header::of(borrow(produced)?.fields(), index))
    })
}

/// Frees them; NULL is fine.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn csn_produced_free(produced: *mut csn_produced) {
    // SAFETY: as above.
    value((), || unsafe { free(produced) });
}
