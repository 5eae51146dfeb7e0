//! The line between C and Rust: no panic crosses it, and every failure becomes a status.

use core::cell::{Cell, RefCell};
use core::fmt::Write as _;
use std::panic::{self, AssertUnwindSafe, PanicHookInfo};
use std::sync::Once;

use crate::error::csn_error;
use crate::status::csn_status;

/// Why a call did not do what it is for.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The status says it all.
    Status(csn_status),
    /// What the core says.
    Core(countersign::Error),
}

impl From<csn_status> for Failure {
    fn from(status: csn_status) -> Self {
        Self::Status(status)
    }
}

impl From<countersign::Error> for Failure {
    fn from(error: countersign::Error) -> Self {
        Self::Core(error)
    }
}

impl Failure {
    fn status(&self) -> csn_status {
        match self {
            Self::Status(status) => *status,
            Self::Core(error) => crate::error::status_of(error),
        }
    }
}

pub(crate) type Outcome<T = ()> = Result<T, Failure>;

/// Runs the body of an export that explains nothing.
#[inline]
pub(crate) fn call(body: impl FnOnce() -> Outcome) -> csn_status {
    // Inside, so that what is carried out is a number and not all that a failure has room for.
    let status = || body().map_or_else(|failure| failure.status(), |()| csn_status::CSN_OK);
    value(csn_status::CSN_ERR_PANIC, status)
}

/// Runs the body of an export; a failure is explained in `explanation`, if it is not NULL.
///
/// # Safety
/// `explanation` is NULL or a csn_error that the caller may write.
pub(crate) unsafe fn call_explained(
    explanation: *mut csn_error,
    body: impl FnOnce() -> Outcome,
) -> csn_status {
    let failure = match caught(body) {
        Ok(Ok(())) => return csn_status::CSN_OK,
        Ok(Err(failure)) => failure,
        Err(Panicked(message)) => {
            // SAFETY: as this function requires.
            unsafe { csn_error::say(explanation, csn_status::CSN_ERR_PANIC, &message) };
            return csn_status::CSN_ERR_PANIC;
        }
    };
    match failure {
        Failure::Status(status) => {
            // SAFETY: as this function requires.
            unsafe { csn_error::say(explanation, status, status.text().to_str().unwrap_or("")) };
            status
        }
        // SAFETY: as this function requires.
        Failure::Core(error) => unsafe { csn_error::explain(explanation, &error) },
    }
}

/// Runs what returns a plain value, and `otherwise` where it panics.
#[inline]
pub(crate) fn value<T>(otherwise: T, body: impl FnOnce() -> T) -> T {
    caught(body).unwrap_or(otherwise)
}

/// What a panic said, and where.
struct Panicked(String);

thread_local! {
    /// How many exports this thread is in; a journal may call back.
    static DEPTH: Cell<u32> = const { Cell::new(0) };
    static LAST_WORDS: RefCell<String> = const { RefCell::new(String::new()) };
}

#[inline]
fn caught<T>(body: impl FnOnce() -> T) -> Result<T, Panicked> {
    static QUIET: Once = Once::new();
    // Whoever comes while a Rust program around us unwinds cannot set a hook.
    if !QUIET.is_completed() && !std::thread::panicking() {
        QUIET.call_once(be_quiet);
    }
    DEPTH.set(DEPTH.get() + 1);
    // What a body leaves half done nobody sees: verdicts are a deny until the end, and a connection
    // is broken for good.
    let result = panic::catch_unwind(AssertUnwindSafe(body));
    DEPTH.set(DEPTH.get() - 1);
    result.map_err(|_| panicked())
}

#[cold]
fn panicked() -> Panicked {
    Panicked(LAST_WORDS.take())
}

/// A library does not write to its process's standard error: a panic in here is told to whoever
/// called. Those elsewhere are left to whoever heard of them before.
fn be_quiet() {
    crate::reason::prepare();
    let elsewhere = panic::take_hook();
    panic::set_hook(Box::new(move |panic| {
        if DEPTH.get() == 0 {
            return elsewhere(panic);
        }
        LAST_WORDS.replace(last_words(panic));
    }));
}

fn last_words(panic: &PanicHookInfo<'_>) -> String {
    let mut words = "a defect in libcountersign, please report it".to_owned();
    if let Some(place) = panic.location() {
        let _ = write!(words, ": {place}");
    }
    if let Some(message) = panic.payload_as_str() {
        let _ = write!(words, ": {message}");
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_a_status_and_is_explained() {
        assert_eq!(call(|| panic!("no")), csn_status::CSN_ERR_PANIC);
        let mut explanation = csn_error::empty();
        // SAFETY: the pointer is to a csn_error of this function's.
        let status = unsafe { call_explained(&raw mut explanation, || panic!("no {}", 7)) };
        assert_eq!((status, explanation.status), (csn_status::CSN_ERR_PANIC, 8));
        let message = explanation.message();
        assert!(message.contains("boundary.rs") && message.ends_with(": no 7"), "{message}");
        assert_eq!(value(5, || panic!("no")), 5);
        assert_eq!(DEPTH.get(), 0);
    }
}
