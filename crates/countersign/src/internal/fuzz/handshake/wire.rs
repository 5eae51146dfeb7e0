//! Bytes on their way from the client, and what may happen to them.

use super::operation::Tampering;

const HEADER: usize = 5;

/// The content type of an alert.
const ALERT: u8 = 21;

/// Applies `tampering`; whether anything changed. `other` is what another client said.
pub(super) fn tamper(wire: &mut Vec<u8>, tampering: Tampering<'_>, other: &[u8]) -> bool {
    match tampering {
        Tampering::Flip { place, mask } => match wire.get_mut(place) {
            Some(byte) => *byte ^= mask,
            None => return false,
        },
        Tampering::Drop { place, length } => {
            let start = place.min(wire.len());
            let end = start.saturating_add(length).min(wire.len());
            wire.drain(start..end);
            return start < end;
        }
        Tampering::Insert { place, bytes } => {
            let place = place.min(wire.len());
            wire.splice(place..place, bytes.iter().copied());
            return !bytes.is_empty();
        }
        Tampering::Repeat { record } => {
            let Some((start, end)) = place_of(wire, record) else { return false };
            wire.extend_from_within(start..end);
            wire[end..].rotate_right(end - start);
        }
        Tampering::Swap { record } => {
            let (Some(first), Some(second)) = (place_of(wire, record), place_of(wire, record + 1))
            else {
                return false;
            };
            wire[first.0..second.1].rotate_left(first.1 - first.0);
        }
        Tampering::Split { record, at } => return split(wire, record, at),
        Tampering::Replace { .. } => {
            other.clone_into(wire);
        }
    }
    true
}

/// Cuts a record in two. Before anything is encrypted this is the same to whoever reads it.
fn split(wire: &mut Vec<u8>, record: usize, at: usize) -> bool {
    let Some((start, end)) = place_of(wire, record) else { return false };
    let body = end - start - HEADER;
    if body < 2 {
        return false;
    }
    let first = 1 + at % (body - 1);
    let length = |n: usize| u16::try_from(n).unwrap_or(u16::MAX).to_be_bytes();
    let [kind, major, minor] = [wire[start], wire[start + 1], wire[start + 2]];
    let [high, low] = length(body - first);
    wire[start + 3..start + HEADER].copy_from_slice(&length(first));
    let second = start + HEADER + first;
    wire.splice(second..second, [kind, major, minor, high, low]);
    true
}

/// Where the record of this number lies; there is none where it is cut short.
fn place_of(wire: &[u8], number: usize) -> Option<(usize, usize)> {
    let mut start = 0;
    for n in 0..=number {
        let [_, _, _, high, low] = *wire.get(start..)?.first_chunk()?;
        let end = start + HEADER + usize::from(u16::from_be_bytes([high, low]));
        if end > wire.len() {
            return None;
        }
        if n == number {
            return Some((start, end));
        }
        start = end;
    }
    None
}

/// What a server says is records, whole or yet to come: nothing that could pass for plaintext.
pub(in super::super) struct Wellformed {
    /// Bytes of the record that has begun which are still to come.
    left: usize,
    header: Vec<u8>,
    /// Alerts in plaintext.
    alerts: usize,
}

impl Wellformed {
    pub(in super::super) fn new() -> Self {
        Self { left: 0, header: Vec::new(), alerts: 0 }
    }

    pub(in super::super) fn see(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let skipped = self.left.min(bytes.len());
            self.left -= skipped;
            bytes = &bytes[skipped..];
            if self.left > 0 || bytes.is_empty() {
                return;
            }
            let taken = (HEADER - self.header.len()).min(bytes.len());
            self.header.extend_from_slice(&bytes[..taken]);
            bytes = &bytes[taken..];
            if let [kind, major, _, high, low] = self.header[..] {
                assert!((20..=23).contains(&kind) && major == 3, "no record: {:?}", self.header);
                self.alerts += usize::from(kind == ALERT);
                self.left = u16::from_be_bytes([high, low]).into();
                assert!((1..=crate::limits::RECORD_BYTES).contains(&self.left), "{}", self.left);
                self.header.clear();
            }
        }
    }

    pub(in super::super) fn alerts(&self) -> usize {
        self.alerts
    }

    /// Whether the last record is there in full.
    pub(in super::super) fn is_whole(&self) -> bool {
        self.left == 0 && self.header.is_empty()
    }
}
