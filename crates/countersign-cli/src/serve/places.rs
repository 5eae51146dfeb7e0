//! Who may be here: so many connections at a time, and so many of one client.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
use tokio::time::{Instant, sleep};

/// Who has not said for so long who he is may have to make room. A handshake between continents takes
/// a tenth of it; less would send honest clients away where a crowd of them makes the server slow.
const FAIR_SHARE: Duration = Duration::from_secs(2);

/// How often to look whether somebody has had his share.
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// The places of one listener.
#[derive(Debug)]
pub(super) struct Places {
    most: u32,
    free: Arc<Semaphore>,
    /// How long a stranger may stay where others wait.
    fair_share: Duration,
    strangers: Mutex<Strangers>,
    /// How many of one client at a time, and how many each has.
    most_of_one: Option<u32>,
    clients: Mutex<HashMap<Box<[u8]>, u32>>,
}

/// Those who have a place and have not said who they are, in the order in which they came.
#[derive(Debug, Default)]
struct Strangers {
    next: u64,
    here: BTreeMap<u64, (Instant, oneshot::Sender<()>)>,
}

impl Places {
    pub(super) fn new(most: u32, most_of_one: Option<u32>) -> Arc<Self> {
        Arc::new(Self {
            most,
            free: Arc::new(Semaphore::new(most as usize)),
            fair_share: FAIR_SHARE,
            strangers: Mutex::default(),
            most_of_one,
            clients: Mutex::default(),
        })
    }

    /// A place for whoever is at the door. Where none is free, the stranger who has been here longest
    /// is sent away for it, once he has had his share: otherwise whoever connects and says nothing
    /// would keep everyone else out.
    pub(super) async fn take(self: &Arc<Self>) -> Stranger {
        loop {
            let free = Arc::clone(&self.free);
            if let Ok(permit) = Arc::clone(&free).try_acquire_owned() {
                return self.stranger(permit);
            }
            self.send_one_away();
            tokio::select! {
                permit = free.acquire_owned() => {
                    return self.stranger(permit.expect("invariant: it is never closed"));
                }
                () = sleep(LOOK_AGAIN) => {}
            }
        }
    }

    fn send_one_away(&self) {
        let mut strangers = lock(&self.strangers);
        if let Some(oldest) = strangers.here.first_entry()
            && oldest.get().0.elapsed() >= self.fair_share
        {
            let (_, leave) = oldest.remove();
            // Nobody hears it who has just said who he is.
            let _ = leave.send(());
        }
    }

    fn stranger(self: &Arc<Self>, permit: OwnedSemaphorePermit) -> Stranger {
        let (leave, told_to_leave) = oneshot::channel();
        let mut strangers = lock(&self.strangers);
        let number = strangers.next;
        strangers.next += 1;
        strangers.here.insert(number, (Instant::now(), leave));
        Stranger { number, told_to_leave, permit: Some(permit), places: Arc::clone(self) }
    }

    /// Counts one more connection of a client, unless it has as many as one may have.
    fn count(&self, client: &[u8]) -> bool {
        let most = self.most_of_one.unwrap_or(u32::MAX);
        let mut clients = lock(&self.clients);
        let here = clients.entry(client.into()).or_default();
        let has_room = *here < most;
        *here += u32::from(has_room);
        has_room
    }

    /// Ends once nobody is here.
    pub(super) async fn all_free(&self) {
        // It is never closed.
        let _ = self.free.acquire_many(self.most).await;
    }

    /// How many are here.
    pub(super) fn taken(&self) -> usize {
        (self.most as usize).saturating_sub(self.free.available_permits())
    }
}

/// Somebody who has a place and has not said yet who he is. The place is free when this is dropped.
#[derive(Debug)]
pub(super) struct Stranger {
    number: u64,
    told_to_leave: oneshot::Receiver<()>,
    /// Until a guest has it.
    permit: Option<OwnedSemaphorePermit>,
    places: Arc<Places>,
}

impl Stranger {
    /// Ends once his place is needed.
    pub(super) async fn told_to_leave(&mut self) {
        let _ = (&mut self.told_to_leave).await;
    }

    /// He is this client, and stays.
    ///
    /// # Errors
    /// The client has as many connections as one may have; he is a stranger still.
    pub(super) fn settle(mut self, client: &[u8]) -> Result<Guest, Self> {
        if !self.places.count(client) {
            return Err(self);
        }
        let (permit, places) = (self.permit.take(), Arc::clone(&self.places));
        Ok(Guest { client: client.into(), places, _permit: permit })
    }
}

impl Drop for Stranger {
    fn drop(&mut self) {
        lock(&self.places.strangers).here.remove(&self.number);
    }
}

/// A client's connection. Its place is free when this is dropped.
#[derive(Debug)]
pub(super) struct Guest {
    client: Box<[u8]>,
    places: Arc<Places>,
    _permit: Option<OwnedSemaphorePermit>,
}

impl Drop for Guest {
    fn drop(&mut self) {
        let mut clients = lock(&self.places.clients);
        if let Some(here) = clients.get_mut(&self.client) {
            *here -= 1;
            if *here == 0 {
                clients.remove(&self.client);
            }
        }
    }
}

/// What is behind it holds at every line, so a panic elsewhere does not spoil it.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use tokio::time::timeout;

    use super::*;

    #[tokio::test]
    async fn a_client_has_as_many_as_one_may_have_and_leaves_nothing_behind() {
        let places = Places::new(9, Some(2));
        let settle = async |client: &[u8]| places.take().await.settle(client);
        let first = settle(b"a").await.unwrap();
        let second = settle(b"a").await.unwrap();
        let stranger = settle(b"a").await.unwrap_err();
        let other = settle(b"b").await.unwrap();
        assert_eq!(places.taken(), 4);
        drop(first);
        let third = stranger.settle(b"a").unwrap();
        assert!(settle(b"a").await.is_err());
        drop((second, third, other));
        assert_eq!(places.taken(), 0);
        assert!(lock(&places.clients).is_empty() && lock(&places.strangers).here.is_empty());
        let unlimited = Places::new(100, None);
        let mut all = Vec::new();
        for _ in 0..100 {
            all.push(unlimited.take().await.settle(b"a").unwrap());
        }
    }

    #[tokio::test]
    async fn the_oldest_stranger_makes_room_once_he_has_had_his_share() {
        const NOW: Duration = Duration::from_millis(1);
        let share = Duration::from_millis(300);
        let places = Places { fair_share: share, ..Arc::into_inner(Places::new(2, None)).unwrap() };
        let places = Arc::new(places);
        let begun = Instant::now();
        let mut old = places.take().await;
        sleep(share / 3).await;
        let mut young = places.take().await;
        assert_eq!(places.taken(), 2);
        let leaving = async {
            old.told_to_leave().await;
            drop(old);
        };
        let (newcomer, ()) = tokio::join!(places.take(), leaving);
        assert!(begun.elapsed() >= share, "{:?}", begun.elapsed());
        assert!(timeout(NOW, young.told_to_leave()).await.is_err());
        // Who has said who he is stays.
        let guests = [newcomer, young].map(|stranger| stranger.settle(b"a").unwrap());
        assert!(timeout(2 * share, places.take()).await.is_err());
        assert_eq!(places.taken(), 2);
        drop(guests);
        timeout(share, places.all_free()).await.unwrap();
        assert_eq!(places.taken(), 0);
    }
}
