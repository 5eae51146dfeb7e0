//! Amazon CloudFront: whether there is a certificate, percent-encoded PEM of it, and its digest.

use super::cloudflare::is_digest_of;
use super::nginx::push_escaped;
use crate::forwarded::chain::{ClientChain, Forwarded, Statement};
use crate::forwarded::field::Gathered;
use crate::forwarded::percent::Literals;
use crate::forwarded::rejection::Rejection;

/// Behind the first three: text that nobody may act on.
pub(super) const NAMES: [&str; 7] = [
    "cloudfront-viewer-cert-present",
    "cloudfront-viewer-cert-pem",
    "cloudfront-viewer-cert-sha256",
    "cloudfront-viewer-cert-serial-number",
    "cloudfront-viewer-cert-issuer",
    "cloudfront-viewer-cert-subject",
    "cloudfront-viewer-cert-validity",
];
const PRESENT: usize = 0;
const LEAF: usize = 1;
const DIGEST: usize = 2;

pub(super) fn read(fields: &Gathered<'_, '_>) -> Result<Forwarded, Rejection> {
    let present = fields.one(PRESENT)?.ok_or_else(|| fields.malformed(PRESENT, "missing"))?;
    let leaf = match (present, fields.filled(LEAF)?) {
        (b"0", None) => return Ok(Forwarded::NoCertificate),
        (b"1", Some(leaf)) => leaf,
        (b"1", None) => return Err(fields.malformed(LEAF, "missing")),
        (b"0", Some(_)) => return Err(fields.malformed(PRESENT, "0 beside a certificate")),
        _ => return Err(fields.malformed(PRESENT, "neither 0 nor 1")),
    };
    let mut chain = ClientChain::new();
    fields.at(LEAF, push_escaped(leaf, Literals::Base64, &mut chain))?;
    if chain.certificates().count() != 1 {
        return Err(fields.malformed(LEAF, "more than the leaf"));
    }
    let digest = fields.filled(DIGEST)?;
    if digest.is_some_and(|digest| !is_digest_of(digest, chain.leaf())) {
        return Err(fields.malformed(DIGEST, "not the digest of the leaf"));
    }
    Ok(chain.stated(Statement::None))
}
