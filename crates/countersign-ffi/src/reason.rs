//! Reasons: their numbers, tokens and texts, and what other protocols call them.

use core::ffi::{CStr, c_char, c_int};
use std::ffi::CString;
use std::sync::LazyLock;

use countersign::Reason;
use countersign::engine::Alert;

use crate::boundary::value;
use crate::bytes::csn_bytes;

/// Allow or deny. Zeroed memory is a deny.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum csn_decision {
    /// The client is not let in.
    CSN_DECISION_DENY = 0,
    /// The client is let in.
    CSN_DECISION_ALLOW = 1,
}

/// Why. Numbers and tokens are never changed or taken away; new ones may come. Zeroed memory is no
/// reason to allow.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum csn_reason {
    /// A defect in this library; nothing was allowed.
    CSN_REASON_INTERNAL = 0,
    /// The chain has a path and its leaf is an approved client.
    CSN_REASON_ALLOWED = 1,
    /// Audit mode let a valid path through that the allowlist would have denied.
    CSN_REASON_ALLOWED_AUDIT = 2,
    /// The client presented no certificate.
    CSN_REASON_NO_CERTIFICATE = 3,
    /// A certificate is not strict DER of a well-formed certificate.
    CSN_REASON_MALFORMED = 4,
    /// The chain is too long, too large, or too expensive to judge.
    CSN_REASON_LIMIT_EXCEEDED = 5,
    /// No path from the leaf to a trust anchor.
    CSN_REASON_UNKNOWN_ISSUER = 6,
    /// A signature in the path does not verify.
    CSN_REASON_BAD_SIGNATURE = 7,
    /// A key or signature algorithm that is not supported.
    CSN_REASON_UNSUPPORTED_ALGORITHM = 8,
    /// A key that is too small.
    CSN_REASON_WEAK_KEY = 9,
    /// A certificate of the path has expired.
    CSN_REASON_EXPIRED = 10,
    /// A certificate of the path is not yet valid.
    CSN_REASON_NOT_YET_VALID = 11,
    /// The extended key usage does not allow client authentication.
    CSN_REASON_NOT_FOR_CLIENT_AUTH = 12,
    /// An issuer in the path is not a certification authority.
    CSN_REASON_NOT_A_CA = 13,
    /// A path length constraint is exceeded.
    CSN_REASON_PATH_LENGTH = 14,
    /// A name is outside what an issuer may certify.
    CSN_REASON_NAME_CONSTRAINT = 15,
    /// Certificate policy processing failed (RFC 9618).
    CSN_REASON_CERTIFICATE_POLICY = 16,
    /// A critical extension that is not understood.
    CSN_REASON_CRITICAL_EXTENSION = 17,
    /// The key usage does not allow what the key was used for.
    CSN_REASON_KEY_USAGE = 18,
    /// A certificate of the path is revoked.
    CSN_REASON_REVOKED = 19,
    /// Revocation could not be determined, and policy requires it.
    CSN_REASON_REVOCATION_UNKNOWN = 20,
    /// The CRL that covers a certificate is not current.
    CSN_REASON_CRL_EXPIRED = 21,
    /// A valid path, but no client record matches.
    CSN_REASON_NOT_LISTED = 22,
    /// A deny rule matches.
    CSN_REASON_DENIED = 23,
    /// The client's approval has ended.
    CSN_REASON_APPROVAL_EXPIRED = 24,
    /// The client's approval has not begun.
    CSN_REASON_APPROVAL_NOT_YET_VALID = 25,
    /// The client record requires another issuer.
    CSN_REASON_WRONG_ISSUER = 26,
    /// The client is approved, but not for this scope.
    CSN_REASON_OUT_OF_SCOPE = 27,
    /// The session was made under other trust, or its time is over: authenticate afresh.
    CSN_REASON_SESSION_STALE = 28,
}

/// Tokens and sentences as C has them, by number.
static WORDS: LazyLock<Vec<[CString; 2]>> = LazyLock::new(|| {
    let c = |text: &str| CString::new(text).unwrap_or_default();
    Reason::ALL.iter().map(|reason| [c(reason.token()), c(reason.describe())]).collect()
});

/// Makes the words before anyone can fork while they are being made.
pub(crate) fn prepare() {
    LazyLock::force(&WORDS);
}

fn known(number: i32) -> Option<Reason> {
    Reason::ALL.get(usize::try_from(number).ok()?).copied()
}

fn word(number: i32, which: usize) -> Option<&'static CStr> {
    Some(WORDS.get(usize::try_from(number).ok()?)?[which].as_c_str())
}

/// The token of a reason, such as "not_listed", for programs: static. For a number that is no
/// reason, the token of CSN_REASON_INTERNAL.
#[unsafe(no_mangle)]
pub extern "C" fn csn_reason_token(reason: i32) -> *const c_char {
    value(c"internal", || word(reason, 0).unwrap_or(c"internal")).as_ptr()
}

/// A reason in one sentence, for people: static. It may change between versions.
#[unsafe(no_mangle)]
pub extern "C" fn csn_reason_text(reason: i32) -> *const c_char {
    value(c"internal error", || word(reason, 1).unwrap_or(c"an unknown reason")).as_ptr()
}

/// The reason with this token; -1 where there is none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn csn_reason_from_token(token: csn_bytes) -> i32 {
    value(-1, || {
        // SAFETY: the caller says that the bytes are there.
        let token = unsafe { token.as_slice() }.ok();
        let token = token.and_then(|token| core::str::from_utf8(token).ok());
        token.and_then(Reason::from_token).map_or(-1, |reason| reason as i32)
    })
}

