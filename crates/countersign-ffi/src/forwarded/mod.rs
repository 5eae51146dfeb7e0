//! Client certificates in HTTP headers, as C calls it.

// The header has things in the order of these groups.
mod family;

mod strip;

mod produced;

mod request;

mod signer;

mod checker;

mod receiver;

/// What C may use from several threads at once, because calls take it as const.
const _: () = {
    const fn is_shared<T: Sync>() {}
    is_shared::<countersign::forwarded::Family>();
    is_shared::<countersign::forwarded::Strip>();
    is_shared::<countersign::forwarded::Produced>();
    is_shared::<countersign::forwarded::Signer>();
    is_shared::<countersign::forwarded::Signed>();
    is_shared::<countersign::forwarded::Receiver>();
    is_shared::<Settings>();
};

pub use checker::*;
pub use family::*;
pub use produced::*;
pub use receiver::*;
pub use request::csn_request;
pub use signer::*;
pub use strip::*;
