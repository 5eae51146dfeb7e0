//! As much of AWS-LC's X.509 as it takes, each thing freed by who owns it.
#![expect(unsafe_code, reason = "AWS-LC's X.509 has no other way in than C")]

use std::ffi::c_long;
use std::ptr::{self, NonNull};

use aws_lc_sys as c;

/// A parsed certificate.
pub(crate) struct Certificate(NonNull<c::X509>);

impl Certificate {
    /// `None`: it is none.
    pub(crate) fn from_der(der: &[u8]) -> Option<Self> {
        let mut bytes = der.as_ptr();
        let length = c_long::try_from(der.len()).ok()?;
        // SAFETY: the bytes are as many; it moves `bytes` and keeps nothing of them.
        NonNull::new(unsafe { c::d2i_X509(ptr::null_mut(), &raw mut bytes, length) }).map(Self)
    }
}

impl Drop for Certificate {
    fn drop(&mut self) {
        // SAFETY: it is ours, and nobody else has it.
        unsafe { c::X509_free(self.0.as_ptr()) }
    }
}

/// What is trusted.
pub(crate) struct Store(NonNull<c::X509_STORE>);

impl Store {
    /// With this root.
    pub(crate) fn of(root: &Certificate) -> Option<Self> {
        // SAFETY: it takes nothing.
        let store = Self(NonNull::new(unsafe { c::X509_STORE_new() })?);
        // SAFETY: both live; the store counts its own reference to the root.
        let is_added = unsafe { c::X509_STORE_add_cert(store.0.as_ptr(), root.0.as_ptr()) };
        (is_added == 1).then_some(store)
    }

    /// Whether the leaf leads to the root by way of the intermediate.
    pub(crate) fn verify(&self, leaf: &Certificate, intermediate: &Certificate) -> bool {
        // SAFETY: the stack and the context are freed before this ends, and what they point to
        // outlives them; a stack frees none of its members.
        unsafe {
            let (others, context) = (c::OPENSSL_sk_new_null(), c::X509_STORE_CTX_new());
            let is_good = c::OPENSSL_sk_push(others, intermediate.0.as_ptr().cast()) == 1
                && c::X509_STORE_CTX_init(
                    context,
                    self.0.as_ptr(),
                    leaf.0.as_ptr(),
                    others.cast(),
                ) == 1
                && c::X509_verify_cert(context) == 1;
            c::X509_STORE_CTX_free(context);
            c::OPENSSL_sk_free(others);
            is_good
        }
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        // SAFETY: it is ours, and no context has it any more.
        unsafe { c::X509_STORE_free(self.0.as_ptr()) }
    }
}
