//! The acceptor: every entry of a server, shared by all its connections.

use core::ptr;
use std::sync::Arc;

use countersign::engine::Acceptor;

use crate::boundary::{call_explained, value};
use crate::error::csn_error;
use crate::handle::{Handle, borrow, free_share, give_share, put_new, share};
use crate::status::csn_status;

use super::acceptor_config::csn_acceptor_config;

/// Makes connections. Immutable, and shared freely between threads; to change certificates or
/// settings, make another. Policies change by csn_verifier_reload().
pub struct csn_acceptor {
    _opaque: [u8; 0],
}

impl Handle for csn_acceptor {
    type Inner = Acceptor;
}

/// An acceptor from a configuration, which stays the caller's and may make others.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn csn_acceptor_new(
    config: *const csn_acceptor_config,
    out: *mut *mut csn_acceptor,
    err: *mut csn_error,
) -> csn_status {
    // SAFETY: the caller keeps to the header's conventions, here and in all that follows.
    unsafe {
        call_explained(err, || {
            put_new(out, || Ok(give_share(Arc::new(borrow(config)?.clone().build()?))))
        })
    }
}

/// One more reference to the same acceptor, to be freed as the first; NULL gives NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn csn_acceptor_up_ref(acceptor: *const csn_acceptor) -> *mut csn_acceptor {
    // SAFETY: as above.
    value(ptr::null_mut(), || unsafe { share(acceptor) }.map_or(ptr::null_mut(), give_share))
}

/// Gives a reference back; NULL is fine. Its connections live on.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn csn_acceptor_free(acceptor: *mut csn_acceptor) {
    // SAFETY: as above.
    value((), || unsafe { free_share(acceptor) });
}
