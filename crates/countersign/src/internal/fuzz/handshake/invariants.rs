//! What must hold after everything that happens.

use super::oracle::{Door, Mint, agree};
use super::pair::Pair;
use super::scene::{HANDSHAKE_SECONDS, SESSION_AGE, Scene};
use crate::clock::UnixTime;
use crate::engine::{
    Alert, Cause, ClientAuth, Connection, Refusal, Session, State, TlsVersion, WaitsFor,
};
use crate::limits;
use crate::reason::Reason;
use crate::verdict::VerdictRecord;

/// Where a connection is; it never goes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in super::super) enum Stage {
    Accepting,
    Negotiating,
    Established,
    Refused,
    Closed,
}

impl Stage {
    pub(in super::super) fn of(connection: &Connection) -> Self {
        match connection.state() {
            State::Accepting => Self::Accepting,
            State::Negotiating => Self::Negotiating,
            State::Established(_) => Self::Established,
            State::Refused(_) => Self::Refused,
            State::Closed(_) => Self::Closed,
        }
    }

    fn is_over(self) -> bool {
        matches!(self, Self::Refused | Self::Closed)
    }

    fn may_become(self, next: Self) -> bool {
        match self {
            Self::Established => matches!(next, Self::Established | Self::Closed),
            Self::Refused | Self::Closed => next == self,
            Self::Accepting | Self::Negotiating => next >= self,
        }
    }
}

/// An alert, with room for what encryption adds.
const ALERT_BYTES: usize = 64;
/// The most that goes out besides what [`limits::OUTPUT_BYTES`] counts: a flight of the
/// handshake, or the last write's overhead and the answers to key updates.
const FLIGHT_BYTES: usize = 32_768;

/// After anything that the server did.
pub(super) fn after(pair: &mut Pair, before: Stage, pending: usize, scene: &Scene<'_>) {
    let stage = Stage::of(&pair.server);
    assert!(before.may_become(stage), "{before:?} became {stage:?}");
    let grown = pair.server.pending_output().saturating_sub(pending);
    assert!(pair.server.pending_output() <= limits::OUTPUT_BYTES + FLIGHT_BYTES, "output heaps up");
    if before.is_over() {
        assert_eq!(grown, 0, "it was over, and went on talking");
    }
    no_plaintext_from_strangers(&mut pair.server);
    deadline(pair, scene);
    if stage == before {
        return;
    }
    match pair.server.state() {
        State::Established(session) => {
            pair.tally.established += 1;
            pair.tally.resumed += usize::from(session.is_resumed());
            pair.tally.declined += usize::from(session.declined().is_some());
            pair.minted = pair.door.map(|door| Mint {
                names: door.names,
                demand: door.demand,
                leaf: session.leaf().map(<[u8]>::to_vec),
                authenticated_at: session.authenticated_at().as_secs(),
            });
            established(pair, scene);
        }
        State::Refused(refusal) => {
            // In one piece with a hello, what was said before can be in front of it.
            let is_denied = refusal.cause() == Cause::Denied && before == Stage::Negotiating;
            // Denied at the very end, by a policy that changed meanwhile: rustls has no alert then,
            // and the client's sessions are on their way, in records that its end counts.
            let is_late = is_denied && refusal.alert().is_none();
            assert!(
                !is_denied || is_late || grown <= ALERT_BYTES,
                "{grown} bytes to a client denied: {refusal}"
            );
            pair.tally.refused += 1;
            // What breaks the protocol right behind a complete handshake refuses it, with its
            // sessions already on their way: they count as any other, and are judged again.
            pair.is_unseen =
                is_late || matches!(refusal.cause(), Cause::Protocol | Cause::PeerAlert);
            refused(pair, scene);
        }
        State::Closed(_) if before == Stage::Established => {
            assert!(grown <= 2 * ALERT_BYTES, "more than an alert at the end");
        }
        // In and out again in one piece: nobody has seen what the session was worth.
        State::Closed(_) => pair.is_unseen = true,
        _ => {}
    }
}

/// Nothing of what a peer says comes out before it is in.
pub(in super::super) fn no_plaintext_from_strangers(server: &mut Connection) {
    if !matches!(Stage::of(server), Stage::Established | Stage::Closed) {
        let mut buffer = [0; 32];
        assert_eq!(server.read(&mut buffer), 0, "plaintext before a verdict");
        assert!(server.take_plaintext().is_empty(), "plaintext before a verdict");
        assert!(server.session().is_none() && server.lease().is_none());
    }
}

