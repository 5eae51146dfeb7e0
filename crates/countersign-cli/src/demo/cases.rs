//! Who comes to the door, and what must become of them.

use countersign::{Decision, Reason};

/// One client and what is expected of it.
pub(super) struct Case {
    /// For people.
    pub(super) name: &'static str,
    pub(super) presents: Presents,
    pub(super) expected: Expected,
}

/// What a client brings to the handshake; the names are those of the files.
#[derive(Clone, Copy)]
pub(super) enum Presents {
    Nothing,
    /// Its own certificate and key.
    Own(&'static str),
    /// Someone's certificate, without the key that belongs to it.
    Stolen(&'static str),
}

/// The decision that is right.
pub(super) struct Expected {
    pub(super) reason: Reason,
    /// Who it must be recognised as, where it is let in.
    pub(super) client: Option<&'static str>,
    /// Whether the verdict must come from the cache, where that is the point.
    pub(super) cached: Option<bool>,
}

impl Expected {
    pub(super) fn decision(&self) -> Decision {
        if self.reason == Reason::Allowed { Decision::Allow } else { Decision::Deny }
    }
}

const fn allow(name: &'static str, file: &'static str, client: &'static str) -> Case {
    let expected = Expected { reason: Reason::Allowed, client: Some(client), cached: None };
    Case { name, presents: Presents::Own(file), expected }
}

const fn deny(name: &'static str, presents: Presents, reason: Reason) -> Case {
    Case { name, presents, expected: Expected { reason, client: None, cached: None } }
}

impl Case {
    const fn cached(mut self, cached: bool) -> Self {
        self.expected.cached = Some(cached);
        self
    }
}

/// In the order in which they come. The impostor's authority has the name of ours, so a path seems
/// to lead to our anchor until the signature is checked.
pub(super) const CASES: &[Case] = &[
    allow("approved", "approved", "billing").cached(false),
    deny("not listed", Presents::Own("not-listed"), Reason::NotListed),
    deny("no certificate", Presents::Nothing, Reason::NoCertificate),
    deny("self-signed", Presents::Own("self-signed"), Reason::UnknownIssuer),
    deny("same names from another CA", Presents::Own("other-ca"), Reason::BadSignature),
    deny("expired", Presents::Own("expired"), Reason::Expired),
    deny("not yet valid", Presents::Own("not-yet-valid"), Reason::NotYetValid),
    deny("revoked", Presents::Own("revoked"), Reason::Revoked),
    deny("wrong EKU (server only)", Presents::Own("wrong-eku"), Reason::NotForClientAuth),
    allow("SPIFFE URI", "spiffe", "nightly-jobs"),
    allow("pinned self-signed", "pinned", "till-7"),
    deny("approved, with the wrong key", Presents::Stolen("approved"), Reason::BadSignature),
    allow("approved again (cache hit)", "approved", "billing").cached(true),
];
