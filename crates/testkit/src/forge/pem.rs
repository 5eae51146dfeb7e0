//! PEM (RFC 7468).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// One PEM block: lines of 64 characters, LF.
pub fn pem(label: &str, der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let mut out = format!("-----BEGIN {label}-----\n");
    for line in text.as_bytes().chunks(64) {
        out.extend(line.iter().map(|b| char::from(*b)));
        out.push('\n');
    }
    out.push_str(&format!("-----END {label}-----\n"));
    out
}

/// A file of several certificates.
pub fn certificates_pem<I>(certificates: I) -> String
where
    I: IntoIterator,
    I::Item: AsRef<[u8]>,
{
    certificates.into_iter().map(|der| pem("CERTIFICATE", der.as_ref())).collect()
}