fn deadline(pair: &Pair, scene: &Scene<'_>) {
    let expected = pair.accepted + HANDSHAKE_SECONDS;
    let deadline = pair.server.deadline().map(|deadline| deadline.as_secs());
    assert_eq!(deadline, pair.server.is_handshaking().then_some(expected));
    if pair.has_the_time(scene) {
        assert!(scene.elapsed < expected, "it takes all the time in the world");
    }
}

impl Pair {
    /// Whether the server still shakes hands at a time that it was told.
    fn has_the_time(&self, scene: &Scene<'_>) -> bool {
        self.server.is_handshaking() && self.instants.last() == Some(&scene.instant())
    }
}

/// After a call to `feed` that left so many bytes.
pub(super) fn waiting(pair: &Pair, waits_for: WaitsFor, left: usize) {
    let stage = Stage::of(&pair.server);
    match waits_for {
        WaitsFor::Nothing => assert!(stage.is_over() && left == 0),
        WaitsFor::Close => assert!(pair.server.peer_has_closed() && left == 0),
        WaitsFor::Send => assert!(pair.server.pending_output() >= limits::OUTPUT_BYTES),
        WaitsFor::Input if stage == Stage::Established => {
            assert!(left < limits::RECORD_BYTES, "a whole record, and it wants more");
        }
        WaitsFor::Input => {
            assert!(pair.server.is_handshaking() && left <= limits::HANDSHAKE_BYTES);
        }
        WaitsFor::Read => unreachable!("plaintext is there"),
    }
}

/// What a session is worth that the client is given now; `None` where it is given none.
pub(super) fn worth(pair: &Pair) -> Option<Mint> {
    let renewed = || {
        // A TLS 1.2 session that resumes is renewed before the client has answered, and the client
        // may hear of that when the server has already given it up.
        pair.offered.clone().filter(|_| !pair.visit.is_tls13)
    };
    pair.minted.clone().or_else(renewed)
}

/// When a client gets in: it came to the right door, and whoever it is said to be, it is.
fn established(pair: &Pair, scene: &Scene<'_>) {
    let session = pair.server.session().expect("a session");
    let door = pair.door.expect("a door behind the name");
    assert_eq!(session.client_auth(), door.demand);
    let name = (!pair.name.starts_with('1')).then(|| pair.name.to_ascii_lowercase());
    assert_eq!(session.server_name(), name.as_deref());
    assert_eq!(session.version() == TlsVersion::Tls13, pair.visit.is_tls13);
    assert_eq!(session.verdict().is_some(), session.leaf().is_some());
    match door.demand {
        ClientAuth::Off => assert!(session.verdict().is_none(), "a verdict that nobody asked for"),
        ClientAuth::Required => assert!(session.verdict().is_some(), "in without a verdict"),
        ClientAuth::Optional => {}
    }
    if session.is_resumed() {
        is_what_was_offered(pair, &session, door);
    } else {
        let shown = scene.site.chain_of(pair.visit.guest);
        let shown = shown.first().filter(|_| door.demand != ClientAuth::Off);
        assert_eq!(session.leaf(), shown.copied(), "somebody else");
        let at = session.authenticated_at().as_secs();
        assert!(pair.instants.iter().any(|instant| instant.unix == at), "at another time");
    }
    if let Some(verdict) = session.verdict() {
        is_the_verdict_of_a_fresh_decision(pair, &session, verdict, door, scene);
    }
    lease(pair, scene);
}

/// A session that resumes is that of this entry, of the client that it was made for, in its time.
fn is_what_was_offered(pair: &Pair, session: &Session<'_>, door: &Door) {
    let mint = pair.offered.as_ref().expect("nothing was offered, and it resumed");
    assert_eq!((mint.names, mint.demand), (door.names, door.demand), "another entry's session");
    assert_eq!(mint.leaf.as_deref(), session.leaf(), "another client's session");
    let since = session.authenticated_at().as_secs();
    // A session of nobody can be older than it seems: a full handshake in which an older one was
    // offered makes one that ends with the older one.
    let is_nobodys = mint.leaf.is_none();
    assert!(since == mint.authenticated_at || is_nobodys && since < mint.authenticated_at);
    assert_eq!(session.declined(), None);
    let last = mint.authenticated_at + SESSION_AGE;
    assert!(pair.instants.iter().any(|instant| instant.unix <= last), "too old to resume");
}

