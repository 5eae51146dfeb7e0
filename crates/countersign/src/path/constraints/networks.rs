//! Sets of IP networks of one family, as sorted intervals that do not touch.

/// A set of addresses; 4-octet ones are numbers below 2³².
#[derive(Debug, Default)]
pub(super) struct Networks {
    /// First and last address of each run.
    runs: Vec<(u128, u128)>,
}

impl Networks {
    /// Adds a network. `seal` must follow before the set is asked.
    pub(super) fn add(&mut self, address: &[u8], mask: &[u8]) {
        let mask_bits = number(mask);
        let first = number(address) & mask_bits;
        self.runs.push((first, first | (full(mask.len()) & !mask_bits)));
    }

    /// Sorts the networks and joins those that overlap.
    pub(super) fn seal(&mut self) {
        self.runs.sort_unstable();
        self.runs.dedup_by(|next, kept| {
            let overlaps = next.0 <= kept.1;
            if overlaps {
                kept.1 = kept.1.max(next.1);
            }
            overlaps
        });
    }

    pub(super) fn contains(&self, address: &[u8]) -> bool {
        let address = number(address);
        let after = self.runs.partition_point(|(first, _)| *first <= address);
        after.checked_sub(1).is_some_and(|run| address <= self.runs[run].1)
    }
}

fn number(octets: &[u8]) -> u128 {
    octets.iter().fold(0, |number, octet| number << 8 | u128::from(*octet))
}

/// The highest address of so many octets.
const fn full(octets: usize) -> u128 {
    if octets >= 16 { u128::MAX } else { (1 << (8 * octets)) - 1 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn overlapping_networks_become_one_run() {
        let mut set = Networks::default();
        set.add(&[10, 0, 0, 0], &[255, 0, 0, 0]);
        set.add(&[10, 1, 0, 0], &[255, 255, 0, 0]);
        set.add(&[192, 0, 2, 7], &[255, 255, 255, 255]);
        set.seal();
        assert_eq!(set.runs.len(), 2);
        for (address, inside) in [
            ([10, 0, 0, 0], true),
            ([10, 1, 2, 3], true),
            ([10, 255, 255, 255], true),
            ([9, 255, 255, 255], false),
            ([11, 0, 0, 0], false),
            ([192, 0, 2, 7], true),
            ([192, 0, 2, 8], false),
        ] {
            assert_eq!(set.contains(&address), inside, "{address:?}");
        }
    }

    #[test]
    fn the_whole_family_is_a_network() {
        let mut set = Networks::default();
        set.add(&[0; 16], &[0; 16]);
        set.seal();
        assert!(set.contains(&[0; 16]) && set.contains(&[255; 16]));
        assert!(!Networks::default().contains(&[0; 16]));
    }
}
