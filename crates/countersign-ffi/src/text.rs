//! Text in arrays of C's.

use core::ffi::c_char;
use core::fmt;
use core::ptr;

/// Writes text into an array, and NUL behind it. What does not fit is left out at a character's
/// boundary, and counted.
pub(crate) struct Writer<'a> {
    array: &'a mut [c_char],
    written: usize,
    /// Bytes of all the text, written or not.
    length: usize,
}

impl<'a> Writer<'a> {
    pub(crate) fn new(array: &'a mut [c_char]) -> Self {
        Self { array, written: 0, length: 0 }
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
        let places = &mut self.array[self.written..][..fits];
        // SAFETY: both are `fits` bytes long, of types that take any bits, and do not overlap.
        unsafe { ptr::copy_nonoverlapping(text.as_ptr().cast(), places.as_mut_ptr(), fits) };
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

/// Copies text into an array. Returns its length, which is more than what fits where it was cut.
#[inline]
pub(crate) fn copy(text: &str, array: &mut [c_char]) -> usize {
    let mut writer = Writer::new(array);
    writer.push(text.as_bytes());
    writer.finish()
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
            assert_eq!(copy(given, &mut array), given.len());
            assert_eq!(text(&array), expected);
        }
        assert_eq!(copy("abc", &mut []), 3);
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
