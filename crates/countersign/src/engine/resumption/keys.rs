//! The keys that tickets are sealed under: one for each secret and window of time.

use core::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwap;

use super::secrets::{self, NAME, NamedSecret};
use crate::clock::UnixTime;
use crate::crypto::SealingKey;
use crate::error::Error;

/// Keys for session tickets, derived from a secret by windows of time.
///
/// A ticket names its secret and its window; whoever has the secret derives the key (HKDF-SHA-256)
/// and opens the ticket, so every node of a fleet resumes the sessions of every other, and keys
/// change with the time and not with a restart. A key that leaks opens the tickets of one window.
/// To change the secret, write the new one above the old one in the file, on every node, and call
/// [`TicketKeys::reload`]; take the old one away when its last window is over. To have every node
/// know a secret before the first one uses it, write it below the old one first.
///
/// ```no_run
/// use std::time::Duration;
/// use countersign::engine::TicketKeys;
///
/// # fn main() -> Result<(), countersign::Error> {
/// let keys = TicketKeys::from_file("/etc/countersign/ticket.secret")?
///     .with_windows(Duration::from_secs(3_600), 24);
/// # Ok(())
/// # }
/// ```
pub struct TicketKeys {
    secrets: ArcSwap<Vec<NamedSecret>>,
    source: Option<PathBuf>,
    /// Held from reading the file until its secrets are in force: of two reloads at a time, the one that read
    /// an older file must not have the last word.
    reloading: Mutex<()>,
    window: Duration,
    accepted: u32,
    derived: ArcSwap<Vec<Derived>>,
}

/// A key that was derived already.
#[derive(Clone)]
struct Derived {
    name: [u8; NAME],
    window: i64,
    key: Arc<SealingKey>,
}

/// Keys that are kept at most; the oldest give way. A peer chooses the windows that its tickets
/// name, and must not have keys derived again and again: the keys of every window that counts fit,
/// for a secret that has seven days of hours, the most that a ticket may live, and then some.
const DERIVED_KEYS: usize = 1_024;

/// Version, the secret's name, the window.
const HEADER: usize = 1 + NAME + 8;
const VERSION: u8 = 1;

impl TicketKeys {
    /// A secret of this process alone: tickets end with it.
    ///
    /// # Errors
    /// The system has no random bytes.
    pub fn per_process() -> Result<Self, Error> {
        Ok(Self::new(vec![NamedSecret::random()?], None))
    }

    /// Secrets from a file that nobody but its owner can read: 64 hex digits a line (`openssl rand
    /// -hex 32`), the first in use, the others still known, `#` for comments.
    ///
    /// # Errors
    /// A file that others can read (mode 0600 is expected), that holds no secret, or a line that
    /// is none.
    pub fn from_file(path: impl AsRef<Path>) -> Result<Self, Error> {
        let path = path.as_ref();
        Ok(Self::new(secrets::read(path)?, Some(path.to_owned())))
    }

    fn new(secrets: Vec<NamedSecret>, source: Option<PathBuf>) -> Self {
        Self {
            secrets: ArcSwap::from_pointee(secrets),
            source,
            reloading: Mutex::default(),
            window: Duration::from_secs(3_600),
            accepted: 24,
            derived: ArcSwap::default(),
        }
    }

    /// How long one key makes tickets (at least a second), and for how many windows after its own a
    /// ticket is still opened. Nodes that share a secret must agree on the length. Default: an
    /// hour, and 24 of them.
    #[must_use]
    pub fn with_windows(mut self, length: Duration, accepted: u32) -> Self {
        self.window = length.max(Duration::from_secs(1));
        self.accepted = accepted;
        self
    }

    /// Reads the file of secrets again. Without a file there is nothing to do.
    ///
    /// # Errors
    /// As for [`TicketKeys::from_file`]; the secrets in use stay.
    pub fn reload(&self) -> Result<(), Error> {
        if let Some(path) = &self.source {
            let _one_at_a_time = self.reloading.lock().unwrap_or_else(PoisonError::into_inner);
            self.secrets.store(Arc::new(secrets::read(path)?));
            // Keys of a secret that is gone must not live on here.
            self.derived.store(Arc::default());
        }
        Ok(())
    }

    /// How long a ticket that is made now will be opened, at least.
    pub(super) fn lifetime(&self) -> Duration {
        self.window.saturating_mul(self.accepted)
    }

    /// A ticket. `None` where the system has no random bytes: then there is none.
    pub(super) fn seal(&self, now: UnixTime, contents: &[&[u8]]) -> Option<Vec<u8>> {
        let window = self.window_of(now);
        let name = self.secrets.load().first()?.name;
        let key = self.key(name, window)?;
        let length: usize = contents.iter().map(|part| part.len()).sum();
        let mut ticket = Vec::with_capacity(HEADER + length + SealingKey::OVERHEAD);
        ticket.push(VERSION);
        ticket.extend_from_slice(&name);
        ticket.extend_from_slice(&window.to_be_bytes());
        key.seal(&mut ticket, contents).ok()?;
        Some(ticket)
    }

    /// The contents of a ticket, if one of our secrets made it in a window that still counts.
    pub(super) fn open(&self, now: UnixTime, ticket: &[u8]) -> Option<Vec<u8>> {
        let (header, sealed) = ticket.split_at_checked(HEADER)?;
        let (version, rest) = header.split_first()?;
        let (name, window) = rest.split_first_chunk()?;
        let window = i64::from_be_bytes(window.try_into().ok()?);
        let current = self.window_of(now);
        // A node whose clock is ahead may be in the next window already.
        let (oldest, newest) =
            (current.saturating_sub(self.accepted.into()), current.saturating_add(1));
        if *version != VERSION || !(oldest..=newest).contains(&window) {
            return None;
        }
        self.key(*name, window)?.open(header, sealed)
    }

    fn window_of(&self, now: UnixTime) -> i64 {
        now.as_secs().div_euclid(i64::try_from(self.window.as_secs()).unwrap_or(i64::MAX))
    }

    /// The key of a secret that we have, for one window.
    fn key(&self, name: [u8; NAME], window: i64) -> Option<Arc<SealingKey>> {
        let derived = self.derived.load();
        if let Some(known) = derived.iter().find(|d| d.name == name && d.window == window) {
            return Some(Arc::clone(&known.key));
        }
        let secrets = self.secrets.load();
        let secret = &secrets.iter().find(|secret| secret.name == name)?.secret;
        let length = self.window.as_secs().to_be_bytes();
        let key = secret.derive(&[b"window", &length, &window.to_be_bytes()]);
        let key = Arc::new(SealingKey::new(&key));
        // Another thread may derive the same key at the same time; one of the two is kept, and a
        // reload in between empties the list once more.
        let mut kept: Vec<_> = derived.iter().cloned().collect();
        kept.insert(0, Derived { name, window, key: Arc::clone(&key) });
        kept.truncate(DERIVED_KEYS);
        self.derived.compare_and_swap(&derived, Arc::new(kept));
        Some(key)
    }
}

impl fmt::Debug for TicketKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TicketKeys")
            .field("source", &self.source)
            .field("window", &self.window)
            .field("accepted", &self.accepted)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
