//! The keys that session tickets are sealed under.

use core::ffi::c_char;
use core::ptr;
use core::time::Duration;
use std::sync::Arc;

use countersign::engine::TicketKeys;

use crate::boundary::{call_explained, value};
use crate::bytes::path;
use crate::error::csn_error;
use crate::handle::{Handle, borrow, free_share, give_share, put_new, share};
use crate::status::csn_status;

/// Keys for session tickets, derived from a secret by windows of time. Servers that share the
/// secret resume each other's sessions. Shared freely between threads.
pub struct csn_ticket_keys {
    _opaque: [u8; 0],
}

impl Handle for csn_ticket_keys {
    type Inner = TicketKeys;
}

/// A secret of this process alone, and of what it forks: tickets end with it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn csn_ticket_keys_per_process(
    out: *mut *mut csn_ticket_keys,
    err: *mut csn_error,
) -> csn_status {
    // SAFETY: the caller keeps to the header's conventions, here and in all that follows.
    unsafe {
        call_explained(err, || {
            put_new(out, || Ok(give_share(Arc::new(TicketKeys::per_process()?))))
        })
    }
}

/// Secrets from a file that nobody but its owner can read (mode 0600): 64 hex digits a line, as
/// "openssl rand -hex 32" prints, the first in use, the others still known, # for comments. One
/// key makes tickets for window_seconds, and a ticket is opened for accepted windows after its
/// own: 3600 and 24 are usual. Servers that share a secret must agree on the length.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn csn_ticket_keys_from_file(
    secret_path: *const c_char,
    window_seconds: u32,
    accepted: u32,
    out: *mut *mut csn_ticket_keys,
    err: *mut csn_error,
) -> csn_status {
    // SAFETY: as above.
    unsafe {
        call_explained(err, || {
            put_new(out, || {
                let keys = TicketKeys::from_file(path(secret_path)?)?;
                let window = Duration::from_secs(window_seconds.into());
                Ok(give_share(Arc::new(keys.with_windows(window, accepted))))
            })
        })
    }
}

/// Reads the file of secrets again; where it fails, the secrets in use stay. Without a file there
/// is nothing to do.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn csn_ticket_keys_reload(
    keys: *const csn_ticket_keys,
    err: *mut csn_error,
) -> csn_status {
    // SAFETY: as above.
    unsafe {
        call_explained(err, || {
            borrow(keys)?.reload()?;
            Ok(())
        })
    }
}

/// One more reference to the same keys, to be freed as the first; NULL gives NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn csn_ticket_keys_up_ref(
    keys: *const csn_ticket_keys,
) -> *mut csn_ticket_keys {
    // SAFETY: as above.
    value(ptr::null_mut(), || unsafe { share(keys) }.map_or(ptr::null_mut(), give_share))
}

/// Gives a reference back; NULL is fine. Acceptors that use them keep them.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn csn_ticket_keys_free(keys: *mut csn_ticket_keys) {
    // SAFETY: as above.
    value((), || unsafe { free_share(keys) });
}
