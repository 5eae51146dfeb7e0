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

/// Most bytes of TLS records that a peer may send before its handshake is complete: one chain of
/// [`CHAIN_BYTES`], with 8 KiB for hellos, signatures and the records' own headers.
pub const HANDSHAKE_BYTES: usize = CHAIN_BYTES + 8_192;

/// Largest ClientHello. rustls takes four times as much and needs 2 to 3.6 ms for one that is full of
/// key shares, protocols or extensions; a real one has 3 kB at most, with post-quantum shares, and
/// a session of [`SESSION_BYTES`] besides.
pub const HELLO_BYTES: usize = 16_384;

/// Most bytes of state, the client's chain in it, that a session is kept with. A client brings a
/// ticket back in its hello, so both must fit into [`HELLO_BYTES`]; chains have 1 to 4 kB, and 12
/// with ML-DSA. A client whose chain is longer does a full handshake each time.
pub const SESSION_BYTES: usize = 12_000;

/// Most records that a peer may send before its handshake is complete. A chain of 64 KiB in
/// the smallest fragments that a client may ask for (512 bytes, RFC 6066 section 4) takes 128; a
/// hello with a post-quantum key share, one byte in each record, takes 1,700.
pub const HANDSHAKE_RECORDS: u32 = 2_048;

/// Largest TLS record on the wire: 2^14 bytes of plaintext, 256 of expansion in TLS 1.3 and 2,048
/// in TLS 1.2 (RFC 8446 section 5.2, RFC 5246 section 6.2.3), and its header.
pub const RECORD_BYTES: usize = 16_384 + 2_048 + 5;

/// How long a handshake may take unless configured otherwise: what Go's net/http gives a TLS
/// handshake (`TLSHandshakeTimeout`).
pub const HANDSHAKE_TIME: core::time::Duration = core::time::Duration::from_secs(10);

/// Most bytes that wait to be sent before no more plaintext is taken for encryption.
pub const OUTPUT_BYTES: usize = 65_536;

/// How long after a full handshake its sessions may resume, at most, unless configured otherwise.
/// RFC 8446 section 4.6.1 allows seven days; a day is a client's ordinary night.
pub const SESSION_AGE: core::time::Duration = core::time::Duration::from_secs(86_400);

/// Most tickets that one handshake tries to open: each costs a key that may have to be derived, and a peer
/// chooses how many it offers. Clients offer one or two, and again where a HelloRetryRequest asks.
pub const TICKETS_TRIED: u32 = 8;

/// Bytes of a ticket secret. HKDF-SHA-256 takes any length; this is its security level.
pub const TICKET_SECRET_BYTES: usize = 32;

/// Most secrets in one ticket secret file: the one in use and those that still have to be known.
pub const TICKET_SECRETS: usize = 16;

/// Most entries of a cache: its table, of some 40 bytes an entry, is made at once.
pub const CACHE_ENTRIES: usize = 1 << 24;

/// Most sessions that a cache of sessions holds; its table is made at once.
pub const CACHED_SESSIONS: usize = 1 << 20;

/// Most TLS 1.3 tickets after a handshake: each has the client's chain in it.
pub const TICKETS: usize = 16;

/// Largest value of a forwarded header: [`CHAIN_BYTES`] are 4/3 as many characters of base64, each of
/// which an escaping proxy may write as three. Servers stop earlier, most of them at 8 to 64 KiB.
pub const FORWARDED_VALUE_BYTES: usize = 4 * CHAIN_BYTES;

/// Most fields of one request that are ours: Google Cloud has fourteen names, a chain of
/// [`CHAIN_CERTIFICATES`] may come with a line for each, and there are two for a signature.
pub const FORWARDED_FIELDS: usize = 64;

/// Most elements of an `X-Forwarded-Client-Cert`, and with that most trusted hops: one proxy adds one.
/// Meshes have two or three.
pub const XFCC_ELEMENTS: usize = 32;

/// Longest name of a forwarded header, in bytes; the longest default has 42.
pub const FIELD_NAME_BYTES: usize = 128;

/// Largest value of `Signature-Input` or `Signature`, in bytes: a member of ours has some 350, and a
/// client's own may stand beside it. Servers that take 8 KiB of headers in all take no more.
pub const SIGNATURE_FIELD_BYTES: usize = 8_192;

/// Most components that a signature covers besides the four of the request and the family's headers.
pub const SIGNED_EXTRAS: usize = 16;

/// Most keys of a ring: those in use and those that still have to be known, for each proxy.
pub const SIGNATURE_KEYS: usize = 64;

/// Longest key id, in bytes of printable ASCII.
pub const KEY_ID_BYTES: usize = 255;

/// Shortest secret of an HMAC, in bytes: less than the hash's output lowers its strength (RFC 2104
/// section 3).
pub const HMAC_SECRET_BYTES: usize = 32;

/// Shortest and longest nonce, in characters. 22 of base64 are 128 bits, which two signers do not draw
/// twice.
pub const NONCE_BYTES: core::ops::RangeInclusive<usize> = 22..=64;

/// How long a signature counts at most unless configured otherwise, from when it was made. It goes
/// from a proxy to the server behind it; nginx and Envoy give a whole request a minute.
pub const SIGNATURE_AGE: core::time::Duration = core::time::Duration::from_secs(60);

/// How far two clocks may lie apart unless configured otherwise; NTP holds machines of one site within
/// a tenth of a second.
pub const CLOCK_SKEW: core::time::Duration = core::time::Duration::from_secs(5);

/// Most nonces that a memory of them holds, at some 50 bytes each.
pub const NONCES: usize = 1 << 24;
