//! Scopes: what a client is approved for, besides coming in.

use super::Verifier;
use crate::metrics::Lookup;
use crate::reason::Reason;
use crate::verdict::VerdictRecord;

/// A client is not approved for a scope, says the policy of a generation.
///
/// ```
/// # fn main() -> Result<(), countersign::Error> {
/// # let policy = "version = 1\n[[client]]\nid = \"till-7\"\ntrust = \"pinned\"\nscopes = [\"sales\"]\n\
/// #     match = [ { spki_sha256 = \"4b227777d4dd1fc61c6f884f48641d02b4d121d3fd328cb08b5531fcacdabf8a\" } ]";
/// # let verifier = countersign::Verifier::from_toml(policy, "")?;
/// assert!(verifier.check_scope(b"till-7", b"sales").is_ok());
/// let refused = verifier.check_scope(b"till-7", b"payroll").unwrap_err();
/// assert_eq!(refused.generation(), 1);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutOfScope {
    generation: u64,
}

impl OutOfScope {
    /// The generation of the policy that says so.
    pub fn generation(&self) -> u64 {
        self.generation
    }
}

impl Verifier {
    /// Demands of an allowed client that the policy in force approves it for this scope; else the record
    /// becomes a deny, [`Reason::OutOfScope`], that keeps client and rule and has no binding. A deny
    /// stays as it is.
    ///
    /// A client without a record has no scopes: one that lists alone know, one that came in by `admit =
    /// "issued"` or audit mode without any, one that the policy no longer has. Audit mode does not waive
    /// it. Whether the client would still be let in is not asked: that is
    /// [`reauthorize`](Self::reauthorize).
    ///
    /// Refusals are counted; a journal does not hear of them.
    pub fn require_scope(&self, record: &mut VerdictRecord, scope: &str) {
        if !record.is_allowed() {
            return;
        }
        // No client has an empty id.
        let client = record.client().unwrap_or("");
        if let Err(refused) = self.check_scope(client.as_bytes(), scope.as_bytes()) {
            record.leave_scope(refused.generation);
        }
    }

    /// Whether the policy in force approves the client with this id for this scope, for callers who
    /// keep verdicts in a form of their own. One look-up; no allocation, no lock.
    ///
    /// # Errors
    /// It does not, or there is no such client.
    pub fn check_scope(&self, client: &[u8], scope: &[u8]) -> Result<(), OutOfScope> {
        let snapshot = self.snapshot.load();
        if snapshot.matcher().approves_scope(client, scope) {
            return Ok(());
        }
        self.metrics.decision(Reason::OutOfScope, Lookup::None);
        Err(OutOfScope { generation: snapshot.generation() })
    }
}
