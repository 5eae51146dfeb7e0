//! What a verdict stands on: a judgement made for it, or one that is remembered.

use std::borrow::Cow;
use std::sync::Arc;

use arc_swap::Guard;

use super::Particulars;
use crate::binding::Binding;
use crate::chaincache::Recalled;
use crate::outcome::{Judged, MatchedRule, Outcome};
use crate::policy::{ClientIndex, ClientRecord};
use crate::reason::Decision;
use crate::snapshot::Snapshot;

pub(crate) enum Basis {
    /// Names are looked up in the policy that judged, which is held for that.
    Anew { concluded: Concluded, snapshot: Guard<Arc<Snapshot>> },
    /// Read where it is: whoever asks for little does not wait for a copy of all. It needs no policy,
    /// and a hold on one costs two atomic exchanges, a quarter of a look-up. It may have been put
    /// there for this very verdict, and is not cached then.
    Remembered { known: Recalled<Known>, generation: u64, is_cached: bool },
}

impl Basis {
    #[inline]
    fn concluded(&self) -> &Concluded {
        match self {
            Self::Anew { concluded, .. } => concluded,
            Self::Remembered { known, .. } => &known.concluded,
        }
    }

    #[inline]
    pub(super) fn outcome(&self) -> &Outcome {
        &self.concluded().outcome
    }

    #[inline]
    pub(super) fn binding(&self) -> Option<&Binding> {
        self.concluded().binding.as_ref()
    }

    #[inline]
    pub(super) fn generation(&self) -> u64 {
        match self {
            Self::Anew { snapshot, .. } => snapshot.generation(),
            Self::Remembered { generation, .. } => *generation,
        }
    }

    /// The client's id, UTF-8; empty where there is none.
    pub(super) fn client(&self) -> &[u8] {
        match self {
            Self::Anew { concluded, snapshot } => client_bytes(snapshot, concluded.outcome.client),
            Self::Remembered { known, .. } => known.client().as_bytes(),
        }
    }

    /// The client's id and the rule in one piece, and how long the id is: shared with what is
    /// remembered, where something is.
    pub(super) fn text(&self) -> (Arc<str>, usize) {
        match self {
            Self::Anew { concluded, snapshot } => text(snapshot, &concluded.outcome),
            Self::Remembered { known, .. } => (Arc::clone(&known.text), known.client_len),
        }
    }

    #[inline]
    pub(super) fn is_cached(&self) -> bool {
        matches!(self, Self::Remembered { is_cached: true, .. })
    }

    /// Whom to ask about the client.
    pub(super) fn owner(&self) -> Option<&str> {
        match self {
            Self::Anew { concluded, snapshot } => record(snapshot, concluded)?.owner.as_deref(),
            Self::Remembered { known, .. } => known.record.as_ref()?.owner.as_deref(),
        }
    }

    /// What the client is approved for.
    pub(super) fn scopes(&self) -> &[Box<str>] {
        match self {
            Self::Anew { concluded, snapshot } => {
                record(snapshot, concluded).map_or(&[], |record| &record.scopes)
            }
            Self::Remembered { known, .. } => {
                known.record.as_ref().map_or(&[], |record| &record.scopes)
            }
        }
    }

    /// What the policy says of the rule that decided. Rules that let clients in have no notes.
    pub(super) fn note(&self) -> Option<&str> {
        match self {
            Self::Anew { concluded, snapshot } => match concluded.outcome.rule {
                MatchedRule::Rule(rule) => snapshot.matcher().note(rule),
                MatchedRule::None | MatchedRule::Issued => None,
            },
            Self::Remembered { .. } => None,
        }
    }

    #[inline]
    pub(super) fn particulars(&self) -> Particulars<'_> {
        match self {
            Self::Anew { concluded, snapshot } => concluded.particulars(snapshot),
            Self::Remembered { known, generation, is_cached } => {
                Particulars { is_cached: *is_cached, ..known.particulars(*generation) }
            }
        }
    }
}

fn record<'s>(snapshot: &'s Snapshot, concluded: &Concluded) -> Option<&'s ClientRecord> {
    snapshot.matcher().client_record(concluded.outcome.client?)
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

    /// Out of line, for it is long and nobody waits for it who has not waited for a decision.
    #[cold]
    fn particulars<'v>(&'v self, snapshot: &'v Snapshot) -> Particulars<'v> {
        let Self { outcome, binding } = self;
        Particulars {
            reason: outcome.reason,
            audit_reason: outcome.audit_reason,
            client: client_bytes(snapshot, outcome.client),
            rule: Cow::Owned(rule_bytes(snapshot, outcome.rule)),
            chain_index: outcome.position.map(usize::from),
            generation: snapshot.generation(),
            is_cached: false,
            binding: binding.as_ref(),
        }
    }
}