fn is_the_verdict_of_a_fresh_decision(
    pair: &Pair,
    session: &Session<'_>,
    verdict: &VerdictRecord,
    door: &Door,
    scene: &Scene<'_>,
) {
    let verifier = &scene.verifiers[door.judge];
    assert!(verdict.is_allowed(), "in on {verdict}");
    assert_eq!(verdict.generation(), verifier.generation(), "a verdict of an older policy");
    let expires = session.expires().expect("an allow ends");
    assert!(UnixTime::from_secs(scene.unix) <= expires, "a verdict whose time is over");
    let chain: Vec<_> = session.chain().collect();
    let policy = scene.in_force[door.judge];
    let would_be = pair.instants.iter().any(|instant| {
        let fresh = scene.site.oracle.judge(policy, &chain, instant.unix);
        let ends = fresh.binding().map(crate::binding::Binding::expiry);
        let in_time =
            if session.is_resumed() { Some(expires) <= ends } else { Some(expires) == ends };
        agree(verdict, &fresh) && in_time
    });
    assert!(would_be, "no fresh decision gives {verdict:?}");
}

/// A session's right to go on is what a fresh decision says at any time.
pub(super) fn lease(pair: &Pair, scene: &Scene<'_>) {
    let (State::Established(session), Some(door)) = (pair.server.state(), pair.door) else {
        // Once a connection is over, its session is told of and has no right to go on.
        assert!(pair.server.lease().is_none());
        return;
    };
    let lease = pair.server.lease();
    assert_eq!(lease.is_some(), session.verdict().is_some());
    let Some(lease) = lease else { return };
    let chain: Vec<_> = session.chain().collect();
    let now = UnixTime::from_secs(scene.unix);
    let fresh = scene.site.oracle.judge(scene.in_force[door.judge], &chain, scene.unix);
    assert!(agree(&lease.judge(now), &fresh), "the lease says otherwise");
    let same = session.verdict().map(VerdictRecord::generation)
        == Some(scene.verifiers[door.judge].generation());
    assert_eq!(lease.is_current(now), same && Some(now) <= session.expires());
}

/// When a client does not get in, there is a reason for it.
fn refused(pair: &Pair, scene: &Scene<'_>) {
    let refusal = pair.server.refusal().expect("a refusal");
    assert_eq!(refusal.verdict().is_some(), refusal.cause() == Cause::Denied);
    assert!(refusal.verdict().is_none_or(|verdict| !verdict.is_allowed()), "denied by an allow");
    let too_slow = scene.elapsed >= pair.accepted + HANDSHAKE_SECONDS;
    match refusal.cause() {
        Cause::TooSlow => assert!(too_slow, "there was time left"),
        Cause::Abandoned => assert!(pair.server_closed),
        Cause::Internal => panic!("{refusal}"),
        _ if pair.is_tampered => {}
        Cause::Truncated => assert!(pair.input_ended || pair.client_closed),
        Cause::UnknownServerName => {
            assert!(pair.door.is_none(), "no entry for {}", pair.name);
            assert_eq!(refusal.alert(), Some(Alert::UNRECOGNIZED_NAME));
        }
        Cause::Denied => is_denied_by_a_fresh_decision(pair, refusal, scene),
        _ => panic!("nobody did anything wrong: {refusal}"),
    }
}

fn is_denied_by_a_fresh_decision(pair: &Pair, refusal: &Refusal, scene: &Scene<'_>) {
    let door = pair.door.expect("a door behind the name");
    let verdict = refusal.verdict().expect("a verdict");
    let presented = scene.site.chain_of(pair.visit.guest);
    let resumed = |mint: &Mint| mint.leaf.clone();
    let offered = pair.offered.as_ref().and_then(resumed);
    let would_be = pair.instants.iter().any(|instant| {
        let policy = instant.in_force[door.judge];
        let judge = |chain: &[&[u8]]| scene.site.oracle.judge(policy, chain, instant.unix);
        let fresh = judge(&presented);
        let by_signature = verdict.reason() == Reason::BadSignature && fresh.is_allowed();
        // Who resumed, and was judged again at the end, is not who is here now.
        let as_offered =
            || offered.as_ref().is_some_and(|leaf| agree(verdict, &judge(&[leaf.as_slice()])));
        agree(verdict, &fresh) || by_signature && pair.has_a_wrong_key(scene) || as_offered()
    });
    assert!(would_be, "no fresh decision gives {verdict:?}");
}

impl Pair {
    /// The last guest signs with a key that is not its certificate's.
    fn has_a_wrong_key(&self, scene: &Scene<'_>) -> bool {
        self.visit.guest + 1 == scene.site.guests.len()
    }
}
