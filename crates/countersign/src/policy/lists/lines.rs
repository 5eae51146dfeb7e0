//! The lines of a list, one after another.

use std::io::{BufRead, Read as _};
use std::path::Path;

use crate::error::Error;
use crate::limits;

/// A list that is read line by line.
pub(super) struct Lines<'f, R> {
    list: R,
    file: &'f Path,
    line: Vec<u8>,
    number: u32,
    /// The line was read and not skipped.
    is_ahead: bool,
}

impl<'f, R: BufRead> Lines<'f, R> {
    /// From the list's beginning; errors name `file`.
    pub(super) fn new(list: R, file: &'f Path) -> Self {
        let line = Vec::with_capacity(limits::LIST_LINE_BYTES + 1);
        Self { list, file, line, number: 0, is_ahead: false }
    }

    /// The next line with its number, from 1, and its ending; the same until it is skipped.
    ///
    /// # Errors
    ///
    /// The list cannot be read, or has a line that is too long.
    pub(super) fn peek(&mut self) -> Result<Option<(u32, &[u8])>, Error> {
        if !self.is_ahead {
            self.line.clear();
            let mut bounded = self.list.by_ref().take(limits::LIST_LINE_BYTES as u64 + 1);
            let read = bounded.read_until(b'\n', &mut self.line);
            if read.map_err(|e| Error::io(self.file, e))? == 0 {
                return Ok(None);
            }
            self.number = self.number.saturating_add(1);
            self.is_ahead = true;
        }
        if self.line.len() > limits::LIST_LINE_BYTES {
            let message = format!("a line has at most {} bytes", limits::LIST_LINE_BYTES);
            return Err(Error::config(message).at(self.number, 1));
        }
        Ok(Some((self.number, &self.line)))
    }

    /// Goes on to the next line.
    pub(super) fn skip(&mut self) {
        self.is_ahead = false;
    }
}
