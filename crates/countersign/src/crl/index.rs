//! Where in a CRL's DER the entries of a serial number are.

use core::hash::BuildHasher;

use foldhash::fast::FixedState;

/// Offsets of entries, in buckets by the hash of their serial number, sorted by serial number
/// inside a bucket. Five to six octets an entry: four for its offset, and four for every bucket
/// of two to four entries. Hashes spread sequential serials as well as random ones; where they
/// do not, the order inside the bucket keeps a look-up at O(log n).
#[derive(Debug)]
pub(super) struct SerialIndex {
    /// Where each bucket starts in `offsets`, and where the last one ends.
    starts: Box<[u32]>,
    offsets: Box<[u32]>,
}

/// Entries per bucket at most, on average.
const BUCKET_ENTRIES: usize = 4;

impl SerialIndex {
    /// From the offset and the serial number of every entry; `serial_at` finds the serial number
    /// of an offset again. There are fewer than 2³² entries, since the offsets differ.
    pub(super) fn build<'a>(
        count: usize,
        entries: impl Iterator<Item = (u32, &'a [u8])>,
        serial_at: impl Fn(u32) -> &'a [u8],
    ) -> Self {
        let buckets = count.div_ceil(BUCKET_ENTRIES).next_power_of_two();
        let mut starts = vec![0u32; buckets + 1];
        let mut hashed = Vec::with_capacity(count);
        for (offset, serial) in entries {
            let bucket = bucket_of(serial, buckets);
            starts[bucket] += 1;
            hashed.push((bucket as u32, offset));
        }
        // Each start is where its bucket ends, and moves down as the bucket fills.
        let mut end = 0;
        for start in &mut starts {
            end += *start;
            *start = end;
        }
        let mut offsets = vec![0u32; hashed.len()];
        for (bucket, offset) in hashed.into_iter().rev() {
            let start = &mut starts[bucket as usize];
            *start -= 1;
            offsets[*start as usize] = offset;
        }
        for bounds in starts.windows(2) {
            let bucket = &mut offsets[bounds[0] as usize..bounds[1] as usize];
            if bucket.len() > 1 {
                bucket.sort_by(|a, b| serial_at(*a).cmp(serial_at(*b)));
            }
        }
        Self { starts: starts.into(), offsets: offsets.into() }
    }

    /// The offsets of every entry with this serial number, in the order of the CRL.
    pub(super) fn find<'a>(&self, serial: &[u8], serial_at: impl Fn(u32) -> &'a [u8]) -> &[u32] {
        let bucket = bucket_of(serial, self.starts.len() - 1);
        let (start, end) = (self.starts[bucket] as usize, self.starts[bucket + 1] as usize);
        let bucket = &self.offsets[start..end];
        let from = bucket.partition_point(|offset| serial_at(*offset) < serial);
        let length = bucket[from..].partition_point(|offset| serial_at(*offset) == serial);
        &bucket[from..from + length]
    }

    /// Octets of memory.
    pub(super) fn bytes(&self) -> usize {
        size_of_val(&*self.starts) + size_of_val(&*self.offsets)
    }
}

/// `buckets` is a power of two.
fn bucket_of(serial: &[u8], buckets: usize) -> usize {
    FixedState::default().hash_one(serial) as usize & (buckets - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(serials: &[Vec<u8>]) {
        let serial_at = |offset: u32| serials[offset as usize].as_slice();
        let entries = (0..serials.len() as u32).map(|o| (o, serial_at(o)));
        let index = SerialIndex::build(serials.len(), entries, serial_at);
        for wanted in serials.iter().chain(&[vec![0xee; 9], vec![]]) {
            let all: Vec<u32> = (0..serials.len() as u32)
                .filter(|offset| serials[*offset as usize] == *wanted)
                .collect();
            assert_eq!(index.find(wanted, serial_at), all, "{wanted:x?}");
        }
    }

    #[test]
    fn every_entry_of_a_serial_is_found_and_no_other() {
        check(&[]);
        check(&[vec![1]]);
        check(&[vec![1], vec![1], vec![2], vec![1]]);
        check(&(0..1000u32).map(|n| (n % 700).to_be_bytes().to_vec()).collect::<Vec<_>>());
        check(&(0..250u8).map(|n| vec![n; usize::from(n % 20)]).collect::<Vec<_>>());
    }
}
