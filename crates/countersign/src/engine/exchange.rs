//! What one connection and rustls tell each other while rustls is at work.
//!
//! A rustls configuration is shared by all connections of an entry, and so are the verifier, the
//! ticketer and the clock in it: rustls does not tell them which connection asks. It does call them
//! on the thread that called it, and before it returns. So a connection leaves its [`Exchange`] with
//! the thread for as long as rustls works for it, and takes it back with the answers. The
//! alternative, a configuration for each connection, costs ten allocations and a microsecond.

use core::cell::RefCell;
use core::mem;

use crate::clock::UnixTime;
use crate::verdict::VerdictRecord;
use crate::verifier::Pending;

/// One handshake's questions and answers. It moves with every flight, so what is large in it is
/// elsewhere.
#[derive(Debug, Default)]
pub(super) struct Exchange {
    /// The time that the caller gave.
    pub(super) now: UnixTime,
    /// rustls was told to ask for a certificate.
    pub(super) is_asked_for: bool,
    /// Whom the verdict is about, once there is one that allows.
    pub(super) identity: Option<Box<Identity>>,
    /// When the full handshake was of the session of nobody that rustls was given to resume.
    pub(super) nobody_since: Option<UnixTime>,
    /// The verdict that refused the client.
    pub(super) denied: Option<Box<VerdictRecord>>,
    /// How many tickets were offered.
    pub(super) tickets: u32,
    /// Why the last ticket or session that was offered did not count.
    pub(super) declined: Option<Declined>,
    /// rustls read another server name than we did.
    pub(super) misread_name: bool,
}

/// A client that was approved.
#[derive(Debug)]
pub(super) struct Identity {
    pub(super) leaf: Box<[u8]>,
    pub(super) verdict: VerdictRecord,
    /// The same verdict, to be recorded once the client has proved that it is this one.
    pub(super) pending: Pending,
    /// When the client last proved its key in a full handshake.
    pub(super) authenticated_at: UnixTime,
    pub(super) origin: Origin,
}

/// Where an identity comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// A certificate in this handshake.
    Presented,
    /// A ticket or a cached session.
    Resumed,
}

/// Why a session was not resumed; a full handshake follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Declined {
    /// Not one of ours, not one that can be read any more, or not in the cache any more.
    Unreadable,
    /// Made for another server name, or under other demands on the client.
    OtherEntry,
    /// Past the time of the session, of its certificate, or of a CRL.
    Expired,
    /// Made with another cipher suite, version, or name of a wildcard.
    Unsuitable,
    /// The policy in force does not allow the client on what the session says: the full handshake
    /// decides, and tells the client why.
    NotAuthorized,
}

thread_local! {
    static CURRENT: RefCell<Option<Exchange>> = const { RefCell::new(None) };
}

/// Runs `work` with `exchange` where the callbacks find it, and brings it back.
pub(super) fn during<T>(exchange: &mut Exchange, work: impl FnOnce() -> T) -> T {
    /// Puts back what was there before, also when `work` panics: what follows on this thread
    /// must not answer for this connection.
    struct Restore(Option<Exchange>);

    impl Restore {
        fn swap(&mut self) -> Option<Exchange> {
            CURRENT.replace(self.0.take())
        }
    }

    impl Drop for Restore {
        fn drop(&mut self) {
            self.swap();
        }
    }

    let mut before = Restore(CURRENT.replace(Some(mem::take(exchange))));
    let result = work();
    *exchange = before.swap().unwrap_or_default();
    mem::forget(before);
    result
}

/// Lets a callback at the exchange of the connection that rustls works for; `None` where there
/// is none, which no callback may take for a yes. `ask` must not call out: a journal, say, may
/// drive a connection of its own.
pub(super) fn with<T>(ask: impl FnOnce(&mut Exchange) -> T) -> Option<T> {
    CURRENT.with_borrow_mut(|current| current.as_mut().map(ask))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Exchange {
        Exchange { now: UnixTime::from_secs(seconds), ..Exchange::default() }
    }

    fn current() -> Option<i64> {
        with(|exchange| exchange.now.as_secs())
    }

    #[test]
    fn answers_come_back_and_nothing_stays_behind() {
        let mut exchange = at(1);
        during(&mut exchange, || {
            with(|e| e.misread_name = true);
            let mut inner = at(2);
            during(&mut inner, || assert_eq!(current(), Some(2)));
            assert_eq!(current(), Some(1));
        });
        assert!(exchange.misread_name);
        assert_eq!((exchange.now.as_secs(), current()), (1, None));
    }

    #[test]
    fn a_panic_leaves_nothing_behind() {
        let panicked = std::panic::catch_unwind(|| during(&mut at(1), || panic!("in a callback")));
        assert!(panicked.is_err());
        assert_eq!(current(), None);
    }
}
