//! The library and its process.

use core::ffi::{CStr, c_char};

use countersign::engine::TicketKeys;

use crate::boundary::call;
use crate::status::csn_status;

const VERSION: &CStr =
    match CStr::from_bytes_with_nul(concat!(env!("CARGO_PKG_VERSION"), "\0").as_bytes()) {
        Ok(version) => version,
        Err(_) => panic!("a version with NUL in it"),
    };

/// The library's version, as "0.1.0": static.
#[unsafe(no_mangle)]
pub extern "C" fn csn_version() -> *const c_char {
    VERSION.as_ptr()
}

/// Makes this process ready, so that its first handshake does not pay for it: the crypto provider
/// looks at the processor and asks the system for random bytes. A server that forks calls it in
/// each child; calling it again, or never, is fine.
#[unsafe(no_mangle)]
pub extern "C" fn csn_process_init() -> csn_status {
    call(|| {
        // A key for tickets takes random bytes and derives from them.
        TicketKeys::per_process()?;
        Ok(())
    })
}
