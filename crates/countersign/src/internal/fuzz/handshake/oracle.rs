//! What ought to be, said without the engine: which entry a name leads to, what a session is worth,
//! what a fresh decision would be.

use crate::binding::Binding;
use crate::clock::UnixTime;
use crate::engine::ClientAuth;
use crate::verdict::VerdictRecord;
use crate::verifier::Verifier;

/// An entry, as the harness sees it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Door {
    pub(super) names: &'static [&'static str],
    pub(super) demand: ClientAuth,
    /// Which of the two verifiers.
    pub(super) judge: usize,
}

const fn door(names: &'static [&'static str], demand: ClientAuth, judge: usize) -> Door {
    Door { names, demand, judge }
}

/// Two servers of one fleet that share their sessions, and agree on few entries. The last of the
/// second is its default.
pub(super) const FRONTS: [&[Door]; 2] = [
    &[
        door(&["a.example", "*.a.example"], ClientAuth::Required, 0),
        door(&["b.example"], ClientAuth::Required, 1),
        door(&["c.example"], ClientAuth::Optional, 0),
        door(&["d.example"], ClientAuth::Off, 0),
    ],
    &[
        door(&["a.example", "*.a.example"], ClientAuth::Optional, 0),
        door(&["b.example"], ClientAuth::Required, 0),
        door(&["c.example"], ClientAuth::Optional, 0),
        door(&["d.example"], ClientAuth::Required, 0),
        door(&[], ClientAuth::Required, 1),
    ],
];

/// What clients ask for. An address is no name.
pub(super) const NAMES: [&str; 8] = [
    "a.example",
    "b.example",
    "c.example",
    "d.example",
    "x.a.example",
    "A.Example",
    "nobody.example",
    "192.0.2.7",
];

/// The door behind `name`; the second front has one for everybody else.
pub(super) fn door_of(front: usize, name: &str) -> Option<&'static Door> {
    let name = name.to_ascii_lowercase();
    let doors = FRONTS[front];
    let led = |door: &&Door| {
        let wildcard = name.split_once('.').map(|(_, parent)| format!("*.{parent}"));
        door.names.iter().any(|own| *own == name || wildcard.as_deref() == Some(*own))
    };
    doors.iter().find(led).or_else(|| doors.iter().find(|door| door.names.is_empty()))
}

/// What a session is worth: which entry made it, for whom, and when that client proved its key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mint {
    pub(super) names: &'static [&'static str],
    pub(super) demand: ClientAuth,
    pub(super) leaf: Option<Vec<u8>>,
    pub(super) authenticated_at: i64,
}

/// When a handshake was at work: the calendar's time, and the policies in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Instant {
    pub(super) unix: i64,
    pub(super) in_force: [usize; 2],
}

/// Verifiers that remember nothing, one for each policy.
pub(super) struct Oracle(pub(super) Vec<Verifier>);

impl Oracle {
    /// The decision as if it were the first one ever.
    pub(super) fn judge(&self, policy: usize, chain: &[&[u8]], unix: i64) -> VerdictRecord {
        self.0[policy].verify(chain, UnixTime::from_secs(unix)).to_record()
    }
}

/// Whether the two say the same about the client. Generations count reloads, of which the oracle
/// has none.
pub(super) fn agree(one: &VerdictRecord, other: &VerdictRecord) -> bool {
    let facts = |v: &VerdictRecord| {
        let own = |text: Option<&str>| text.map(str::to_owned);
        (
            (v.reason(), v.audit_reason(), v.chain_index()),
            (own(v.client()), own(v.rule()), v.detail().to_owned()),
            v.scopes().map(str::to_owned).collect::<Vec<_>>(),
            v.binding().map(trust),
        )
    };
    facts(one) == facts(other)
}

/// The part of a binding that says whom it trusts.
fn trust(binding: &Binding) -> [u8; 49] {
    let mut trust = [0; 49];
    trust.copy_from_slice(&binding.as_bytes()[..49]);
    trust
}
