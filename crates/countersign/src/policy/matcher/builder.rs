//! Making a [`Matcher`]: records first, then rules, then the entries of lists.

use super::rulebook::{ClaimedBy, MAX_OWNERS, RulebookBuilder};
use super::scoped::ScopedClients;
use super::tables::exact::Expected;
use super::tables::interner::Interner;
use super::tables::probe::HashedKey;
use super::{ClientIndex, ClientRecord, Matcher, NO_NOTE};
use crate::policy::rule::key::{ExactText, Key, Kind};

/// How much is to come from lists; more may come, at the cost of growing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::policy) struct Room {
    /// Entries.
    pub(in crate::policy) entries: Expected,
    /// Client ids, or notes.
    pub(in crate::policy) texts: usize,
    /// The bytes of those.
    pub(in crate::policy) text_bytes: usize,
}

/// An entry of a list, hashed for the builder that made this and for no other.
#[derive(Clone, Copy, Debug)]
pub(in crate::policy) struct ListEntry<'e> {
    kind: Kind,
    value: HashedKey<'e>,
    /// The client's id, or a note.
    text: HashedKey<'e>,
}

/// A [`Matcher`] in the making. Errors are messages without a place.
#[derive(Debug)]
pub(in crate::policy) struct MatcherBuilder {
    clients: RulebookBuilder,
    deny: RulebookBuilder,
    ids: Interner,
    records: Vec<ClientRecord>,
    notes: Interner,
}

impl MatcherBuilder {
    pub(in crate::policy) fn with_room(clients: &Room, deny: &Room) -> Self {
        Self {
            clients: RulebookBuilder::with_room(&clients.entries),
            deny: RulebookBuilder::with_room(&deny.entries),
            ids: Interner::with_capacity(clients.texts, clients.text_bytes),
            records: Vec::new(),
            notes: Interner::with_capacity(deny.texts, deny.text_bytes),
        }
    }

    /// Adds the record of a client.
    ///
    /// # Errors
    ///
    /// The id is taken.
    pub(in crate::policy) fn add_client(
        &mut self,
        id: &str,
        record: ClientRecord,
    ) -> Result<ClientIndex, String> {
        let text = self.ids.hashed(id.as_bytes());
        if self.ids.find(text).is_some() {
            return Err(format!("client id `{id}` is used twice; every client has its own"));
        }
        let index = self.intern_client(text)?;
        self.records.push(record);
        Ok(index)
    }

    /// Adds a rule of a client that has a record.
    ///
    /// # Errors
    ///
    /// Another client has the same rule, and the issuers do not tell them apart.
    pub(in crate::policy) fn add_client_rule(
        &mut self,
        client: ClientIndex,
        keys: Vec<Key>,
    ) -> Result<(), String> {
        let text = rule_text(&keys);
        let Self { clients, records, ids, .. } = self;
        clients
            .add_rule(keys, client.0, |a, b| may_share(records, a, b))
            .map_err(|by| claimed(&text, by, ids))
    }

