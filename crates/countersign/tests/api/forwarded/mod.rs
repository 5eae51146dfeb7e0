//! Forwarded certificates: headers read, written, signed and judged.

mod families;
mod judging;
mod mutations;
mod signing;
mod written;
