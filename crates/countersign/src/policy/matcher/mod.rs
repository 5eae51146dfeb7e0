//! The compiled allowlist: which client a leaf is, and whether it may come in now.

pub(in crate::policy) mod builder;
mod holds;
pub(in crate::policy) mod rulebook;
mod scoped;
mod search;
pub(in crate::policy) mod tables;

use self::rulebook::{Place, Rulebook};
use self::scoped::ScopedClients;
use self::search::{Found, OutOfSteps, Search, Steps};
use self::tables::texts::Texts;
use crate::clock::{UnixTime, Window};
use crate::identity::LeafIdentity;
use crate::policy::rule::key::Kind;
use crate::reason::Reason;

/// Every client and every deny rule of a policy. Immutable; its cost does not grow with them.
#[derive(Debug)]
pub(crate) struct Matcher {
    pub(in crate::policy) clients: Rulebook,
    pub(in crate::policy) deny: Rulebook,
    /// The ids of all clients: those with a record first, in the order of the file.
    pub(in crate::policy) ids: Texts,
    pub(in crate::policy) records: Vec<ClientRecord>,
    pub(in crate::policy) scoped: ScopedClients,
    pub(in crate::policy) notes: Texts,
}

/// What a `[[client]]` says about a client beside how to recognise it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ClientRecord {
    /// Whom to ask about this client.
    pub(crate) owner: Option<Box<str>>,
    /// SHA-256 of the SubjectPublicKeyInfo of the one CA that may vouch for it.
    pub(crate) issuer_spki_sha256: Option<[u8; 32]>,
    /// When the approval holds.
    pub(crate) approval: Window,
    /// Where it may go.
    pub(crate) scopes: Box<[Box<str>]>,
    /// Whether its key or certificate stands in for a path.
    pub(crate) is_pinned: bool,
}

/// A client of this matcher, by number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct ClientIndex(pub(in crate::policy) u32);

/// A rule or list entry of this matcher.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct RuleRef {
    is_deny: bool,
    place: Place,
}

/// The owner of deny rules without a note.
pub(in crate::policy) const NO_NOTE: u32 = rulebook::MAX_OWNERS as u32;

/// What the policy says about a leaf at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Judgement {
    /// What was found.
    pub(crate) outcome: Outcome,
    /// The client that the leaf is, approved or not.
    pub(crate) client: Option<ClientIndex>,
    /// The rule that decided.
    pub(crate) rule: Option<RuleRef>,
    /// When the same leaf, vouched for by the same issuer, is judged the same.
    pub(crate) window: Window,
}

/// What a [`Judgement`] comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Outcome {
    /// An approved client.
    Allowed,
    /// A deny rule holds.
    Denied,
    /// No rule holds.
    NotListed,
    /// A client whose approval has ended.
    ApprovalExpired,
    /// A client whose approval has not begun.
    ApprovalNotYetValid,
    /// A client that another CA must vouch for.
    WrongIssuer,
    /// More names than may be compared: neither a deny rule nor a client could be ruled out.
    LimitExceeded,
}

impl Outcome {
    /// The reason that a verdict gives for it.
    pub(crate) const fn reason(self) -> Reason {
        match self {
            Self::Allowed => Reason::Allowed,
            Self::Denied => Reason::Denied,
            Self::NotListed => Reason::NotListed,
            Self::ApprovalExpired => Reason::ApprovalExpired,
            Self::ApprovalNotYetValid => Reason::ApprovalNotYetValid,
            Self::WrongIssuer => Reason::WrongIssuer,
            Self::LimitExceeded => Reason::LimitExceeded,
        }
    }
}

impl Judgement {
    fn timeless(outcome: Outcome) -> Self {
        Self { outcome, client: None, rule: None, window: Window::ALWAYS }
    }
}

impl Matcher {
    /// Judges a leaf whose path was found: deny rules first, then the most exact client alone.
    ///
    /// `issuer_spki_sha256` is of the key that directly issued the leaf in its path. Allocates
    /// nothing.
    pub(crate) fn judge(
        &self,
        leaf: &LeafIdentity<'_>,
        issuer_spki_sha256: &[u8; 32],
        now: UnixTime,
    ) -> Judgement {
        self.judge_vouched(leaf, Some(issuer_spki_sha256), now)
    }

    /// Judges a leaf that [`pinned`](Self::pinned) recognised, which nobody vouches for.
    pub(crate) fn judge_pinned(&self, leaf: &LeafIdentity<'_>, now: UnixTime) -> Judgement {
        self.judge_vouched(leaf, None, now)
    }

    /// The pinned client that this leaf is, if the rule that decides for it is a pin. Deny rules
    /// and the approval's lifetime are judged by [`judge_pinned`](Self::judge_pinned).
    pub(crate) fn pinned(&self, leaf: &LeafIdentity<'_>) -> Option<ClientIndex> {
        let mut steps = Steps::new();
        let search = Search::new(&self.clients, leaf, |_| true, &mut steps);
        let found = search.most_exact(&[Kind::Cert, Kind::Spki]).ok().flatten()?;
        let record = self.records.get(found.owner as usize)?;
        record.is_pinned.then_some(ClientIndex(found.owner))
    }

