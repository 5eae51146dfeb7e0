//! nginx: the leaf's PEM, percent-encoded, beside what OpenSSL said of it.
//!
//! `$ssl_client_verify` is `NONE` without a certificate, `SUCCESS`, or `FAILED:` and why.

use super::{Written, base64_len};
use crate::forwarded::armor;
use crate::forwarded::chain::{ClientChain, Forwarded, Statement};
use crate::forwarded::field::Gathered;
use crate::forwarded::percent::{self, Literals};
use crate::forwarded::produced::Produced;
use crate::forwarded::rejection::{Rejection, RejectionKind};

/// The last two are ingress-nginx's: names as text, which nobody may act on.
pub(super) const NAMES: [&str; 4] =
    ["ssl-client-cert", "ssl-client-verify", "ssl-client-subject-dn", "ssl-client-issuer-dn"];
const LEAF: usize = 0;
const VERIFY: usize = 1;

pub(super) fn read(fields: &Gathered<'_, '_>) -> Result<Forwarded, Rejection> {
    let leaf = fields.filled(LEAF)?;
    let Some(leaf) = verified(fields, VERIFY, leaf)? else { return Ok(Forwarded::NoCertificate) };
    let mut chain = ClientChain::new();
    fields.at(LEAF, push_escaped(leaf, Literals::None, &mut chain))?;
    if chain.certificates().count() != 1 {
        return Err(fields.malformed(LEAF, "more than the leaf"));
    }
    Ok(chain.stated(Statement::Verified))
}

/// The leaf, where OpenSSL's word for it in the field `verify` is the good one; `None` where both
/// agree that there is none.
pub(super) fn verified<'a>(
    fields: &Gathered<'_, '_>,
    verify: usize,
    leaf: Option<&'a [u8]>,
) -> Result<Option<&'a [u8]>, Rejection> {
    match (fields.one(verify)?, leaf) {
        (Some(b"SUCCESS"), Some(leaf)) => Ok(Some(leaf)),
        (Some(b"NONE"), None) => Ok(None),
        (Some([b'F', b'A', b'I', b'L', b'E', b'D', b':', ..]), _) => {
            let what = "the proxy did not find the certificate good";
            Err(Rejection::new(RejectionKind::NotVerified, what).in_field(fields.name(verify)))
        }
        (None, _) => Err(fields.malformed(verify, "missing")),
        (Some(b"SUCCESS" | b"NONE"), _) => {
            Err(fields.malformed(verify, "it does not agree with the certificate's header"))
        }
        (Some(_), _) => Err(fields.malformed(verify, "neither SUCCESS, NONE nor FAILED:")),
    }
}

/// Adds the certificates of percent-encoded PEM.
pub(super) fn push_escaped(
    value: &[u8],
    literals: Literals,
    chain: &mut ClientChain,
) -> Result<(), Rejection> {
    armor::read(&percent::decode(value, literals)?, b'\n', chain)
}

/// Appends percent-encoded PEM.
pub(super) fn push_pem(text: &mut String, der: &[u8]) {
    armor::write(der, "\n", |piece| percent::encode(piece.as_bytes(), text));
}

pub(super) fn write(out: &mut Produced, chain: Option<&Written<'_>>) {
    let Some(chain) = chain else { return out.field(VERIFY, |text| text.push_str("NONE")) };
    out.reserve(escaped_len(chain[0]) + 8);
    out.field(LEAF, |text| push_pem(text, chain[0]));
    out.field(VERIFY, |text| text.push_str("SUCCESS"));
}

/// About as long as escaped PEM gets: a character in 32 is escaped, and so is the end of each line.
pub(super) const fn escaped_len(der: &[u8]) -> usize {
    let base64 = base64_len(der);
    base64 + base64 / 8 + 80
}
