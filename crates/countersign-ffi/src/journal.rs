//! The journal: every decision, told to a function of C's.

use core::ffi::c_void;
use core::ptr;

use countersign::{Journal, JournalEntry};

use crate::moment::nanoseconds;
use crate::verdict::csn_verdict;

/// One decision. It and what it points to last for the length of the call.
#[repr(C)]
#[derive(Debug)]
pub struct csn_journal_entry {
    /// sizeof(csn_journal_entry), set by the library: a field beyond it is not there.
    pub struct_size: usize,
    /// What was decided.
    pub verdict: *const csn_verdict,
    /// SHA-256 of the leaf's DER, 32 bytes; NULL where there was no certificate.
    pub leaf_sha256: *const u8,
    /// How long the decision took, in nanoseconds.
    pub duration_ns: u64,
}

/// Takes note of a decision. It may be called by several threads at once, must return, and must
/// not throw. It may call csn_verify() and whatever else takes the verifier as const.
pub type csn_journal_fn =
    Option<unsafe extern "C" fn(userdata: *mut c_void, entry: *const csn_journal_entry)>;

/// A function of C's, what it is called with, and what frees that.
pub(crate) struct CJournal {
    record: unsafe extern "C" fn(*mut c_void, *const csn_journal_entry),
    userdata: Userdata,
}

struct Userdata {
    pointer: *mut c_void,
    release: Option<unsafe extern "C" fn(*mut c_void)>,
}

// SAFETY: the header says that a journal may be called by several threads at once, and released by
// any of them.
unsafe impl Send for Userdata {}
// SAFETY: as above.
unsafe impl Sync for Userdata {}

impl Drop for Userdata {
    fn drop(&mut self) {
        if let Some(release) = self.release {
            // SAFETY: the caller gave it to be called once, with this.
            unsafe { release(self.pointer) };
        }
    }
}

impl CJournal {
    /// `None`, with the userdata released, where there is nothing to call.
    pub(crate) fn new(
        record: csn_journal_fn,
        pointer: *mut c_void,
        release: Option<unsafe extern "C" fn(*mut c_void)>,
    ) -> Option<Self> {
        let userdata = Userdata { pointer, release };
        Some(Self { record: record?, userdata })
    }
}

impl Journal for CJournal {
    fn record(&self, entry: &JournalEntry<'_>) {
        let mut verdict = csn_verdict::empty();
        verdict.say(&entry.verdict.particulars());
        let entry = csn_journal_entry {
            struct_size: size_of::<csn_journal_entry>(),
            verdict: &raw const verdict,
            leaf_sha256: entry.leaf_sha256.as_ref().map_or(ptr::null(), |digest| digest.as_ptr()),
            duration_ns: nanoseconds(entry.duration),
        };
        // SAFETY: it is the caller's function, with the caller's userdata.
        unsafe { (self.record)(self.userdata.pointer, &raw const entry) };
    }
}
