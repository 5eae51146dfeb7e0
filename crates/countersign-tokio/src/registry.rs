//! The live streams of an acceptor that keeps track of them, and their ends.

use core::fmt;
use core::mem;
use core::task::Waker;
use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use countersign::engine::Lease;
use countersign::{UnixTime, VerdictRecord};

/// A session that was ended because its client would not be let in any more. It is what a review
/// returns, and what the session's own reads and writes fail with:
///
/// ```
/// use countersign_tokio::Ended;
///
/// fn ended(error: &std::io::Error) -> Option<&Ended> {
///     error.get_ref()?.downcast_ref()
/// }
/// ```
#[derive(Clone, Debug)]
pub struct Ended {
    client: Option<Arc<str>>,
    verdict: Arc<VerdictRecord>,
}

impl Ended {
    /// The id under which the client was let in.
    pub fn client(&self) -> Option<&str> {
        self.client.as_deref()
    }

    /// The verdict that ended the session.
    pub fn verdict(&self) -> &VerdictRecord {
        &self.verdict
    }
}

impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (reason, detail) = (self.verdict.reason(), self.verdict.detail());
        write!(f, "the client is no longer allowed ({reason}): {detail}")
    }
}

impl core::error::Error for Ended {}

impl From<Ended> for io::Error {
    fn from(ended: Ended) -> Self {
        Self::new(io::ErrorKind::PermissionDenied, ended)
    }
}

/// Every live stream of an acceptor whose client is somebody.
#[derive(Debug, Default)]
pub(crate) struct Registry {
    streams: Mutex<Streams>,
}

#[derive(Debug, Default)]
struct Streams {
    live: HashMap<u64, Arc<Live>>,
    next: u64,
}

/// What a review and a stream know of each other.
#[derive(Debug)]
struct Live {
    client: Option<Arc<str>>,
    lease: Mutex<Lease>,
    ended: OnceLock<Ended>,
    /// The tasks that wait for this stream, one for each way.
    waiting: Mutex<[Option<Waker>; 2]>,
}

/// A way through a stream, as its task sees it.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Way {
    In = 0,
    Out = 1,
}

impl Registry {
    /// A place for a stream, for as long as it lives.
    pub(crate) fn enter(
        self: &Arc<Self>,
        client: Option<&str>,
        lease: Lease,
        now: UnixTime,
    ) -> Place {
        let live = Arc::new(Live {
            client: client.map(Arc::from),
            lease: Mutex::new(lease),
            ended: OnceLock::new(),
            waiting: Mutex::default(),
        });
        let mut streams = held(&self.streams);
        let number = streams.next;
        streams.next += 1;
        streams.live.insert(number, Arc::clone(&live));
        drop(streams);
        // A review between the handshake's verdict and this line did not see the stream.
        live.review(now);
        Place { registry: Arc::clone(self), number, live }
    }

    /// Ends every stream whose client would not be let in any more.
    pub(crate) fn review(&self, now: UnixTime) -> Vec<Ended> {
        // Judged without the lock: streams come and go meanwhile.
        let live: Vec<_> = held(&self.streams).live.values().cloned().collect();
        live.iter().filter_map(|live| live.review(now)).collect()
    }

    pub(crate) fn len(&self) -> usize {
        held(&self.streams).live.len()
    }
}

impl Live {
    /// Its end, if this call ended it.
    fn review(&self, now: UnixTime) -> Option<Ended> {
        if self.ended.get().is_some() {
            return None;
        }
        let verdict = held(&self.lease).review(now)?;
        let ended = Ended { client: self.client.clone(), verdict: Arc::new(verdict) };
        self.ended.set(ended.clone()).ok()?;
        let waiting = mem::take(&mut *held(&self.waiting));
        waiting.into_iter().flatten().for_each(Waker::wake);
        Some(ended)
    }
}

/// A stream's place in the registry; it is free again once this is dropped.
#[derive(Debug)]
pub(crate) struct Place {
    registry: Arc<Registry>,
    number: u64,
    live: Arc<Live>,
}

impl Place {
    /// The stream's end, if it has ended; if not, `waker` is woken when it does.
    pub(crate) fn ended(&self, way: Way, waker: &Waker) -> Option<&Ended> {
        // First the waker, then the look: an end in between wakes it.
        match &mut held(&self.live.waiting)[way as usize] {
            Some(known) => known.clone_from(waker),
            unknown => *unknown = Some(waker.clone()),
        }
        self.live.ended.get()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        held(&self.registry.streams).live.remove(&self.number);
    }
}

/// Nothing here is left half done by a panic.
fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
