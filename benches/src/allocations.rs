//! What is asked of malloc, by Rust and by C alike: counted when asked, so that nobody pays for it
//! while time is measured.
//!
//! The functions of C are put in front of glibc's own, which is how every library in the process
//! comes here, a shared one included.
#![expect(unsafe_code, reason = "malloc is a function of C")]

use std::sync::atomic::{AtomicBool, AtomicIsize, AtomicUsize, Ordering::Relaxed};

static IS_COUNTING: AtomicBool = AtomicBool::new(false);
static CALLS: AtomicUsize = AtomicUsize::new(0);
static ALLOCATED: AtomicUsize = AtomicUsize::new(0);
static HELD: AtomicIsize = AtomicIsize::new(0);
static PEAK: AtomicIsize = AtomicIsize::new(0);

/// What a piece of work asked of malloc, in all threads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Allocations {
    /// Calls to allocate.
    pub calls: usize,
    /// Bytes that these calls asked for, whether given back or not.
    pub allocated: usize,
    /// Bytes that were handed out and not given back, as malloc rounds them; less than none where
    /// more were given back than handed out.
    pub held: isize,
    /// Bytes handed out at once, at most.
    pub peak: isize,
}

/// Does the work, and says what it allocated. One piece of work at a time: the counters are the
/// process's.
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

/// glibc's own, and what C is given in their place.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
mod interposed {
    use core::ffi::{c_int, c_void};

    use super::{ALLOCATED, CALLS, HELD, IS_COUNTING, PEAK, Relaxed};

    unsafe extern "C" {
        fn __libc_malloc(size: usize) -> *mut c_void;
        fn __libc_calloc(count: usize, size: usize) -> *mut c_void;
        fn __libc_realloc(old: *mut c_void, size: usize) -> *mut c_void;
        fn __libc_memalign(alignment: usize, size: usize) -> *mut c_void;
        fn __libc_free(old: *mut c_void);
    }

    /// What malloc made of a request; nothing for a null pointer.
    fn usable(block: *mut c_void) -> isize {
        // SAFETY: null, or a block that malloc handed out and that is not given back yet.
        unsafe { libc::malloc_usable_size(block) }.cast_signed()
    }

    #[inline]
    fn handed_out(block: *mut c_void, asked: usize) -> *mut c_void {
        if IS_COUNTING.load(Relaxed) && !block.is_null() {
            CALLS.fetch_add(1, Relaxed);
            ALLOCATED.fetch_add(asked, Relaxed);
            let bytes = usable(block);
            let now = HELD.fetch_add(bytes, Relaxed) + bytes;
            PEAK.fetch_max(now, Relaxed);
        }
        block
    }

    #[inline]
    fn given_back(block: *mut c_void) {
        if IS_COUNTING.load(Relaxed) {
            HELD.fetch_sub(usable(block), Relaxed);
        }
    }

    // SAFETY, of all below: the arguments go to glibc as they came, and so does what it returns; to
    // count allocates nothing.

    #[unsafe(no_mangle)]
    unsafe extern "C" fn malloc(size: usize) -> *mut c_void {
        // SAFETY: as above.
        handed_out(unsafe { __libc_malloc(size) }, size)
    }

    #[unsafe(no_mangle)]
    unsafe extern "C" fn calloc(count: usize, size: usize) -> *mut c_void {
        // SAFETY: as above.
        handed_out(unsafe { __libc_calloc(count, size) }, count.saturating_mul(size))
    }

    #[unsafe(no_mangle)]
    unsafe extern "C" fn realloc(old: *mut c_void, size: usize) -> *mut c_void {
        given_back(old);
        // SAFETY: as above.
        handed_out(unsafe { __libc_realloc(old, size) }, size)
    }

    #[unsafe(no_mangle)]
    unsafe extern "C" fn free(old: *mut c_void) {
        given_back(old);
        // SAFETY: as above.
        unsafe { __libc_free(old) }
    }

    #[unsafe(no_mangle)]
    unsafe extern "C" fn memalign(alignment: usize, size: usize) -> *mut c_void {
        // SAFETY: as above.
        handed_out(unsafe { __libc_memalign(alignment, size) }, size)
    }

    #[unsafe(no_mangle)]
    unsafe extern "C" fn aligned_alloc(alignment: usize, size: usize) -> *mut c_void {
        // SAFETY: as above.
        unsafe { memalign(alignment, size) }
    }

    #[unsafe(no_mangle)]
    unsafe extern "C" fn posix_memalign(
        block: *mut *mut c_void,
        alignment: usize,
        size: usize,
    ) -> c_int {
        if !alignment.is_power_of_two() || !alignment.is_multiple_of(size_of::<usize>()) {
            return libc::EINVAL;
        }
        // SAFETY: as above.
        let new = unsafe { memalign(alignment, size) };
        if new.is_null() {
            return libc::ENOMEM;
        }
        // SAFETY: the caller says where the block is to be written.
        unsafe { block.write(new) };
        0
    }
}
