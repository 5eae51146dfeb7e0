//! Why forwarded headers do not count.

use core::fmt;
use std::sync::Arc;

use crate::error::Malformed;
use crate::reason::Reason;

/// What kind of thing is wrong with forwarded headers, to switch on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RejectionKind {
    /// Not exactly what the configured family writes.
    Malformed,
    /// Larger than a limit.
    LimitExceeded,
    /// The proxy says that it did not find the certificate good.
    NotVerified,
    /// No signature of a proxy that must sign.
    Unsigned,
    /// A signature by a key that is not on the ring, or whose algorithm is another.
    UnknownKey,
    /// A signature that is not over this request and this certificate, or that does not verify.
    BadSignature,
    /// A signature that is too old, from the future, or past its end.
    Stale,
    /// A signature that was seen before.
    Replayed,
    /// There is no room to remember one more signature.
    MemoryFull,
}

/// Why forwarded headers do not count: what is wrong, and in which header.
///
/// It is a verdict, never a reason to try another format.
///
/// ```
/// use countersign::Reason;
/// use countersign::forwarded::{Family, RejectionKind};
///
/// let headers: [(&[u8], &[u8]); 1] = [(b"Client-Cert", b"MIIB")];
/// let rejection = Family::rfc9440().read(headers).unwrap_err();
/// assert_eq!(rejection.kind(), RejectionKind::Malformed);
/// assert_eq!(rejection.reason(), Reason::Malformed);
/// assert_eq!(rejection.to_string(), "client-cert: no byte sequence between colons");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejection {
    kind: RejectionKind,
    what: &'static str,
    field: Option<Arc<str>>,
}

impl Rejection {
    pub(super) const fn new(kind: RejectionKind, what: &'static str) -> Self {
        Self { kind, what, field: None }
    }

    pub(super) const fn malformed(what: &'static str) -> Self {
        Self::new(RejectionKind::Malformed, what)
    }

    pub(super) const fn too_large(what: &'static str) -> Self {
        Self::new(RejectionKind::LimitExceeded, what)
    }

    /// Names the header, unless an inner layer already did.
    #[must_use]
    pub(super) fn in_field(mut self, field: &Arc<str>) -> Self {
        self.field.get_or_insert_with(|| Arc::clone(field));
        self
    }

    /// What kind of thing is wrong.
    pub fn kind(&self) -> RejectionKind {
        self.kind
    }

    /// What is wrong, without the header's name.
    pub fn what(&self) -> &'static str {
        self.what
    }

    /// The header it is about, in lower case, where it is about one.
    pub fn field(&self) -> Option<&str> {
        self.field.as_deref()
    }

    /// The reason of the verdict that follows: headers that nobody can read are `malformed`, a
    /// certificate that nobody vouches for has an `unknown_issuer`, and whatever is wrong with a
    /// signature is a `bad_signature`.
    pub fn reason(&self) -> Reason {
        match self.kind {
            RejectionKind::Malformed => Reason::Malformed,
            RejectionKind::LimitExceeded => Reason::LimitExceeded,
            RejectionKind::NotVerified => Reason::UnknownIssuer,
            RejectionKind::Unsigned
            | RejectionKind::UnknownKey
            | RejectionKind::BadSignature
            | RejectionKind::Stale
            | RejectionKind::Replayed
            | RejectionKind::MemoryFull => Reason::BadSignature,
        }
    }
}

impl From<Malformed> for Rejection {
    fn from(malformed: Malformed) -> Self {
        Self::malformed(malformed.what())
    }
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(field) = &self.field {
            write!(f, "{field}: ")?;
        }
        f.write_str(self.what)
    }
}

impl core::error::Error for Rejection {}
