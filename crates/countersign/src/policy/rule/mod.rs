//! What one rule says: kinds of key, the one normal form of each value, and the words for what is
//! wrong with them.

pub(in crate::policy) mod key;
pub(in crate::policy) mod label;
pub(in crate::policy) mod spelling;
pub(in crate::policy) mod subject;
pub(in crate::policy) mod value;