/// The TLS alert that fits a refusal (RFC 8446 section 6.2), by its number: 49 (access_denied)
/// where the certificate is good and the client is not approved.
#[unsafe(no_mangle)]
pub extern "C" fn csn_reason_alert(reason: i32) -> c_int {
    value(80, || known(reason).map_or(80, |reason| Alert::for_reason(reason).code().into()))
}

/// The X509_V_ERR_* that fits a refusal, and 0 (X509_V_OK) where the client is allowed. OpenSSL
/// chooses its alert by it. There is none for a client that is good and not approved: that is 50,
/// X509_V_ERR_APPLICATION_VERIFICATION. The numbers are the same in OpenSSL 1.1.1 and later,
/// BoringSSL and AWS-LC.
#[unsafe(no_mangle)]
pub extern "C" fn csn_reason_x509_error(reason: i32) -> c_int {
    value(1, || known(reason).map_or(1, x509_error))
}

/// `X509_V_ERR_*` of OpenSSL's x509_vfy.h.
fn x509_error(reason: Reason) -> c_int {
    match reason {
        Reason::Allowed | Reason::AllowedAudit => 0,
        // UNABLE_TO_GET_CRL
        Reason::RevocationUnknown => 3,
        // CERT_SIGNATURE_FAILURE
        Reason::BadSignature => 7,
        // CERT_NOT_YET_VALID, CERT_HAS_EXPIRED, CRL_HAS_EXPIRED
        Reason::NotYetValid => 9,
        Reason::Expired => 10,
        Reason::CrlExpired => 12,
        // UNABLE_TO_GET_ISSUER_CERT_LOCALLY
        Reason::UnknownIssuer => 20,
        // CERT_CHAIN_TOO_LONG
        Reason::LimitExceeded => 22,
        // CERT_REVOKED
        Reason::Revoked => 23,
        // INVALID_CA, PATH_LENGTH_EXCEEDED
        Reason::NotACa => 24,
        Reason::PathLength => 25,
        // INVALID_PURPOSE
        Reason::NotForClientAuth | Reason::KeyUsage => 26,
        // CERT_REJECTED
        Reason::Malformed => 28,
        // UNHANDLED_CRITICAL_EXTENSION
        Reason::CriticalExtension => 34,
        // NO_EXPLICIT_POLICY
        Reason::CertificatePolicy => 43,
        // PERMITTED_VIOLATION
        Reason::NameConstraint => 47,
        // EE_KEY_TOO_SMALL, CA_MD_TOO_WEAK
        Reason::WeakKey => 66,
        Reason::UnsupportedAlgorithm => 68,
        // UNSPECIFIED
        Reason::Internal => 1,
        // APPLICATION_VERIFICATION
        _ => 50,
    }
}

/// The HTTP status that fits: 200 where the client is allowed; 403 where it is not; 400 where
/// what it presented is broken; 421 where its session is too old to be judged, so that it comes
/// again on another connection (RFC 9110 section 15.5.20); 503 where it is our CRLs that are
/// missing or stale; 500 for a defect.
#[unsafe(no_mangle)]
pub extern "C" fn csn_reason_http_status(reason: i32) -> c_int {
    value(500, || known(reason).map_or(500, http_status))
}

fn http_status(reason: Reason) -> c_int {
    match reason {
        Reason::Allowed | Reason::AllowedAudit => 200,
        Reason::Malformed | Reason::LimitExceeded | Reason::BadSignature => 400,
        Reason::SessionStale => 421,
        Reason::RevocationUnknown | Reason::CrlExpired => 503,
        Reason::Internal => 500,
        _ => 403,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_has_every_reason_under_its_number() {
        let source = include_str!("reason.rs");
        for reason in Reason::ALL {
            let name = reason.token().to_uppercase();
            let line = format!("CSN_REASON_{name} = {},", *reason as i32);
            assert!(source.contains(&line), "missing: {line}");
        }
        let lines = source.lines().filter(|line| line.trim_start().starts_with("CSN_REASON_"));
        assert_eq!(lines.count(), Reason::ALL.len());
    }

    #[test]
    fn every_reason_has_its_words_and_its_numbers() {
        // SAFETY: tokens and texts are static strings.
        let text = |c: *const c_char| unsafe { CStr::from_ptr(c) }.to_str().unwrap().to_owned();
        for reason in Reason::ALL {
            let number = *reason as i32;
            assert_eq!(text(csn_reason_token(number)), reason.token());
            assert_eq!(text(csn_reason_text(number)), reason.describe());
            let token = csn_bytes::from(reason.token().as_bytes());
            // SAFETY: a token is bytes that last.
            assert_eq!(unsafe { csn_reason_from_token(token) }, number);
            let is_allowed = reason.decision() == countersign::Decision::Allow;
            assert_eq!(csn_reason_x509_error(number) == 0, is_allowed, "{reason}");
            assert_eq!(csn_reason_http_status(number) == 200, is_allowed, "{reason}");
            assert_eq!(csn_reason_alert(number), c_int::from(Alert::for_reason(*reason).code()));
        }
        for nonsense in [-1, 29, i32::MIN, i32::MAX] {
            assert_eq!(text(csn_reason_token(nonsense)), "internal");
            assert_eq!((csn_reason_x509_error(nonsense), csn_reason_alert(nonsense)), (1, 80));
            assert_eq!(csn_reason_http_status(nonsense), 500);
        }
    }
}
