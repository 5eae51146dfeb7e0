//! Client certificates in HTTP headers, as C calls it.

// The header has things in the order of these groups.
mod family;

mod strip;

mod produced;

mod request;

mod signer;

mod checker;

mod receiver;

pub use checker::*;
pub use family::*;
pub use produced::*;
pub use receiver::*;
pub use request::csn_request;
pub use signer::*;
pub use strip::*;
