//! Errors for people who configure and call this library. Peers get a [`Reason`](crate::Reason).

use core::fmt;
use std::path::{Path, PathBuf};

/// What went wrong, to switch on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A file is missing or cannot be read.
    Io,
    /// A policy, list, certificate or CRL file says something that is not allowed.
    Config,
    /// The API was called in a way it does not support.
    Usage,
}

/// An error with what, where and what to do.
///
/// `Display` gives `file:line:column: message`, as compilers do.
pub struct Error {
    kind: ErrorKind,
    message: String,
    file: Option<PathBuf>,
    line: Option<u32>,
    column: Option<u32>,
    source: Option<Box<dyn core::error::Error + Send + Sync>>,
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        let message = printable(message.into());
        Self { kind, message, file: None, line: None, column: None, source: None }
    }

    pub(crate) fn config(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Config, message)
    }

    /// A file that could not be read: says which, and what the system said.
    pub(crate) fn io(file: &Path, source: std::io::Error) -> Self {
        let message = match source.kind() {
            std::io::ErrorKind::NotFound => "file not found".to_owned(),
            std::io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
            _ => format!("cannot be read: {source}"),
        };
        Self { source: Some(Box::new(source)), ..Self::new(ErrorKind::Io, message) }.in_file(file)
    }

    /// Names the file, unless an inner layer already did.
    #[must_use]
    pub(crate) fn in_file(mut self, file: &Path) -> Self {
        self.file.get_or_insert_with(|| file.to_owned());
        self
    }

    /// Names the line and column (both from 1), unless an inner layer already did.
    #[must_use]
    pub(crate) fn at(mut self, line: u32, column: u32) -> Self {
        if self.line.is_none() {
            (self.line, self.column) = (Some(line), Some(column));
        }
        self
    }

    /// What went wrong, to switch on.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// What went wrong and what to do, without the location.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The file it is about.
    pub fn file(&self) -> Option<&Path> {
        self.file.as_deref()
    }

    /// The line it is about, from 1.
    pub fn line(&self) -> Option<u32> {
        self.line
    }

    /// The column it is about, in characters from 1.
    pub fn column(&self) -> Option<u32> {
        self.column
    }
}

/// `text` with control characters spelled out. Messages quote what files say, and a terminal
/// that shows them must not obey it.
fn printable(text: String) -> String {
    let harmful = |c: char| c.is_control() && c != '\n';
    if !text.contains(harmful) {
        return text;
    }
    let mut shown = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if harmful(c) { shown.extend(c.escape_default()) } else { shown.push(c) }
    }
    shown
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(file) = &self.file {
            write!(f, "{}:", printable(file.display().to_string()))?;
        }
        if let Some(line) = self.line {
            write!(f, "{line}:")?;
        }
        if let Some(column) = self.column {
            write!(f, "{column}:")?;
        }
        if self.file.is_some() || self.line.is_some() {
            f.write_str(" ")?;
        }
        f.write_str(&self.message)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error")
            .field("kind", &self.kind)
            .field("at", &self.to_string())
            .field("source", &self.source)
            .finish()
    }
}

impl core::error::Error for Error {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        self.source.as_deref().map(|e| e as _)
    }
}

/// Bytes that are not a well-formed structure, and which part of it was wrong.
///
/// Parsers return it; a peer sees [`Reason::Malformed`](crate::Reason::Malformed), an operator
/// an [`Error`] with the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed(&'static str);

impl Malformed {
    pub(crate) const fn new(what: &'static str) -> Self {
        Self(what)
    }

    /// Which part is wrong and how, as in `serial number: not minimal`.
    pub const fn what(&self) -> &'static str {
        self.0
    }
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl core::error::Error for Malformed {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_file_says_cannot_reach_a_terminal_as_a_command() {
        let error = Error::config("`\x1b[2J\0` is no name\nhelp: é").in_file(Path::new("a\rb"));
        assert_eq!(error.to_string(), "a\\rb: `\\u{1b}[2J\\u{0}` is no name\nhelp: é");
    }
}
