//! Every bound in one place, each with where its number comes from.

/// Most certificates in one presented chain, leaf included. rustls and OpenSSL verify at most
/// 6 and 100 levels; real client chains have 1 to 4. Sixteen leaves room for strangers and
/// cross-signed twins and still fits on the stack.
pub const CHAIN_CERTIFICATES: usize = 16;

/// Most DER bytes in one presented chain, all certificates together. The same bound rustls puts
/// on one handshake message (`MAX_HANDSHAKE_SIZE`, 0xffff) rounded up to 64 KiB.
pub const CHAIN_BYTES: usize = 65_536;

/// Most certificates that one search for a path looks at, leaf included. A decision has refused
/// longer chains before; the room beyond is for public suites (BetterTLS presents 36).
pub const SEARCHED_CERTIFICATES: usize = 48;

/// Most certificates in one path, leaf and anchor included.
pub const PATH_CERTIFICATES: usize = CHAIN_CERTIFICATES + 1;

/// Most distinct extensions in one certificate. RFC 5280 defines 17; the most seen in public
/// certificate logs is below 25.
pub const EXTENSIONS: usize = 64;

/// Smallest and largest RSA modulus, in bits. NIST SP 800-131A Rev. 2 forbids less than 2048;
/// aws-lc and ring verify up to 8192.
pub const RSA_MODULUS_BITS: core::ops::RangeInclusive<usize> = 2048..=8192;

/// Longest client id, in bytes of UTF-8: long enough for a SPIFFE ID path, short enough to log.
pub const CLIENT_ID_BYTES: usize = 255;

/// Longest certificate serial number, in octets of INTEGER content (RFC 5280 section 4.1.2.2
/// allows 20).
pub const SERIAL_OCTETS: usize = 20;

/// Most distinct extensions in one CRL entry. RFC 5280 section 5.3 defines 3.
pub const CRL_ENTRY_EXTENSIONS: usize = 8;

/// What one decision may cost, in modelled nanoseconds of CPU. The prices of signatures stand a
/// third above what was measured, so that with parsing the whole stays below 2 ms; three P-521
/// signatures (465 µs each at that price), the dearest honest path, fit.
pub const DECISION_NS: u64 = 1_600_000;

/// Longest DNS name, in bytes of text without a trailing dot (RFC 1034 section 3.1: 255 octets on
/// the wire).
pub const DNS_NAME_BYTES: usize = 253;

/// Longest email address: a local part of 64 bytes (RFC 5321 section 4.5.3.1.1), `@`, a DNS name.
pub const EMAIL_BYTES: usize = 64 + 1 + DNS_NAME_BYTES;

/// Longest line of a list, in bytes: a URI can fill no more than the chain that holds it.
pub const LIST_LINE_BYTES: usize = 65_536;

/// Most steps of matching one leaf against the policy, each a look-up or the comparison of one
/// name (some 10 ns): 0.3 ms at most, so that with [`DECISION_NS`] before it the whole stays below
/// 2 ms. A leaf of 500 names against prefixes of fifty lengths stays inside.
pub const MATCH_STEPS: u32 = 30_000;
