//! What a proxy does: sign the headers that it sets.

use core::ffi::c_char;
use core::time::Duration;

use countersign::UnixTime;
use countersign::forwarded::{Signed, Signer, SigningKey};

use crate::boundary::{call, call_explained, value};
use crate::bytes::{array, csn_bytes, string};
use crate::error::csn_error;
use crate::handle::{Handle, borrow, free, give, put, put_new};
use crate::status::csn_status;

use super::produced::{csn_header, csn_produced};
use super::request::csn_request;

/// Signs what csn_produced_new() says (RFC 9421), for one request and a short time.
pub struct csn_signer {
    _opaque: [u8; 0],
}

impl Handle for csn_signer {
    type Inner = Signer;
}

/// With a secret of 32 bytes or more that proxy and receivers share: whoever can check can sign too.
/// Receivers know it by key_id. A signature is good for so many seconds: 30 are usual, half of what a
/// receiver takes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn csn_signer_from_hmac_sha256(
    key_id: *const c_char,
    secret: csn_bytes,
    lifetime_seconds: u32,
    out: *mut *mut csn_signer,
    err: *mut csn_error,
) -> csn_status {
    // SAFETY: the caller keeps to the header's conventions, here and in all that follows.
    unsafe {
        call_explained(err, || {
            put_new(out, || {
                let key = SigningKey::hmac_sha256(&string(key_id)?, secret.as_slice()?)?;
                Ok(give(signer(key, lifetime_seconds)))
            })
        })
    }
}

/// With an Ed25519 or P-256 private key: PKCS#8, in DER or PEM; otherwise as
/// csn_signer_from_hmac_sha256().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn csn_signer_from_pkcs8(
    key_id: *const c_char,
    key: csn_bytes,
    lifetime_seconds: u32,
    out: *mut *mut csn_signer,
    err: *mut csn_error,
) -> csn_status {
    // SAFETY: as above.
    unsafe {
        call_explained(err, || {
            put_new(out, || {
                let key = SigningKey::pkcs8(&string(key_id)?, key.as_slice()?)?;
                Ok(give(signer(key, lifetime_seconds)))
            })
        })
    }
}

fn signer(key: SigningKey, lifetime_seconds: u32) -> Signer {
    Signer::new(key).lifetime(Duration::from_secs(lifetime_seconds.into()))
}

/// Frees a signer; NULL is fine.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn csn_signer_free(signer: *mut csn_signer) {
    // SAFETY: as above.
    value((), || unsafe { free(signer) });
}

/// The two headers of a signature, Signature-Input and Signature: to be added as lines of their own,
/// behind those that a client may have under the same names.
pub struct csn_signed {
    _opaque: [u8; 0],
}

impl Handle for csn_signed {
    type Inner = Signed;
}

/// Signs a request and the headers that say who its client is, or that there is none. now is in
/// seconds since 1970. Where it fails, the request must not go on.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn csn_signed_new(
    signer: *const csn_signer,
    request: *const csn_request,
    produced: *const csn_produced,
    now: i64,
    out: *mut *mut csn_signed,
    err: *mut csn_error,
) -> csn_status {
    // SAFETY: as above.
    unsafe {
        call_explained(err, || {
            put_new(out, || {
                let [request] = array(request, 1)? else {
                    return Err(csn_status::CSN_ERR_NULL.into());
                };
                let (signer, request) = (borrow(signer)?, request.as_request()?);
                let now = UnixTime::from_secs(now);
                Ok(give(signer.sign(&request, borrow(produced)?, now)?))
            })
        })
    }
}

/// One of the two headers, by its place from 0. Its bytes are there until csn_signed_free().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn csn_signed_header(
    signature: *const csn_signed,
    index: usize,
    out: *mut csn_header,
) -> csn_status {
    // SAFETY: as above.
    call(|| unsafe {
        put(out, csn_header::NONE, || {
            csn_header::of(borrow(signature)?.fields().into_iter(), index)
        })
    })
}

/// Frees them; NULL is fine.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn csn_signed_free(signature: *mut csn_signed) {
    // SAFETY: as above.
    value((), || unsafe { free(signature) });
}
