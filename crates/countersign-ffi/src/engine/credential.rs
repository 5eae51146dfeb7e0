//! What a server shows.

use core::ffi::c_char;

use countersign::engine::Credential;

use crate::boundary::{call_explained, value};
use crate::bytes::{csn_bytes, path};
use crate::error::csn_error;
use crate::handle::{Handle, free, give, put_new};
use crate::status::csn_status;

/// What a server shows: its certificate chain and the private key.
pub struct csn_credential {
    _opaque: [u8; 0],
}

impl Handle for csn_credential {
    type Inner = Credential;
}

/// From PEM files, as web servers have them: the chain, leaf first, and its private key.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn csn_credential_from_files(
    chain_path: *const c_char,
    key_path: *const c_char,
    out: *mut *mut csn_credential,
    err: *mut csn_error,
) -> csn_status {
    // SAFETY: the caller keeps to the header's conventions, here and in all that follows.
    unsafe {
        call_explained(err, || {
            put_new(out, || Ok(give(Credential::from_files(path(chain_path)?, path(key_path)?)?)))
        })
    }
}

/// From PEM texts in memory: the chain, leaf first, and its private key.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn csn_credential_from_pem(
    chain: csn_bytes,
    key: csn_bytes,
    out: *mut *mut csn_credential,
    err: *mut csn_error,
) -> csn_status {
    // SAFETY: as above.
    unsafe {
        call_explained(err, || {
            put_new(out, || Ok(give(Credential::from_pem(chain.as_slice()?, key.as_slice()?)?)))
        })
    }
}

/// Frees a credential; NULL is fine. Acceptors that show it keep it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn csn_credential_free(credential: *mut csn_credential) {
    // SAFETY: as above.
    value((), || unsafe { free(credential) });
}
