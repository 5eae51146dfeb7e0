//! What malloc has handed out, whoever asked for it: Rust's allocations and those of C.
#![expect(unsafe_code, reason = "glibc's count is a call of C")]

/// Bytes in use, with what malloc needs to find them again. A freed block may count for a while: each
/// thread keeps up to seven of each size for itself.
pub fn bytes_in_use() -> usize {
    // SAFETY: it takes nothing and returns a structure of numbers.
    let info = unsafe { libc::mallinfo2() };
    info.uordblks + info.hblkhd
}
