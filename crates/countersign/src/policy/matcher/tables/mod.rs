//! The tables that a leaf is looked up in: flat, and as quick with ten million entries as with
//! ten.

pub(in crate::policy) mod digests;
pub(in crate::policy) mod exact;
pub(in crate::policy) mod interner;
pub(in crate::policy) mod probe;
pub(in crate::policy) mod ranges;
pub(in crate::policy) mod subjects;
pub(in crate::policy) mod texts;
