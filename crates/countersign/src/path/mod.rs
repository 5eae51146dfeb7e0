//! Certification paths (RFC 5280 section 6).

pub(crate) mod constraints;
pub(crate) mod policies;
