//! Bytes that the other side owns.

use core::ffi::{CStr, c_char};
use core::ptr;
use core::slice;
use std::borrow::Cow;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use crate::boundary::Outcome;
use crate::status::csn_status;

/// Bytes that someone else owns. Where len is 0, data is not looked at and may be anything.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct csn_bytes {
    /// The first byte.
    pub data: *const u8,
    /// How many there are.
    pub len: usize,
}

impl csn_bytes {
    pub(crate) const NONE: Self = Self { data: ptr::null(), len: 0 };

    /// # Safety
    /// The bytes are there, and nobody writes them for as long as the caller's `'a` lasts.
    pub(crate) unsafe fn as_slice<'a>(self) -> Outcome<&'a [u8]> {
        // SAFETY: as this function requires.
        unsafe { array(self.data, self.len) }
    }
}

impl From<&[u8]> for csn_bytes {
    fn from(bytes: &[u8]) -> Self {
        Self { data: bytes.as_ptr(), len: bytes.len() }
    }
}

impl From<Option<&[u8]>> for csn_bytes {
    fn from(bytes: Option<&[u8]>) -> Self {
        bytes.map_or(Self::NONE, Self::from)
    }
}

/// An array that C gave; where it has no elements, its place is not looked at.
///
/// # Safety
/// The elements are there, and nobody writes them for as long as `'a` lasts.
pub(crate) unsafe fn array<'a, T>(data: *const T, count: usize) -> Outcome<&'a [T]> {
    if count == 0 {
        return Ok(&[]);
    }
    check(data, count)?;
    // SAFETY: it is not NULL and aligned, its size is one that an object can have, and the caller
    // says that the elements are there.
    Ok(unsafe { slice::from_raw_parts(data, count) })
}

/// [`array`], to be written.
///
/// # Safety
/// As for [`array`], and nobody else looks at them meanwhile.
pub(crate) unsafe fn array_mut<'a, T>(data: *mut T, count: usize) -> Outcome<&'a mut [T]> {
    if count == 0 {
        return Ok(&mut []);
    }
    check(data, count)?;
    // SAFETY: as in `array`.
    Ok(unsafe { slice::from_raw_parts_mut(data, count) })
}

fn check<T>(data: *const T, count: usize) -> Outcome {
    if data.is_null() {
        return Err(csn_status::CSN_ERR_NULL.into());
    }
    let size = count.checked_mul(size_of::<T>()).filter(|size| isize::try_from(*size).is_ok());
    let ends = size.and_then(|size| data.addr().checked_add(size));
    if ends.is_none() || !data.is_aligned() {
        return Err(csn_status::CSN_ERR_ARGUMENT.into());
    }
    Ok(())
}

/// A name that C gave. What is not UTF-8 in it becomes U+FFFD, which no name has: whoever the name is for
/// says so.
///
/// # Safety
/// It is NULL or a string that lasts for `'a`.
pub(crate) unsafe fn string<'a>(text: *const c_char) -> Outcome<Cow<'a, str>> {
    if text.is_null() {
        return Err(csn_status::CSN_ERR_NULL.into());
    }
    // SAFETY: it is not NULL, and the caller says that it is a string.
    Ok(unsafe { CStr::from_ptr(text) }.to_string_lossy())
}

/// A path that C gave: any bytes up to NUL.
///
/// # Safety
/// It is NULL or a string that lasts for `'a`.
pub(crate) unsafe fn path<'a>(path: *const c_char) -> Outcome<&'a Path> {
    if path.is_null() {
        return Err(csn_status::CSN_ERR_NULL.into());
    }
    // SAFETY: it is not NULL, and the caller says that it is a string.
    let path = unsafe { CStr::from_ptr(path) };
    Ok(Path::new(OsStr::from_bytes(path.to_bytes())))
}
