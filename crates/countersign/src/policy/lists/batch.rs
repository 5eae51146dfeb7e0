//! Lines of a list, taken a few at a time.
//!
//! In a table of a gigabyte every look-up waits for memory. Reading the places of a whole batch
//! first lets the processor wait for all of them at once, which halves the time of loading.

use core::hint::black_box;

use super::Side;
use super::line::{self, Entry, LineError};
use crate::error::Error;
use crate::limits;
use crate::policy::matcher::builder::MatcherBuilder;
use crate::policy::rule::label;
use crate::policy::rule::value::{ExactScratch, exact_bytes};

/// As many waits as processors keep in flight, a few times over.
const LINES: usize = 64;

/// Some lines and where each ends.
pub(super) struct Batch {
    text: Vec<u8>,
    lines: Vec<(u32, usize)>,
    scratches: Vec<ExactScratch>,
}

impl Default for Batch {
    fn default() -> Self {
        Self {
            text: Vec::with_capacity(limits::LIST_LINE_BYTES),
            lines: Vec::with_capacity(LINES),
            scratches: (0..LINES).map(|_| ExactScratch::new()).collect(),
        }
    }
}

/// An entry whose value is in normal form.
struct Prepared<'b> {
    number: u32,
    entry: Entry<'b>,
    value: &'b [u8],
}

impl Batch {
    /// Whether a line of this length must wait for the next batch.
    pub(super) fn is_full(&self, length: usize) -> bool {
        self.lines.len() == LINES || self.text.len() + length > limits::LIST_LINE_BYTES
    }

    pub(super) fn push(&mut self, number: u32, line: &[u8]) {
        self.text.extend_from_slice(line);
        self.lines.push((number, self.text.len()));
    }

    /// Adds the entries in order and empties the batch; the first mistake is the error.
    pub(super) fn add_to(&mut self, side: Side, builder: &mut MatcherBuilder) -> Result<(), Error> {
        let (entries, mistake) = self.prepare(side);
        warm(&entries, side, builder);
        for prepared in &entries {
            prepared.add(side, builder)?;
        }
        mistake?;
        self.text.clear();
        self.lines.clear();
        Ok(())
    }

    /// The entries up to the first line that is wrong in itself, and what is wrong there.
    fn prepare(&mut self, side: Side) -> (Vec<Prepared<'_>>, Result<(), Error>) {
        let mut entries = Vec::with_capacity(self.lines.len());
        let mut start = 0;
        for (&(number, end), scratch) in self.lines.iter().zip(&mut self.scratches) {
            match Prepared::from_line(number, &self.text[start..end], side, scratch) {
                Ok(Some(entry)) => entries.push(entry),
                Ok(None) => {}
                Err(mistake) => return (entries, Err(mistake.at_line(number))),
            }
            start = end;
        }
        (entries, Ok(()))
    }
}

/// Reads where the entries will go, so that adding them finds it near.
fn warm(entries: &[Prepared<'_>], side: Side, builder: &MatcherBuilder) {
    let glance = |prepared: &Prepared<'_>| {
        let kind = prepared.entry.kind;
        match side {
            Side::Clients => builder.glance_client(kind, prepared.value, prepared.entry.rest),
            Side::Deny => builder.glance_deny(kind, prepared.value),
        }
    };
    black_box(entries.iter().map(glance).fold(0, u32::wrapping_add));
}

impl<'b> Prepared<'b> {
    fn from_line(
        number: u32,
        line: &'b [u8],
        side: Side,
        scratch: &'b mut ExactScratch,
    ) -> Result<Option<Self>, LineError> {
        let Some(entry) = line::parse(line)? else { return Ok(None) };
        let value = exact_bytes(entry.kind, entry.value, scratch)
            .map_err(|message| entry.error_at_value(message))?;
        match side {
            Side::Clients => check_one_word(entry.rest),
            Side::Deny => label::check_text("a note", entry.rest),
        }
        .map_err(|message| entry.error_at_rest(message))?;
        Ok(Some(Self { number, entry, value }))
    }

    fn add(&self, side: Side, builder: &mut MatcherBuilder) -> Result<(), Error> {
        let Entry { kind, rest, .. } = self.entry;
        let added = match side {
            Side::Clients => builder.add_client_entry(kind, self.value, rest),
            Side::Deny => {
                builder.add_deny_entry(kind, self.value, (!rest.is_empty()).then_some(rest))
            }
        };
        added.map_err(|message| self.entry.error_at_value(message).at_line(self.number))
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
