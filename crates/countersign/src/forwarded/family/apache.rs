//! Apache httpd: the leaf's PEM with blanks where its lines end, beside what OpenSSL said of it.

use super::{Written, base64_len};
use crate::forwarded::armor;
use crate::forwarded::chain::{ClientChain, Forwarded, Statement};
use crate::forwarded::field::Gathered;
use crate::forwarded::produced::Produced;
use crate::forwarded::rejection::Rejection;

pub(super) const NAMES: [&str; 2] = ["x-ssl-client-cert", "x-ssl-client-verify"];
const LEAF: usize = 0;
const VERIFY: usize = 1;

/// What `mod_headers` writes for a variable that is not set.
const UNSET: &[u8] = b"(null)";

pub(super) fn read(fields: &Gathered<'_, '_>) -> Result<Forwarded, Rejection> {
    let leaf = fields.filled(LEAF)?.filter(|value| *value != UNSET);
    let Some(leaf) = super::nginx::verified(fields, VERIFY, leaf)? else {
        return Ok(Forwarded::NoCertificate);
    };
    let mut chain = ClientChain::new();
    fields.at(LEAF, armor::read(leaf, b' ', &mut chain))?;
    if chain.certificates().count() != 1 {
        return Err(fields.malformed(LEAF, "more than the leaf"));
    }
    Ok(chain.stated(Statement::Verified))
}

pub(super) fn write(out: &mut Produced, chain: Option<&Written<'_>>) {
    let Some(chain) = chain else { return out.field(VERIFY, |text| text.push_str("NONE")) };
    let base64 = base64_len(chain[0]);
    out.reserve(base64 + base64 / 64 + 64 + 8);
    out.field(LEAF, |text| {
        armor::write(chain[0], " ", |piece| text.push_str(piece));
        // A blank at the end is no part of a value.
        text.pop();
    });
    out.field(VERIFY, |text| text.push_str("SUCCESS"));
}
