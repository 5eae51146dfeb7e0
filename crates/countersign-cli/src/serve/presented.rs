//! Which certificate a refused client presented. A refusal does not hold it; the journal is told.

use std::cell::Cell;

use countersign::JournalEntry;

tokio::task_local! {
    static LEAF_SHA256: Cell<Option<[u8; 32]>>;
}

/// The journal's part: it is called on the task of the handshake, within [`noting`].
pub(super) fn note(entry: &JournalEntry<'_>) {
    // Outside of a handshake, in a review, there is nothing to note.
    let _ = LEAF_SHA256.try_with(|leaf| leaf.set(entry.leaf_sha256));
}

/// What came of a handshake, and the SHA-256 of the leaf that was judged in it.
pub(super) async fn noting<F: Future>(handshake: F) -> (F::Output, Option<[u8; 32]>) {
    let with_leaf = async {
        let outcome = handshake.await;
        (outcome, LEAF_SHA256.with(Cell::take))
    };
    LEAF_SHA256.scope(Cell::new(None), with_leaf).await
}

/// In hex, as `cert_sha256` in a policy.
pub(super) fn hex(digest: &[u8]) -> String {
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}
