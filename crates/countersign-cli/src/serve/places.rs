//! Who may be here: so many connections at a time, and so many of one client.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The places of one listener.
#[derive(Debug)]
pub(super) struct Places {
    most: u32,
    free: Arc<Semaphore>,
    /// How many connections one client may have.
    most_of_one: Option<u32>,
    /// How many each has, where that is limited.
    clients: Mutex<HashMap<Box<[u8]>, u32>>,
}

impl Places {
    pub(super) fn new(most: u32, most_of_one: Option<u32>) -> Arc<Self> {
        Arc::new(Self {
            most,
            free: Arc::new(Semaphore::new(most as usize)),
            most_of_one,
            clients: Mutex::default(),
        })
    }

    /// A place, once there is one.
    pub(super) async fn take(self: &Arc<Self>) -> Place {
        let permit = Arc::clone(&self.free).acquire_owned().await;
        let permit = permit.expect("invariant: it is never closed");
        Place { client: None, places: Arc::clone(self), _permit: permit }
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

    /// What is behind it holds at every line, so a panic elsewhere does not spoil it.
    fn clients(&self) -> MutexGuard<'_, HashMap<Box<[u8]>, u32>> {
        self.clients.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Somebody's place, until it is dropped.
#[derive(Debug)]
pub(super) struct Place {
    /// Whose connection it counts as.
    client: Option<Box<[u8]>>,
    places: Arc<Places>,
    _permit: OwnedSemaphorePermit,
}

impl Place {
    /// Counts it as this client's; `false` where the client has as many as one may have.
    #[must_use]
    pub(super) fn is_for(&mut self, client: &[u8]) -> bool {
        let Some(most) = self.places.most_of_one else { return true };
        let client: Box<[u8]> = client.into();
        let mut clients = self.places.clients();
        let here = clients.entry(client.clone()).or_default();
        if *here >= most {
            return false;
        }
        *here += 1;
        drop(clients);
        self.client = Some(client);
        true
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let Some(client) = self.client.take() else { return };
        let mut clients = self.places.clients();
        if let Some(here) = clients.get_mut(&client) {
            *here -= 1;
            if *here == 0 {
                clients.remove(&client);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::timeout;

    use super::*;

    #[tokio::test]
    async fn a_client_has_as_many_as_one_may_have_and_leaves_nothing_behind() {
        let places = Places::new(9, Some(2));
        let mut taken = Vec::new();
        for (client, is_let_in) in [("a", true), ("a", true), ("a", false), ("b", true)] {
            let mut place = places.take().await;
            assert_eq!(place.is_for(client.as_bytes()), is_let_in, "{client}");
            taken.push(place);
        }
        assert_eq!(places.taken(), 4);
        drop(taken.remove(0));
        // The one that was over the limit counts for nobody.
        assert!(taken[1].is_for(b"a"));
        assert!(!places.take().await.is_for(b"a"));
        drop(taken);
        assert_eq!(places.taken(), 0);
        assert!(places.clients().is_empty());
    }

    #[tokio::test]
    async fn without_a_limit_nobody_is_counted() {
        let places = Places::new(100, None);
        let mut taken = Vec::new();
        for _ in 0..100 {
            let mut place = places.take().await;
            assert!(place.is_for(b"a"));
            taken.push(place);
        }
        assert!(places.clients().is_empty());
        let short = Duration::from_millis(50);
        assert!(timeout(short, places.take()).await.is_err());
        drop(taken);
        timeout(short, places.all_free()).await.unwrap();
    }
}
