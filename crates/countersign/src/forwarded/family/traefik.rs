//! Traefik 3: base64 of each certificate, leaf first, with commas between.

use super::{Written, base64_len, push_base64};
use crate::forwarded::chain::{ClientChain, Forwarded, Statement};
use crate::forwarded::field::Gathered;
use crate::forwarded::produced::Produced;
use crate::forwarded::rejection::Rejection;

/// The second is form-encoded text of names in which quotes are not escaped.
pub(super) const NAMES: [&str; 2] =
    ["x-forwarded-tls-client-cert", "x-forwarded-tls-client-cert-info"];
const CHAIN: usize = 0;

pub(super) fn read(fields: &Gathered<'_, '_>) -> Result<Forwarded, Rejection> {
    let Some(value) = fields.one(CHAIN)? else {
        return Err(fields.malformed(CHAIN, "missing"));
    };
    let mut chain = ClientChain::new();
    for text in value.split(|byte| *byte == b',') {
        fields.at(CHAIN, chain.push_base64(text))?;
    }
    Ok(chain.stated(Statement::None))
}

pub(super) fn write(out: &mut Produced, chain: Option<&Written<'_>>) {
    let Some(chain) = chain else { return };
    out.reserve(chain.iter().map(|der| base64_len(der) + 1).sum());
    out.field(CHAIN, |text| {
        for (index, der) in chain.iter().enumerate() {
            text.push_str(if index == 0 { "" } else { "," });
            push_base64(text, der);
        }
    });
}
