//! What a verifier is made from.

use core::ffi::{c_char, c_void};
use core::mem;
use std::sync::Arc;

use countersign::{Verifier, VerifierBuilder};

use crate::boundary::{Outcome, call_explained};
use crate::bytes::{csn_bytes, path};
use crate::error::csn_error;
use crate::handle::{Handle, borrow_mut, free, give, put_new};
use crate::journal::{CJournal, csn_journal_fn};
use crate::status::csn_status;

/// What a verifier is made from: a policy, anchors and CRLs from memory, the sizes of its caches,
/// a journal. Not to be used by two threads at once.
pub struct csn_verifier_config {
    _opaque: [u8; 0],
}

impl Handle for csn_verifier_config {
    type Inner = VerifierBuilder;
}

/// The policy in a file; paths in it are relative to it. The file is read when a verifier is
/// made, and on every reload.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn csn_verifier_config_from_file(
    policy_path: *const c_char,
    out: *mut *mut csn_verifier_config,
    err: *mut csn_error,
) -> csn_status {
    // SAFETY: the caller keeps to the header's conventions, here and in all that follows.
    unsafe {
        call_explained(err, || {
            put_new(out, || Ok(give(Verifier::builder_from_file(path(policy_path)?))))
        })
    }
}

/// The policy in memory, UTF-8; paths in it are relative to base_dir, which NULL says is the
/// current directory. Neither is kept.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn csn_verifier_config_from_toml(
    toml: csn_bytes,
    base_dir: *const c_char,
    out: *mut *mut csn_verifier_config,
    err: *mut csn_error,
) -> csn_status {
    // SAFETY: as above.
    unsafe { call_explained(err, || put_new(out, || Ok(give(from_toml(toml, base_dir)?)))) }
}

/// # Safety
/// Both are as the header's conventions say.
pub(crate) unsafe fn from_toml(
    toml: csn_bytes,
    base_dir: *const c_char,
) -> Outcome<VerifierBuilder> {
    // SAFETY: as this function requires.
    let (toml, base_dir) = unsafe {
        let base_dir = if base_dir.is_null() { c".".as_ptr() } else { base_dir };
        (toml.as_slice()?, path(base_dir)?)
    };
    Ok(Verifier::builder_from_toml(toml, base_dir))
}

/// Adds trust anchors to those of the policy: PEM, or one certificate in DER. They are copied,
/// stay for all reloads, and what is wrong with them is said when a verifier is made.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn csn_verifier_config_add_anchors(
    config: *mut csn_verifier_config,
    certificates: csn_bytes,
    err: *mut csn_error,
) -> csn_status {
    // SAFETY: as above.
    unsafe {
        call_explained(err, || {
            let certificates = certificates.as_slice()?;
            change(config, |builder| builder.anchors(certificates))
        })
    }
}

/// Adds CRLs to those of the policy: PEM, or one in DER; otherwise as
/// csn_verifier_config_add_anchors(). Revocation is then "require" unless the policy says
/// otherwise.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn csn_verifier_config_add_crls(
    config: *mut csn_verifier_config,
    crls: csn_bytes,
    err: *mut csn_error,
) -> csn_status {
    // SAFETY: as above.
    unsafe {
        call_explained(err, || {
            let crls = crls.as_slice()?;
            change(config, |builder| builder.crls(crls))
        })
    }
}

/// Sizes of the caches: most chains that are remembered and most bytes of certificates in them,
/// and most signatures, of some 200 bytes each. 0 turns a cache off. Default: 65,536 chains of
/// 256 MiB, 65,536 signatures.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn csn_verifier_config_set_caches(
    config: *mut csn_verifier_config,
    chains: usize,
    chain_bytes: usize,
    signatures: usize,
    err: *mut csn_error,
) -> csn_status {
    // SAFETY: as above.
    unsafe {
        call_explained(err, || {
            change(config, |builder| {
                builder.chain_cache(chains, chain_bytes).fact_cache(signatures)
            })
        })
    }
}

/// Has every decision told to journal, on the thread that decides. userdata is handed to it each
/// time; release, unless it is NULL, is called with it once nothing needs it any more: also where
/// this call fails.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn csn_verifier_config_set_journal(
    config: *mut csn_verifier_config,
    journal: csn_journal_fn,
    userdata: *mut c_void,
    release: Option<unsafe extern "C" fn(userdata: *mut c_void)>,
    err: *mut csn_error,
) -> csn_status {
    // SAFETY: as above.
    unsafe {
        call_explained(err, || {
            let journal = CJournal::new(journal, userdata, release);
            let journal = journal.ok_or(csn_status::CSN_ERR_NULL)?;
            change(config, |builder| builder.journal(Arc::new(journal)))
        })
    }
}

/// # Safety
/// `config` is as the header's conventions say.
unsafe fn change(
    config: *mut csn_verifier_config,
    change: impl FnOnce(VerifierBuilder) -> VerifierBuilder,
) -> Outcome {
    // SAFETY: as this function requires.
    let builder = unsafe { borrow_mut(config)? };
    // A policy of nothing lets nobody in, should this be the end of it.
    let taken = mem::replace(builder, Verifier::builder_from_toml("", ""));
    *builder = change(taken);
    Ok(())
}

/// Frees a configuration; NULL is fine. Verifiers that were made from it stay.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn csn_verifier_config_free(config: *mut csn_verifier_config) {
    // SAFETY: as above.
    crate::boundary::value((), || unsafe { free(config) });
}