    /// An entry of a list of clients, whose id may be new.
    pub(in crate::policy) fn client_entry<'e>(
        &self,
        kind: Kind,
        value: &'e [u8],
        id: &'e str,
    ) -> ListEntry<'e> {
        let text = self.ids.hashed(id.as_bytes());
        ListEntry { kind, value: self.clients.hashed(kind, value), text }
    }

    /// An entry of a deny list, whose note may be empty.
    pub(in crate::policy) fn deny_entry<'e>(
        &self,
        kind: Kind,
        value: &'e [u8],
        note: &'e str,
    ) -> ListEntry<'e> {
        let text = self.notes.hashed(note.as_bytes());
        ListEntry { kind, value: self.deny.hashed(kind, value), text }
    }

    /// Adds an entry of a list of clients.
    ///
    /// # Errors
    ///
    /// As for [`add_client_rule`](Self::add_client_rule); or the client is pinned, and the kind
    /// cannot stand in for a path.
    pub(in crate::policy) fn add_client_entry(
        &mut self,
        entry: ListEntry<'_>,
    ) -> Result<(), String> {
        let ListEntry { kind, value, text: id } = entry;
        let client = self.intern_client(id)?;
        let Self { clients, records, ids, .. } = self;
        if !kind.is_pin() && records.get(client.0 as usize).is_some_and(|r| r.is_pinned) {
            let id = String::from_utf8_lossy(id.key);
            return Err(format!(
                "client `{id}` is pinned: only `spki_sha256` and `cert_sha256` can recognise it"
            ));
        }
        clients.add_entry(kind, value, client.0, |a, b| may_share(records, a, b)).map_err(|by| {
            claimed(&format!("{}:{}", kind.name(), ExactText(kind, value.key)), by, ids)
        })
    }

    /// Adds a deny rule. One that is there already stays as it is.
    pub(in crate::policy) fn add_deny_rule(
        &mut self,
        keys: Vec<Key>,
        note: Option<&str>,
    ) -> Result<(), String> {
        let note = match note {
            Some(note) => number(self.notes.intern(self.notes.hashed(note.as_bytes())))?,
            None => NO_NOTE,
        };
        // Denied twice is denied once.
        let _ = self.deny.add_rule(keys, note, |_, _| false);
        Ok(())
    }

    /// Adds an entry of a deny list. One that is there already stays as it is.
    pub(in crate::policy) fn add_deny_entry(&mut self, entry: ListEntry<'_>) -> Result<(), String> {
        let ListEntry { kind, value, text: note } = entry;
        let note = if note.key.is_empty() { NO_NOTE } else { number(self.notes.intern(note))? };
        // Denied twice is denied once.
        let _ = self.deny.add_entry(kind, value, note, |_, _| false);
        Ok(())
    }

    /// Reads the memory that [`add_client_entry`](Self::add_client_entry) will need; what it holds
    /// means nothing.
    pub(in crate::policy) fn glance_client(&self, entry: &ListEntry<'_>) -> u32 {
        self.clients.glance(entry.kind, entry.value).wrapping_add(self.ids.glance(entry.text))
    }

    /// Reads the memory that [`add_deny_entry`](Self::add_deny_entry) will need.
    pub(in crate::policy) fn glance_deny(&self, entry: &ListEntry<'_>) -> u32 {
        self.deny.glance(entry.kind, entry.value)
    }

    /// Bytes allocated so far.
    #[cfg(test)]
    pub(in crate::policy) fn heap_bytes(&self) -> usize {
        let books = self.clients.heap_bytes() + self.deny.heap_bytes();
        books + self.ids.heap_bytes() + self.notes.heap_bytes()
    }

    pub(in crate::policy) fn finish(self) -> Matcher {
        let mut records = self.records;
        records.shrink_to_fit();
        let ids = self.ids.into_texts();
        Matcher {
            clients: self.clients.finish(),
            deny: self.deny.finish(),
            scoped: ScopedClients::build(&records, &ids),
            ids,
            records,
            notes: self.notes.into_texts(),
        }
    }

    fn intern_client(&mut self, id: HashedKey<'_>) -> Result<ClientIndex, String> {
        number(self.ids.intern(id)).map(ClientIndex)
    }
}

fn number(interned: usize) -> Result<u32, String> {
    let number = u32::try_from(interned).ok().filter(|_| interned < MAX_OWNERS);
    number.ok_or_else(|| format!("more than {MAX_OWNERS} entries"))
}

/// One value may lead to two clients where their issuers tell them apart.
fn may_share(records: &[ClientRecord], a: u32, b: u32) -> bool {
    let issuer = |owner: u32| records.get(owner as usize)?.issuer_spki_sha256;
    matches!((issuer(a), issuer(b)), (Some(a), Some(b)) if a != b)
}

fn claimed(rule: &str, ClaimedBy(owner): ClaimedBy, ids: &Interner) -> String {
    let id = String::from_utf8_lossy(ids.get(owner as usize));
    format!(
        "`{rule}` already recognises client `{id}`; take one of them out, or give both clients \
         their own `issuer_spki_sha256`"
    )
}

fn rule_text(keys: &[Key]) -> String {
    keys.iter().map(Key::to_string).collect::<Vec<_>>().join("+")
}
