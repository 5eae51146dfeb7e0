//! Structures that the library writes, in the sizes that callers may say they have.

use core::mem::MaybeUninit;
use core::ptr;

use super::Caller;
use crate::{csn_error, csn_status};

/// A structure that says it is of some size, with room behind it that must stay as it is.
#[repr(C)]
pub(super) struct Written<T> {
    structure: MaybeUninit<T>,
    behind: [u8; 16],
    says: usize,
    is_null: bool,
}

const UNTOUCHED: u8 = 0x5a;

impl<T> Written<T> {
    /// Of its own size for the most part; smaller, larger or NULL now and then.
    pub(super) fn new(caller: &mut Caller<'_>) -> Self {
        let own = size_of::<T>();
        let (says, is_null) = match caller.octet() {
            200 => (own, true),
            201 => (0, false),
            202..210 => (caller.octet().min(own - 1), false),
            210..220 => (own + 8, false),
            _ => (own, false),
        };
        let mut structure = MaybeUninit::<T>::uninit();
        // SAFETY: there is room for as many bytes as it has, and for its first field.
        unsafe {
            ptr::write_bytes(structure.as_mut_ptr().cast::<u8>(), UNTOUCHED, own);
            structure.as_mut_ptr().cast::<usize>().write(says);
        }
        Self { structure, behind: [UNTOUCHED; 16], says, is_null }
    }

    pub(super) fn pointer(&mut self) -> *mut T {
        if self.is_null { ptr::null_mut() } else { self.structure.as_mut_ptr() }
    }

    /// What was written, where the library had room for all of it.
    ///
    /// # Panics
    /// Where something was written that is not the structure's.
    pub(super) fn written(&self) -> Option<&T> {
        assert_eq!(self.behind, [UNTOUCHED; 16], "written behind the end");
        if self.is_null || self.says < size_of::<T>() {
            return None;
        }
        // SAFETY: all of its bytes were written before it was handed over.
        Some(unsafe { self.structure.assume_init_ref() })
    }
}

/// An explanation, and whether it was asked for.
pub(super) struct Explanation(Written<csn_error>);

impl Explanation {
    pub(super) fn new(caller: &mut Caller<'_>) -> Self {
        Self(Written::new(caller))
    }

    pub(super) fn pointer(&mut self) -> *mut csn_error {
        self.0.pointer()
    }

    /// # Panics
    /// Where it is not the explanation of this status.
    pub(super) fn must_fit(&self, status: csn_status) {
        assert_ne!(status, csn_status::CSN_ERR_PANIC);
        let untouched = i32::from_ne_bytes([UNTOUCHED; 4]);
        let Some(explanation) = self.0.written() else { return };
        if status == csn_status::CSN_OK {
            assert_eq!(explanation.status, untouched, "a success was explained");
            return;
        }
        assert_eq!(explanation.status, status as i32);
        for text in [&explanation.file[..], &explanation.message] {
            let end = text.iter().position(|c| *c == 0).expect("NUL at its end");
            let bytes: Vec<u8> = text[..end].iter().map(|c| *c as u8).collect();
            assert!(core::str::from_utf8(&bytes).is_ok(), "not UTF-8");
        }
    }
}
