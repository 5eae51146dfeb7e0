//! Whose signatures count.

use core::ffi::c_char;
use core::mem;
use core::time::Duration;
use std::sync::Arc;

use countersign::forwarded::{Checker, KeyRing, NonceMemory};
use countersign::{Error, UnixTime, limits};

use crate::boundary::{Outcome, call, call_explained, value};
use crate::bytes::{csn_bytes, string};
use crate::error::csn_error;
use crate::handle::{Handle, borrow_mut, free, free_share, give, give_share, put_new, share};
use crate::status::csn_status;

/// Remembers each signature that counted until it would not count any more, so that it counts once.
/// Shared freely between threads: one for all receivers of a process, made after fork(), for each
/// process remembers for itself: a signature counts once in each.
pub struct csn_nonce_memory {
    _opaque: [u8; 0],
}

impl Handle for csn_nonce_memory {
    type Inner = NonceMemory;
}

/// With room for so many, at some 60 bytes each; when it is full, signatures are refused. 65,536 last
/// for some 1,500 requests a second. since is when the process began, in seconds since 1970: what may
/// have been signed before is refused, all of the first six seconds among it, for the process before
/// this one may have seen it. INT64_MIN takes them, where a replay across a restart does no harm.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn csn_nonce_memory_new(
    entries: usize,
    since: i64,
    out: *mut *mut csn_nonce_memory,
    err: *mut csn_error,
) -> csn_status {
    // SAFETY: the caller keeps to the header's conventions, here and in all that follows.
    unsafe {
        call_explained(err, || {
            put_new(out, || {
                let memory = NonceMemory::new(entries, UnixTime::from_secs(since))?;
                Ok(give_share(Arc::new(memory)))
            })
        })
    }
}

/// One more reference to the same memory, to be freed as the first; NULL gives NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn csn_nonce_memory_up_ref(
    memory: *const csn_nonce_memory,
) -> *mut csn_nonce_memory {
    // SAFETY: as above.
    value(core::ptr::null_mut(), || unsafe {
        share(memory).map_or(core::ptr::null_mut(), give_share)
    })
}

/// Gives a reference back; NULL is fine. Checkers and receivers that use it keep it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn csn_nonce_memory_free(memory: *mut csn_nonce_memory) {
    // SAFETY: as above.
    value((), || unsafe { free_share(memory) });
}

/// Whose signatures count, for how long, and over what. Without a key none does. Not to be used by two
/// threads at once.
pub struct csn_checker {
    _opaque: [u8; 0],
}

/// What a core's checker is made of.
pub struct Settings {
    keys: KeyRing,
    memory: Arc<NonceMemory>,
    max_age: Duration,
    max_skew: Duration,
    required: Vec<String>,
}

impl Handle for csn_checker {
    type Inner = Settings;
}

impl Settings {
    pub(super) fn checker(&self) -> Result<Checker, Error> {
        let checker = Checker::new(self.keys.clone(), Arc::clone(&self.memory));
        let checker = checker.max_age(self.max_age).max_skew(self.max_skew);
        self.required.iter().try_fold(checker, |checker, name| checker.requires(name))
    }
}

/// Without a key, and with this memory, which it keeps.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn csn_checker_new(
    memory: *const csn_nonce_memory,
    out: *mut *mut csn_checker,
    err: *mut csn_error,
) -> csn_status {
    // SAFETY: as above.
    unsafe {
        call_explained(err, || {
            put_new(out, || {
                Ok(give(Settings {
                    keys: KeyRing::new(),
                    memory: share(memory)?,
                    max_age: limits::SIGNATURE_AGE,
                    max_skew: limits::CLOCK_SKEW,
                    required: Vec::new(),
                }))
            })
        })
    }
}

/// And the signatures under this secret of 32 bytes or more. A key id is given once.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn csn_checker_add_hmac_sha256(
    checker: *mut csn_checker,
    key_id: *const c_char,
    secret: csn_bytes,
    err: *mut csn_error,
) -> csn_status {
    // SAFETY: as above.
    unsafe {
        call_explained(err, || {
            let (id, secret) = (string(key_id)?, secret.as_slice()?);
            add_key(checker, |keys| keys.hmac_sha256(&id, secret))
        })
    }
}

/// And those of the private key to this Ed25519 or P-256 public key: a SubjectPublicKeyInfo, in DER or
/// PEM. A key id is given once.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn csn_checker_add_public_key(
    checker: *mut csn_checker,
    key_id: *const c_char,
    key: csn_bytes,
    err: *mut csn_error,
) -> csn_status {
    // SAFETY: as above.
    unsafe {
        call_explained(err, || {
            let (id, key) = (string(key_id)?, key.as_slice()?);
            add_key(checker, |keys| keys.public_key(&id, key))
        })
    }
}

/// # Safety
/// `checker` is as the header's conventions say.
unsafe fn add_key(
    checker: *mut csn_checker,
    add: impl FnOnce(KeyRing) -> Result<KeyRing, Error>,
) -> Outcome {
    // SAFETY: as this function requires.
    let settings = unsafe { borrow_mut(checker)? };
    // A copy of the ring: where it fails, the keys are as they were.
    let keys = add(settings.keys.clone())?;
    drop(mem::replace(&mut settings.keys, keys));
    Ok(())
}

/// How many seconds old a signature may be, however long it says that it is good for, and how many the
/// proxy's clock may lie before or behind. Default: 60 and 5.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn csn_checker_set_ages(
    checker: *mut csn_checker,
    max_age_seconds: u32,
    max_skew_seconds: u32,
) -> csn_status {
    // SAFETY: as above.
    call(|| unsafe {
        let settings = borrow_mut(checker)?;
        settings.max_age = Duration::from_secs(max_age_seconds.into());
        settings.max_skew = Duration::from_secs(max_skew_seconds.into());
        Ok(())
    })
}

/// Demands that this header is covered as well, "content-digest" say: by a proxy that is not ours.
/// What is wrong with the name is said when a receiver is made.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn csn_checker_require(
    checker: *mut csn_checker,
    header: *const c_char,
) -> csn_status {
    // SAFETY: as above.
    call(|| unsafe {
        let name = string(header)?.into_owned();
        borrow_mut(checker)?.required.push(name);
        Ok(())
    })
}

/// Frees a checker; NULL is fine. Receivers that were made with it stay.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn csn_checker_free(checker: *mut csn_checker) {
    // SAFETY: as above.
    value((), || unsafe { free(checker) });
}
