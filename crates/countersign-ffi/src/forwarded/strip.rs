//! What must not come in from outside.

use countersign::forwarded::Strip;

use crate::boundary::{self, call_explained};
use crate::bytes::csn_bytes;
use crate::error::csn_error;
use crate::handle::{Handle, borrow, borrow_mut, free, give, put_new};
use crate::status::csn_status;

use super::family::csn_family;

/// Which headers of a request a proxy drops before it sets its own: always, also where the client
/// presented no certificate.
pub struct csn_strip {
    _opaque: [u8; 0],
}

impl Handle for csn_strip {
    type Inner = Strip;
}

/// The headers of every family, under their usual names.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn csn_strip_new(
    out: *mut *mut csn_strip,
    err: *mut csn_error,
) -> csn_status {
    // SAFETY: the caller keeps to the header's conventions, here and in all that follows.
    unsafe { call_explained(err, || put_new(out, || Ok(give(Strip::all())))) }
}

/// And those of this family, which a proxy adds always that writes it: it may have names of its own.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn csn_strip_add(
    strip: *mut csn_strip,
    family: *const csn_family,
    err: *mut csn_error,
) -> csn_status {
    // SAFETY: as above.
    unsafe {
        call_explained(err, || {
            let (strip, family) = (borrow_mut(strip)?, borrow(family)?);
            *strip = strip.clone().and(family);
            Ok(())
        })
    }
}

/// Whether a header, or a trailer, of this name and value must be dropped. Names are compared without
/// case, and with "_", "." and all that is no letter and no digit as "-": there are servers that
/// take one for the other. Always give the value, too: it decides about Connection, for one.
///
/// True also where anything is NULL that must not be. It allocates nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn csn_strip_drops(
    strip: *const csn_strip,
    name: csn_bytes,
    value: csn_bytes,
) -> bool {
    boundary::value(true, || {
        // SAFETY: as above.
        let asked = unsafe {
            borrow(strip).and_then(|strip| Ok((strip, name.as_slice()?, value.as_slice()?)))
        };
        asked.map_or(true, |(strip, name, value)| strip.drops(name, value))
    })
}

/// Frees it; NULL is fine.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn csn_strip_free(strip: *mut csn_strip) {
    // SAFETY: as above.
    boundary::value((), || unsafe { free(strip) });
}
