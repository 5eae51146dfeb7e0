//! The request that a signature is for.

use countersign::forwarded::Request;

use crate::boundary::Outcome;
use crate::bytes::csn_bytes;

/// What a request asks for, as the server behind the proxy sees it: what a signature binds a
/// certificate to.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct csn_request {
    /// Its method.
    pub method: csn_bytes,
    /// Its Host header, or its :authority.
    pub authority: csn_bytes,
    /// Path and query as they are sent, from the first "/".
    pub target: csn_bytes,
}

impl csn_request {
    /// # Safety
    /// Its bytes are there, and nobody writes them for as long as the caller's `'a` lasts.
    pub(super) unsafe fn as_request<'a>(&self) -> Outcome<Request<'a>> {
        // SAFETY: as this function requires.
        unsafe {
            Ok(Request::new(
                self.method.as_slice()?,
                self.authority.as_slice()?,
                self.target.as_slice()?,
            ))
        }
    }
}
