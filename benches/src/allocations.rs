//! An allocator that counts, for benches that say what a step allocates or a table holds.
#![expect(unsafe_code, reason = "a global allocator cannot be written without")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicIsize, AtomicUsize, Ordering::Relaxed};

/// The system's allocator, with its calls and its bytes counted.
#[derive(Debug)]
pub struct Counting;

static CALLS: AtomicUsize = AtomicUsize::new(0);
static TOTAL: AtomicUsize = AtomicUsize::new(0);
static BYTES: AtomicIsize = AtomicIsize::new(0);
static PEAK: AtomicIsize = AtomicIsize::new(0);

fn count(bytes: isize) {
    CALLS.fetch_add(1, Relaxed);
    TOTAL.fetch_add(usize::try_from(bytes).unwrap_or(0), Relaxed);
    let now = BYTES.fetch_add(bytes, Relaxed) + bytes;
    PEAK.fetch_max(now, Relaxed);
}

// SAFETY: every method hands its arguments to `System` unchanged and returns what it returns;
// counting touches nothing but atomics and allocates nothing.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size() as isize);
        // SAFETY: the caller keeps the contract of `GlobalAlloc::alloc`, which is that of `System`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count(layout.size() as isize);
        // SAFETY: as for `alloc`.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, ptr: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        count(new_size as isize - layout.size() as isize);
        // SAFETY: `ptr` came from `System` with this layout, because all of our methods use it.
        unsafe { System.realloc(ptr, layout, new_size) }
    }

    unsafe fn dealloc(&self, ptr: *mut u8, layout: Layout) {
        BYTES.fetch_sub(layout.size() as isize, Relaxed);
        // SAFETY: `ptr` came from `System` with this layout, because all of our methods use it.
        unsafe { System.dealloc(ptr, layout) }
    }
}

/// Calls to allocate so far, in the whole process.
pub fn calls() -> usize {
    CALLS.load(Relaxed)
}

/// Bytes allocated so far, whether given back or not.
pub fn total() -> usize {
    TOTAL.load(Relaxed)
}

/// Bytes allocated and not given back.
pub fn bytes() -> isize {
    BYTES.load(Relaxed)
}

/// The most bytes at once since this was last asked.
pub fn peak() -> isize {
    PEAK.swap(bytes(), Relaxed)
}
