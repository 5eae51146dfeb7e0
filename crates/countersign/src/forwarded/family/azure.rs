//! Azure App Service: base64 of the leaf. The platform validates nothing.

use super::{Written, base64_len, push_base64};
use crate::forwarded::chain::{ClientChain, Forwarded, Statement};
use crate::forwarded::field::Gathered;
use crate::forwarded::produced::Produced;
use crate::forwarded::rejection::Rejection;

pub(super) const NAMES: [&str; 1] = ["x-arr-clientcert"];
const LEAF: usize = 0;

pub(super) fn read(fields: &Gathered<'_, '_>) -> Result<Forwarded, Rejection> {
    let mut chain = ClientChain::new();
    let leaf = fields.one(LEAF)?.unwrap_or_default();
    fields.at(LEAF, chain.push_base64(leaf))?;
    Ok(chain.stated(Statement::Unverified))
}

pub(super) fn write(out: &mut Produced, chain: Option<&Written<'_>>) {
    let Some(chain) = chain else { return };
    out.reserve(base64_len(chain[0]));
    out.field(LEAF, |text| push_base64(text, chain[0]));
}
