//! Reloading where something changed.

use countersign::{Error, Reload};

use crate::boundary::{Outcome, call_explained};
use crate::error::csn_error;
use crate::handle::{borrow, put};
use crate::status::csn_status;
use crate::verifier::csn_verifier;

/// What came of csn_verifier_reload_if_changed(). Whatever it is, a policy is in force.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum csn_reload_outcome {
    /// Nothing has changed since the policy in force was read.
    CSN_RELOAD_UNCHANGED = 0,
    /// The policy was read again and is in force.
    CSN_RELOAD_DONE = 1,
    /// The policy was read again and cannot be used, or not be read. The one in force stays.
    CSN_RELOAD_FAILED = 2,
    /// What failed the last time is still as it was then. The policy in force stays.
    CSN_RELOAD_STILL_FAILED = 3,
    /// There is no policy file, or none that can be read. The policy in force stays.
    CSN_RELOAD_MISSING = 4,
}

/// csn_verifier_reload() where a file has changed since it was last read: the policy, or one that it
/// names. To be asked once a second: it costs a stat for each file, and reads those that were
/// written in the last seconds.
///
/// outcome, a csn_reload_outcome, says each time how things stand; a failure is returned and
/// explained once. So the status is not CSN_OK where there is something to log: with
/// CSN_RELOAD_FAILED, and where CSN_RELOAD_MISSING is new.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn csn_verifier_reload_if_changed(
    verifier: *const csn_verifier,
    outcome: *mut i32,
    err: *mut csn_error,
) -> csn_status {
    // SAFETY: the caller keeps to the header's conventions, here and in all that follows.
    unsafe {
        call_explained(err, || {
            let mut failure = None;
            let failed = csn_reload_outcome::CSN_RELOAD_FAILED as i32;
            put(outcome, failed, || {
                let reload = borrow(verifier)?.reload_if_changed();
                let (outcome, error) = told(reload);
                failure = error;
                Ok(outcome as i32)
            })?;
            failure.map_or(Ok(()), |error| Outcome::Err(error.into()))
        })
    }
}

fn told(reload: Reload) -> (csn_reload_outcome, Option<Error>) {
    use csn_reload_outcome::*;
    match reload {
        Reload::Unchanged => (CSN_RELOAD_UNCHANGED, None),
        Reload::Done(_) => (CSN_RELOAD_DONE, None),
        Reload::Failed(error) => (CSN_RELOAD_FAILED, Some(error)),
        Reload::Missing(error) => (CSN_RELOAD_MISSING, error),
        // What later versions may know is not known to have worked.
        _ => (CSN_RELOAD_STILL_FAILED, None),
    }
}
