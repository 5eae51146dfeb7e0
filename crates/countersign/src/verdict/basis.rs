//! What a verdict stands on: a judgement made for it, or one that is remembered.

use std::borrow::Cow;

use super::Particulars;
use crate::binding::Binding;
use crate::chaincache::Recalled;
use crate::outcome::{Judged, MatchedRule, Outcome};
use crate::policy::ClientIndex;
use crate::reason::Decision;
use crate::snapshot::Snapshot;

pub(crate) enum Basis {
    Anew(Concluded),
    /// Read where it is: whoever asks for little does not wait for a copy of all.
    Remembered(Recalled<Known>),
}

impl Basis {
    #[inline]
    pub(super) fn concluded(&self) -> &Concluded {
        match self {
            Self::Anew(concluded) => concluded,
            Self::Remembered(known) => &known.concluded,
        }
    }
}

/// An outcome, and what ties a session to it; nothing does to a deny.
pub(crate) struct Concluded {
    pub(super) outcome: Outcome,
    pub(super) binding: Option<Binding>,
}

impl Concluded {
    pub(crate) fn new(snapshot: &Snapshot, judged: &Judged) -> Self {
        let is_allowed = judged.outcome.decision() == Decision::Allow;
        let binding = is_allowed.then(|| Binding::new(snapshot, judged));
        Self { outcome: judged.outcome, binding }
    }
}

/// What is remembered of an allowed client, in the form in which it is asked for: put together once, so
/// that a hit neither looks names up in the policy's tables, each in memory of its own, nor writes
/// a rule out again.
pub(crate) struct Known {
    concluded: Concluded,
    client_len: usize,
    /// The client's id, and the rule.
    text: Box<[u8]>,
}

impl Known {
    /// Allocates.
    pub(crate) fn new(snapshot: &Snapshot, judged: &Judged) -> Self {
        let concluded = Concluded::new(snapshot, judged);
        let Outcome { client, rule, .. } = concluded.outcome;
        let client = client_bytes(snapshot, client);
        let text = [client, &rule_bytes(snapshot, rule)].concat().into();
        Self { concluded, client_len: client.len(), text }
    }

    #[inline]
    pub(crate) fn particulars(&self, generation: u64) -> Particulars<'_> {
        let Outcome { reason, audit_reason, position, .. } = self.concluded.outcome;
        let (client, rule) = self.text.split_at(self.client_len);
        Particulars {
            reason,
            audit_reason,
            client,
            rule: Cow::Borrowed(rule),
            chain_index: position.map(usize::from),
            generation,
            is_cached: true,
            binding: self.concluded.binding.as_ref(),
        }
    }

    pub(crate) fn heap_bytes(&self) -> usize {
        self.text.len()
    }
}

/// The id of a client, UTF-8; empty where there is none.
pub(super) fn client_bytes(snapshot: &Snapshot, client: Option<ClientIndex>) -> &[u8] {
    client.map_or(b"", |client| snapshot.matcher().client_bytes(client))
}

/// A rule as `kind:value`, UTF-8; empty where none decided.
pub(super) fn rule_bytes(snapshot: &Snapshot, rule: MatchedRule) -> Vec<u8> {
    let mut text = Vec::new();
    match rule {
        MatchedRule::None => {}
        MatchedRule::Issued => text.extend_from_slice(b"issued"),
        MatchedRule::Rule(rule) => {
            snapshot.matcher().rule_pieces(rule, &mut |piece| text.extend_from_slice(piece));
        }
    }
    text
}
