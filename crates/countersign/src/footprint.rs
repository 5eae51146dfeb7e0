//! What a verifier holds in memory, for whoever sizes machines and caches.

/// What a verifier holds, read at one moment.
///
/// Bytes are heap bytes as the structures themselves account for them; an allocator's own
/// overhead comes on top.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Footprint {
    /// Clients in the policy and its lists.
    pub clients: usize,
    /// Bytes of the compiled policy: rules, lists, ids and notes.
    pub policy_bytes: usize,
    /// Different CRLs in force.
    pub crls: usize,
    /// Chain verdicts remembered.
    pub chains: usize,
    /// Bytes of the chain verdicts, certificates included.
    pub chain_bytes: usize,
    /// Signature facts remembered.
    pub facts: usize,
}
