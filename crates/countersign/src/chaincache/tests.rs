use proptest::prelude::*;

use super::*;
use crate::cert::Spki;

const NOW: UnixTime = UnixTime::from_secs(1_000);

fn window(from: i64, to: i64) -> Window {
    Window { not_before: UnixTime::from_secs(from), not_after: UnixTime::from_secs(to) }
}

fn key() -> PublicKey {
    let algorithm = b"\x06\x03\x2b\x65\x70";
    PublicKey::parse(&Spki { der: &[], algorithm, key: &[7; 32] }).unwrap()
}

fn judged(judged: u32) -> Remembered<u32> {
    let window = window(900, 1_100);
    Remembered { leaf_key: key(), window, generation: 1, judged, judged_bytes: 0 }
}

fn known(cache: &ChainCache<u32>, chain: &[&[u8]], generation: u64, now: UnixTime) -> Option<u32> {
    cache.get(chain, generation, now).map(|judged| *judged)
}

/// Whether the cache has it too, asked without a hit.
fn is_kept(inserted: Option<Recalled<u32>>) -> bool {
    let [ours, asked] = [1, 1];
    inserted.is_some_and(|found| Arc::strong_count(&found.0.to_arc()) > ours + asked)
}

fn leaf(number: u32) -> Vec<u8> {
    let mut leaf = vec![0x30; 500];
    leaf.extend(number.to_be_bytes());
    leaf
}

#[test]
fn exactly_the_chain_that_was_judged_is_found() {
    let cache = ChainCache::new(100, 1 << 20);
    let (leaf, ca) = (leaf(1), vec![9; 300]);
    let found = cache.insert(&[&leaf, &ca], judged(42));
    assert_eq!(found.as_deref(), Some(&42));
    assert!(is_kept(found));
    assert_eq!(known(&cache, &[&leaf, &ca], 1, NOW), Some(42));
    for other in [
        &[&leaf[..]][..],
        &[&leaf, &ca, &ca],
        &[&ca, &leaf],
        &[&leaf, &ca[1..]],
        &[&leaf, &[]],
        &[&leaf[1..], &ca],
        &[&leaf, &ca[..100], &ca[100..]],
        &[],
    ] {
        assert_eq!(known(&cache, other, 1, NOW), None);
    }
}

#[test]
fn leaves_of_any_length_are_compared_to_their_last_byte() {
    let cache = ChainCache::new(100, 1 << 20);
    for len in [0, 1, 63, 64, 65, LEAF_INLINE - 1, LEAF_INLINE, LEAF_INLINE + 1, 5_000] {
        let leaf = vec![0x30; len];
        assert!(is_kept(cache.insert(&[&leaf], judged(1))), "{len}");
        assert_eq!(known(&cache, &[&leaf], 1, NOW), Some(1), "{len}");
        for at in [0, len / 2, len.saturating_sub(1)] {
            let mut other = leaf.clone();
            if let Some(byte) = other.get_mut(at) {
                *byte ^= 1;
                assert_eq!(known(&cache, &[&other], 1, NOW), None, "{len}, byte {at}");
            }
        }
    }
}

#[test]
fn a_verdict_dies_with_its_snapshot_and_its_window() {
    let cache = ChainCache::new(100, 1 << 20);
    let leaf = leaf(1);
    cache.insert(&[&leaf], judged(42));
    for (at, expected) in [(899, None), (900, Some(42)), (1_100, Some(42)), (1_101, None)] {
        assert_eq!(known(&cache, &[&leaf], 1, UnixTime::from_secs(at)), expected);
    }
    assert_eq!((known(&cache, &[&leaf], 0, NOW), known(&cache, &[&leaf], 2, NOW)), (None, None));
}

