//! Cargo wants a library; there is nothing in it.
