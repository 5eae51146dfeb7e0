//! Records, as far as one sees them from outside.

const HEADER: usize = 5;
const HANDSHAKE: u8 = 22;

/// Counts the records that have come, whole or in part, up to a limit.
#[derive(Clone, Copy, Debug)]
pub(super) struct RecordCounter {
    count: u32,
    most: u32,
    /// Bytes that handshake records to come may have in them, without their headers. `None`: any number.
    room: Option<usize>,
    /// Where in the input the next record begins; beyond its end while one is incomplete.
    next: usize,
}

impl RecordCounter {
    pub(super) fn new(most: u32) -> Self {
        Self { count: 0, most, room: None, next: 0 }
    }

    /// Counts what is new in `input`. Returns where the first record beyond a limit begins; where
    /// there is none, the input's length.
    pub(super) fn see(&mut self, input: &[u8]) -> usize {
        while let Some([kind, major, _, high, low]) =
            input.get(self.next..).and_then(<[u8]>::first_chunk)
        {
            let contents = usize::from(u16::from_be_bytes([*high, *low]));
            // A hello has no others. What is wrong with one of those rustls sees in its first bytes, before its
            // length is here: it must be shown, or it would matter how the input is cut.
            let is_handshake = (*kind, *major) == (HANDSHAKE, 3);
            let is_beyond = is_handshake && self.room.is_some_and(|room| room < contents);
            if self.count == self.most || is_beyond {
                return self.next;
            }
            self.count += 1;
            if is_handshake {
                self.room = self.room.map(|room| room - contents);
            }
            self.next += HEADER + contents;
        }
        input.len()
    }

    /// Limits what the handshake records to come may have in them, all together.
    pub(super) fn limit(&mut self, contents: Option<usize>) {
        self.room = contents;
    }

    /// Takes what was used off the front of the input.
    pub(super) fn advance(&mut self, used: usize) {
        self.next = self.next.saturating_sub(used);
    }
}

/// Whether there is a whole record at the front.
pub(super) fn begins_with_a_record(input: &[u8]) -> bool {
    input.first_chunk().is_some_and(|[_, _, _, high, low]| {
        input.len() >= HEADER + usize::from(u16::from_be_bytes([*high, *low]))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn handshake_records_are_let_by_as_long_as_there_is_room() {
        let (handshake, other) = ([22, 3, 3, 0, 2, 1, 2], [20, 3, 3, 0, 1, 1]);
        let all = [&handshake[..], &other, &handshake, &other, &handshake].concat();
        let mut counter = RecordCounter::new(9);
        counter.limit(Some(5));
        assert_eq!((counter.see(&all), counter.see(&all)), (26, 26));
        counter.advance(20);
        assert_eq!(counter.see(&all[20..]), 6);
        counter.limit(None);
        assert_eq!(counter.see(&all[20..]), 13);
    }

    #[test]
    fn records_are_counted_once_however_they_come() {
        let record = [22, 3, 3, 0, 2, 1, 2];
        let all = record.repeat(5);
        for piece in 1..all.len() {
            let (mut counter, mut input) = (RecordCounter::new(5), Vec::new());
            for bytes in all.chunks(piece) {
                input.extend_from_slice(bytes);
                assert_eq!(counter.see(&input), input.len());
                // As if every whole record were used at once.
                let used = input.len() / record.len() * record.len();
                input.drain(..used);
                counter.advance(used);
            }
            assert_eq!(counter.count, 5, "in pieces of {piece}");
        }
    }

    #[test]
    fn what_is_beyond_the_limit_is_pointed_at_for_as_long_as_it_is_there() {
        let all = [22, 3, 3, 0, 2, 1, 2].repeat(5);
        let mut counter = RecordCounter::new(3);
        assert_eq!((counter.see(&all), counter.see(&all)), (21, 21));
        counter.advance(14);
        assert_eq!(counter.see(&all[14..]), 7);
    }

    #[test]
    fn a_record_is_whole_with_its_last_byte() {
        let record = [23, 3, 3, 0, 2, 1, 2];
        for length in 0..record.len() {
            assert!(!begins_with_a_record(&record[..length]));
        }
        assert!(begins_with_a_record(&record));
    }
}
