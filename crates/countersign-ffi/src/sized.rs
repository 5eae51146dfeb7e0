//! Structures that grow: the caller says how large its version is.

use core::ptr;

use crate::boundary::Outcome;
use crate::status::csn_status;

/// A structure that begins with its size in bytes, as the caller's header knows it, and only ever
/// gets more fields at its end. Each field takes any bits.
///
/// # Safety
/// `#[repr(C)]`, `usize` first, nothing in it that could be invalid.
pub(crate) unsafe trait Sized_: Sized {
    /// Its size in the first version that was released. Whoever says less did not set it.
    const FIRST_SIZE: usize;

    /// What it says where there is nothing to say; it begins as zeroes but for its size.
    fn be_blank(&mut self) {}
}

/// Fills in the caller's structure with an answer; it is blank where there is none, so that nobody goes
/// on with what another call left there.
///
/// # Safety
/// As for [`fill`].
pub(crate) unsafe fn answer<T: Sized_, A>(
    out: *mut T,
    answer: impl FnOnce() -> Outcome<A>,
    write: impl FnOnce(&mut T, A),
) -> Outcome {
    // SAFETY: as this function requires; any bits will do for every field.
    unsafe {
        let size = check(out)?.min(size_of::<T>());
        ptr::write_bytes(out.cast::<u8>().add(size_of::<usize>()), 0, size - size_of::<usize>());
        fill(out, T::be_blank)?;
    }
    let answer = answer()?;
    // SAFETY: as this function requires.
    unsafe { fill(out, |out| write(out, answer)) }
}

/// Fills in the caller's structure, whose version may be another than ours: what it has no room
/// for is left out, what we do not know is left alone.
///
/// # Safety
/// `out` is NULL or points to as many bytes as its first field says, which nobody else looks at.
#[inline]
pub(crate) unsafe fn fill<T: Sized_>(out: *mut T, write: impl FnOnce(&mut T)) -> Outcome {
    // SAFETY: as this function requires.
    let size = unsafe { check(out)? };
    if size >= size_of::<T>() {
        // SAFETY: there is room for all fields, and they take any bits.
        write(unsafe { &mut *out });
        return Ok(());
    }
    // SAFETY: all zero is fine for every field, and the caller's bytes are there to be copied.
    unsafe {
        let mut ours = core::mem::zeroed::<T>();
        ptr::copy_nonoverlapping(out.cast::<u8>(), (&raw mut ours).cast(), size);
        write(&mut ours);
        ptr::copy_nonoverlapping((&raw const ours).cast::<u8>(), out.cast(), size);
    }
    Ok(())
}

/// How large the caller's structure is, if it can be one.
///
/// # Safety
/// `out` is NULL or points to a structure that begins with its size.
#[inline]
pub(crate) unsafe fn check<T: Sized_>(out: *const T) -> Outcome<usize> {
    if out.is_null() {
        return Err(csn_status::CSN_ERR_NULL.into());
    }
    if !out.is_aligned() {
        return Err(csn_status::CSN_ERR_ARGUMENT.into());
    }
    // SAFETY: it is not NULL, and begins with its size.
    let size = unsafe { out.cast::<usize>().read() };
    if size < T::FIRST_SIZE {
        return Err(csn_status::CSN_ERR_STRUCT_SIZE.into());
    }
    Ok(size)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[repr(C)]
    #[derive(Debug, PartialEq)]
    struct Grown {
        struct_size: usize,
        old: u64,
        new: u64,
    }

    // SAFETY: as the trait asks.
    unsafe impl Sized_ for Grown {
        const FIRST_SIZE: usize = 16;
    }

    fn filled(struct_size: usize) -> (bool, Grown) {
        let mut grown = Grown { struct_size, old: 1, new: 1 };
        // SAFETY: no size in this test is larger than what is there.
        let done = unsafe { fill(&raw mut grown, |g| (g.old, g.new) = (2, 2)) }.is_ok();
        (done, grown)
    }

    #[test]
    fn a_caller_of_an_older_version_gets_what_it_knows() {
        assert_eq!(filled(24), (true, Grown { struct_size: 24, old: 2, new: 2 }));
        assert_eq!(filled(16), (true, Grown { struct_size: 16, old: 2, new: 1 }));
        assert_eq!(filled(15), (false, Grown { struct_size: 15, old: 1, new: 1 }));
        assert_eq!(filled(0), (false, Grown { struct_size: 0, old: 1, new: 1 }));
    }
}
