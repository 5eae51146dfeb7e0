//! Clients that are approved for scopes, found by their ids.

use super::tables::probe::Slots;
use super::tables::texts::Texts;
use super::{ClientIndex, ClientRecord};

/// The clients whose records name scopes. There are as many as an operator writes by hand; the
/// millions that lists know have none, and cost nothing here.
#[derive(Debug)]
pub(in crate::policy) struct ScopedClients {
    slots: Slots,
    /// The client in each slot.
    clients: Vec<ClientIndex>,
}

impl ScopedClients {
    /// `records` are those of the first `ids`.
    pub(in crate::policy) fn build(records: &[ClientRecord], ids: &Texts) -> Self {
        let scoped = || (0..).zip(records).filter(|(_, record)| !record.scopes.is_empty());
        let mut slots = Slots::for_entries(scoped().count());
        let mut clients = vec![ClientIndex(0); slots.len()];
        for (client, _) in scoped() {
            let hash = slots.hashed(ids.get(client as usize));
            clients[slots.take(hash)] = ClientIndex(client);
        }
        Self { slots, clients }
    }

    /// The client with this id, if it has scopes.
    pub(in crate::policy) fn find(&self, id: &[u8], ids: &Texts) -> Option<ClientIndex> {
        let is_it = |slot: usize| ids.get(self.clients[slot].0 as usize) == id;
        self.slots.find(self.slots.hashed(id), is_it).map(|slot| self.clients[slot])
    }

    pub(in crate::policy) fn heap_bytes(&self) -> usize {
        self.slots.heap_bytes() + self.clients.capacity() * size_of::<ClientIndex>()
    }
}

#[cfg(test)]
mod tests {
    use crate::policy::testing::matcher;

    #[test]
    fn each_of_many_clients_has_its_own_scopes() {
        let client = |i: usize| {
            let scopes =
                if i.is_multiple_of(3) { String::new() } else { format!("\"s{i}\", \"all\"") };
            format!(
                "[[client]]\nid = \"c{i}\"\nmatch = [ {{ dns = \"d{i}\" }} ]\nscopes = [{scopes}]\n"
            )
        };
        let matcher = matcher(&(0..500).map(client).collect::<String>());
        let approves =
            |id: &str, scope: &str| matcher.approves_scope(id.as_bytes(), scope.as_bytes());
        for i in 0..500_usize {
            let is_scoped = !i.is_multiple_of(3);
            assert_eq!(approves(&format!("c{i}"), &format!("s{i}")), is_scoped, "{i}");
            assert_eq!(approves(&format!("c{i}"), "all"), is_scoped, "{i}");
            assert!(!approves(&format!("c{i}"), &format!("s{}", i + 1)));
        }
        for nobody in ["", "c", "c500", "C1", "c1 "] {
            assert!(!approves(nobody, "all"), "{nobody}");
        }
    }
}
