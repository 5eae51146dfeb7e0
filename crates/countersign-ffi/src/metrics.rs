//! Counters.

use core::ffi::c_char;

use countersign::Reason;

use crate::boundary::call;
use crate::bytes::array_mut;
use crate::handle::{borrow, put};
use crate::sized::{self, Sized_};
use crate::status::csn_status;
use crate::text;
use crate::verifier::csn_verifier;

/// Counters since a verifier was made. Begin with CSN_METRICS_INIT.
#[repr(C)]
#[derive(Clone, Debug)]
pub struct csn_metrics {
    /// sizeof(csn_metrics), set by the caller.
    pub struct_size: usize,
    /// The generation of the policy in force.
    pub generation: u64,
    /// Decisions that allowed.
    pub allowed: u64,
    /// Decisions that denied.
    pub denied: u64,
    /// Chains that were remembered.
    pub chain_hits: u64,
    /// Chains that were not.
    pub chain_misses: u64,
    /// Signatures that were remembered.
    pub fact_hits: u64,
    /// Signatures that were not.
    pub fact_misses: u64,
    /// Policies that were put in force after the first.
    pub reloads: u64,
    /// Reloads that failed and left the policy in force.
    pub failed_reloads: u64,
    /// Decisions by their csn_reason.
    pub decisions: [u64; 64],
}

// SAFETY: `repr(C)`, the size first, numbers and an array of numbers.
unsafe impl Sized_ for csn_metrics {
    const FIRST_SIZE: usize = size_of::<Self>();
}

/// Counters of a verifier.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn csn_verifier_metrics(
    verifier: *const csn_verifier,
    out: *mut csn_metrics,
) -> csn_status {
    // SAFETY: the caller keeps to the header's conventions.
    call(|| unsafe {
        let verifier = || borrow(verifier);
        sized::answer(out, verifier, |out, verifier| {
            let counted = verifier.metrics();
            out.generation = verifier.generation();
            (out.allowed, out.denied) = (counted.allowed(), counted.denied());
            (out.chain_hits, out.chain_misses) = (counted.chain_hits(), counted.chain_misses());
            (out.fact_hits, out.fact_misses) = (counted.fact_hits(), counted.fact_misses());
            (out.reloads, out.failed_reloads) = (counted.reloads(), counted.failed_reloads());
            for (place, reason) in out.decisions.iter_mut().zip(Reason::ALL) {
                *place = counted.decisions(*reason);
            }
        })
    })
}

/// The same counters as text for Prometheus, with NUL behind it. length gets the bytes of all the
/// text; where that is not less than capacity, the text was cut: call again with more room.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn csn_verifier_metrics_text(
    verifier: *const csn_verifier,
    buffer: *mut c_char,
    capacity: usize,
    length: *mut usize,
) -> csn_status {
    // SAFETY: as above.
    call(|| unsafe {
        put(length, 0, || {
            let verifier = borrow(verifier)?;
            let mut text = text::Writer::new(array_mut(buffer, capacity)?);
            text.push(verifier.metrics().to_prometheus().as_bytes());
            Ok(text.finish())
        })
    })
}
