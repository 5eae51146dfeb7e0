//! HAProxy: fetches of the front connection in headers of a common convention.
//!
//! `ssl_c_verify` is 0 for a certificate that was found good and for none at all, so `ssl_c_used` has to
//! say which.

use super::{Written, base64_len, push_base64};
use crate::forwarded::chain::{ClientChain, Forwarded, Statement};
use crate::forwarded::field::Gathered;
use crate::forwarded::produced::Produced;
use crate::forwarded::rejection::{Rejection, RejectionKind};

/// Behind the first three: what others write beside them, which nobody may act on.
pub(super) const NAMES: [&str; 10] = [
    "x-ssl-client-used",
    "x-ssl-client-verify",
    "x-ssl-client-der",
    "x-ssl-client-serial",
    "x-ssl-client-sha1",
    "x-ssl-client-dn",
    "x-ssl-client-cn",
    "x-ssl-issuer",
    "x-ssl-client-notbefore",
    "x-ssl-client-notafter",
];
const USED: usize = 0;
const VERIFY: usize = 1;
const DER: usize = 2;

pub(super) fn read(fields: &Gathered<'_, '_>) -> Result<Forwarded, Rejection> {
    let missing = |name| fields.malformed(name, "missing");
    let used = fields.one(USED)?.ok_or_else(|| missing(USED))?;
    let verify = fields.one(VERIFY)?.ok_or_else(|| missing(VERIFY))?;
    let der = fields.filled(DER)?;
    if verify.is_empty() || verify.len() > 5 || !verify.iter().all(u8::is_ascii_digit) {
        return Err(fields.malformed(VERIFY, "no number"));
    }
    let der = match (used, verify, der) {
        (b"0", b"0", None) => return Ok(Forwarded::NoCertificate),
        (b"1", b"0", Some(der)) => der,
        (b"1", b"0", None) => return Err(missing(DER)),
        (b"1", _, _) => {
            let what = "the proxy did not find the certificate good";
            return Err(
                Rejection::new(RejectionKind::NotVerified, what).in_field(fields.name(VERIFY))
            );
        }
        (b"0", _, _) => {
            return Err(fields.malformed(USED, "it does not agree with the other headers"));
        }
        _ => return Err(fields.malformed(USED, "neither 0 nor 1")),
    };
    let mut chain = ClientChain::new();
    fields.at(DER, chain.push_base64(der))?;
    Ok(chain.stated(Statement::Verified))
}

pub(super) fn write(out: &mut Produced, chain: Option<&Written<'_>>) {
    out.reserve(2 + chain.map_or(0, |chain| base64_len(chain[0])));
    out.field(USED, |text| text.push(if chain.is_some() { '1' } else { '0' }));
    out.field(VERIFY, |text| text.push('0'));
    if let Some(chain) = chain {
        out.field(DER, |text| push_base64(text, chain[0]));
    }
}
