//! Why a call failed, for people.

use core::ffi::c_char;

use countersign::{Error, ErrorKind};

use crate::sized::{self, Sized_};
use crate::status::csn_status;
use crate::text;

/// Why a call failed, for people: what, where, and what to do. Begin with CSN_ERROR_INIT. It is
/// written where a call fails and left alone where it succeeds; every call that takes one takes
/// NULL.
#[repr(C)]
#[derive(Clone, Debug)]
pub struct csn_error {
    /// sizeof(csn_error), set by the caller.
    pub struct_size: usize,
    /// The csn_status that the call returned.
    pub status: i32,
    /// The line that it is about, from 1; 0 where it is about none.
    pub line: u32,
    /// The column that it is about, in characters from 1; 0 where it is about none.
    pub column: u32,
    /// The file that it is about, as given or as the policy names it; empty where it is about
    /// none.
    pub file: [c_char; 512],
    /// What is wrong and what to do, without the place. UTF-8 without control characters but line
    /// feeds.
    pub message: [c_char; 1024],
    /// 0.
    pub reserved: u32,
}

// SAFETY: `repr(C)`, the size first, numbers and arrays of numbers.
unsafe impl Sized_ for csn_error {
    const FIRST_SIZE: usize = size_of::<Self>();
}

impl csn_error {
    /// Writes to `explanation`, unless it is NULL or too small to be one.
    ///
    /// # Safety
    /// It is NULL or points to as many bytes as its `struct_size` says.
    pub(crate) unsafe fn say(explanation: *mut Self, status: csn_status, message: &str) {
        // SAFETY: as this function requires. Who gives none, or one without its size, gets none.
        let _ =
            unsafe { sized::fill(explanation, |explanation| explanation.fill(status, message)) };
    }

    /// Writes what the core says.
    ///
    /// # Safety
    /// As for [`csn_error::say`].
    pub(crate) unsafe fn explain(explanation: *mut Self, error: &Error) -> csn_status {
        let status = status_of(error);
        let write = |explanation: &mut Self| {
            explanation.fill(status, error.message());
            explanation.line = error.line().unwrap_or(0);
            explanation.column = error.column().unwrap_or(0);
            let file = error.file().map(|file| file.to_string_lossy().into_owned());
            text::copy(file.unwrap_or_default().as_bytes(), &mut explanation.file);
        };
        // SAFETY: as this function requires. Who gives none, or one without its size, gets none.
        let _ = unsafe { sized::fill(explanation, write) };
        status
    }

    fn fill(&mut self, status: csn_status, message: &str) {
        (self.status, self.line, self.column, self.reserved) = (status as i32, 0, 0, 0);
        self.file[0] = 0;
        text::copy(message.as_bytes(), &mut self.message);
    }
}

pub(crate) fn status_of(error: &Error) -> csn_status {
    match error.kind() {
        ErrorKind::Io => csn_status::CSN_ERR_IO,
        ErrorKind::Config => csn_status::CSN_ERR_CONFIG,
        _ => csn_status::CSN_ERR_USAGE,
    }
}

#[cfg(test)]
impl csn_error {
    pub(crate) fn empty() -> Self {
        let struct_size = size_of::<Self>();
        let (file, message) = ([0; 512], [0; 1024]);
        Self { struct_size, status: 0, line: 0, column: 0, file, message, reserved: 0 }
    }

    pub(crate) fn message(&self) -> String {
        let bytes = self.message.iter().take_while(|c| **c != 0).map(|c| *c as u8);
        String::from_utf8(bytes.collect()).unwrap()
    }
}
