//! Many short byte strings in one allocation, by number.

/// Strings kept end to end. A string costs its bytes and four more: offsets are relative to one
/// absolute offset per block of strings, so that more than 4 GiB fit.
#[derive(Debug, Default)]
pub(in crate::policy) struct Texts {
    bytes: Vec<u8>,
    /// Where each string begins, from the beginning of its block.
    starts: Vec<u32>,
    /// Where each block begins.
    blocks: Vec<u64>,
}

/// Strings of at most 64 KiB each: a block stays far below what `u32` can express.
const BLOCK: usize = 1024;

impl Texts {
    /// Room for `count` strings of `bytes` in all.
    pub(in crate::policy) fn with_capacity(count: usize, bytes: usize) -> Self {
        Self {
            bytes: Vec::with_capacity(bytes),
            starts: Vec::with_capacity(count),
            blocks: Vec::with_capacity(count.div_ceil(BLOCK)),
        }
    }

    pub(in crate::policy) fn len(&self) -> usize {
        self.starts.len()
    }

    /// Adds a string and returns its number.
    pub(in crate::policy) fn push(&mut self, text: &[u8]) -> usize {
        let number = self.starts.len();
        let start = self.bytes.len() as u64;
        if number.is_multiple_of(BLOCK) {
            reserve_tightly(&mut self.blocks, 1);
            self.blocks.push(start);
        }
        let relative = u32::try_from(start - self.blocks[number / BLOCK])
            .expect("invariant: a block of strings is shorter than 4 GiB");
        reserve_tightly(&mut self.starts, 1);
        self.starts.push(relative);
        reserve_tightly(&mut self.bytes, text.len());
        self.bytes.extend_from_slice(text);
        number
    }

    /// The string with this number.
    pub(in crate::policy) fn get(&self, number: usize) -> &[u8] {
        let end = if number + 1 < self.len() { self.start(number + 1) } else { self.bytes.len() };
        &self.bytes[self.start(number)..end]
    }

    fn start(&self, number: usize) -> usize {
        let absolute = self.blocks[number / BLOCK] + u64::from(self.starts[number]);
        usize::try_from(absolute).expect("invariant: an offset into memory")
    }

    /// Gives back what was reserved and not used.
    pub(in crate::policy) fn shrink(&mut self) {
        self.bytes.shrink_to_fit();
        self.starts.shrink_to_fit();
        self.blocks.shrink_to_fit();
    }

    pub(in crate::policy) fn heap_bytes(&self) -> usize {
        self.bytes.capacity() + 4 * self.starts.capacity() + 8 * self.blocks.capacity()
    }
}

/// Makes room by a quarter at a time: doubling would waste half of what large lists need.
pub(in crate::policy) fn reserve_tightly<T>(vec: &mut Vec<T>, more: usize) {
    if vec.capacity() - vec.len() < more {
        vec.reserve_exact(more.max(vec.len() / 4 + 16));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_come_back_by_number() {
        let mut texts = Texts::default();
        let text = |i: usize| if i.is_multiple_of(11) { vec![] } else { vec![i as u8; i % 7] };
        for i in 0..5000 {
            assert_eq!(texts.push(&text(i)), i);
        }
        texts.shrink();
        for i in 0..5000 {
            assert_eq!(texts.get(i), text(i), "{i}");
        }
        assert_eq!(texts.len(), 5000);
    }
}
