//! What a call returns.

use core::ffi::{CStr, c_char};

/// What a call returns. CSN_OK says that the call did what it is for; for csn_verify() that is: a
/// verdict was written. It never says that the client is allowed.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum csn_status {
    /// The call did what it is for.
    CSN_OK = 0,
    /// A pointer is NULL that must not be.
    CSN_ERR_NULL = 1,
    /// An argument is out of range: a length above SSIZE_MAX, a number that the enumeration does
    /// not have.
    CSN_ERR_ARGUMENT = 2,
    /// A structure's struct_size is smaller than that structure ever was: set it to sizeof, or
    /// use the CSN_…_INIT macro.
    CSN_ERR_STRUCT_SIZE = 3,
    /// A file is missing or cannot be read.
    CSN_ERR_IO = 4,
    /// A policy, list, certificate, key or CRL says something that is not allowed.
    CSN_ERR_CONFIG = 5,
    /// The settings do not go together, such as an acceptor without an entry.
    CSN_ERR_USAGE = 6,
    /// Not in this state: there is no session yet, no refusal, nobody was asked who they are.
    CSN_ERR_STATE = 7,
    /// A defect in this library. Nothing was allowed; the process can go on.
    CSN_ERR_PANIC = 8,
}

impl csn_status {
    const ALL: [Self; 9] = [
        Self::CSN_OK,
        Self::CSN_ERR_NULL,
        Self::CSN_ERR_ARGUMENT,
        Self::CSN_ERR_STRUCT_SIZE,
        Self::CSN_ERR_IO,
        Self::CSN_ERR_CONFIG,
        Self::CSN_ERR_USAGE,
        Self::CSN_ERR_STATE,
        Self::CSN_ERR_PANIC,
    ];

    pub(crate) const fn text(self) -> &'static CStr {
        match self {
            Self::CSN_OK => c"done",
            Self::CSN_ERR_NULL => c"a pointer is NULL that must not be",
            Self::CSN_ERR_ARGUMENT => c"an argument is out of range",
            Self::CSN_ERR_STRUCT_SIZE => c"struct_size is not set: initialise with CSN_..._INIT",
            Self::CSN_ERR_IO => c"a file is missing or cannot be read",
            Self::CSN_ERR_CONFIG => c"the configuration says something that is not allowed",
            Self::CSN_ERR_USAGE => c"settings that do not go together",
            Self::CSN_ERR_STATE => c"not possible in this state",
            Self::CSN_ERR_PANIC => c"a defect in libcountersign; nothing was allowed",
        }
    }
}

/// A status in words: static, never NULL, for any number.
#[unsafe(no_mangle)]
pub extern "C" fn csn_status_text(status: i32) -> *const c_char {
    let known = csn_status::ALL.into_iter().find(|known| *known as i32 == status);
    known.map_or(c"an unknown status", csn_status::text).as_ptr()
}
