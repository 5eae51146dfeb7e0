//! What the peer sent and the engine has not used yet.

use countersign::Moment;
use countersign::engine::Connection;

/// Part of a record, or records that wait for plaintext to be read. No memory while there is
/// nothing.
#[derive(Debug, Default)]
pub(crate) struct Inbox {
    bytes: Vec<u8>,
    used: usize,
}

impl Inbox {
    pub(crate) fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Gives the engine what is here once more.
    pub(crate) fn feed_rest(&mut self, connection: &mut Connection, now: Moment) {
        self.used += connection.feed(&mut self.bytes[self.used..], now).used;
        if self.used == self.bytes.len() {
            *self = Self::default();
        }
    }

    /// Gives the engine what has just come, behind what is here. Only what it leaves is copied.
    pub(crate) fn feed(&mut self, new: &mut [u8], connection: &mut Connection, now: Moment) {
        if self.is_empty() {
            let used = connection.feed(new, now).used;
            self.bytes.extend_from_slice(&new[used..]);
            return;
        }
        self.bytes.drain(..self.used);
        self.used = 0;
        self.bytes.extend_from_slice(new);
        self.feed_rest(connection, now);
    }
}

#[cfg(test)]
mod tests {
    use countersign::engine::{Acceptor, Credential, Entry};
    use countersign_testkit::forge::Authority;
    use rustls::pki_types::PrivatePkcs8KeyDer;

    use super::*;

    #[test]
    fn there_is_no_memory_while_there_is_nothing() {
        let leaf = Authority::root("server").leaf("server");
        let key = PrivatePkcs8KeyDer::from(leaf.key.pkcs8_der());
        let credential = Credential::from_der(vec![leaf.certificate], key.into()).unwrap();
        let entry = Entry::without_client_auth(credential);
        let acceptor = Acceptor::builder().default_entry(entry).build().unwrap();
        let now = Moment::default();

        let (mut inbox, mut connection) = (Inbox::default(), acceptor.accept(now));
        inbox.feed(&mut [22, 3], &mut connection, now);
        inbox.feed(&mut [1], &mut connection, now);
        assert_eq!(inbox.bytes, [22, 3, 1], "the beginning of a record");
        // A length that no record has: it is over, and there is nothing to wait for.
        inbox.feed(&mut [0xff, 0xff, 0], &mut connection, now);
        assert!(connection.refusal().is_some());
        assert_eq!((inbox.is_empty(), inbox.bytes.capacity()), (true, 0));
    }
}
