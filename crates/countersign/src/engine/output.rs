//! Bytes that wait: for the peer to take them, or for the caller.

/// A queue of bytes that holds no memory while it is empty.
#[derive(Debug, Default)]
pub(super) struct Queue {
    bytes: Vec<u8>,
    taken: usize,
}

impl Queue {
    pub(super) fn len(&self) -> usize {
        self.bytes.len() - self.taken
    }

    pub(super) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.make_room();
        self.bytes.extend_from_slice(bytes);
    }

    /// Lets `write` fill up to `most` bytes at the end; it returns how many it did.
    pub(super) fn fill<E>(
        &mut self,
        most: usize,
        write: impl FnOnce(&mut [u8]) -> Result<usize, E>,
    ) -> Result<usize, E> {
        self.make_room();
        let start = self.bytes.len();
        if start == 0 {
            // A server's flight is written record by record, and has 1 to 2 kB.
            self.bytes.reserve(most.max(2_048));
        }
        self.bytes.resize(start + most, 0);
        let written = write(&mut self.bytes[start..]);
        self.bytes.truncate(start + written.as_ref().copied().unwrap_or(0));
        written
    }

    /// What waits, where it lies.
    pub(super) fn front(&self) -> &[u8] {
        &self.bytes[self.taken..]
    }

    /// Forgets the first `length` bytes of what waits, or all where there are fewer; returns how
    /// many.
    pub(super) fn skip(&mut self, length: usize) -> usize {
        let length = length.min(self.len());
        self.taken += length;
        if self.is_empty() {
            *self = Self::default();
        }
        length
    }

    /// Moves as much as fits into `buffer`.
    pub(super) fn pop(&mut self, buffer: &mut [u8]) -> usize {
        let length = self.len().min(buffer.len());
        buffer[..length].copy_from_slice(&self.front()[..length]);
        self.skip(length)
    }

    /// Everything, without a copy where nothing was taken yet.
    pub(super) fn take(&mut self) -> Vec<u8> {
        let Self { mut bytes, taken } = core::mem::take(self);
        bytes.drain(..taken);
        bytes
    }

    /// Gives back the room of what was taken, once it is most of all: a queue that is never quite
    /// empty would grow without end, and moving each byte once at most costs little.
    fn make_room(&mut self) {
        if self.taken > self.len() {
            self.bytes.drain(..self.taken);
            self.taken = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_come_out_in_order_and_memory_goes_with_them() {
        let mut queue = Queue::default();
        queue.push(b"abc");
        queue
            .fill(10, |room| -> Result<usize, ()> {
                room[..2].copy_from_slice(b"de");
                Ok(2)
            })
            .unwrap();
        assert_eq!(queue.fill(10, |_| Err("no")), Err("no"));
        let mut buffer = [0; 4];
        assert_eq!((queue.pop(&mut buffer), &buffer), (4, b"abcd"));
        queue.push(b"f");
        assert_eq!(queue.len(), 2);
        assert_eq!(queue.take(), b"ef");
        assert_eq!((queue.pop(&mut buffer), queue.bytes.capacity()), (0, 0));
    }

    #[test]
    fn a_queue_that_is_never_empty_does_not_grow() {
        let (mut queue, mut buffer) = (Queue::default(), [0; 100]);
        queue.push(&[0; 50]);
        for round in 0..1_000u32 {
            let byte = (round % 251) as u8;
            queue.push(&[byte; 100]);
            assert_eq!(queue.pop(&mut buffer), 100);
            assert_eq!((buffer[99], queue.front()), (byte, &[byte; 50][..]));
        }
        assert!(queue.bytes.capacity() < 1_000, "{}", queue.bytes.capacity());
    }
}
