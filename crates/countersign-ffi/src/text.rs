//! Text in arrays of C's.

use core::ffi::c_char;
use core::fmt;
use core::slice;

/// Writes text into an array, and NUL behind it. What does not fit is left out at a character's
/// boundary, and counted.
pub(crate) struct Writer<'a> {
    array: &'a mut [u8],
    written: usize,
    /// Bytes of all the text, written or not.
    length: usize,
}

impl<'a> Writer<'a> {
    pub(crate) fn new(array: &'a mut [c_char]) -> Self {
        Self { array: bytes(array), written: 0, length: 0 }
    }

    /// Ends the text. Returns how long it would have been.
    pub(crate) fn finish(self) -> usize {
        if let Some(end) = self.array.get_mut(self.written) {
            *end = 0;
        }
        self.length
    }
}

impl Writer<'_> {
    /// Adds a piece of UTF-8.
    #[inline]
    pub(crate) fn push(&mut self, text: &[u8]) {
        // Once something was left out, nothing follows: the text would have a hole.
        let room = match self.written == self.length {
            true => self.array.len().saturating_sub(self.written + 1),
            false => 0,
        };
        let fits = if text.len() <= room { text.len() } else { boundary(text, room) };
        self.array[self.written..][..fits].copy_from_slice(&text[..fits]);
        self.written += fits;
        self.length += text.len();
    }
}

/// The last place up to `most` where a character begins.
fn boundary(text: &[u8], most: usize) -> usize {
    let begins = |place: &usize| text[*place] & 0xc0 != 0x80;
    (0..=most).rev().find(begins).unwrap_or(0)
}

impl fmt::Write for Writer<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.push(text.as_bytes());
        Ok(())
    }
}

/// Copies UTF-8 into an array, and NUL behind it. Returns its length, which is more than what fits where
/// it was cut.
#[inline]
pub(crate) fn copy(text: &[u8], array: &mut [c_char]) -> usize {
    if text.len() >= array.len() {
        return cut(text, array);
    }
    let array = bytes(array);
    copy_short(text, array);
    array[text.len()] = 0;
    text.len()
}

#[cold]
fn cut(text: &[u8], array: &mut [c_char]) -> usize {
    let mut writer = Writer::new(array);
    writer.push(text);
    writer.finish()
}

/// Copies a few bytes without a call: ids and rules are too short to be worth the 5 ns of a `memcpy` in
/// another library, and everyone who asks for a verdict waits for two.
#[inline]
fn copy_short(from: &[u8], to: &mut [u8]) {
    match from.len().min(to.len()) {
        len @ 16.. => copy_pieces::<16>(from, to, len),
        len @ 8.. => copy_pieces::<8>(from, to, len),
        len @ 4.. => copy_pieces::<4>(from, to, len),
        len @ 2.. => copy_pieces::<2>(from, to, len),
        1 => to[0] = from[0],
        0 => {}
    }
}

/// The last piece ends where the text does and may overlap the one before.
#[inline]
fn copy_pieces<const N: usize>(from: &[u8], to: &mut [u8], len: usize) {
    debug_assert!(N <= len && len <= from.len() && len <= to.len());
    let (last, mut at) = (len - N, 0);
    loop {
        // SAFETY: `at` is `last` at most, so that `N` bytes are left of both.
        unsafe {
            let piece = from.as_ptr().add(at).cast::<[u8; N]>().read();
            to.as_mut_ptr().add(at).cast::<[u8; N]>().write(piece);
        }
        if at == last {
            return;
        }
        at = (at + N).min(last);
    }
}

/// Characters are bytes of another sign.
#[inline]
fn bytes(array: &mut [c_char]) -> &mut [u8] {
    // SAFETY: it is the same place, borrowed as before, and either type takes any bits.
    unsafe { slice::from_raw_parts_mut(array.as_mut_ptr().cast(), array.len()) }
}

#[cfg(test)]
mod tests {
    use core::fmt::Write as _;

    use super::*;

    fn text(array: &[c_char]) -> String {
        let end = array.iter().position(|c| *c == 0).unwrap();
        String::from_utf8(array[..end].iter().map(|c| *c as u8).collect()).unwrap()
    }

    #[test]
    fn text_is_cut_at_a_character_and_ends_with_nul() {
        for (given, expected) in [("", ""), ("abc", "abc"), ("abcd", "abc"), ("abé", "ab")] {
            let mut array = [b'x' as c_char; 4];
            assert_eq!(copy(given.as_bytes(), &mut array), given.len());
            assert_eq!(text(&array), expected);
        }
        assert_eq!(copy(b"abc", &mut []), 3);
    }

    #[test]
    fn text_of_every_length_is_copied_whole_and_nothing_else_is_written() {
        let letters: Vec<u8> = (0..100).map(|i| b'a' + i % 26).collect();
        for len in 0..letters.len() {
            let mut array = [b'~' as c_char; 100];
            assert_eq!(copy(&letters[..len], &mut array), len);
            let (written, rest) = array.split_at(len);
            assert!(written.iter().zip(&letters).all(|(c, letter)| *c as u8 == *letter), "{len}");
            assert!(rest[0] == 0 && rest[1..].iter().all(|c| *c as u8 == b'~'), "{len}");
        }
    }

    #[test]
    fn what_follows_a_cut_is_left_out() {
        let mut array = [0; 4];
        let mut writer = Writer::new(&mut array);
        for piece in ["ab", "éé", "c"] {
            writer.write_str(piece).unwrap();
        }
        assert_eq!(writer.finish(), 7);
        assert_eq!(text(&array), "ab");
    }
}
