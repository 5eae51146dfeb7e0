//! Scopes demanded of a verdict.

use crate::bytes::csn_bytes;
use crate::handle::borrow;
use crate::status::csn_status;
use crate::verdict::csn_verdict;
use crate::verifier::csn_verifier;

/// Demands of an allowed client that the policy in force approves it for this scope; else the
/// verdict becomes a deny with CSN_REASON_OUT_OF_SCOPE, that keeps client and rule, has the
/// generation of the policy that said so, and no binding. A deny stays as it is.
///
/// A client without a record has no scopes: one that lists alone know, one that came in by admit =
/// "issued" or audit mode without any, one that the policy no longer has. Audit mode does not waive
/// it. Whether the client would still be let in is not asked: that is csn_reauthorize().
///
/// Where the call fails, the verdict is a deny with CSN_REASON_INTERNAL. It takes no lock and
/// allocates nothing, however many clients there are. Refusals are counted; a journal does not hear
/// of them.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn csn_verdict_require_scope(
    verifier: *const csn_verifier,
    scope: csn_bytes,
    verdict: *mut csn_verdict,
) -> csn_status {
    // SAFETY: the caller keeps to the header's conventions.
    unsafe {
        csn_verdict::narrow(verdict, |client| {
            let (verifier, scope) = (borrow(verifier)?, scope.as_slice()?);
            Ok(verifier.check_scope(client, scope))
        })
    }
}
