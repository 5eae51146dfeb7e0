//! Which headers a proxy writes.

use core::ffi::c_char;
use core::mem;

use countersign::forwarded::Family;

use crate::boundary::{call_explained, value};
use crate::bytes::string;
use crate::error::csn_error;
use crate::handle::{Handle, borrow_mut, free, give, put_new};
use crate::status::csn_status;

/// Which headers a proxy writes about its client, and in which form. It is configuration: what a
/// value looks like never decides how it is read.
pub struct csn_family {
    _opaque: [u8; 0],
}

impl Handle for csn_family {
    type Inner = Family;
}

/// A family by its name: "rfc9440" (Client-Cert), "xfcc" (Envoy's X-Forwarded-Client-Cert, of one
/// hop), "nginx", "apache", "traefik", "haproxy", "azure-app-service" and "cloudflare", which are
/// read and written; "alb-verify", "alb-passthrough", "google-cloud" and "cloudfront", which only
/// their own systems write.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn csn_family_from_name(
    name: *const c_char,
    out: *mut *mut csn_family,
    err: *mut csn_error,
) -> csn_status {
    // SAFETY: the caller keeps to the header's conventions, here and in all that follows.
    unsafe { call_explained(err, || put_new(out, || Ok(give(string(name)?.parse()?)))) }
}

/// Envoy's X-Forwarded-Client-Cert behind so many proxies that each add an element to it; the first
/// of so many is about the client, and more are refused.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn csn_family_from_xfcc(
    trusted_hops: usize,
    out: *mut *mut csn_family,
    err: *mut csn_error,
) -> csn_status {
    // SAFETY: as above.
    unsafe { call_explained(err, || put_new(out, || Ok(give(Family::xfcc(trusted_hops)?)))) }
}

/// Gives one of its headers another name, where the administrator of a proxy chose one. Names are
/// compared without case. Rename first: what was made with the family before, csn_strip_add() among
/// it, knows the old name. Where it fails, the family is as it was.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn csn_family_rename(
    family: *mut csn_family,
    name: *const c_char,
    to: *const c_char,
    err: *mut csn_error,
) -> csn_status {
    // SAFETY: as above.
    unsafe {
        call_explained(err, || {
            let family = borrow_mut(family)?;
            let renamed = family.clone().renamed(&string(name)?, &string(to)?)?;
            drop(mem::replace(family, renamed));
            Ok(())
        })
    }
}

/// Frees a family; NULL is fine. What was made with it stays.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn csn_family_free(family: *mut csn_family) {
    // SAFETY: as above.
    value((), || unsafe { free(family) });
}
