//! Google Cloud load balancers: RFC 9440's forms under names of the administrator's, beside what the
//! load balancer found.
//!
//! A certificate that is too large for a header leaves an empty one and an error code; so present and
//! verified and no error are demanded together.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::rfc9440;
use crate::crypto::sha256;
use crate::forwarded::chain::{ClientChain, Forwarded, Statement};
use crate::forwarded::field::Gathered;
use crate::forwarded::rejection::{Rejection, RejectionKind};

/// Behind the first six: text that nobody may act on.
pub(super) const NAMES: [&str; 14] = [
    "x-client-cert-present",
    "x-client-cert-chain-verified",
    "x-client-cert-error",
    "x-client-cert-leaf",
    "x-client-cert-chain",
    "x-client-cert-hash",
    "x-client-cert-serial-number",
    "x-client-cert-spiffe",
    "x-client-cert-uri-sans",
    "x-client-cert-dnsname-sans",
    "x-client-cert-valid-not-before",
    "x-client-cert-valid-not-after",
    "x-client-cert-issuer-dn",
    "x-client-cert-subject-dn",
];
const PRESENT: usize = 0;
const VERIFIED: usize = 1;
const ERROR: usize = 2;
const LEAF: usize = 3;
const CHAIN: usize = 4;
const HASH: usize = 5;

pub(super) fn read(fields: &Gathered<'_, '_>) -> Result<Forwarded, Rejection> {
    let (leaf, others) = (fields.filled(LEAF)?, fields.filled(CHAIN)?);
    let is_present = boolean(fields, PRESENT)?;
    if !is_present {
        return if leaf.is_none() && others.is_none() {
            Ok(Forwarded::NoCertificate)
        } else {
            Err(fields.malformed(PRESENT, "false beside a certificate"))
        };
    }
    if !boolean(fields, VERIFIED)? {
        return Err(not_verified(fields, VERIFIED));
    }
    // It must be there, so that nobody forgets to forward it.
    if fields.one(ERROR)?.is_none() {
        return Err(fields.malformed(ERROR, "missing"));
    }
    if fields.filled(ERROR)?.is_some() {
        return Err(not_verified(fields, ERROR));
    }
    let mut chain = ClientChain::new();
    let leaf = leaf.ok_or_else(|| fields.malformed(LEAF, "missing"))?;
    rfc9440::push(fields, LEAF, leaf, &mut chain)?;
    if let Some(others) = others {
        rfc9440::push_list(fields, CHAIN, others, &mut chain)?;
    }
    if let Some(hash) = fields.filled(HASH)?
        && hash != STANDARD.encode(sha256(chain.leaf())).as_bytes()
    {
        return Err(fields.malformed(HASH, "not the digest of the leaf"));
    }
    Ok(chain.stated(Statement::Verified))
}

fn boolean(fields: &Gathered<'_, '_>, name: usize) -> Result<bool, Rejection> {
    match fields.one(name)? {
        Some(b"true") => Ok(true),
        Some(b"false") => Ok(false),
        Some(_) => Err(fields.malformed(name, "neither true nor false")),
        None => Err(fields.malformed(name, "missing")),
    }
}

fn not_verified(fields: &Gathered<'_, '_>, name: usize) -> Rejection {
    let what = "the load balancer did not find the certificate good";
    Rejection::new(RejectionKind::NotVerified, what).in_field(fields.name(name))
}
