//! An allocator that counts when asked, for benches that say what a step allocates or a table holds.
//!
//! Only when asked: counters that all threads share cost more than most allocations, 2 % of a
//! handshake, and would be paid by what is written in Rust and not by the peers written in C.
#![expect(unsafe_code, reason = "a global allocator cannot be written without")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicBool, AtomicIsize, AtomicUsize, Ordering::Relaxed};

/// The system's allocator. Its calls and bytes are counted while [`counted`] runs.
#[derive(Debug)]
pub struct Counting;

static IS_COUNTING: AtomicBool = AtomicBool::new(false);
static CALLS: AtomicUsize = AtomicUsize::new(0);
static ALLOCATED: AtomicUsize = AtomicUsize::new(0);
static HELD: AtomicIsize = AtomicIsize::new(0);
static PEAK: AtomicIsize = AtomicIsize::new(0);

/// What a piece of work asked of the allocator, in all threads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Allocations {
    /// Calls to allocate.
    pub calls: usize,
    /// Bytes that these calls asked for, whether given back or not.
    pub allocated: usize,
    /// Bytes that were not given back; less than none where more were given back than asked for.
    pub held: isize,
    /// Bytes held at once, at most.
    pub peak: isize,
}

/// Does the work, and says what it allocated. All is zero where [`Counting`] is not the allocator.
/// One piece of work at a time: the counters are the process's.
pub fn counted<T>(work: impl FnOnce() -> T) -> (T, Allocations) {
    [&CALLS, &ALLOCATED].iter().for_each(|counter| counter.store(0, Relaxed));
    [&HELD, &PEAK].iter().for_each(|counter| counter.store(0, Relaxed));
    IS_COUNTING.store(true, Relaxed);
    let result = work();
    IS_COUNTING.store(false, Relaxed);
    let allocations = Allocations {
        calls: CALLS.load(Relaxed),
        allocated: ALLOCATED.load(Relaxed),
        held: HELD.load(Relaxed),
        peak: PEAK.load(Relaxed),
    };
    (result, allocations)
}

#[inline]
fn allocating(bytes: isize) {
    if IS_COUNTING.load(Relaxed) {
        CALLS.fetch_add(1, Relaxed);
        ALLOCATED.fetch_add(usize::try_from(bytes).unwrap_or(0), Relaxed);
        let now = HELD.fetch_add(bytes, Relaxed) + bytes;
        PEAK.fetch_max(now, Relaxed);
    }
}

#[inline]
fn giving_back(bytes: isize) {
    if IS_COUNTING.load(Relaxed) {
        HELD.fetch_sub(bytes, Relaxed);
    }
}

// SAFETY: every method hands its arguments to `System` unchanged and returns what it returns;
// counting touches nothing but atomics and allocates nothing.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        allocating(layout.size() as isize);
        // SAFETY: the caller keeps the contract of `GlobalAlloc::alloc`, which is that of `System`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        allocating(layout.size() as isize);
        // SAFETY: as for `alloc`.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, ptr: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        allocating(new_size as isize - layout.size() as isize);
        // SAFETY: `ptr` came from `System` with this layout, because all of our methods use it.
        unsafe { System.realloc(ptr, layout, new_size) }
    }

    unsafe fn dealloc(&self, ptr: *mut u8, layout: Layout) {
        giving_back(layout.size() as isize);
        // SAFETY: `ptr` came from `System` with this layout, because all of our methods use it.
        unsafe { System.dealloc(ptr, layout) }
    }
}
