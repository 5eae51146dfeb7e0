//! The nonces that were seen: bounded, in shards, and closed when full.

use core::fmt;
use core::hash::BuildHasher as _;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use foldhash::quality::RandomState;

use crate::clock::UnixTime;
use crate::crypto::Sha256;
use crate::error::{Error, ErrorKind};
use crate::forwarded::rejection::{Rejection, RejectionKind};
use crate::limits;

/// Shards, each with a lock of its own that is held for one look-up: two threads meet at one in so many
/// of their checks.
const SHARDS: usize = 64;

/// Remembers each signature that counted until it would not count any more, so that it counts once.
///
/// Share one among all receivers of a process. It holds as many as it was made for; when it is full,
/// signatures are refused, for the one that is forgotten would be the one that is replayed. Only what a
/// key on the ring has signed gets in, so that strangers cannot fill it. A signature is remembered for
/// its own lifetime, some 30 seconds: 65,536 places last for some 1,500 requests a second. Places are in
/// 64 shards; the first of them is full when nine tenths of all are taken.
///
/// It is one process's memory. Behind several processes or machines a request can be replayed once at
/// each, as long as its signature is in time: keep lifetimes short.
///
/// ```
/// use countersign::UnixTime;
/// use countersign::forwarded::NonceMemory;
///
/// // What was signed before this process began may have been seen by the one before it.
/// let memory = NonceMemory::new(65_536, UnixTime::now()).unwrap();
/// ```
pub struct NonceMemory {
    shards: Box<[Mutex<Shard>; SHARDS]>,
    hasher: RandomState,
    each: usize,
    since: UnixTime,
}

struct Shard {
    /// Until when each has to be known.
    seen: HashMap<[u8; 16], UnixTime, RandomState>,
    /// The latest of those that were forgotten. Whatever does not last longer may have been seen: the
    /// clock may have been set back since.
    forgotten: UnixTime,
    /// When there was last nothing to forget.
    swept: UnixTime,
}

impl NonceMemory {
    /// With room for so many, at some 50 bytes each. What was signed before `since` is refused: give the
    /// process's start, or [`UnixTime::MIN`] where a replay across a restart does no harm.
    ///
    /// # Errors
    /// No room at all, or for more than [`limits::NONCES`].
    pub fn new(entries: usize, since: UnixTime) -> Result<Self, Error> {
        if !(1..=limits::NONCES).contains(&entries) {
            let message = format!("a memory has room for 1 to {} nonces", limits::NONCES);
            return Err(Error::new(ErrorKind::Usage, message));
        }
        let shard = |_| {
            Mutex::new(Shard {
                seen: HashMap::default(),
                forgotten: UnixTime::MIN,
                swept: UnixTime::MIN,
            })
        };
        let shards = Box::new(core::array::from_fn(shard));
        let each = entries.div_ceil(SHARDS);
        Ok(Self { shards, hasher: RandomState::default(), each, since })
    }

    /// Remembers a signature that was made at `created` and counts until `until`.
    pub(super) fn remember(
        &self,
        key_id: &str,
        nonce: &str,
        created: UnixTime,
        until: UnixTime,
        now: UnixTime,
    ) -> Result<(), Rejection> {
        if created < self.since {
            let what = "the signature is older than what is remembered";
            return Err(Rejection::new(RejectionKind::Stale, what));
        }
        let name = name(key_id, nonce);
        let index = self.hasher.hash_one(name) as usize % SHARDS;
        // A thread that panicked in here has left a whole map behind.
        let mut shard = self.shards[index].lock().unwrap_or_else(PoisonError::into_inner);
        shard.remember(name, until, now, self.each)
    }
}

impl Shard {
    fn remember(
        &mut self,
        name: [u8; 16],
        until: UnixTime,
        now: UnixTime,
        room: usize,
    ) -> Result<(), Rejection> {
        if self.seen.contains_key(&name) {
            return Err(Rejection::new(RejectionKind::Replayed, "the signature was seen before"));
        }
        if until <= self.forgotten {
            let what = "the signature is older than what is remembered";
            return Err(Rejection::new(RejectionKind::Stale, what));
        }
        if self.seen.len() >= room {
            self.forget(now);
        }
        if self.seen.len() >= room {
            let what = "too many signatures to remember";
            return Err(Rejection::new(RejectionKind::MemoryFull, what));
        }
        self.seen.insert(name, until);
        Ok(())
    }

