//! TLS alerts, as this library names them.

use core::fmt;

use rustls::AlertDescription;

use crate::reason::Reason;

/// A fatal TLS alert (RFC 8446 section 6.2), by its number.
///
/// ```
/// use countersign::Reason;
/// use countersign::engine::Alert;
///
/// assert_eq!(Alert::for_reason(Reason::Revoked), Alert::CERTIFICATE_REVOKED);
/// assert_eq!(Alert::CERTIFICATE_REVOKED.code(), 44);
/// assert_eq!(Alert::CERTIFICATE_REVOKED.to_string(), "certificate_revoked");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Alert(u8);

macro_rules! alerts {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $text:literal;)*) => {
        impl Alert {
            $($(#[$doc])* pub const $name: Self = Self($code);)*

            /// The name that RFC 8446 gives it, where it has one.
            pub const fn name(self) -> Option<&'static str> {
                match self.0 {
                    $($code => Some($text),)*
                    _ => None,
                }
            }
        }
    };
}

alerts! {
    /// A message that does not belong here.
    UNEXPECTED_MESSAGE = 10, "unexpected_message";
    /// A record does not decrypt.
    BAD_RECORD_MAC = 20, "bad_record_mac";
    /// A record is too long.
    RECORD_OVERFLOW = 22, "record_overflow";
    /// No parameters in common.
    HANDSHAKE_FAILURE = 40, "handshake_failure";
    /// A certificate is malformed or breaks a rule.
    BAD_CERTIFICATE = 42, "bad_certificate";
    /// A certificate is of a kind or for a purpose that is not accepted.
    UNSUPPORTED_CERTIFICATE = 43, "unsupported_certificate";
    /// A certificate is revoked.
    CERTIFICATE_REVOKED = 44, "certificate_revoked";
    /// A certificate is past its time, or before it.
    CERTIFICATE_EXPIRED = 45, "certificate_expired";
    /// Something else about a certificate.
    CERTIFICATE_UNKNOWN = 46, "certificate_unknown";
    /// A field is out of range.
    ILLEGAL_PARAMETER = 47, "illegal_parameter";
    /// No path to a trust anchor that can be shown to be good.
    UNKNOWN_CA = 48, "unknown_ca";
    /// The certificate is good, and the client is not approved.
    ACCESS_DENIED = 49, "access_denied";
    /// A message does not parse.
    DECODE_ERROR = 50, "decode_error";
    /// A signature or a Finished does not verify.
    DECRYPT_ERROR = 51, "decrypt_error";
    /// No version in common.
    PROTOCOL_VERSION = 70, "protocol_version";
    /// Something on this side.
    INTERNAL_ERROR = 80, "internal_error";
    /// No entry has the server name that was asked for.
    UNRECOGNIZED_NAME = 112, "unrecognized_name";
    /// A certificate is missing. RFC 8446 has it for TLS 1.3; rustls sends it in TLS 1.2 too.
    CERTIFICATE_REQUIRED = 116, "certificate_required";
}

impl Alert {
    /// The alert that fits a refusal: `access_denied` where the certificate is good and the client
    /// is not approved, and otherwise what is wrong with the certificate.
    pub const fn for_reason(reason: Reason) -> Self {
        match reason {
            Reason::NotListed
            | Reason::Denied
            | Reason::ApprovalExpired
            | Reason::ApprovalNotYetValid
            | Reason::WrongIssuer
            | Reason::OutOfScope => Self::ACCESS_DENIED,
            Reason::NoCertificate => Self::CERTIFICATE_REQUIRED,
            Reason::UnknownIssuer | Reason::RevocationUnknown | Reason::CrlExpired => {
                Self::UNKNOWN_CA
            }
            Reason::Expired | Reason::NotYetValid => Self::CERTIFICATE_EXPIRED,
            Reason::Revoked => Self::CERTIFICATE_REVOKED,
            Reason::NotForClientAuth
            | Reason::KeyUsage
            | Reason::UnsupportedAlgorithm
            | Reason::WeakKey => Self::UNSUPPORTED_CERTIFICATE,
            Reason::CriticalExtension
            | Reason::Malformed
            | Reason::LimitExceeded
            | Reason::BadSignature
            | Reason::NotACa
            | Reason::PathLength
            | Reason::NameConstraint
            | Reason::CertificatePolicy => Self::BAD_CERTIFICATE,
            Reason::Allowed | Reason::AllowedAudit | Reason::SessionStale | Reason::Internal => {
                Self::CERTIFICATE_UNKNOWN
            }
        }
    }

    /// Its number on the wire.
    pub const fn code(self) -> u8 {
        self.0
    }

    /// The record that carries it before anything is encrypted.
    pub(super) const fn plaintext_record(self) -> [u8; 7] {
        const ALERT: u8 = 21;
        const FATAL: u8 = 2;
        [ALERT, 3, 3, 0, 2, FATAL, self.0]
    }
}

impl From<AlertDescription> for Alert {
    fn from(alert: AlertDescription) -> Self {
        Self(alert.into())
    }
}

impl fmt::Display for Alert {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "alert {}", self.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rustls::alert_error;

    #[test]
    fn each_reason_has_the_alert_that_rustls_sends_for_it() {
        for reason in Reason::ALL {
            // rustls sends this one by itself.
            if *reason != Reason::NoCertificate {
                let sent = AlertDescription::from(alert_error(*reason));
                assert_eq!(Alert::for_reason(*reason), Alert::from(sent), "{reason}");
            }
        }
    }
}
