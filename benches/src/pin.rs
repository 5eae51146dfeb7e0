//! One thread to one core, so that no figure is of a thread that moved.

use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

/// The cores that this thread may run on.
pub fn cores() -> Vec<usize> {
    let allowed = sched_getaffinity(None).unwrap_or_else(|_| CpuSet::new());
    (0..CpuSet::MAX_CPU).filter(|core| allowed.is_set(*core)).collect()
}

/// Keeps this thread, and those that it starts, on one core. Returns whether that worked.
pub fn pin(core: usize) -> bool {
    let mut only = CpuSet::new();
    only.set(core);
    sched_setaffinity(None, &only).is_ok()
}

/// Does this on the last core, in a thread of its own.
///
/// # Panics
/// Where `work` does.
pub fn on_one_core<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    on(cores().last().copied().unwrap_or_default(), |is_pinned| {
        if !is_pinned {
            println!("not pinned to a core: expect wider spreads");
        }
        work()
    })
}

/// Does this on a core, in a thread of its own, and tells it whether it is there.
///
/// # Panics
/// Where `work` does.
pub fn on<T: Send>(core: usize, work: impl FnOnce(bool) -> T + Send) -> T {
    let pinned = || work(pin(core));
    std::thread::scope(|scope| scope.spawn(pinned).join().expect("the work panicked"))
}
