//! Lines of a list, taken a few at a time.
//!
//! In a table of a gigabyte every look-up waits for memory. Reading the places of a whole batch
//! first lets the processor wait for all of them at once, which halves the time of loading.

use core::hint::black_box;
use core::ops::Range;
use std::io::BufRead;

use arrayvec::ArrayVec;

use super::Side;
use super::line::{self, LineError};
use super::lines::Lines;
use crate::error::Error;
use crate::limits;
use crate::policy::matcher::builder::{ListEntry, MatcherBuilder};
use crate::policy::rule::key::Kind;
use crate::policy::rule::label;
use crate::policy::rule::value::{ExactScratch, exact_bytes};

/// As many waits as processors keep in flight, a few times over.
const LINES: usize = 64;

/// The entries of some lines, each right in itself.
pub(super) struct Batch {
    text: String,
    values: Vec<u8>,
    entries: Vec<Prepared>,
    scratch: ExactScratch,
}

/// An entry: where its parts are.
struct Prepared {
    number: u32,
    kind: Kind,
    /// In the text: the line, and what is behind the value.
    line: Range<usize>,
    rest: Range<usize>,
    /// In the values: the normal form.
    value: Range<usize>,
}

impl Default for Batch {
    fn default() -> Self {
        Self {
            text: String::with_capacity(LINES * 128),
            values: Vec::with_capacity(LINES * 64),
            entries: Vec::with_capacity(LINES),
            scratch: ExactScratch::new(),
        }
    }
}

impl Batch {
    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Takes lines until it is full or there are no more; with none of them it stays empty.
    ///
    /// # Errors
    ///
    /// The next line is wrong in itself or cannot be read. What it has taken stands before that.
    pub(super) fn fill(
        &mut self,
        lines: &mut Lines<'_, impl BufRead>,
        side: Side,
    ) -> Result<(), Error> {
        while let Some((number, line)) = lines.peek()? {
            if self.is_full(line.len()) {
                break;
            }
            self.push(number, line, side).map_err(|mistake| mistake.at_line(number))?;
            lines.skip();
        }
        Ok(())
    }

    /// Adds the entries in order and empties the batch; the first mistake is the error.
    pub(super) fn add_to(&mut self, side: Side, builder: &mut MatcherBuilder) -> Result<(), Error> {
        self.add_entries(side, builder)?;
        self.text.clear();
        self.values.clear();
        self.entries.clear();
        Ok(())
    }

    fn add_entries(&self, side: Side, builder: &mut MatcherBuilder) -> Result<(), Error> {
        let entry = |prepared: &Prepared| {
            let value = &self.values[prepared.value.clone()];
            let rest = &self.text[prepared.rest.clone()];
            match side {
                Side::Clients => builder.client_entry(prepared.kind, value, rest),
                Side::Deny => builder.deny_entry(prepared.kind, value, rest),
            }
        };
        let entries: ArrayVec<ListEntry<'_>, LINES> = self.entries.iter().map(entry).collect();
        // Reads where the entries will go, so that adding them finds it near. Nothing else is done in
        // between: the fewer instructions, the more of these waits a processor has at once.
        let glance = |entry| match side {
            Side::Clients => builder.glance_client(entry),
            Side::Deny => builder.glance_deny(entry),
        };
        black_box(entries.iter().map(glance).fold(0, u32::wrapping_add));
        for (entry, prepared) in entries.iter().zip(&self.entries) {
            let added = match side {
                Side::Clients => builder.add_client_entry(*entry),
                Side::Deny => builder.add_deny_entry(*entry),
            };
            added.map_err(|message| self.error_at_value(prepared, message))?;
        }
        Ok(())
    }

    /// Whether a line of this length must wait for the next batch.
    fn is_full(&self, length: usize) -> bool {
        self.entries.len() == LINES
            || (!self.is_empty() && self.text.len() + length > limits::LIST_LINE_BYTES)
    }

    fn push(&mut self, number: u32, line: &[u8], side: Side) -> Result<(), LineError> {
        let Some(entry) = line::parse(line)? else { return Ok(()) };
        let value = exact_bytes(entry.kind, entry.value, &mut self.scratch)
            .map_err(|message| entry.error_at_value(message))?;
        match side {
            Side::Clients => check_one_word(entry.rest),
            Side::Deny => label::check_text("a note", entry.rest),
        }
        .map_err(|message| entry.error_at_rest(message))?;
        let (start, value_start) = (self.text.len(), self.values.len());
        self.text.push_str(entry.line);
        self.values.extend_from_slice(value);
        let rest = start + entry.rest_start();
        self.entries.push(Prepared {
            number,
            kind: entry.kind,
            line: start..self.text.len(),
            rest: rest..rest + entry.rest.len(),
            value: value_start..self.values.len(),
        });
        Ok(())
    }

    /// What an entry does not go with was found late: where it stands is looked for once more.
    fn error_at_value(&self, entry: &Prepared, message: String) -> Error {
        let line = &self.text[entry.line.clone()];
        match line::parse(line.as_bytes()) {
            Ok(Some(parsed)) => parsed.error_at_value(message).at_line(entry.number),
            _ => Error::config(message).at(entry.number, 1),
        }
    }
}

fn check_one_word(id: &str) -> Result<(), String> {
    if id.is_empty() {
        return Err("the client id is missing: a line is `kind:value client-id`".to_owned());
    }
    if id.contains(char::is_whitespace) {
        return Err(format!(
            "a client id in a list is one word, this is `{}`; comments stand on lines of their own",
            id.escape_debug()
        ));
    }
    label::check_id(id)
}