    /// Forgets what is over, once a second at most: it looks at everything.
    fn forget(&mut self, now: UnixTime) {
        if core::mem::replace(&mut self.swept, now) == now {
            return;
        }
        let forgotten = &mut self.forgotten;
        self.seen.retain(|_, until| {
            let stays = *until >= now;
            if !stays {
                *forgotten = (*forgotten).max(*until);
            }
            stays
        });
    }
}

impl fmt::Debug for NonceMemory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NonceMemory").field("room", &(self.each * SHARDS)).finish_non_exhaustive()
    }
}

/// 128 bits of a digest of both: two signers may draw the same nonce.
fn name(key_id: &str, nonce: &str) -> [u8; 16] {
    let mut digest = Sha256::new();
    digest.update(&(key_id.len() as u64).to_le_bytes());
    digest.update(key_id.as_bytes());
    digest.update(nonce.as_bytes());
    let digest = digest.finish();
    core::array::from_fn(|index| digest[index])
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(seconds: i64) -> UnixTime {
        UnixTime::from_secs(seconds)
    }

    fn remember(memory: &NonceMemory, nonce: usize, until: i64, now: i64) -> Option<RejectionKind> {
        let remembered = memory.remember("k", &nonce.to_string(), at(now), at(until), at(now));
        remembered.err().map(|rejection| rejection.kind())
    }

    #[test]
    fn a_nonce_counts_once_for_each_key() {
        let memory = NonceMemory::new(100, UnixTime::MIN).unwrap();
        assert_eq!(remember(&memory, 1, 30, 0), None);
        assert_eq!(remember(&memory, 1, 30, 0), Some(RejectionKind::Replayed));
        assert_eq!(remember(&memory, 1, 90, 60), Some(RejectionKind::Replayed));
        assert!(memory.remember("other", "1", at(0), at(30), at(0)).is_ok());
        assert!(memory.remember("k1", "", at(0), at(30), at(0)).is_ok());
    }

    #[test]
    fn a_full_memory_refuses_until_something_is_over() {
        let memory = NonceMemory::new(64, UnixTime::MIN).unwrap();
        let count = |from: usize, until, now| {
            (from..from + 1_000).filter(|n| remember(&memory, *n, until, now).is_none()).count()
        };
        assert_eq!(count(0, 30, 0), 64);
        assert_eq!(remember(&memory, 5_000, 30, 0), Some(RejectionKind::MemoryFull));
        assert_eq!(count(10_000, 60, 30), 0, "a time is inclusive");
        assert_eq!(count(20_000, 61, 31), 64);
    }

    #[test]
    fn what_was_forgotten_does_not_count_again_where_the_clock_is_set_back() {
        let memory = NonceMemory::new(1, UnixTime::MIN).unwrap();
        let seen: Vec<usize> =
            (0..1_000).filter(|n| remember(&memory, *n, 30, 0).is_none()).collect();
        assert_eq!(seen.len(), 64);
        for nonce in 2_000..4_000 {
            remember(&memory, nonce, 130, 100);
        }
        for nonce in seen {
            assert_eq!(remember(&memory, nonce, 30, 0), Some(RejectionKind::Stale));
        }
    }

    #[test]
    fn what_was_signed_before_the_beginning_is_refused() {
        let memory = NonceMemory::new(100, at(50)).unwrap();
        let refused = memory.remember("k", "n", at(49), at(80), at(51)).unwrap_err();
        assert_eq!(refused.kind(), RejectionKind::Stale);
        assert!(memory.remember("k", "n", at(50), at(80), at(51)).is_ok());
    }

    #[test]
    fn of_many_threads_with_one_signature_one_gets_in() {
        // So much room that no shard fills up, however unevenly they are hit.
        let memory = NonceMemory::new(10_000, UnixTime::MIN).unwrap();
        let counted: usize = std::thread::scope(|scope| {
            let thread = || (0..500).filter(|n| remember(&memory, *n, 30, 0).is_none()).count();
            let threads: Vec<_> = (0..4).map(|_| scope.spawn(thread)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).sum()
        });
        assert_eq!(counted, 500);
    }
}
