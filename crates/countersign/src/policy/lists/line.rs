//! One line of a list: `kind:value`, a blank, and the rest.

use crate::error::Error;
use crate::policy::rule::key::Kind;
use crate::policy::rule::spelling::{alternatives, suggest};

/// What is wrong with a line, and where in it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct LineError {
    /// In characters, from 1.
    pub(super) column: u32,
    pub(super) message: String,
}

impl LineError {
    pub(super) fn at_line(self, number: u32) -> Error {
        Error::config(self.message).at(number, self.column)
    }
}

/// The parts of a line that says something, as bytes and unchecked.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Split<'l> {
    /// Before the first colon; `None` where there is no colon.
    kind: Option<&'l [u8]>,
    /// From the colon to the first blank.
    pub(super) value: &'l [u8],
    /// After the blanks; may be empty.
    pub(super) rest: &'l [u8],
}

impl<'l> Split<'l> {
    /// `None` for blank lines and comments.
    pub(super) fn of(line: &'l [u8]) -> Option<Self> {
        let line = line.trim_ascii();
        if line.is_empty() || line[0] == b'#' {
            return None;
        }
        let end = first_blank(line);
        let (word, rest) = line.split_at(end);
        let (kind, value) = match word.iter().position(|b| *b == b':') {
            Some(colon) => (Some(&word[..colon]), &word[colon + 1..]),
            None => (None, word),
        };
        Some(Self { kind, value, rest: rest.trim_ascii_start() })
    }

    pub(super) fn kind(&self) -> Option<Kind> {
        Kind::from_name(core::str::from_utf8(self.kind?).ok()?)
    }
}

/// Where the first blank is, or the end. Sixteen bytes at a time, without a branch for each: values
/// are long, and lists have millions.
fn first_blank(line: &[u8]) -> usize {
    let is_blank = |byte: &u8| *byte == b' ' || *byte == b'\t';
    let (chunks, _) = line.as_chunks::<16>();
    let clear = chunks.iter().take_while(|c| !c.iter().fold(false, |any, b| any | is_blank(b)));
    let start = 16 * clear.count();
    line[start..].iter().position(is_blank).map_or(line.len(), |blank| start + blank)
}

/// An entry whose kind is known; value and rest are not checked yet.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Entry<'l> {
    pub(super) kind: Kind,
    pub(super) value: &'l str,
    pub(super) rest: &'l str,
    pub(super) line: &'l str,
}

/// Reads a line; `None` for blank lines and comments.
pub(super) fn parse(line: &[u8]) -> Result<Option<Entry<'_>>, LineError> {
    let line = core::str::from_utf8(line).map_err(|bad| {
        let valid = core::str::from_utf8(&line[..bad.valid_up_to()]).unwrap_or_default();
        LineError { column: column_after(valid), message: "this is not UTF-8".to_owned() }
    })?;
    if line.starts_with('\u{feff}') {
        let message = "this is a byte order mark: save the list as UTF-8 without one".to_owned();
        return Err(LineError { column: 1, message });
    }
    let Some(split) = Split::of(line.as_bytes()) else { return Ok(None) };
    let text = |part: &[u8]| {
        let start = part.as_ptr() as usize - line.as_ptr() as usize;
        &line[start..start + part.len()]
    };
    let (value, rest) = (text(split.value), text(split.rest));
    let Some(kind) = split.kind().filter(|kind| kind.is_exact()) else {
        let column = column_of(line, split.kind.map_or(value, text));
        return Err(LineError { column, message: wrong_kind(split.kind.map(text), value) });
    };
    if value.is_empty() {
        let message =
            format!("the value is missing: write `{}:` and the value without a blank", kind.name());
        return Err(LineError { column: column_of(line, value), message });
    }
    Ok(Some(Entry { kind, value, rest, line }))
}

fn wrong_kind(kind: Option<&str>, word: &str) -> String {
    let names = Kind::ALL.into_iter().filter(|kind| kind.is_exact()).map(Kind::name);
    let Some(kind) = kind else {
        return format!(
            "`{}` has no kind: a line is `kind:value` and a client id or a note, with kind {}",
            word.escape_debug(),
            alternatives(names)
        );
    };
    if Kind::from_name(kind).is_some() {
        return format!(
            "`{kind}` cannot stand in a list, only {}; write it in a [[client]] or [[deny]]",
            alternatives(names)
        );
    }
    format!("`{}` is no kind: {}", kind.escape_debug(), suggest(kind, names))
}

impl Entry<'_> {
    /// Where in the line the rest begins.
    pub(super) fn rest_start(&self) -> usize {
        (self.rest.as_ptr() as usize).saturating_sub(self.line.as_ptr() as usize)
    }

    pub(super) fn error_at_value(&self, message: String) -> LineError {
        LineError { column: column_of(self.line, self.value), message }
    }

    pub(super) fn error_at_rest(&self, message: String) -> LineError {
        let end = self.line.trim_ascii_end();
        let rest = if self.rest.is_empty() { &self.line[end.len()..] } else { self.rest };
        LineError { column: column_of(self.line, rest), message }
    }
}

/// The column where `part`, which is a part of `line`, begins.
fn column_of(line: &str, part: &str) -> u32 {
    let start = (part.as_ptr() as usize).saturating_sub(line.as_ptr() as usize);
    column_after(line.get(..start).unwrap_or_default())
}

fn column_after(text: &str) -> u32 {
    u32::try_from(text.chars().count()).unwrap_or(u32::MAX).saturating_add(1)
}
