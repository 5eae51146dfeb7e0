//! How many there are of each, where nobody may have more than so many.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What each has, and the most that one may have.
#[derive(Debug)]
pub(super) struct Tally<K: Eq + Hash> {
    /// `None`: as many as they like, and nobody is counted.
    most: Option<u32>,
    counts: Mutex<HashMap<K, u32>>,
}

impl<K: Eq + Hash + Clone> Tally<K> {
    pub(super) fn new(most: Option<u32>) -> Arc<Self> {
        Arc::new(Self { most, counts: Mutex::default() })
    }

    /// One more of theirs, counted until it is dropped; `None` where they have as many as one may have.
    pub(super) fn count(self: &Arc<Self>, whose: K) -> Option<Counted<K>> {
        let Some(most) = self.most else { return Some(Counted(None)) };
        let mut counts = self.counts();
        let count = counts.entry(whose.clone()).or_default();
        if *count >= most {
            return None;
        }
        *count += 1;
        Some(Counted(Some((Arc::clone(self), whose))))
    }
}

impl<K: Eq + Hash> Tally<K> {
    /// What is behind it holds at every line, so a panic elsewhere does not spoil it.
    fn counts(&self) -> MutexGuard<'_, HashMap<K, u32>> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One of somebody's.
#[derive(Debug)]
pub(super) struct Counted<K: Eq + Hash>(Option<(Arc<Tally<K>>, K)>);

impl<K: Eq + Hash> Drop for Counted<K> {
    fn drop(&mut self) {
        let Some((tally, whose)) = &self.0 else { return };
        let mut counts = tally.counts();
        if let Some(count) = counts.get_mut(whose) {
            *count -= 1;
            if *count == 0 {
                counts.remove(whose);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_has_as_many_as_one_may_have_and_leaves_nothing_behind() {
        let tally = Tally::new(Some(2));
        let (first, second) = (tally.count("a"), tally.count("a"));
        assert!(first.is_some() && second.is_some());
        assert!(tally.count("a").is_none());
        let other = tally.count("b");
        assert!(other.is_some());
        drop(first);
        let third = tally.count("a");
        assert!(third.is_some() && tally.count("a").is_none());
        drop((second, third, other));
        assert!(tally.counts().is_empty());
    }

    #[test]
    fn without_a_limit_nobody_is_counted() {
        let tally = Tally::new(None);
        let all: Vec<_> = (0..100).map(|_| tally.count("a")).collect();
        assert!(all.iter().all(Option::is_some) && tally.counts().is_empty());
    }
}
