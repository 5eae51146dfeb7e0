//! Another policy in force: whenever someone asks, or where its files have changed.

use std::sync::atomic::Ordering;
use std::sync::{Arc, MutexGuard, PoisonError};

use super::source::Origin;
use super::{Verifier, VerifierBuilder};
use crate::error::Error;
use crate::metrics::Event;
use crate::policy::Drift;
use crate::snapshot::Snapshot;

/// What came of [`Verifier::reload_if_changed`].
///
/// ```no_run
/// use countersign::{Reload, Verifier};
///
/// # fn main() -> Result<(), countersign::Error> {
/// let verifier = Verifier::from_file("policy.toml")?;
/// match verifier.reload_if_changed() {
///     Reload::Done(generation) => println!("policy {generation} is in force"),
///     Reload::Failed(error) | Reload::Missing(Some(error)) => eprintln!("{error}"),
///     _ => {}
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
#[must_use]
#[non_exhaustive]
pub enum Reload {
    /// Nothing has changed since the policy in force was read.
    Unchanged,
    /// The policy was read again and is in force, as this generation.
    Done(u64),
    /// The policy was read again and cannot be used, or not be read. The one in force stays.
    Failed(Error),
    /// What failed the last time is still as it was then.
    StillFailed,
    /// There is no policy file, or none that can be read; the error when that is new. The policy in
    /// force stays.
    Missing(Option<Error>),
}

impl Verifier {
    /// Reads the policy again, with every file it names, and puts it in force whole. Decisions
    /// under way finish under the policy they began with.
    ///
    /// Returns the new generation.
    ///
    /// # Errors
    /// What is wrong; the policy in force stays, and the failure is counted.
    pub fn reload(&self) -> Result<u64, Error> {
        self.attempt(&mut self.origin())
    }

    /// [`reload`](Self::reload) where a file has changed since it was last read, to be asked once a
    /// second. A failure is told once: until a file changes again, it is
    /// [`StillFailed`](Reload::StillFailed).
    ///
    /// Costs a stat for each file, opened, which tells files apart by device, inode, size, and the times of
    /// modification and change; a file that was written in the last seconds is read besides. A
    /// policy from [`from_toml`](Self::from_toml) changes where the files that it names do.
    pub fn reload_if_changed(&self) -> Reload {
        let mut origin = self.origin();
        let failure = origin.failure().map(ToOwned::to_owned);
        let drift = origin.drift();
        let error = match (drift, &failure) {
            (Drift::None, None) => return Reload::Unchanged,
            (Drift::None, Some(_)) => None,
            (Drift::Unknown | Drift::Changed, _) => match self.attempt(&mut origin) {
                Ok(generation) => return Reload::Done(generation),
                Err(error) => Some(error),
            },
        };
        // Only trying tells whether what cannot be read still cannot; the same again is no news.
        let is_news = |error: &Error| drift == Drift::Changed || failure != Some(error.to_string());
        match error.filter(is_news) {
            error if origin.is_missing() => Reload::Missing(error),
            Some(error) => Reload::Failed(error),
            None => Reload::StillFailed,
        }
    }

    /// Puts another policy in force, as [`reload`](Self::reload) does, and reloads that one from then on:
    /// for policies, anchors and CRLs that are held in memory. The builder's caches and journal are
    /// not looked at; they stay.
    ///
    /// Returns the new generation.
    ///
    /// # Errors
    /// What is wrong; the policy in force stays, and the failure is counted.
    pub fn reload_from(&self, policy: VerifierBuilder) -> Result<u64, Error> {
        let mut origin = self.origin();
        let (snapshot, files) = policy.source.read(self.generation() + 1);
        let generation = self.put_in_force(snapshot)?;
        *origin = Origin::new(policy.source, files);
        Ok(generation)
    }

    fn origin(&self) -> MutexGuard<'_, Origin> {
        // A reloader that panicked left the policy in force untouched.
        self.origin.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn attempt(&self, origin: &mut Origin) -> Result<u64, Error> {
        let (snapshot, files) = origin.source.read(self.generation() + 1);
        origin.attempted(files, snapshot.as_ref().err());
        self.put_in_force(snapshot)
    }

    /// Whoever calls it holds the lock.
    fn put_in_force(&self, snapshot: Result<Snapshot, Error>) -> Result<u64, Error> {
        match snapshot {
            Ok(snapshot) => {
                let generation = snapshot.generation();
                self.recalled_generation.store(generation, Ordering::Release);
                self.snapshot.store(Arc::new(snapshot));
                self.generation.store(generation, Ordering::Release);
                self.metrics.event(Event::Reload);
                Ok(generation)
            }
            Err(error) => {
                self.metrics.event(Event::FailedReload);
                Err(error)
            }
        }
    }
}
