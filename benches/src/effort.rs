//! How much time a run may take.

use std::env;
use std::sync::LazyLock;
use std::time::Duration;

/// `COUNTERSIGN_BENCH=quick`: fewer rounds and smaller lists, for a look while one works. Ratios are
/// good to ±5 % then.
static IS_QUICK: LazyLock<bool> =
    LazyLock::new(|| env::var("COUNTERSIGN_BENCH").is_ok_and(|effort| effort == "quick"));

/// Whether this is only a look.
pub fn is_quick() -> bool {
    *IS_QUICK
}

/// So many rounds, or in a quick run a fifth, an odd number all the same.
pub fn rounds(full: usize) -> usize {
    if is_quick() { (full / 5) | 1 } else { full }
}

/// So long to wait for a better moment, or in a quick run a thirtieth of it.
pub fn patience(full: Duration) -> Duration {
    if is_quick() { full / 30 } else { full }
}

/// So many entries, or in a quick run fewer.
pub fn entries(full: usize, quick: usize) -> usize {
    if is_quick() { quick } else { full }
}
