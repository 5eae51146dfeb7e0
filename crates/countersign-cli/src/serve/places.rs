//! Who may be here: so many connections at a time, so many of one client, and so many from one
//! address that have not said yet who they are.

use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::tally::{Counted, Tally};

/// The most there may be at a time.
#[derive(Clone, Copy, Debug)]
pub(super) struct Most {
    pub(super) connections: u32,
    pub(super) of_one_client: Option<u32>,
    /// Handshakes under way.
    pub(super) of_one_address: Option<u32>,
}

/// The places of one listener.
#[derive(Debug)]
pub(super) struct Places {
    most: u32,
    free: Arc<Semaphore>,
    clients: Arc<Tally<Box<[u8]>>>,
    strangers: Arc<Tally<Ipv6Addr>>,
}

impl Places {
    pub(super) fn new(most: Most) -> Arc<Self> {
        Arc::new(Self {
            most: most.connections,
            free: Arc::new(Semaphore::new(most.connections as usize)),
            clients: Tally::new(most.of_one_client),
            strangers: Tally::new(most.of_one_address),
        })
    }

    /// A place, once there is one.
    pub(super) async fn take(self: &Arc<Self>) -> Place {
        let permit = Arc::clone(&self.free).acquire_owned().await;
        let permit = permit.expect("invariant: it is never closed");
        Place { client: None, places: Arc::clone(self), _permit: permit }
    }

    /// Somebody from there whose handshake begins, until it is over; `None` where too many from there
    /// are at theirs.
    pub(super) fn stranger(&self, from: IpAddr) -> Option<Stranger> {
        self.strangers.count(network(from))
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

/// What one party has for itself: an address of IPv4, and the first 64 bits of one of IPv6 (RFC 4291
/// section 2.5.1), behind which it can choose any.
fn network(address: IpAddr) -> Ipv6Addr {
    match address.to_canonical() {
        IpAddr::V4(address) => address.to_ipv6_mapped(),
        IpAddr::V6(address) => (u128::from(address) >> 64 << 64).into(),
    }
}

/// Somebody at their handshake.
pub(super) type Stranger = Counted<Ipv6Addr>;

/// Somebody's place, until it is dropped.
#[derive(Debug)]
pub(super) struct Place {
    /// Whose connection it counts as.
    client: Option<Counted<Box<[u8]>>>,
    places: Arc<Places>,
    _permit: OwnedSemaphorePermit,
}

impl Place {
    /// Counts it as this client's; `false` where the client has as many as one may have.
    #[must_use]
    pub(super) fn is_for(&mut self, client: &[u8]) -> bool {
        self.client = self.places.clients.count(client.into());
        self.client.is_some()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::timeout;

    use super::*;

    fn places(connections: u32) -> Arc<Places> {
        Places::new(Most { connections, of_one_client: Some(2), of_one_address: Some(2) })
    }

    #[tokio::test]
    async fn a_client_has_as_many_as_one_may_have() {
        let places = places(9);
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
    }

    #[tokio::test]
    async fn whoever_comes_when_all_are_taken_waits() {
        let places = places(2);
        let taken = [places.take().await, places.take().await];
        let short = Duration::from_millis(50);
        assert!(timeout(short, places.take()).await.is_err());
        drop(taken);
        timeout(short, places.all_free()).await.unwrap();
    }

    #[test]
    fn one_address_has_as_many_strangers_as_one_may_have() {
        let places = places(9);
        let from = |address: &str| places.stranger(address.parse().unwrap());
        let known = [from("192.0.2.1"), from("::ffff:192.0.2.1")];
        assert!(known.iter().all(Option::is_some));
        assert!(from("192.0.2.1").is_none() && from("192.0.2.2").is_some());
        // Everyone has a network of 64 bits to choose addresses from.
        let others = [from("2001:db8::1"), from("2001:db8::ffff:1:2")];
        assert!(others.iter().all(Option::is_some));
        assert!(from("2001:db8::3").is_none() && from("2001:db8:0:1::3").is_some());
        drop((known, others));
        assert!(from("192.0.2.1").is_some() && from("2001:db8::3").is_some());
    }
}
