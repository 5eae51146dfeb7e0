//! Why a verdict is what it is: a closed set of stable tokens.

use core::fmt;

/// Allow or deny. Deny is the zero value, here and in the C ABI.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Decision {
    /// The client does not get in.
    #[default]
    Deny = 0,
    /// The client gets in.
    Allow = 1,
}

impl Decision {
    /// `allow` or `deny`.
    pub const fn token(self) -> &'static str {
        match self {
            Self::Deny => "deny",
            Self::Allow => "allow",
        }
    }
}

impl fmt::Display for Decision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.token())
    }
}

/// Declares the enumeration, its tokens, its sentences and its ranks side by side, so that a new
/// reason is one line.
macro_rules! reasons {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $token:literal, rank $rank:literal, $text:literal;)*) => {
        /// Why a verdict is what it is.
        ///
        /// Tokens and numeric codes are stable and never reused; sentences may change. The set
        /// may grow, so match with a wildcard. What is zero is no allow.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[repr(u8)]
        #[non_exhaustive]
        pub enum Reason {
            $($(#[$doc])* $name = $code,)*
        }

        impl Reason {
            /// Every reason, in order of code.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The stable token, for programs: `expired`, `not_listed`, …
            pub const fn token(self) -> &'static str {
                match self { $(Self::$name => $token,)* }
            }

            /// One sentence for people.
            pub const fn describe(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }

            /// How telling this reason is while a path is searched for: of two failures the one
            /// with the higher rank is reported. The further a path got, the more its failure
            /// tells.
            pub(crate) const fn rank(self) -> u8 {
                match self { $(Self::$name => $rank,)* }
            }
        }
    };
}

reasons! {
    /// A defect in this library; nothing was allowed.
    Internal = 0, "internal", rank 110, "internal error";
    /// The chain has a path and its leaf is an approved client.
    Allowed = 1, "allowed", rank 0, "the client is approved";
    /// Audit mode let a valid path through that the allowlist would have denied.
    AllowedAudit = 2, "allowed_audit", rank 0, "let in by audit mode; enforcement would deny";
    /// The client presented no certificate.
    NoCertificate = 3, "no_certificate", rank 0, "the client presented no certificate";
    /// A certificate is not strict DER of a well-formed certificate.
    Malformed = 4, "malformed", rank 30, "a certificate is malformed";
    /// The chain is too long, too large, or too expensive to judge.
    LimitExceeded = 5, "limit_exceeded", rank 100, "the chain exceeds a limit";
    /// No path from the leaf to a trust anchor.
    UnknownIssuer = 6, "unknown_issuer", rank 10, "no path leads to a trust anchor";
    /// A signature in the path does not verify.
    BadSignature = 7, "bad_signature", rank 20, "a signature does not verify";
    /// A key or signature algorithm that is not supported.
    UnsupportedAlgorithm = 8, "unsupported_algorithm", rank 25, "an algorithm is not supported";
    /// A key that is too small.
    WeakKey = 9, "weak_key", rank 26, "a key is too weak";
    /// A certificate of the path has expired.
    Expired = 10, "expired", rank 60, "a certificate has expired";
    /// A certificate of the path is not yet valid.
    NotYetValid = 11, "not_yet_valid", rank 59, "a certificate is not yet valid";
    /// The extended key usage does not allow client authentication.
    NotForClientAuth = 12, "not_for_client_auth", rank 56, "not for client authentication";
    /// An issuer in the path is not a certification authority.
    NotACa = 13, "not_a_ca", rank 50, "an issuer is not a certification authority";
    /// A path length constraint is exceeded.
    PathLength = 14, "path_length", rank 52, "a path length constraint is exceeded";
    /// A name is outside what an issuer may certify.
    NameConstraint = 15, "name_constraint", rank 64, "a name constraint is violated";
    /// Certificate policy processing failed (RFC 9618).
    CertificatePolicy = 16, "certificate_policy", rank 66, "no acceptable certificate policy";
    /// A critical extension that is not understood.
    CriticalExtension = 17, "critical_extension", rank 54, "a critical extension is not understood";
    /// The key usage does not allow what the key was used for.
    KeyUsage = 18, "key_usage", rank 55, "the key usage does not allow this";
    /// A certificate of the path is revoked.
    Revoked = 19, "revoked", rank 90, "a certificate is revoked";
    /// Revocation could not be determined, and policy requires it.
    RevocationUnknown = 20, "revocation_unknown", rank 80, "revocation could not be determined";
    /// The CRL that covers a certificate is not current.
    CrlExpired = 21, "crl_expired", rank 82, "the CRL is not current";
    /// A valid path, but no client record matches.
    NotListed = 22, "not_listed", rank 0, "no client record matches";
    /// A deny rule matches.
    Denied = 23, "denied", rank 0, "a deny rule matches";
    /// The client's approval has ended.
    ApprovalExpired = 24, "approval_expired", rank 0, "the client's approval has expired";
    /// The client's approval has not begun.
    ApprovalNotYetValid = 25, "approval_not_yet_valid", rank 0, "the client's approval has not begun";
    /// The client record requires another issuer.
    WrongIssuer = 26, "wrong_issuer", rank 0, "the issuer may not vouch for this client";
    /// The client is approved, but not for this scope.
    OutOfScope = 27, "out_of_scope", rank 0, "the client is not approved for this scope";
    /// The session was made under other trust, or its time is over: authenticate afresh.
    SessionStale = 28, "session_stale", rank 0, "the session must be authenticated afresh";
}

impl Reason {
    /// What follows from it. Everything but the two ways to be allowed is a deny.
    pub const fn decision(self) -> Decision {
        match self {
            Self::Allowed | Self::AllowedAudit => Decision::Allow,
            _ => Decision::Deny,
        }
    }

    /// The reason with this token.
    pub fn from_token(token: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|r| r.token() == token)
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.token())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_dense_and_tokens_unique() {
        for (i, reason) in Reason::ALL.iter().enumerate() {
            assert_eq!(*reason as usize, i);
            assert_eq!(Reason::from_token(reason.token()), Some(*reason));
        }
    }

    #[test]
    fn deny_is_the_zero_value() {
        assert_eq!(Decision::default(), Decision::Deny);
        assert_eq!(Decision::Deny as u8, 0);
    }
}
