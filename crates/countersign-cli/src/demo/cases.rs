//! Who comes to the door, and what must become of them.

use countersign::engine::Declined;
use countersign::{Decision, Reason};

/// One client and what is expected of it.
pub(super) struct Case {
    /// For people.
    pub(super) name: &'static str,
    pub(super) presents: Presents,
    /// The server name that it asks for.
    pub(super) at: &'static str,
    pub(super) comes: Comes,
    pub(super) expected: Expected,
}

/// What a client brings to the handshake; the names are those of the files.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Presents {
    Nothing,
    /// Its own certificate and key.
    Own(&'static str),
    /// Someone's certificate, without the key that belongs to it.
    Stolen(&'static str),
}

/// When a client comes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Comes {
    /// Without a session.
    New,
    /// With the session that it was last given, whoever gave it.
    Back,
    /// The same, after its certificate was revoked and the policy reloaded.
    BackRevoked,
}

/// The decision that is right.
pub(super) struct Expected {
    pub(super) reason: Reason,
    /// Who it must be recognised as, where it is let in.
    pub(super) client: Option<&'static str>,
    /// How the verdict must come about.
    pub(super) how: How,
}

/// How a verdict came about.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum How {
    /// Everything was judged.
    Fresh,
    /// The chain was judged before, and is still good.
    Remembered,
    /// The session was resumed, and its client authorised again.
    Resumed,
    /// A session was offered and does not count: a full handshake decided.
    Declined(Declined),
}

impl How {
    pub(super) fn token(self) -> &'static str {
        match self {
            Self::Fresh => "fresh",
            Self::Remembered => "remembered",
            Self::Resumed => "resumed",
            Self::Declined(_) => "declined",
        }
    }

    /// Why the session that was offered did not count.
    pub(super) fn declined(self) -> Option<&'static str> {
        let Self::Declined(why) = self else { return None };
        Some(match why {
            Declined::Unreadable => "unreadable",
            Declined::OtherEntry => "other_entry",
            Declined::Expired => "expired",
            Declined::NotAuthorized => "not_authorized",
            Declined::Unsuitable => "unsuitable",
            _ => "other",
        })
    }
}

impl Expected {
    pub(super) fn decision(&self) -> Decision {
        if self.reason == Reason::Allowed { Decision::Allow } else { Decision::Deny }
    }
}

/// Requires the clients of `policy.toml`.
pub(super) const MAIN: &str = "localhost";
/// Requires the clients of `reports.toml`: nightly-jobs alone.
pub(super) const REPORTS: &str = "reports.localhost";

const fn allow(name: &'static str, file: &'static str, client: &'static str) -> Case {
    let expected = Expected { reason: Reason::Allowed, client: Some(client), how: How::Fresh };
    Case { name, presents: Presents::Own(file), at: MAIN, comes: Comes::New, expected }
}

const fn deny(name: &'static str, presents: Presents, reason: Reason) -> Case {
    let expected = Expected { reason, client: None, how: How::Fresh };
    Case { name, presents, at: MAIN, comes: Comes::New, expected }
}

impl Case {
    const fn at(mut self, server_name: &'static str) -> Self {
        self.at = server_name;
        self
    }

    const fn comes(mut self, comes: Comes) -> Self {
        self.comes = comes;
        self
    }

    const fn how(mut self, how: How) -> Self {
        self.expected.how = how;
        self
    }
}

/// In the order in which they come. The impostor's authority has the name of ours, so a path seems
/// to lead to our anchor until the signature is checked.
pub(super) const CASES: &[Case] = &[
    allow("approved", "approved", "billing"),
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
    // The chain is known by now; the handshake's own signature is judged each time.
    deny("approved, with a wrong key", Presents::Stolen("approved"), Reason::BadSignature),
    allow("approved again (cache hit)", "approved", "billing").how(How::Remembered),
    allow("approved, with its session", "approved", "billing").comes(Comes::Back).how(How::Resumed),
    deny("its session, at reports", Presents::Own("approved"), Reason::NotListed)
        .at(REPORTS)
        .comes(Comes::Back)
        .how(How::Declined(Declined::OtherEntry)),
    allow("SPIFFE URI at reports", "spiffe", "nightly-jobs").at(REPORTS),
    allow("its session, at localhost", "spiffe", "nightly-jobs")
        .comes(Comes::Back)
        .how(How::Declined(Declined::OtherEntry)),
    allow("leaver", "leaver", "billing"),
    deny("leaver, revoked since", Presents::Own("leaver"), Reason::Revoked)
        .comes(Comes::BackRevoked)
        .how(How::Declined(Declined::NotAuthorized)),
];
