//! Pointers to what only Rust sees into.

use std::sync::Arc;

use crate::boundary::Outcome;
use crate::status::csn_status;

/// The C name of a Rust type. The type itself has no contents; a pointer to it is one to an
/// `Inner`.
pub(crate) trait Handle: Sized {
    type Inner: Send;
}

/// Gives an owned object to C.
pub(crate) fn give<H: Handle>(inner: H::Inner) -> *mut H {
    Box::into_raw(Box::new(inner)).cast()
}

/// Gives a share in an object to C.
pub(crate) fn give_share<H: Handle<Inner: Sync>>(inner: Arc<H::Inner>) -> *mut H {
    Arc::into_raw(inner).cast_mut().cast()
}

/// # Safety
/// It is NULL or from [`give`] or [`give_share`], not freed, and nobody changes it for as long as
/// `'a` lasts.
#[inline]
pub(crate) unsafe fn borrow<'a, H: Handle>(handle: *const H) -> Outcome<&'a H::Inner> {
    // SAFETY: as this function requires.
    unsafe { handle.cast::<H::Inner>().as_ref() }.ok_or(csn_status::CSN_ERR_NULL.into())
}

/// # Safety
/// It is NULL or from [`give`], not freed, and nobody else looks at it for as long as `'a` lasts.
#[inline]
pub(crate) unsafe fn borrow_mut<'a, H: Handle>(handle: *mut H) -> Outcome<&'a mut H::Inner> {
    // SAFETY: as this function requires.
    unsafe { handle.cast::<H::Inner>().as_mut() }.ok_or(csn_status::CSN_ERR_NULL.into())
}

/// One more share in an object.
///
/// # Safety
/// It is NULL or from [`give_share`], and not freed.
pub(crate) unsafe fn share<H: Handle>(handle: *const H) -> Outcome<Arc<H::Inner>> {
    if handle.is_null() {
        return Err(csn_status::CSN_ERR_NULL.into());
    }
    let inner = handle.cast::<H::Inner>();
    // SAFETY: it came from `Arc::into_raw`, and the caller's share keeps it alive.
    Ok(unsafe {
        Arc::increment_strong_count(inner);
        Arc::from_raw(inner)
    })
}

/// # Safety
/// It is NULL or from [`give`], and never used again.
pub(crate) unsafe fn free<H: Handle>(handle: *mut H) {
    if !handle.is_null() {
        // SAFETY: it came from `Box::into_raw`, and nobody uses it any more.
        drop(unsafe { Box::from_raw(handle.cast::<H::Inner>()) });
    }
}

/// # Safety
/// It is NULL or from [`give_share`], and never used again by whoever held this share.
pub(crate) unsafe fn free_share<H: Handle>(handle: *mut H) {
    if !handle.is_null() {
        // SAFETY: it came from `Arc::into_raw`, and this share is not used any more.
        drop(unsafe { Arc::from_raw(handle.cast::<H::Inner>()) });
    }
}

/// Writes a result where C wants it; `otherwise` where there is none, so that nobody goes on with what
/// another call left there.
///
/// # Safety
/// `out` is NULL or may be written.
pub(crate) unsafe fn put<T>(
    out: *mut T,
    otherwise: T,
    value: impl FnOnce() -> Outcome<T>,
) -> Outcome {
    if out.is_null() {
        return Err(csn_status::CSN_ERR_NULL.into());
    }
    if !out.is_aligned() {
        return Err(csn_status::CSN_ERR_ARGUMENT.into());
    }
    // SAFETY: it is not NULL, it is aligned, and the caller says that it may be written.
    unsafe {
        out.write(otherwise);
        out.write(value()?);
    }
    Ok(())
}

/// Writes a new handle where C wants it; NULL where there is none.
///
/// # Safety
/// `out` is NULL or may be written.
pub(crate) unsafe fn put_new<H: Handle>(
    out: *mut *mut H,
    make: impl FnOnce() -> Outcome<*mut H>,
) -> Outcome {
    // SAFETY: as this function requires.
    unsafe { put(out, core::ptr::null_mut(), make) }
}
