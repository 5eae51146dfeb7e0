use core::hash::BuildHasher as _;

use proptest::prelude::*;

use super::*;

type Numbers = SetCache<u64>;

/// A number's hash, well spread and the same in every run.
fn hash(key: u64) -> u64 {
    foldhash::quality::FixedState::with_seed(7).hash_one(key)
}

fn has(cache: &Numbers, key: u64) -> bool {
    cache.get(hash(key), |held| *held == key).is_some_and(|held| *held == key)
}

fn put(cache: &Numbers, key: u64, bytes: usize) -> bool {
    cache.insert(hash(key), bytes, Arc::new(key))
}

/// Entries and bytes counted one by one.
fn counted(cache: &Numbers) -> (usize, usize) {
    let mut sum = (0, 0);
    for set in &cache.sets {
        let ledger = &set.ledger;
        for way in 0..WAYS {
            let full = set.slots[way].load().is_some();
            assert_eq!(full, set.tags[way].load(Relaxed) != 0, "a tag for every entry");
            sum.0 += usize::from(full);
            sum.1 += ledger.bytes[way].load(Relaxed) as usize;
        }
    }
    sum
}

/// A table that memory has no room for would end the process.
#[test]
fn the_table_of_a_cache_of_any_size_has_a_bound() {
    let most = sets_for(CACHE_ENTRIES);
    assert_eq!((sets_for(usize::MAX), sets_for(CACHE_ENTRIES + 1)), (most, most));
    assert!(most * size_of::<Set<u64>>() < 1 << 30);
    assert!(sets_for(0) == 1 && sets_for(CACHE_ENTRIES / 2) < most);
}

fn assert_accounts_hold(cache: &Numbers) {
    assert_eq!(counted(cache), (cache.len(), cache.bytes()));
    assert!(cache.len() <= cache.entries_max && cache.bytes() <= cache.bytes_max);
}

#[test]
fn what_was_put_in_is_found_again() {
    let cache = Numbers::new(100, 10_000);
    assert!(!has(&cache, 1));
    assert!(put(&cache, 1, 10));
    assert!(has(&cache, 1) && !has(&cache, 2));
    assert_eq!((cache.len(), cache.bytes()), (1, 10));
}

#[test]
fn one_hash_holds_one_entry_and_the_last_wins() {
    let cache = SetCache::new(100, 10_000);
    assert!(cache.insert(5, 10, Arc::new("first")) && cache.insert(5, 20, Arc::new("second")));
    assert!(cache.get(5, |held| *held == "first").is_none());
    assert!(cache.get(5, |held| *held == "second").is_some());
    assert_eq!((cache.len(), cache.bytes()), (1, 20));
}

#[test]
fn a_hit_outlives_its_eviction() {
    let cache = Numbers::new(100, 10_000);
    put(&cache, 1, 10);
    let hit = cache.get(hash(1), |_| true).unwrap();
    // Another takes its place, is not hit, and goes.
    assert!(put(&cache, 1, 10) && cache.shed());
    assert_eq!((*hit, *hit.to_arc(), cache.len(), cache.bytes()), (1, 1, 0, 0));
}

#[test]
fn a_cache_of_nothing_keeps_nothing() {
    for (entries, bytes) in [(0, 1000), (1000, 0)] {
        let cache = Numbers::new(entries, bytes);
        assert!(!put(&cache, 1, 10) && !has(&cache, 1));
        assert_accounts_hold(&cache);
    }
}

#[test]
fn an_entry_heavier_than_the_cache_is_refused_and_evicts_nothing() {
    let cache = Numbers::new(100, 100);
    assert!(put(&cache, 1, 60));
    assert!(!put(&cache, 2, 101));
    assert!(has(&cache, 1));
}

#[test]
fn a_million_strangers_do_not_flush_a_thousand_regulars() {
    let cache = Numbers::new(2_000, usize::MAX);
    let regulars = 0..1_000_u64;
    for key in regulars.clone() {
        put(&cache, key, 1);
        has(&cache, key);
    }
    for stranger in 1_000_000..2_000_000_u64 {
        if !has(&cache, stranger) {
            put(&cache, stranger, 1);
        }
    }
    let left = regulars.filter(|key| has(&cache, *key)).count();
    assert!(left >= 950, "{left} of 1000 survived");
    assert_accounts_hold(&cache);
}

#[test]
fn new_regulars_take_over_from_those_who_stay_away() {
    let cache = Numbers::new(1_000, usize::MAX);
    for _ in 0..4 {
        for key in 0..800_u64 {
            if !has(&cache, key) {
                put(&cache, key, 1);
            }
        }
    }
    for _ in 0..30 {
        for key in 5_000..5_800_u64 {
            if !has(&cache, key) {
                put(&cache, key, 1);
            }
        }
    }
    let new = (5_000..5_800).filter(|key| has(&cache, *key)).count();
    assert!(new >= 640, "{new} of 800 took over");
}

#[test]
fn keys_up_to_four_fifths_of_the_capacity_nearly_always_hit() {
    let cache = Numbers::new(100_000, usize::MAX);
    let mut hits = 0;
    for _round in 0..5 {
        hits = 0;
        for key in 0..80_000_u64 {
            if has(&cache, key) {
                hits += 1;
            } else {
                put(&cache, key, 1);
            }
        }
    }
    assert!(hits >= 79_600, "{hits} of 80000 hit");
}

#[test]
fn shedding_forgets_what_is_not_in_use_and_nothing_else() {
    let cache = Numbers::new(100, 1_000);
    put(&cache, 1, 10);
    put(&cache, 2, 10);
    assert!(has(&cache, 1));
    assert!(cache.shed());
    assert!(!cache.shed());
    assert!(has(&cache, 1) && !has(&cache, 2));
}

#[derive(Clone, Debug)]
enum Step {
    Put(u64, usize),
    Get(u64),
    Shed,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        8 => (0..300_u64, 0..50_usize).prop_map(|(key, bytes)| Step::Put(key, bytes)),
        8 => (0..300_u64).prop_map(Step::Get),
        1 => Just(Step::Shed),
    ];
    prop::collection::vec(step, 0..400)
}

proptest! {
    /// Against a map that forgets nothing: what the cache returns, the map holds.
    #[test]
    fn never_returns_what_was_not_put_in(
        entries in 0..80_usize,
        bytes in 0..1_500_usize,
        steps in steps(),
    ) {
        let cache = Numbers::new(entries, bytes);
        let mut model = std::collections::HashSet::new();
        for step in steps {
            match step {
                Step::Put(key, bytes) => {
                    if put(&cache, key, bytes) {
                        model.insert(key);
                        prop_assert!(has(&cache, key));
                    }
                }
                Step::Get(key) => prop_assert!(!has(&cache, key) || model.contains(&key)),
                Step::Shed => { cache.shed(); }
            }
            assert_accounts_hold(&cache);
        }
    }
}

#[test]
fn accounts_hold_and_answers_are_right_when_threads_collide() {
    let cache = Numbers::new(64, 1_000);
    std::thread::scope(|scope| {
        for thread in 0..4_u64 {
            let cache = &cache;
            scope.spawn(move || {
                for i in 0..50_000_u64 {
                    let key = hash(i ^ thread << 32) % 200;
                    if !has(cache, key) {
                        put(cache, key, (key % 40) as usize);
                    }
                    if i % 100 == thread {
                        cache.shed();
                    }
                }
            });
        }
    });
    assert_accounts_hold(&cache);
}