/// What is remembered of an allowed client, in the form in which it is asked for: put together once, so
/// that a hit neither looks names up in the policy's tables, each in memory of its own, nor writes
/// a rule out again.
pub(crate) struct Known {
    concluded: Concluded,
    client_len: usize,
    /// The client's id, and the rule.
    text: Arc<str>,
    /// What the policy says of the client besides; of one on a list alone it says nothing.
    record: Option<Box<KnownRecord>>,
}

struct KnownRecord {
    owner: Option<Box<str>>,
    scopes: Box<[Box<str>]>,
}

impl KnownRecord {
    fn new(record: &ClientRecord) -> Option<Box<Self>> {
        let ClientRecord { owner, scopes, .. } = record;
        let says_something = owner.is_some() || !scopes.is_empty();
        says_something.then(|| Box::new(Self { owner: owner.clone(), scopes: scopes.clone() }))
    }

    fn heap_bytes(&self) -> usize {
        let text = |text: &str| size_of::<Box<str>>() + text.len();
        size_of::<Self>()
            + self.owner.as_ref().map_or(0, |owner| owner.len())
            + self.scopes.iter().map(|scope| text(scope)).sum::<usize>()
    }
}

impl Known {
    /// Allocates.
    pub(crate) fn new(snapshot: &Snapshot, judged: &Judged) -> Self {
        let concluded = Concluded::new(snapshot, judged);
        let (text, client_len) = text(snapshot, &concluded.outcome);
        let record = record(snapshot, &concluded).and_then(KnownRecord::new);
        Self { client_len, text, record, concluded }
    }

    fn client(&self) -> &str {
        &self.text[..self.client_len]
    }

    #[inline]
    pub(crate) fn particulars(&self, generation: u64) -> Particulars<'_> {
        let Outcome { reason, audit_reason, position, .. } = self.concluded.outcome;
        let (client, rule) = self.text.split_at(self.client_len);
        Particulars {
            reason,
            audit_reason,
            client: client.as_bytes(),
            rule: Cow::Borrowed(rule.as_bytes()),
            chain_index: position.map(usize::from),
            generation,
            is_cached: true,
            binding: self.concluded.binding.as_ref(),
        }
    }

    pub(crate) fn heap_bytes(&self) -> usize {
        let counts = 2 * size_of::<usize>();
        counts + self.text.len() + self.record.as_ref().map_or(0, |record| record.heap_bytes())
    }
}

/// The id of a client, UTF-8; empty where there is none.
fn client_bytes(snapshot: &Snapshot, client: Option<ClientIndex>) -> &[u8] {
    client.map_or(b"", |client| snapshot.matcher().client_bytes(client))
}

/// The client's id and the rule in one piece, and how long the id is.
fn text(snapshot: &Snapshot, outcome: &Outcome) -> (Arc<str>, usize) {
    let client = client_bytes(snapshot, outcome.client);
    let mut text = Vec::with_capacity(client.len() + USUAL_RULE);
    text.extend_from_slice(client);
    add_rule(snapshot, outcome.rule, &mut text);
    let text = core::str::from_utf8(&text).expect("invariant: ids and rules are text");
    (text.into(), client.len())
}

/// Bytes that most rules have room in: each piece would have the text grow.
const USUAL_RULE: usize = 64;

/// Adds a rule as `kind:value`, UTF-8; nothing where none decided.
fn add_rule(snapshot: &Snapshot, rule: MatchedRule, text: &mut Vec<u8>) {
    match rule {
        MatchedRule::None => {}
        MatchedRule::Issued => text.extend_from_slice(b"issued"),
        MatchedRule::Rule(rule) => {
            snapshot.matcher().rule_pieces(rule, &mut |piece| text.extend_from_slice(piece));
        }
    }
}

/// A rule by itself.
fn rule_bytes(snapshot: &Snapshot, rule: MatchedRule) -> Vec<u8> {
    let mut text = Vec::with_capacity(USUAL_RULE);
    add_rule(snapshot, rule, &mut text);
    text
}
