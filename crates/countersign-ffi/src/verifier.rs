//! The verifier: one policy in force, and the question everyone asks.

use core::ffi::c_char;
use core::ptr;

use arrayvec::ArrayVec;
use countersign::{UnixTime, Verifier, limits};

use crate::boundary::{Outcome, call, call_explained, value};
use crate::bytes::{array, csn_bytes, path};
use crate::error::csn_error;
use crate::handle::{Handle, borrow, free_share, give_share, put, put_new, share};
use crate::status::csn_status;
use crate::verdict::csn_verdict;
use crate::verifier_config::{csn_verifier_config, from_toml};

/// Decides which clients get in. Shared freely between threads: no call on it waits for another
/// but a reload for a reload. Made before fork(), it decides in every child, each with caches of
/// its own from then on.
pub struct csn_verifier {
    _opaque: [u8; 0],
}

impl Handle for csn_verifier {
    type Inner = Verifier;
}

/// A verifier with the policy in a file; paths in it are relative to it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn csn_verifier_from_file(
    policy_path: *const c_char,
    out: *mut *mut csn_verifier,
    err: *mut csn_error,
) -> csn_status {
    // SAFETY: the caller keeps to the header's conventions, here and in all that follows.
    unsafe {
        call_explained(err, || {
            put_new(out, || Ok(give_share(Verifier::from_file(path(policy_path)?)?.into())))
        })
    }
}

/// A verifier with the policy in memory, UTF-8; paths in it are relative to base_dir, which NULL
/// says is the current directory.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn csn_verifier_from_toml(
    toml: csn_bytes,
    base_dir: *const c_char,
    out: *mut *mut csn_verifier,
    err: *mut csn_error,
) -> csn_status {
    // SAFETY: as above.
    unsafe {
        call_explained(err, || {
            put_new(out, || Ok(give_share(from_toml(toml, base_dir)?.build()?.into())))
        })
    }
}

/// A verifier from a configuration, which stays the caller's and may make others.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn csn_verifier_new(
    config: *const csn_verifier_config,
    out: *mut *mut csn_verifier,
    err: *mut csn_error,
) -> csn_status {
    // SAFETY: as above.
    unsafe {
        call_explained(err, || {
            put_new(out, || Ok(give_share(borrow(config)?.clone().build()?.into())))
        })
    }
}

/// One more reference to the same verifier, to be freed as the first; NULL gives NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn csn_verifier_up_ref(verifier: *const csn_verifier) -> *mut csn_verifier {
    // SAFETY: as above.
    value(ptr::null_mut(), || unsafe { share(verifier) }.map_or(ptr::null_mut(), give_share))
}

/// Gives a reference back; NULL is fine. The verifier goes with the last one.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn csn_verifier_free(verifier: *mut csn_verifier) {
    // SAFETY: as above.
    value((), || unsafe { free_share(verifier) });
}

/// Reads the policy again, with every file it names, and puts it in force whole; decisions under
/// way finish under the policy they began with. Where it fails, the policy in force stays. It
/// reads files: not for the thread that serves.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn csn_verifier_reload(
    verifier: *const csn_verifier,
    err: *mut csn_error,
) -> csn_status {
    // SAFETY: as above.
    unsafe {
        call_explained(err, || {
            borrow(verifier)?.reload()?;
            Ok(())
        })
    }
}

/// Puts the policy of a configuration in force, with its anchors and CRLs, as
/// csn_verifier_reload() does, and reloads that one from then on. The configuration's caches and
/// journal are not looked at.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn csn_verifier_reload_from(
    verifier: *const csn_verifier,
    config: *const csn_verifier_config,
    err: *mut csn_error,
) -> csn_status {
    // SAFETY: as above.
    unsafe {
        call_explained(err, || {
            borrow(verifier)?.reload_from(borrow(config)?.clone())?;
            Ok(())
        })
    }
}

/// The generation of the policy in force, from 1: one atomic load. 0 for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn csn_verifier_generation(verifier: *const csn_verifier) -> u64 {
    // SAFETY: as above.
    value(0, || unsafe { borrow(verifier) }.map_or(0, Verifier::generation))
}

/// SHA-256 over every byte that the policy in force was compiled from, into 32 bytes at out: its
/// text, the files that it names, and anchors and CRLs from memory. Processes that loaded the same
/// bytes have the same.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn csn_verifier_policy_digest(
    verifier: *const csn_verifier,
    out: *mut u8,
) -> csn_status {
    // SAFETY: as above; out is an array of bytes, wherever it begins.
    call(|| unsafe { put(out.cast(), [0; 32], || Ok(borrow(verifier)?.policy_digest())) })
}

/// The verdict on a chain as the client presented it: count certificates in DER, the leaf first,
/// the others in any order. A count of 0 is CSN_REASON_NO_CERTIFICATE. now is in seconds since
/// 1970.
///
/// Whatever it returns, out says deny unless the client is allowed. It does no I/O, takes no lock
/// and, for a chain that was allowed before, allocates nothing. One hostile chain costs 2 ms at
/// most.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn csn_verify(
    verifier: *const csn_verifier,
    chain: *const csn_bytes,
    count: usize,
    now: i64,
    out: *mut csn_verdict,
) -> csn_status {
    // SAFETY: as above.
    unsafe {
        csn_verdict::decide(out, |answer| {
            let verifier = borrow(verifier)?;
            let mut certificates = Certificates::new();
            gather(chain, count, &mut certificates)?;
            let now = UnixTime::from_secs(now);
            verifier.verify_with(&certificates, now, |verdict| answer.give(verdict))
        })
    }
}

/// One more than the limit is enough for the verifier to see that it is exceeded.
pub(crate) type Certificates<'a> = ArrayVec<&'a [u8], { limits::CHAIN_CERTIFICATES + 1 }>;

/// A chain as Rust has it, in a place of the caller's: to return room for so many is to copy it.
///
/// # Safety
/// The array and the bytes are there for as long as `'a` lasts.
#[inline]
pub(crate) unsafe fn gather<'a>(
    chain: *const csn_bytes,
    count: usize,
    certificates: &mut Certificates<'a>,
) -> Outcome {
    // SAFETY: as this function requires.
    for certificate in unsafe { array(chain, count)? }.iter().take(certificates.capacity()) {
        // SAFETY: as this function requires.
        certificates.push(unsafe { certificate.as_slice()? });
    }
    Ok(())
}

/// The verdict on a session that resumes: the leaf it was made with, in DER, and the binding of
/// the verdict that let it in. The policy in force now decides, as it would on a full handshake.
/// CSN_REASON_SESSION_STALE means: not refused, but do a full handshake.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn csn_reauthorize(
    verifier: *const csn_verifier,
    leaf: csn_bytes,
    binding: csn_bytes,
    now: i64,
    out: *mut csn_verdict,
) -> csn_status {
    // SAFETY: as above.
    unsafe {
        csn_verdict::decide(out, |answer| {
            let verifier = borrow(verifier)?;
            let (leaf, binding) = (leaf.as_slice()?, binding.as_slice()?);
            let verdict = verifier.reauthorize(leaf, binding, UnixTime::from_secs(now));
            answer.give(&verdict.particulars())
        })
    }
}