#[test]
fn a_new_judgement_takes_the_place_of_the_old() {
    let cache = ChainCache::new(100, 1 << 20);
    let leaf = leaf(1);
    cache.insert(&[&leaf], judged(1));
    cache.insert(&[&leaf], Remembered { generation: 2, ..judged(2) });
    assert_eq!((known(&cache, &[&leaf], 1, NOW), known(&cache, &[&leaf], 2, NOW)), (None, Some(2)));
    assert_eq!(cache.len(), 1);
}

#[test]
fn a_leafs_key_is_found_by_the_leaf_alone_and_outlives_the_snapshot() {
    let cache = ChainCache::new(100, 1 << 20);
    let (one, two) = (leaf(1), leaf(2));
    cache.insert(&[&one, b"ca"], judged(1));
    assert!(cache.leaf_key(&one, |_| ()).is_some());
    assert!(cache.leaf_key(&two, |_| ()).is_none());
}

#[test]
fn clients_of_one_authority_share_their_intermediates() {
    let cache = ChainCache::new(1_000, 16 << 20);
    let tail = vec![9; 5_000];
    let before = cache.bytes();
    cache.insert(&[&leaf(0), &tail], judged(0));
    let first = cache.bytes() - before;
    assert!(first > 5_000);
    for number in 1..100 {
        assert!(is_kept(cache.insert(&[&leaf(number), &tail], judged(number))));
    }
    assert!(cache.bytes() < first + 99 * 2_500);
    assert_eq!(known(&cache, &[&leaf(50), &tail], 1, NOW), Some(50));
}

#[test]
fn lists_of_intermediates_stay_within_their_bytes_and_new_ones_get_in() {
    let cache = ChainCache::new(1_000, 1 << 20);
    let mut kept = 0;
    for number in 0..500_u32 {
        let tail = [&number.to_be_bytes()[..], &[9; 20_000]].concat();
        kept += u32::from(is_kept(cache.insert(&[&leaf(number), &tail], judged(number))));
        assert!(cache.tail_bytes.load(Relaxed) <= cache.tail_bytes_max);
    }
    assert!(kept > 400, "{kept} of 500");
}

#[test]
fn bytes_of_intermediates_are_given_back() {
    let cache = ChainCache::new(10, 1 << 20);
    for number in 0..5 {
        cache.insert(&[&leaf(number), &leaf(number)], judged(number));
    }
    assert!(cache.tail_bytes.load(Relaxed) > 0);
    while cache.verdicts.shed() | cache.tails.shed() {}
    assert_eq!((cache.bytes(), cache.len()), (0, 0));
}

#[test]
fn a_cache_without_room_remembers_nothing() {
    for (entries, bytes) in [(0, 1 << 20), (100, 0), (0, 0)] {
        let cache = ChainCache::new(entries, bytes);
        assert!(!is_kept(cache.insert(&[&leaf(1), b"ca"], judged(1))));
        assert_eq!((known(&cache, &[&leaf(1), b"ca"], 1, NOW), cache.bytes()), (None, 0));
    }
}

proptest! {
    /// curl CVE-2022-27782, dCache #2043: caches that forget an input.
    #[test]
    fn a_chain_that_differs_in_any_one_byte_is_another(
        chain in prop::collection::vec(prop::collection::vec(any::<u8>(), 1..200), 1..4),
        place in any::<prop::sample::Index>(),
        byte in any::<prop::sample::Index>(),
        flip in 1..=255_u8,
    ) {
        let cache = ChainCache::new(100, 1 << 20);
        let mut other = chain.clone();
        let place = place.index(chain.len());
        let at = byte.index(chain[place].len());
        other[place][at] ^= flip;
        let chain: Vec<&[u8]> = chain.iter().map(Vec::as_slice).collect();
        let other: Vec<&[u8]> = other.iter().map(Vec::as_slice).collect();
        cache.insert(&chain, judged(1));
        prop_assert_eq!(known(&cache, &chain, 1, NOW), Some(1));
        prop_assert_eq!(known(&cache, &other, 1, NOW), None);
    }
}
