//! Cloudflare: base64 of the leaf beside its digest. Both are filled also where the validation failed.

use super::{Written, base64_len, push_base64};
use crate::crypto::sha256;
use crate::forwarded::chain::{ClientChain, Forwarded, Statement};
use crate::forwarded::field::Gathered;
use crate::forwarded::produced::Produced;
use crate::forwarded::rejection::Rejection;

pub(super) const NAMES: [&str; 2] = ["cf-client-cert-der-base64", "cf-client-cert-sha256"];
const LEAF: usize = 0;
const DIGEST: usize = 1;

pub(super) fn read(fields: &Gathered<'_, '_>) -> Result<Forwarded, Rejection> {
    let missing = |name| fields.malformed(name, "missing");
    let (leaf, digest) = match (fields.filled(LEAF)?, fields.filled(DIGEST)?) {
        (None, None) => return Ok(Forwarded::NoCertificate),
        (leaf, digest) => {
            (leaf.ok_or_else(|| missing(LEAF))?, digest.ok_or_else(|| missing(DIGEST))?)
        }
    };
    let mut chain = ClientChain::new();
    fields.at(LEAF, chain.push_base64(leaf))?;
    if !is_digest_of(digest, chain.leaf()) {
        return Err(fields.malformed(DIGEST, "not the digest of the leaf"));
    }
    Ok(chain.stated(Statement::None))
}

pub(super) fn write(out: &mut Produced, chain: Option<&Written<'_>>) {
    let Some(chain) = chain else { return };
    out.reserve(base64_len(chain[0]) + 64);
    out.field(LEAF, |text| push_base64(text, chain[0]));
    out.field(DIGEST, |text| push_digest(text, chain[0]));
}

/// Whether hex digits of either case are the SHA-256 of a certificate.
pub(super) fn is_digest_of(digits: &[u8], der: &[u8]) -> bool {
    let mut written = String::with_capacity(64);
    push_digest(&mut written, der);
    digits.eq_ignore_ascii_case(written.as_bytes())
}

/// Appends the SHA-256 of a certificate as lower-case hex.
pub(super) fn push_digest(text: &mut String, der: &[u8]) {
    for octet in sha256(der) {
        for digit in [octet >> 4, octet & 0xf] {
            text.push(char::from(b"0123456789abcdef"[usize::from(digit)]));
        }
    }
}