    fn judge_vouched(
        &self,
        leaf: &LeafIdentity<'_>,
        issuer: Option<&[u8; 32]>,
        now: UnixTime,
    ) -> Judgement {
        match self.decide(leaf, issuer) {
            Err(OutOfSteps) => Judgement::timeless(Outcome::LimitExceeded),
            Ok(Decider::Nobody) => Judgement::timeless(Outcome::NotListed),
            Ok(Decider::Deny(found)) => Judgement {
                rule: Some(RuleRef { is_deny: true, place: found.place }),
                ..Judgement::timeless(Outcome::Denied)
            },
            Ok(Decider::Client(found)) => self.judge_client(&found, now),
        }
    }

    /// Who decides does not depend on the time.
    fn decide(
        &self,
        leaf: &LeafIdentity<'_>,
        issuer: Option<&[u8; 32]>,
    ) -> Result<Decider, OutOfSteps> {
        let mut steps = Steps::new();
        let denied = Search::new(&self.deny, leaf, |_| true, &mut steps).most_exact(&Kind::ALL)?;
        if let Some(found) = denied {
            return Ok(Decider::Deny(found));
        }
        let is_vouched = |owner: u32| {
            let record = self.records.get(owner as usize);
            let demanded = record.and_then(|record| record.issuer_spki_sha256.as_ref());
            demanded.is_none() || demanded == issuer
        };
        let found = Search::new(&self.clients, leaf, is_vouched, &mut steps);
        Ok(found.most_exact(&Kind::ALL)?.map_or(Decider::Nobody, Decider::Client))
    }

    fn judge_client(&self, found: &Found, now: UnixTime) -> Judgement {
        let approval =
            self.records.get(found.owner as usize).map_or(Window::ALWAYS, |r| r.approval);
        let (outcome, window) = if !found.is_vouched {
            (Outcome::WrongIssuer, Window::ALWAYS)
        } else if now < approval.not_before {
            let until = approval.not_before.saturating_add(-1);
            (Outcome::ApprovalNotYetValid, Window { not_after: until, ..Window::ALWAYS })
        } else if now > approval.not_after {
            let since = approval.not_after.saturating_add(1);
            (Outcome::ApprovalExpired, Window { not_before: since, ..Window::ALWAYS })
        } else {
            (Outcome::Allowed, approval)
        };
        Judgement {
            outcome,
            client: Some(ClientIndex(found.owner)),
            rule: Some(RuleRef { is_deny: false, place: found.place }),
            window,
        }
    }

    /// How many clients there are, those of lists included.
    pub(crate) fn client_count(&self) -> usize {
        self.ids.len()
    }

    /// The id of a client.
    pub(crate) fn client_bytes(&self, client: ClientIndex) -> &[u8] {
        self.ids.get(client.0 as usize)
    }

    /// The record of a client; `None` for one that lists alone know.
    pub(crate) fn client_record(&self, client: ClientIndex) -> Option<&ClientRecord> {
        self.records.get(client.0 as usize)
    }

    /// Whether there is a client with this id whose record has this scope. Allocates nothing.
    pub(crate) fn approves_scope(&self, id: &[u8], scope: &[u8]) -> bool {
        let client = self.scoped.find(id, &self.ids);
        let record = client.and_then(|client| self.client_record(client));
        record.is_some_and(|record| record.scopes.iter().any(|s| s.as_bytes() == scope))
    }

    /// A rule as `kind:value`, the keys of one that has several joined by `+`. Allocates.
    pub(crate) fn rule_pieces(&self, rule: RuleRef, piece: &mut impl FnMut(&[u8])) {
        self.book(rule).pieces(rule.place, piece);
    }

    #[cfg(test)]
    pub(crate) fn rule_text(&self, rule: RuleRef) -> String {
        let mut text = Vec::new();
        self.rule_pieces(rule, &mut |piece| text.extend_from_slice(piece));
        String::from_utf8(text).unwrap()
    }

    /// The note of a deny rule.
    pub(crate) fn note(&self, rule: RuleRef) -> Option<&str> {
        let note = self.book(rule).owner(rule.place);
        (rule.is_deny && note != NO_NOTE).then(|| text(self.notes.get(note as usize)))
    }

    /// Bytes allocated by the tables.
    pub(crate) fn heap_bytes(&self) -> usize {
        self.clients.heap_bytes()
            + self.deny.heap_bytes()
            + self.ids.heap_bytes()
            + self.notes.heap_bytes()
            + self.records.capacity() * size_of::<ClientRecord>()
            + self.scoped.heap_bytes()
    }

    fn book(&self, rule: RuleRef) -> &Rulebook {
        if rule.is_deny { &self.deny } else { &self.clients }
    }
}

enum Decider {
    Nobody,
    Deny(Found),
    Client(Found),
}

fn text(bytes: &[u8]) -> &str {
    core::str::from_utf8(bytes).expect("invariant: ids and notes were text when they were read")
}

#[cfg(test)]
mod tests;
